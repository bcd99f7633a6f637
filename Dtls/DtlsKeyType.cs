namespace WebRtcStack.Dtls;

/// <summary>The kind of key in a certificate.</summary>
public enum DtlsKeyType
{
    /// <summary>ECDSA on P-256: what browsers create by default.</summary>
    EcdsaP256,

    /// <summary>RSA with a modulus of 2048 bits.</summary>
    Rsa2048,
}
