using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A FORWARD TSN chunk: the peer gives up everything to <see cref="NewCumulativeTsn"/> (RFC 3758 §3.2).</summary>
internal readonly ref struct ForwardTsnChunk
{
    public const int HeaderLength = 8;
    public const int StreamLength = 4;

    private readonly ReadOnlySpan<byte> _streams;

    private ForwardTsnChunk(ReadOnlySpan<byte> streams) => _streams = streams;

    public uint NewCumulativeTsn { get; private init; }

    public int StreamCount => _streams.Length / StreamLength;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |  Type = 192   |  Flags = 0x00 |        Length = Variable      |
    // +---------------+---------------+-------------------------------+
    // |                      New Cumulative TSN                       |
    // +-------------------------------+-------------------------------+
    // |           Stream-1            |       Stream Sequence-1       | ...

    public static bool TryParse(in Chunk chunk, out ForwardTsnChunk forward)
    {
        forward = default;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint tsn) || reader.Remaining % StreamLength != 0) return false;
        forward = new ForwardTsnChunk(reader.Rest) { NewCumulativeTsn = tsn };
        return true;
    }

    public (ushort Stream, ushort Ssn) Skipped(int index) => (
        BinaryPrimitives.ReadUInt16BigEndian(_streams[(index * StreamLength)..]),
        BinaryPrimitives.ReadUInt16BigEndian(_streams[(index * StreamLength + 2)..]));
}
