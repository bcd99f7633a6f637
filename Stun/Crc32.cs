namespace WebRtcStack.Stun;

/// <summary>The CRC-32 of ITU V.42, which FINGERPRINT carries (RFC 8489 §14.7).</summary>
internal static class Crc32
{
    private static readonly uint[] s_table = CreateTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes) crc = s_table[(byte)(crc ^ b)] ^ crc >> 8;
        return ~crc;
    }

    private static uint[] CreateTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint entry = i;
            for (int bit = 0; bit < 8; bit++) entry = (entry & 1) != 0 ? entry >> 1 ^ 0xEDB88320 : entry >> 1;
            table[i] = entry;
        }
        return table;
    }
}
