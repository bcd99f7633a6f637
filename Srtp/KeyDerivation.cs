namespace WebRtcStack.Srtp;

/// <summary>Labels of session keys (RFC 3711 §4.3.1, §4.3.2).</summary>
internal enum KeyLabel : byte
{
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
    RtpHeaderEncryption = 6,                                       // RFC 6904 §3
    RtpHeaderSalt = 7,
}

/// <summary>Session keys from the master key and salt with AES-CM (RFC 3711 §4.3; RFC 7714 §11), key derivation rate 0.</summary>
internal sealed class KeyDerivation : IDisposable
{
    private const int SaltLength = 14;
    private const int LabelPosition = 7;                            // key_id is 56 bits long, its first byte is the label
    private readonly AesCounterMode _prf;
    private readonly byte[] _masterSalt = new byte[SaltLength];

    /// <summary>Takes the master key and salt of one direction; a salt of 12 bytes is padded with zeros (RFC 7714 §11).</summary>
    /// <exception cref="ArgumentException">One of them has another length than the profile needs.</exception>
    public KeyDerivation(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
    {
        if (masterKey.Length != profile.KeyLength())
            throw new ArgumentException($"The profile {profile} needs a master key of {profile.KeyLength()} bytes.", nameof(masterKey));
        if (masterSalt.Length != profile.SaltLength())
            throw new ArgumentException($"The profile {profile} needs a master salt of {profile.SaltLength()} bytes.", nameof(masterSalt));
        masterSalt.CopyTo(_masterSalt);
        _prf = new AesCounterMode(masterKey);
    }

    public void Derive(KeyLabel label, Span<byte> sessionKey)
    {
        Span<byte> iv = stackalloc byte[AesCounterMode.BlockLength];
        iv.Clear();
        _masterSalt.CopyTo(iv);
        iv[LabelPosition] ^= (byte)label;
        sessionKey.Clear();
        _prf.Transform(iv, sessionKey);
    }

    public void Dispose()
    {
        _prf.Dispose();
        _masterSalt.AsSpan().Clear();
    }
}
