#if NET
using System.Security.Cryptography;
#else
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
#endif

namespace WebRtcStack.Srtp;

/// <summary>AES-GCM keyed once, sealing and opening in place: nonce of 12 bytes, tag of 16 (RFC 7714 §5).</summary>
internal sealed class Gcm : IDisposable
{
    public const int NonceLength = 12;
    public const int TagLength = 16;

#if NET
    private readonly AesGcm _gcm;

    public Gcm(ReadOnlySpan<byte> key) => _gcm = new AesGcm(key, TagLength);

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag) =>
        _gcm.Encrypt(nonce, data, data, tag, associatedData);

    /// <summary>Opens in place; on false the data is worthless.</summary>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        try
        {
            _gcm.Decrypt(nonce, data, tag, data, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)      // the platform has no other way to say it
        {
            return false;
        }
    }

    public void Dispose() => _gcm.Dispose();
#else
    private readonly GcmBlockCipher _cipher = new(new AesEngine());
    private readonly KeyParameter _key;

    public Gcm(ReadOnlySpan<byte> key) => _key = new KeyParameter(key.ToArray());

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        byte[] output = Process(true, nonce, associatedData, data, default);
        output.AsSpan(0, data.Length).CopyTo(data);
        output.AsSpan(data.Length, TagLength).CopyTo(tag);
    }

    /// <summary>Opens in place; on false the data is untouched.</summary>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        try
        {
            Process(false, nonce, associatedData, data, tag).AsSpan(0, data.Length).CopyTo(data);
            return true;
        }
        catch (InvalidCipherTextException)
        {
            return false;
        }
    }

    public void Dispose() => _cipher.Reset();

    private byte[] Process(
        bool seal, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, ReadOnlySpan<byte> tag)
    {
        _cipher.Init(seal, new AeadParameters(_key, TagLength * 8, nonce.ToArray(), associatedData.ToArray()));
        byte[] input = new byte[data.Length + tag.Length];
        data.CopyTo(input);
        tag.CopyTo(input.AsSpan(data.Length));
        byte[] output = new byte[_cipher.GetOutputSize(input.Length)];
        int length = _cipher.ProcessBytes(input, 0, input.Length, output, 0);
        _cipher.DoFinal(output, length);
        return output;
    }
#endif
}
