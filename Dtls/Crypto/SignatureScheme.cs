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
}

/// <summary>What a scheme is made of.</summary>
internal static class SignatureSchemes
{
    /// <summary>What we accept, most wanted first. SHA-1 is not among them.</summary>
    public static ReadOnlySpan<SignatureScheme> Accepted =>
    [
        SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384, SignatureScheme.EcdsaSecp521r1Sha512,
        SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
    ];

    public static bool IsAccepted(this SignatureScheme scheme)
    {
        foreach (SignatureScheme accepted in Accepted)
        {
            if (accepted == scheme) return true;
        }
        return false;
    }

    public static bool IsEcdsa(this SignatureScheme scheme) => ((ushort)scheme & 0xFF) == 3 && (ushort)scheme < 0x0800;

    public static bool IsPss(this SignatureScheme scheme) => (ushort)scheme >> 8 == 8;

    public static DtlsHash Hash(this SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.RsaPkcs1Sha256 or SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.RsaPssRsaeSha256 => DtlsHash.Sha256,
        SignatureScheme.RsaPkcs1Sha384 or SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.RsaPssRsaeSha384 => DtlsHash.Sha384,
        _ => DtlsHash.Sha512,
    };

    /// <summary>Picks the peer's first choice that a key of our kind can sign with.</summary>
    /// <param name="offered">Network-order pairs of bytes, as they were on the wire.</param>
    /// <param name="ecdsa">Whether our key is an ECDSA key.</param>
    /// <param name="scheme">The choice.</param>
    public static bool TryChoose(ReadOnlySpan<byte> offered, bool ecdsa, out SignatureScheme scheme)
    {
        WireReader reader = new(offered);
        while (reader.TryReadUInt16(out ushort value))
        {
            scheme = (SignatureScheme)value;
            if (scheme.IsAccepted() && scheme.IsEcdsa() == ecdsa) return true;
        }
        scheme = default;
        return false;
    }
}
