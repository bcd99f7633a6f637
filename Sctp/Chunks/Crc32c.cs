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
#if NET
    private const int PartLength = 384;                               // three of them are a packet of 1172 bytes, less its header
    private static readonly uint[] s_carryTables = BuildCarryTables();
#endif

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
    // The instruction takes three cycles and starts each cycle: three parts of a packet at a time keep it busy. The sums
    // of the first two are then carried over the bytes behind them.
    private static uint AppendSse42(uint crc, ReadOnlySpan<byte> source)
    {
        while (source.Length >= 3 * PartLength)
        {
            ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(source[..PartLength]);
            ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(source.Slice(PartLength, PartLength));
            ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(source.Slice(2 * PartLength, PartLength));
            ulong a = crc, b = 0, c = 0;
            for (int i = 0; i < first.Length; i++)
            {
                a = Sse42.X64.Crc32(a, first[i]);
                b = Sse42.X64.Crc32(b, second[i]);
                c = Sse42.X64.Crc32(c, third[i]);
            }
            crc = CarryOverPart(CarryOverPart((uint)a) ^ (uint)b) ^ (uint)c;
            source = source[(3 * PartLength)..];
        }
        ulong wide = crc;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(source);
        foreach (ulong word in words) wide = Sse42.X64.Crc32(wide, word);
        crc = (uint)wide;
        foreach (byte b in source[(words.Length * 8)..]) crc = Sse42.Crc32(crc, b);
        return crc;
    }

    private static uint CarryOverPart(uint crc)
    {
        uint[] t = s_carryTables;
        return t[crc & 0xFF] ^ t[0x100 + (crc >> 8 & 0xFF)] ^ t[0x200 + (crc >> 16 & 0xFF)] ^ t[0x300 + (crc >> 24)];
    }

    // What becomes of a sum when PartLength zeros follow, for each byte of it: the map is linear, so its bits suffice.
    private static uint[] BuildCarryTables()
    {
        byte[] zeros = new byte[PartLength];
        uint[] tables = new uint[4 * 256];
        for (int bit = 0; bit < 32; bit++)
        {
            uint image = AppendByTables(1u << bit, zeros);
            for (int value = 0; value < 256; value++)
            {
                if ((value >> (bit & 7) & 1) != 0) tables[(bit >> 3) * 256 + value] ^= image;
            }
        }
        return tables;
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
