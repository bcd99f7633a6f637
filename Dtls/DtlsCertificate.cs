namespace WebRtcStack.Dtls;

/// <summary>A self-signed certificate with its private key. Create it once and use it for many connections.</summary>
public sealed class DtlsCertificate : IDisposable
{
    private const string CertificateLabel = "CERTIFICATE";
    private const string KeyLabel = "PRIVATE KEY";
    private const string UsualHash = "sha-256";
    private readonly byte[] _der;
    private readonly DtlsFingerprint _usualFingerprint;            // every offer and answer asks for it

    private DtlsCertificate(CertificateKey key, byte[] der, DateTimeOffset expires) =>
        (Key, _der, Expires, _usualFingerprint) = (key, der, expires, DtlsFingerprint.Compute(UsualHash, der));

    /// <summary>The certificate in DER.</summary>
    public ReadOnlyMemory<byte> Der => _der;

    /// <summary>When the certificate ends to be valid (notAfter).</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>The kind of its key. Of imported keys, ECDSA on P-384 or P-521 counts as P-256, RSA of any size as 2048 bits.</summary>
    public DtlsKeyType KeyType => Key.Kind switch
    {
        KeyKind.Ed25519 => DtlsKeyType.Ed25519,
        KeyKind.Rsa => DtlsKeyType.Rsa2048,
        _ => DtlsKeyType.EcdsaP256,
    };

    internal CertificateKey Key { get; }

    /// <summary>Creates a key and its self-signed certificate, valid from a day before <paramref name="now"/> (clocks differ).</summary>
    /// <param name="options">What to make; the defaults are what browsers make.</param>
    /// <param name="now">The time of day.</param>
    /// <param name="random">Where the serial number comes from; the key is always drawn by the platform.</param>
    public static DtlsCertificate Create(DtlsCertificateOptions options, DateTimeOffset now, RandomSource random)
    {
        Require.NotNull(options);
        Require.NotNull(random);
        byte[] serial = new byte[8];
        random.Fill(serial);
        serial[0] = (byte)(serial[0] & 0x7F | 0x40);              // RFC 5280 §4.1.2.2: positive; and no leading zero
        CertificateKey key = CertificateKey.Generate(options.KeyType);
        byte[] der = key.SelfSign(options.Subject, now.AddDays(-1), now + options.Validity, serial);
#if NET
        if (key is LibCryptoCertificateKey) return new DtlsCertificate(key, der, LibCryptoCertificateKey.WholeSeconds(now + options.Validity));
#endif
        return WithKey(key, der);
    }

    /// <summary>Reads what <see cref="ExportPem"/> wrote: a CERTIFICATE and a PRIVATE KEY (PKCS #8) of ECDSA on a NIST curve, Ed25519 or RSA, in any order.</summary>
    /// <exception cref="FormatException">One of the two is missing or is no PEM.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The key or the certificate cannot be read.</exception>
    public static DtlsCertificate ImportPem(string pem)
    {
        Require.NotNull(pem);
        byte[] der = Pem.Decode(pem, CertificateLabel);
        byte[] pkcs8 = Pem.Decode(pem, KeyLabel);
        try
        {
            return WithKey(CertificateKey.Read(pkcs8, der), der);
        }
        finally
        {
            SecretMemory.Clear(pkcs8);
        }
    }

    /// <summary>Writes certificate and private key as PEM. The text is as secret as the key.</summary>
    public string ExportPem()
    {
        byte[] pkcs8 = Key.Export();
        string text = Pem.Encode(CertificateLabel, _der) + Pem.Encode(KeyLabel, pkcs8);
        SecretMemory.Clear(pkcs8);
        return text;
    }

    /// <summary>The certificate's fingerprint for SDP.</summary>
    /// <param name="algorithm">sha-256 (which every peer understands), sha-384 or sha-512.</param>
    /// <exception cref="ArgumentException">The hash is not one of these.</exception>
    public DtlsFingerprint GetFingerprint(string algorithm = UsualHash) => string.Equals(algorithm, UsualHash, StringComparison.OrdinalIgnoreCase)
        ? _usualFingerprint
        : DtlsFingerprint.Compute(algorithm, _der);

    /// <summary>
    /// Keeps the private key in as little memory as it can until it is used again, which then costs some microseconds. It is for a
    /// certificate that one connection has alone, once its handshake is done: no other thread may use the certificate meanwhile.
    /// </summary>
    public void Rest() => Key.Rest();

    /// <summary>Frees the private key; connections that still use it fail.</summary>
    public void Dispose() => Key.Dispose();

    private static DtlsCertificate WithKey(CertificateKey key, byte[] der)
    {
        using CertificatePublicKey? publicKey = CertificatePublicKey.Read(der);
        if (publicKey is not null && publicKey.Kind == key.Kind && Fits(key, publicKey))
            return new DtlsCertificate(key, der, publicKey.Expires);
        key.Dispose();
        throw new System.Security.Cryptography.CryptographicException("The private key is not the certificate's key.");
    }

    private static bool Fits(CertificateKey key, CertificatePublicKey publicKey)
    {
        foreach (SignatureScheme scheme in SignatureSchemes.Accepted)
        {
            if (scheme.Fits(key.Kind, isDtls13: true)) return publicKey.Verify(scheme, isDtls13: true, [1], key.Sign(scheme, [1]));
        }
        return false;
    }
}
