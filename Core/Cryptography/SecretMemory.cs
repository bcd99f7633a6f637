#if NET
using System.Security.Cryptography;
#else
using System.Runtime.CompilerServices;
#endif

namespace WebRtcStack.Core;

/// <summary>Clearing and comparing what must not leak.</summary>
internal static class SecretMemory
{
#if NET
    public static void Clear(Span<byte> secret) => CryptographicOperations.ZeroMemory(secret);

    public static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        CryptographicOperations.FixedTimeEquals(left, right);
#else
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static void Clear(Span<byte> secret) => secret.Clear();

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length) return false;
        int difference = 0;
        for (int i = 0; i < left.Length; i++) difference |= left[i] ^ right[i];
        return difference == 0;
    }
#endif
}
