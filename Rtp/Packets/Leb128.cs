namespace WebRtcStack.Rtp;

/// <summary>Little-endian numbers of seven bits a byte, leb128() of AV1 §4.10.5.</summary>
internal static class Leb128
{
    /// <summary>The most bytes that a number of 32 bits takes.</summary>
    public const int MaxLength = 5;

    /// <summary>Bytes that a number takes.</summary>
    public static int LengthOf(uint value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7) length++;
        return length;
    }

    /// <summary>Takes a number off the front. False, without moving, when it is cut off or does not fit 32 bits.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> source, out uint value)
    {
        value = 0;
        ulong sum = 0;
        for (int i = 0; i < 8 && i < source.Length; i++)                  // §4.10.5: at most eight bytes
        {
            sum |= (ulong)(source[i] & 0x7F) << (i * 7);
            if ((source[i] & 0x80) != 0) continue;
            if (sum > uint.MaxValue) return false;
            value = (uint)sum;
            source = source[(i + 1)..];
            return true;
        }
        return false;
    }

    /// <summary>Writes a number in its shortest form; the destination has room.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, uint value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7) destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }
}
