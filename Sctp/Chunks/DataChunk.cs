using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A DATA chunk (RFC 9260 §3.3.1) or an I-DATA chunk (RFC 8260 §2.1): one fragment of a message, or all of it.</summary>
internal readonly ref struct DataChunk
{
    /// <summary>Chunk header and fixed fields before the user data of DATA.</summary>
    private const int PlainHeaderLength = 16;

    /// <summary>Chunk header and fixed fields before the user data of I-DATA.</summary>
    private const int InterleavedHeaderLength = 20;

    /// <summary>Whether it is I-DATA, whose messages may mix with those of other streams.</summary>
    public bool IsInterleaved { get; private init; }

    public ChunkFlags Flags { get; private init; }

    public uint Tsn { get; private init; }

    public ushort Stream { get; private init; }

    /// <summary>The place of the message in its stream; see <see cref="SequenceStep"/>.</summary>
    public uint Sequence { get; private init; }

    /// <summary>The payload protocol identifier; of I-DATA only the first fragment has one.</summary>
    public uint Ppid { get; private init; }

    /// <summary>What numbers the fragments of a message: the FSN of I-DATA, and the TSN of DATA.</summary>
    public uint Fragment { get; private init; }

    public ReadOnlySpan<byte> UserData { get; private init; }

    public static int HeaderLength(bool interleaved) => interleaved ? InterleavedHeaderLength : PlainHeaderLength;

    /// <summary>
    /// From one message of a stream to the next. A stream sequence number of 16 bits stands in the upper half of a
    /// sequence number here, so that the arithmetic of the message identifiers of 32 bits serves both.
    /// </summary>
    public static uint SequenceStep(bool interleaved) => interleaved ? 1u : 1u << 16;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |   Type = 0    |  Res  |I|U|B|E|            Length             |
    // +---------------+---------------+-------------------------------+
    // |                              TSN                              |
    // +-------------------------------+-------------------------------+
    // |           Stream S            |  Stream Sequence Number n     |
    // +-------------------------------+-------------------------------+
    // |                  Payload Protocol Identifier                  |
    // +---------------------------------------------------------------+
    // |                  User Data (seq n of Stream S)                |
    //
    // +---------------+---------------+-------------------------------+
    // |   Type = 64   |  Res  |I|U|B|E|            Length             |
    // +---------------+---------------+-------------------------------+
    // |                              TSN                              |
    // +-------------------------------+-------------------------------+
    // |        Stream Identifier      |           Reserved            |
    // +-------------------------------+-------------------------------+
    // |                      Message Identifier                       |
    // +---------------------------------------------------------------+
    // |    Payload Protocol Identifier / Fragment Sequence Number     |
    // +---------------------------------------------------------------+
    // |                           User Data                           |

    public static bool TryParse(in Chunk chunk, out DataChunk data)
    {
        data = default;
        bool interleaved = chunk.Type == ChunkType.InterleavedData;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint tsn) ||
            !reader.TryReadUInt16(out ushort stream) ||
            !reader.TryReadUInt16(out ushort ssn)) return false;
        uint sequence = (uint)ssn << 16;
        if (interleaved && !reader.TryReadUInt32(out sequence)) return false;
        if (!reader.TryReadUInt32(out uint last)) return false;
        bool begins = (chunk.Flags & ChunkFlags.Beginning) != 0;
        data = new DataChunk
        {
            IsInterleaved = interleaved, Flags = chunk.Flags, Tsn = tsn, Stream = stream, Sequence = sequence,
            Ppid = begins || !interleaved ? last : 0,
            Fragment = !interleaved ? tsn : begins ? 0 : last,        // RFC 8260 §2.1: the first is implicitly 0
            UserData = reader.Rest,
        };
        return true;
    }

    /// <summary>Writes a fragment of a message with its padding.</summary>
    public static void Write(
        ref WireWriter writer, bool interleaved, ChunkFlags flags, uint tsn, OutgoingMessage message, uint fragment, scoped ReadOnlySpan<byte> userData)
    {
        writer.WriteByte((byte)(interleaved ? ChunkType.InterleavedData : ChunkType.Data));
        writer.WriteByte((byte)flags);
        writer.WriteUInt16((ushort)(HeaderLength(interleaved) + userData.Length));
        writer.WriteUInt32(tsn);
        writer.WriteUInt16(message.Stream.Id);
        writer.WriteUInt16(interleaved ? (ushort)0 : (ushort)(message.Sequence >> 16));
        if (interleaved) writer.WriteUInt32(message.Sequence);
        writer.WriteUInt32(interleaved && fragment > 0 ? fragment : message.Ppid);
        writer.WriteBytes(userData);
        writer.WriteZeros(-userData.Length & 3);
    }
}
