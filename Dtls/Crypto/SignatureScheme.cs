namespace WebRtcStack.Dtls;

/// <summary>Signature schemes (RFC 8446 §4.2.3); in TLS 1.2 the ECDSA ones do not name a curve (RFC 5246 §7.4.1.4.1).</summary>
internal enum SignatureScheme : ushort
{
    RsaPkcs1Sha256 = 0x0401,
    EcdsaSecp256r1Sha256 = 0x0403,
    RsaPkcs1Sha384 = 0x0501,
    EcdsaSecp384r1Sha384 = 0x0503,
    RsaPkcs1Sha512 = 0x0601,
    EcdsaSecp521r1Sha512 = 0x0603,
    RsaPssRsaeSha256 = 0x0804,
    RsaPssRsaeSha384 = 0x0805,
    RsaPssRsaeSha512 = 0x0806,
    Ed25519 = 0x0807,
}

/// <summary>What a scheme is made of.</summary>
internal static class SignatureSchemes
{
    /// <summary>What we accept, most wanted first. SHA-1 is not among them.</summary>
    public static ReadOnlySpan<SignatureScheme> Accepted =>
    [
        SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384, SignatureScheme.EcdsaSecp521r1Sha512,
        SignatureScheme.Ed25519,
        SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
    ];

    public static bool IsPss(this SignatureScheme scheme) => scheme is >= SignatureScheme.RsaPssRsaeSha256 and <= SignatureScheme.RsaPssRsaeSha512;

    /// <summary>
    /// Whether a key of this kind makes such signatures. In DTLS 1.3 each ECDSA scheme has its curve and PKCS #1 v1.5 is gone
    /// (RFC 8446 §4.2.3); in DTLS 1.2 any curve goes with any hash.
    /// </summary>
    public static bool Fits(this SignatureScheme scheme, KeyKind kind, bool isDtls13) => scheme switch
    {
        SignatureScheme.EcdsaSecp256r1Sha256 => kind == KeyKind.EcdsaP256 || (!isDtls13 && kind.IsEcdsa()),
        SignatureScheme.EcdsaSecp384r1Sha384 => kind == KeyKind.EcdsaP384 || (!isDtls13 && kind.IsEcdsa()),
        SignatureScheme.EcdsaSecp521r1Sha512 => kind == KeyKind.EcdsaP521 || (!isDtls13 && kind.IsEcdsa()),
        SignatureScheme.Ed25519 => kind == KeyKind.Ed25519,
        SignatureScheme.RsaPssRsaeSha256 or SignatureScheme.RsaPssRsaeSha384 or SignatureScheme.RsaPssRsaeSha512 => kind == KeyKind.Rsa,
        SignatureScheme.RsaPkcs1Sha256 or SignatureScheme.RsaPkcs1Sha384 or SignatureScheme.RsaPkcs1Sha512 =>
            kind == KeyKind.Rsa && !isDtls13,
        _ => false,
    };

    public static DtlsHash Hash(this SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.RsaPkcs1Sha256 or SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.RsaPssRsaeSha256 => DtlsHash.Sha256,
        SignatureScheme.RsaPkcs1Sha384 or SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.RsaPssRsaeSha384 => DtlsHash.Sha384,
        _ => DtlsHash.Sha512,
    };

    /// <summary>Picks the peer's first choice that a key of our kind can sign with.</summary>
    /// <param name="offered">Network-order pairs of bytes, as they were on the wire.</param>
    /// <param name="kind">The kind of our key.</param>
    /// <param name="isDtls13">The version.</param>
    /// <param name="scheme">The choice.</param>
    public static bool TryChoose(ReadOnlySpan<byte> offered, KeyKind kind, bool isDtls13, out SignatureScheme scheme)
    {
        WireReader reader = new(offered);
        while (reader.TryReadUInt16(out ushort value))
        {
            scheme = (SignatureScheme)value;
            if (scheme.Fits(kind, isDtls13)) return true;
        }
        scheme = default;
        return false;
    }
}
