using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Variable-length vectors of the TLS presentation language (RFC 5246 §4.3).</summary>
internal static class Vectors
{
    /// <summary>Reads a vector with a length of one byte.</summary>
    public static bool TryReadVector8(this scoped ref WireReader reader, out ReadOnlySpan<byte> value)
    {
        WireReader ahead = reader;
        value = default;
        if (!ahead.TryReadByte(out byte length) || !ahead.TryReadBytes(length, out value)) return false;
        reader = ahead;
        return true;
    }

    /// <summary>Reads a vector with a length of two bytes.</summary>
    public static bool TryReadVector16(this scoped ref WireReader reader, out ReadOnlySpan<byte> value)
    {
        WireReader ahead = reader;
        value = default;
        if (!ahead.TryReadUInt16(out ushort length) || !ahead.TryReadBytes(length, out value)) return false;
        reader = ahead;
        return true;
    }

    /// <summary>Reads a vector with a length of three bytes.</summary>
    public static bool TryReadVector24(this scoped ref WireReader reader, out ReadOnlySpan<byte> value)
    {
        WireReader ahead = reader;
        value = default;
        if (!ahead.TryReadUInt24(out uint length) || !ahead.TryReadBytes((int)length, out value)) return false;
        reader = ahead;
        return true;
    }

    /// <summary>Reads a vector of 16-bit numbers that has at least one.</summary>
    public static bool TryReadNumbers16(this scoped ref WireReader reader, out ReadOnlySpan<byte> value) =>
        reader.TryReadVector16(out value) && value.Length >= 2 && value.Length % 2 == 0;

    /// <summary>Writes a vector with a length of one byte.</summary>
    public static void WriteVector8(this ref WireWriter writer, scoped ReadOnlySpan<byte> value)
    {
        writer.WriteByte((byte)value.Length);
        writer.WriteBytes(value);
    }

    /// <summary>Writes a vector with a length of two bytes.</summary>
    public static void WriteVector16(this ref WireWriter writer, scoped ReadOnlySpan<byte> value)
    {
        writer.WriteUInt16((ushort)value.Length);
        writer.WriteBytes(value);
    }

    /// <summary>Whether a vector of 16-bit numbers holds one.</summary>
    public static bool ContainsNumber(ReadOnlySpan<byte> numbers, ushort number)
    {
        for (int i = 0; i + 1 < numbers.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(numbers[i..]) == number) return true;
        }
        return false;
    }
}
