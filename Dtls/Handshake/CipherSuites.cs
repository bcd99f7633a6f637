namespace WebRtcStack.Dtls;

/// <summary>What a cipher suite is made of; those of DTLS 1.3 leave the kind of certificate open.</summary>
internal readonly record struct CipherSuite(DtlsCipherSuite Id, bool IsEcdsa, AeadAlgorithm Aead, DtlsHash Hash)
{
    public int KeyLength => Aead == AeadAlgorithm.Aes128Gcm ? 16 : 32;

    /// <summary>Whether it is a suite of DTLS 1.3; the others are of DTLS 1.2.</summary>
    public bool IsDtls13 => (ushort)Id >> 8 == 0x13;

    /// <summary>fixed_iv_length: the salt of GCM (RFC 5288 §3), the whole nonce of ChaCha20-Poly1305 (RFC 7905 §2).</summary>
    public int IvLength => Aead == AeadAlgorithm.ChaCha20Poly1305 ? Core.Aead.NonceLength : 4;

    /// <summary>Finds a suite; false for one that is unknown, or that the platform has no cipher for.</summary>
    public static bool TryGet(DtlsCipherSuite id, out CipherSuite suite)
    {
        suite = id switch
        {
            DtlsCipherSuite.TLS_AES_128_GCM_SHA256 => new(id, false, AeadAlgorithm.Aes128Gcm, DtlsHash.Sha256),
            DtlsCipherSuite.TLS_AES_256_GCM_SHA384 => new(id, false, AeadAlgorithm.Aes256Gcm, DtlsHash.Sha384),
            DtlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256 => new(id, false, AeadAlgorithm.ChaCha20Poly1305, DtlsHash.Sha256),
            DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => new(id, true, AeadAlgorithm.Aes128Gcm, DtlsHash.Sha256),
            DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => new(id, false, AeadAlgorithm.Aes128Gcm, DtlsHash.Sha256),
            DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => new(id, true, AeadAlgorithm.Aes256Gcm, DtlsHash.Sha384),
            DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => new(id, false, AeadAlgorithm.Aes256Gcm, DtlsHash.Sha384),
            DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 =>
                new(id, true, AeadAlgorithm.ChaCha20Poly1305, DtlsHash.Sha256),
            DtlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 =>
                new(id, false, AeadAlgorithm.ChaCha20Poly1305, DtlsHash.Sha256),
            _ => default,
        };
        return suite.Id != default && Core.Aead.IsSupported(suite.Aead);
    }
}
