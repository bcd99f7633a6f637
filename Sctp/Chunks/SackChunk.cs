using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A SACK chunk (RFC 9260 §3.3.4); the blocks stay in the packet and are read by index.</summary>
internal readonly ref struct SackChunk
{
    /// <summary>Chunk header and fixed fields before the gap blocks.</summary>
    public const int HeaderLength = 16;

    private readonly ReadOnlySpan<byte> _blocks;
    private readonly ReadOnlySpan<byte> _duplicates;

    private SackChunk(ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> duplicates)
    {
        _blocks = blocks;
        _duplicates = duplicates;
    }

    public uint CumulativeTsnAck { get; private init; }

    public uint AdvertisedWindow { get; private init; }

    public int GapCount => _blocks.Length / 4;

    public int DuplicateCount => _duplicates.Length / 4;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |   Type = 3    |  Chunk Flags  |         Chunk Length          |
    // +---------------+---------------+-------------------------------+
    // |                      Cumulative TSN Ack                       |
    // +---------------------------------------------------------------+
    // |          Advertised Receiver Window Credit (a_rwnd)           |
    // +-------------------------------+-------------------------------+
    // | Number of Gap Ack Blocks = N  |  Number of Duplicate TSNs = M |
    // +-------------------------------+-------------------------------+
    // |    Gap Ack Block #1 Start     |     Gap Ack Block #1 End      | ...
    // |                       Duplicate TSN 1                         | ...

    /// <summary>Parses the chunk; counts that do not fit its length make it invalid.</summary>
    public static bool TryParse(in Chunk chunk, out SackChunk sack)
    {
        sack = default;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint cumulative) ||
            !reader.TryReadUInt32(out uint window) ||
            !reader.TryReadUInt16(out ushort gaps) ||
            !reader.TryReadUInt16(out ushort duplicates) ||
            !reader.TryReadBytes(gaps * 4, out ReadOnlySpan<byte> blocks) ||
            !reader.TryReadBytes(duplicates * 4, out ReadOnlySpan<byte> repeated)) return false;
        sack = new SackChunk(blocks, repeated) { CumulativeTsnAck = cumulative, AdvertisedWindow = window };
        return true;
    }

    /// <summary>An acknowledgement without gap blocks that came by other means.</summary>
    public static SackChunk Cumulative(uint cumulativeTsn, uint window) =>
        new(default, default) { CumulativeTsnAck = cumulativeTsn, AdvertisedWindow = window };

    /// <summary>The offsets of block <paramref name="index"/> from <see cref="CumulativeTsnAck"/>, both inclusive.</summary>
    public (ushort Start, ushort End) Gap(int index) =>
        (BinaryPrimitives.ReadUInt16BigEndian(_blocks[(index * 4)..]), BinaryPrimitives.ReadUInt16BigEndian(_blocks[(index * 4 + 2)..]));

    /// <summary>A TSN that the peer got more than once.</summary>
    public uint Duplicate(int index) => BinaryPrimitives.ReadUInt32BigEndian(_duplicates[(index * 4)..]);
}
