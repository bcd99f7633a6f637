using System.Security.Cryptography;

namespace WebRtcStack.Srtp;

/// <summary>HMAC-SHA1 (RFC 3711 §4.2.1), keyed once.</summary>
internal sealed class HmacSha1 : IDisposable
{
    public const int Length = 20;
    private readonly IncrementalHash _hash;

    public HmacSha1(byte[] key) => _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, key);

    /// <summary>HMAC over <paramref name="data"/> and what follows it, <paramref name="tail"/>.</summary>
    public void Compute(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
#if NET
        _hash.AppendData(data);
        _hash.AppendData(tail);
        _hash.GetHashAndReset(destination);
#else
        _hash.AppendData(data.ToArray());
        _hash.AppendData(tail.ToArray());
        _hash.GetHashAndReset().CopyTo(destination);
#endif
    }

    /// <summary>Whether two tags are the same, in time that does not depend on where they differ.</summary>
    public static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        int difference = left.Length ^ right.Length;
        for (int i = 0; i < Math.Min(left.Length, right.Length); i++) difference |= left[i] ^ right[i];
        return difference == 0;
    }

    public void Dispose() => _hash.Dispose();
}
