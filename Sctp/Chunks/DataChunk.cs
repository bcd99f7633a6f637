using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>A DATA chunk: one fragment of a message, or all of it (RFC 9260 §3.3.1).</summary>
internal readonly ref struct DataChunk
{
    /// <summary>Chunk header and fixed fields before the user data.</summary>
    public const int HeaderLength = 16;

    public ChunkFlags Flags { get; private init; }

    public uint Tsn { get; private init; }

    public ushort Stream { get; private init; }

    public ushort Ssn { get; private init; }

    public uint Ppid { get; private init; }

    public ReadOnlySpan<byte> UserData { get; private init; }

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

    public static bool TryParse(in Chunk chunk, out DataChunk data)
    {
        data = default;
        WireReader reader = new(chunk.Value);
        if (!reader.TryReadUInt32(out uint tsn) ||
            !reader.TryReadUInt16(out ushort stream) ||
            !reader.TryReadUInt16(out ushort ssn) ||
            !reader.TryReadUInt32(out uint ppid)) return false;
        data = new DataChunk
        {
            Flags = chunk.Flags, Tsn = tsn, Stream = stream, Ssn = ssn, Ppid = ppid, UserData = reader.Rest,
        };
        return true;
    }

    public static void Write(
        ref WireWriter writer, ChunkFlags flags, uint tsn, ushort stream, ushort ssn, uint ppid, scoped ReadOnlySpan<byte> userData)
    {
        writer.WriteByte((byte)ChunkType.Data);
        writer.WriteByte((byte)flags);
        writer.WriteUInt16((ushort)(HeaderLength + userData.Length));
        writer.WriteUInt32(tsn);
        writer.WriteUInt16(stream);
        writer.WriteUInt16(ssn);
        writer.WriteUInt32(ppid);
        writer.WriteBytes(userData);
        writer.WriteZeros(-userData.Length & 3);
    }
}
