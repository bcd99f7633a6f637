using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The messages of a stream up to one that were given up; those in order and those without order count separately.</summary>
internal readonly record struct SkippedMessages(ushort Stream, bool Unordered, uint Sequence);

/// <summary>A FORWARD TSN (RFC 3758 §3.2) or I-FORWARD-TSN chunk (RFC 8260 §2.3.1): the peer gives up everything to <see cref="NewCumulativeTsn"/>.</summary>
internal readonly ref struct ForwardTsnChunk
{
    public const int HeaderLength = 8;
    private const int PlainEntryLength = 4;
    private const int InterleavedEntryLength = 8;

    private readonly ReadOnlySpan<byte> _entries;
    private readonly bool _interleaved;

    private ForwardTsnChunk(ReadOnlySpan<byte> entries, bool interleaved)
    {
        _entries = entries;
        _interleaved = interleaved;
    }

    public uint NewCumulativeTsn { get; private init; }

    public int Count => _entries.Length / EntryLength(_interleaved);

    public static int EntryLength(bool interleaved) => interleaved ? InterleavedEntryLength : PlainEntryLength;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |  Type = 192   |  Flags = 0x00 |        Length = Variable      |
    // +---------------+---------------+-------------------------------+
    // |                      New Cumulative TSN                       |
    // +-------------------------------+-------------------------------+
    // |           Stream-1            |       Stream Sequence-1       | ...
    //
    // +---------------+---------------+-------------------------------+
    // |  Type = 194   |  Flags = 0x00 |        Length = Variable      |
    // +---------------+---------------+-------------------------------+
    // |                       New Cumulative TSN                      |
    // +-------------------------------+-----------------------------+-+
    // |       Stream Identifier       |          Reserved           |U|
    // +-------------------------------+-----------------------------+-+
    // |                       Message Identifier                      | ...

    public static bool TryParse(in Chunk chunk, out ForwardTsnChunk forward)
    {
        forward = default;
        bool interleaved = chunk.Type == ChunkType.InterleavedForwardTsn;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint tsn) || reader.Remaining % EntryLength(interleaved) != 0) return false;
        forward = new ForwardTsnChunk(reader.Rest, interleaved) { NewCumulativeTsn = tsn };
        return true;
    }

    public SkippedMessages Skipped(int index)
    {
        ReadOnlySpan<byte> entry = _entries[(index * EntryLength(_interleaved))..];
        ushort stream = BinaryPrimitives.ReadUInt16BigEndian(entry), next = BinaryPrimitives.ReadUInt16BigEndian(entry[2..]);
        return _interleaved
            ? new SkippedMessages(stream, (next & 1) != 0, BinaryPrimitives.ReadUInt32BigEndian(entry[4..]))
            : new SkippedMessages(stream, false, (uint)next << 16);
    }

    public static void Write(ref WireWriter writer, bool interleaved, uint newCumulativeTsn, List<SkippedMessages> skipped)
    {
        int start = Chunk.Begin(ref writer, interleaved ? ChunkType.InterleavedForwardTsn : ChunkType.ForwardTsn);
        writer.WriteUInt32(newCumulativeTsn);
        foreach (SkippedMessages entry in skipped)
        {
            writer.WriteUInt16(entry.Stream);
            writer.WriteUInt16(interleaved ? (ushort)(entry.Unordered ? 1 : 0) : (ushort)(entry.Sequence >> 16));
            if (interleaved) writer.WriteUInt32(entry.Sequence);
        }
        Chunk.End(ref writer, start);
    }
}
