using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>An entry of a temporary maximum media stream bit rate request or notification (TMMBR, TMMBN; RFC 5104 §4.2.1.1, §4.2.2.1).</summary>
/// <param name="Ssrc">The media sender that is asked; or who owns the limit, in a notification.</param>
/// <param name="BitsPerSecond">The limit. The wire has 17 bits of mantissa: what is written is not above the value given.</param>
/// <param name="OverheadBytes">The measured bytes of header per packet, 0 to 511.</param>
public readonly record struct MaxBitrateEntry(uint Ssrc, ulong BitsPerSecond, int OverheadBytes)
{
    internal const int MantissaBits = 17;
    private const int OverheadBits = 9;

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                              SSRC                             |
    // | MxTBR Exp |  MxTBR Mantissa                 |Measured Overhead|

    /// <summary>Reads the next entry of a feedback's information. False after the last.</summary>
    public static bool TryRead(scoped ref WireReader reader, out MaxBitrateEntry entry)
    {
        entry = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadUInt32(out uint limit)) return false;
        ulong mantissa = limit >> OverheadBits & (1 << MantissaBits) - 1;
        int exponent = (int)(limit >> MantissaBits + OverheadBits);
        entry = new MaxBitrateEntry(ssrc, BitrateField.Expand(mantissa, exponent), (int)(limit & (1 << OverheadBits) - 1));
        reader = ahead;
        return true;
    }

    internal void Write(ref WireWriter writer)
    {
        (uint mantissa, int exponent) = BitrateField.Compress(BitsPerSecond, MantissaBits);
        writer.WriteUInt32(Ssrc);
        writer.WriteUInt32((uint)exponent << MantissaBits + OverheadBits | mantissa << OverheadBits | (uint)OverheadBytes & (1 << OverheadBits) - 1);
    }
}

/// <summary>Bit rates as a mantissa and six bits of exponent to the base of two.</summary>
internal static class BitrateField
{
    // What 64 bits cannot hold is beyond every network: the wire may say 2^63 times a mantissa.
    public static ulong Expand(ulong mantissa, int exponent)
    {
        ulong value = mantissa << exponent;
        return value >> exponent == mantissa ? value : ulong.MaxValue;
    }

    /// <summary>What is left of a rate on the wire.</summary>
    public static ulong Round(ulong value, int mantissaBits)
    {
        (uint mantissa, int exponent) = Compress(value, mantissaBits);
        return Expand(mantissa, exponent);
    }

    public static (uint Mantissa, int Exponent) Compress(ulong value, int mantissaBits)
    {
        int exponent = 0;
        while (value >> exponent >= 1UL << mantissaBits) exponent++;
        return ((uint)(value >> exponent), exponent);
    }
}
