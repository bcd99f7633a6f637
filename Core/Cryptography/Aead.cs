#if NET
using System.Security.Cryptography;
#else
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
#endif

namespace WebRtcStack.Core;

/// <summary>The AEAD algorithms of record protection.</summary>
internal enum AeadAlgorithm
{
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

/// <summary>An AEAD keyed once, sealing and opening in place (RFC 5116): nonce of 12 bytes, tag of 16.</summary>
internal sealed class Aead : IDisposable
{
    public const int NonceLength = 12;
    public const int TagLength = 16;

#if NET
    private readonly LibCryptoAead? _native;
    private readonly AesGcm? _gcm;
    private readonly ChaCha20Poly1305? _chaCha;

    public Aead(AeadAlgorithm algorithm, ReadOnlySpan<byte> key, bool allowNative = true)
    {
        if (allowNative) _native = LibCryptoAead.Create(algorithm, key);
        if (_native is not null) return;
        if (algorithm == AeadAlgorithm.ChaCha20Poly1305) _chaCha = new ChaCha20Poly1305(key);
        else _gcm = new AesGcm(key, TagLength);
    }

    /// <summary>Whether the platform has the algorithm.</summary>
    public static bool IsSupported(AeadAlgorithm algorithm) =>
        algorithm == AeadAlgorithm.ChaCha20Poly1305 ? ChaCha20Poly1305.IsSupported : AesGcm.IsSupported;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        if (_native is not null)
        {
            if (!_native.TrySeal(nonce, associatedData, data, tag)) throw new CryptographicException("libcrypto could not encrypt.");
            return;
        }
        if (_gcm is not null) _gcm.Encrypt(nonce, data, data, tag, associatedData);
        else _chaCha!.Encrypt(nonce, data, data, tag, associatedData);
    }

    public void Dispose()
    {
        _native?.Dispose();
        _gcm?.Dispose();
        _chaCha?.Dispose();
    }
#else
    private readonly IAeadCipher _cipher;
    private KeyParameter? _key;                                 // null when the cipher has it

    /// <summary>Takes a key, which is copied; there is nothing native to allow here.</summary>
    public Aead(AeadAlgorithm algorithm, ReadOnlySpan<byte> key, bool _ = true)
    {
        _cipher = algorithm == AeadAlgorithm.ChaCha20Poly1305 ? new ChaCha20Poly1305() : new GcmBlockCipher(new AesEngine());
        _key = new KeyParameter(key.ToArray());
    }

    /// <summary>Whether the platform has the algorithm.</summary>
    public static bool IsSupported(AeadAlgorithm algorithm) => algorithm <= AeadAlgorithm.ChaCha20Poly1305;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        byte[] sealedData = Process(true, nonce, associatedData, data, default);
        sealedData.AsSpan(0, data.Length).CopyTo(data);
        sealedData.AsSpan(data.Length, TagLength).CopyTo(tag);
    }

    public void Dispose()
    {
        if (_key is null) _cipher.Reset();
    }

    private byte[] Process(
        bool seal, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        _cipher.Init(seal, new AeadParameters(_key, TagLength * 8, nonce.ToArray(), associatedData.ToArray()));
        _key = null;                                            // to expand it again costs more than a packet
        byte[] input = new byte[data.Length + tag.Length];
        data.CopyTo(input);
        tag.CopyTo(input.AsSpan(data.Length));
        byte[] output = new byte[_cipher.GetOutputSize(input.Length)];
        int length = _cipher.ProcessBytes(input, 0, input.Length, output, 0);
        _cipher.DoFinal(output, length);
        return output;
    }
#endif

    /// <summary>Opens in place.</summary>
    /// <returns>False when the tag is wrong; <paramref name="data"/> is then worthless.</returns>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
#if NET
        if (_native is not null) return _native.TryOpen(nonce, associatedData, data, tag);
        try
        {
            if (_gcm is not null) _gcm.Decrypt(nonce, data, tag, data, associatedData);
            else _chaCha!.Decrypt(nonce, data, tag, data, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)      // the platform has no other way to say it
        {
            return false;
        }
#else
        try
        {
            Process(false, nonce, associatedData, data, tag).AsSpan(0, data.Length).CopyTo(data);
            return true;
        }
        catch (InvalidCipherTextException)
        {
            return false;
        }
#endif
    }
}
