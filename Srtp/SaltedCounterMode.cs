using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>AES-CM with a session key and its salt: a key stream per packet (RFC 3711 §4.1.1).</summary>
internal sealed class SaltedCounterMode : IDisposable
{
    private const int SaltLength = 14;
    private readonly AesCounterMode _cipher;
    private readonly ulong _saltHigh;
    private readonly ulong _saltLow;

    public SaltedCounterMode(SrtpProfile profile, KeyDerivation derivation, KeyLabel encryption, KeyLabel salt, bool allowNative)
    {
        Span<byte> key = stackalloc byte[profile.KeyLength()], saltBytes = stackalloc byte[AesCounterMode.BlockLength];
        derivation.Derive(encryption, key);
        _cipher = new AesCounterMode(key, allowNative);
        saltBytes.Clear();
        derivation.Derive(salt, saltBytes[..SaltLength]);
        _saltHigh = BinaryPrimitives.ReadUInt64BigEndian(saltBytes);
        _saltLow = BinaryPrimitives.ReadUInt64BigEndian(saltBytes[8..]);
        SecretMemory.Clear(key);
        SecretMemory.Clear(saltBytes);
    }

    /// <summary>Encrypts or decrypts in place: IV = (k_s * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16).</summary>
    public void Crypt(Span<byte> data, uint ssrc, ulong index)
    {
        Span<byte> iv = stackalloc byte[AesCounterMode.BlockLength];
        BinaryPrimitives.WriteUInt64BigEndian(iv, _saltHigh ^ ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(iv[8..], _saltLow ^ index << 16);
        _cipher.Transform(iv, data);
    }

    public void Dispose() => _cipher.Dispose();
}
