using System.Security.Cryptography;

namespace WebRtcStack.Srtp;

/// <summary>HMAC-SHA1 (RFC 3711 §4.2.1), keyed once: libcrypto's hash from the two states that the key leaves, or the platform's HMAC.</summary>
internal sealed class HmacSha1 : IDisposable
{
    public const int Length = 20;
    private readonly IncrementalHash? _platform;
#if NET
    private readonly LibCryptoHash? _native;
    private readonly byte[] _states = [];                          // of the inner hash and of the outer one
#endif

    public HmacSha1(byte[] key, bool allowNative = true)
    {
#if NET
        if (allowNative && LibCryptoHash.Sha1 is { } native)
        {
            (_native, _states) = (native, new byte[2 * LibCryptoHash.StateLength]);
            native.BeginHmac(key, _states.AsSpan(0, LibCryptoHash.StateLength), _states.AsSpan(LibCryptoHash.StateLength));
            return;
        }
#endif
        _platform = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, key);
    }

    /// <summary>HMAC over <paramref name="data"/> and what follows it, <paramref name="tail"/>.</summary>
    public void Compute(ReadOnlySpan<byte> data, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
#if NET
        if (_native is not null)
        {
            _native.Hmac(_states.AsSpan(0, LibCryptoHash.StateLength), _states.AsSpan(LibCryptoHash.StateLength), data, tail, destination);
            return;
        }
        _platform!.AppendData(data);
        _platform.AppendData(tail);
        _platform.GetHashAndReset(destination);
#else
        _platform!.AppendData(data.ToArray());
        _platform.AppendData(tail.ToArray());
        _platform.GetHashAndReset().CopyTo(destination);
#endif
    }

    public void Dispose()
    {
        _platform?.Dispose();
#if NET
        SecretMemory.Clear(_states);
#endif
    }
}
