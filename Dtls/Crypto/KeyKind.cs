namespace WebRtcStack.Dtls;

/// <summary>Kinds of keys in certificates.</summary>
internal enum KeyKind
{
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Ed25519,
    Rsa,
}

/// <summary>What follows from the kind of a key.</summary>
internal static class KeyKinds
{
    public static bool IsEcdsa(this KeyKind kind) => kind <= KeyKind.EcdsaP521;

    /// <summary>Whether the key goes with the ECDHE_ECDSA suites of DTLS 1.2, which are for EdDSA as well (RFC 8422 §2.2).</summary>
    public static bool FitsEcdsaSuites(this KeyKind kind) => kind != KeyKind.Rsa;

    /// <summary>The kind of an ECDSA key by the size of its field.</summary>
    public static bool TryGetEcdsa(int bits, out KeyKind kind)
    {
        kind = bits switch
        {
            256 => KeyKind.EcdsaP256,
            384 => KeyKind.EcdsaP384,
            _ => KeyKind.EcdsaP521,
        };
        return bits is 256 or 384 or 521;
    }
}
