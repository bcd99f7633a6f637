using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace WebRtcStack.Dtls;

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

/// <summary>Secret bytes with one owner, cleared when it lets go of them.</summary>
internal sealed class Secret(byte[] bytes) : IDisposable
{
    private byte[]? _bytes = bytes;

    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Hands the bytes to a new owner; this one is empty afterwards and clears nothing.</summary>
    public Secret Move()
    {
        Debug.Assert(_bytes is not null, "a secret is moved by its owner");
        Secret moved = new(_bytes!);
        _bytes = null;
        return moved;
    }

    public void Dispose()
    {
        SecretMemory.Clear(_bytes);
        _bytes = null;
    }
}
