#if NET
using System.Numerics;
#endif

namespace WebRtcStack.Sctp;

/// <summary>What netstandard2.0 does not have.</summary>
internal static class Bits
{
#if NET
    public static int TrailingZeroCount(ulong value) => BitOperations.TrailingZeroCount(value);
#else
    public static int TrailingZeroCount(ulong value)
    {
        int count = 0;
        for (int step = 32; step > 0; step >>= 1)
        {
            if ((value & ((1UL << step) - 1)) != 0) continue;
            value >>= step;
            count += step;
        }
        return count;
    }
#endif

    /// <summary>Compares in a time that does not depend on where they differ.</summary>
    public static bool FixedTimeEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length) return false;
        int difference = 0;
        for (int i = 0; i < left.Length; i++) difference |= left[i] ^ right[i];
        return difference == 0;
    }
}
