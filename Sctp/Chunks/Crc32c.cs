using System.Buffers.Binary;
#if NET
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
#endif

namespace WebRtcStack.Sctp;

/// <summary>CRC32c (RFC 9260 Appendix A): by the processor's instruction where it has one, else eight bytes a step by tables.</summary>
internal static class Crc32c
{
    public const uint Initial = 0xFFFFFFFF;
    private const uint ReversedPolynomial = 0x82F63B78;
    private static readonly uint[] s_tables = BuildTables();

    public static uint Compute(ReadOnlySpan<byte> source) => Finish(Append(Initial, source));

    public static uint Finish(uint crc) => ~crc;

    public static uint Append(uint crc, ReadOnlySpan<byte> source)
    {
#if NET
        if (Sse42.X64.IsSupported) return AppendSse42(crc, source);
        if (Crc32.Arm64.IsSupported) return AppendArm64(crc, source);
#endif
        return AppendByTables(crc, source);
    }

    /// <summary>The portable path: slicing by eight.</summary>
    internal static uint AppendByTables(uint crc, ReadOnlySpan<byte> source)
    {
        uint[] t = s_tables;
        while (source.Length >= 8)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(source);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
            crc = t[0x700 + (low & 0xFF)] ^ t[0x600 + (low >> 8 & 0xFF)] ^ t[0x500 + (low >> 16 & 0xFF)] ^ t[0x400 + (low >> 24)]
                ^ t[0x300 + (high & 0xFF)] ^ t[0x200 + (high >> 8 & 0xFF)] ^ t[0x100 + (high >> 16 & 0xFF)] ^ t[high >> 24];
            source = source[8..];
        }
        foreach (byte b in source) crc = t[(crc ^ b) & 0xFF] ^ crc >> 8;
        return crc;
    }

#if NET
    private static uint AppendSse42(uint crc, ReadOnlySpan<byte> source)
    {
        ulong wide = crc;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(source);
        foreach (ulong word in words) wide = Sse42.X64.Crc32(wide, word);
        crc = (uint)wide;
        foreach (byte b in source[(words.Length * 8)..]) crc = Sse42.Crc32(crc, b);
        return crc;
    }

    private static uint AppendArm64(uint crc, ReadOnlySpan<byte> source)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(source);
        foreach (ulong word in words) crc = Crc32.Arm64.ComputeCrc32C(crc, word);
        foreach (byte b in source[(words.Length * 8)..]) crc = Crc32.ComputeCrc32C(crc, b);
        return crc;
    }
#endif

    private static uint[] BuildTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ ReversedPolynomial : crc >> 1;
            tables[i] = crc;
        }
        for (int i = 256; i < tables.Length; i++) tables[i] = tables[tables[i - 256] & 0xFF] ^ tables[i - 256] >> 8;
        return tables;
    }
}
