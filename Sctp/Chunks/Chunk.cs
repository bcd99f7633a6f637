using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>One chunk of a packet (RFC 9260 §3.2); <see cref="Value"/> is a view into the packet.</summary>
internal readonly ref struct Chunk
{
    public const int HeaderLength = 4;

    /// <summary>The T bit of ABORT and SHUTDOWN COMPLETE: the verification tag is reflected (RFC 9260 §8.5.1).</summary>
    public const ChunkFlags ReflectedTag = (ChunkFlags)1;

    public ChunkType Type { get; private init; }

    public ChunkFlags Flags { get; private init; }

    public ReadOnlySpan<byte> Value { get; private init; }

    /// <summary>The whole chunk with its header, without padding.</summary>
    public ReadOnlySpan<byte> Bytes { get; private init; }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +---------------+---------------+-------------------------------+
    // |  Chunk Type   |  Chunk Flags  |         Chunk Length          |
    // +---------------+---------------+-------------------------------+
    // |                Value (variable), padded to 32 bits            |

    /// <summary>Reads the next chunk; on <see langword="false"/> the reader has not moved.</summary>
    public static bool TryRead(scoped ref WireReader reader, out Chunk chunk)
    {
        chunk = default;
        WireReader ahead = reader;
        if (!ahead.TryReadByte(out byte type) ||
            !ahead.TryReadByte(out byte flags) ||
            !ahead.TryReadUInt16(out ushort length) ||
            !ahead.TryReadBytes(length - HeaderLength, out ReadOnlySpan<byte> value)) return false;
        ahead.TrySkip(Math.Min(-length & 3, ahead.Remaining));        // §3.2: Length excludes the padding; the last may lack it
        chunk = new Chunk { Type = (ChunkType)type, Flags = (ChunkFlags)flags, Value = value, Bytes = reader.Rest[..length] };
        reader = ahead;
        return true;
    }

    /// <summary>Bytes a chunk with <paramref name="valueLength"/> bytes of value takes in a packet, padding included.</summary>
    public static int PaddedSize(int valueLength) => HeaderLength + ((valueLength + 3) & ~3);

    /// <summary>Writes a whole chunk and its padding.</summary>
    public static void Write(ref WireWriter writer, ChunkType type, ChunkFlags flags, scoped ReadOnlySpan<byte> value)
    {
        writer.WriteByte((byte)type);
        writer.WriteByte((byte)flags);
        writer.WriteUInt16((ushort)(HeaderLength + value.Length));
        writer.WriteBytes(value);
        writer.WriteZeros(-value.Length & 3);
    }

    /// <summary>Starts a chunk whose length is known only when its value has been written; <see cref="End"/> completes it.</summary>
    /// <returns>Where the chunk starts, for <see cref="End"/>.</returns>
    public static int Begin(ref WireWriter writer, ChunkType type, ChunkFlags flags = ChunkFlags.None)
    {
        int start = writer.Length;
        writer.WriteByte((byte)type);
        writer.WriteByte((byte)flags);
        writer.WriteUInt16(0);
        return start;
    }

    /// <summary>Fills in the length of the chunk, or the parameter, that starts at <paramref name="start"/>, and pads it.</summary>
    public static void End(ref WireWriter writer, int start)
    {
        if (writer.Overflowed) return;
        int length = writer.Length - start;
        BinaryPrimitives.WriteUInt16BigEndian(writer.Written[(start + 2)..], (ushort)length);
        writer.WriteZeros(-length & 3);
    }
}
