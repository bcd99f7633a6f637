namespace WebRtcStack.Dtls;

/// <summary>The kind of key in a certificate.</summary>
public enum DtlsKeyType
{
    /// <summary>ECDSA on P-256: what browsers create by default.</summary>
    EcdsaP256,

    /// <summary>RSA with a modulus of 2048 bits.</summary>
    Rsa2048,

    /// <summary>Ed25519 (RFC 8032, RFC 8410). Chromium does not accept it: for peers that are known to.</summary>
    Ed25519,
}
