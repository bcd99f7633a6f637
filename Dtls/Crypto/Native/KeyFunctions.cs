#if NET
namespace WebRtcStack.Dtls;

/// <summary>The functions of libcrypto for asymmetric keys. Those for elliptic curves are its oldest: the newer ones cost up to ten microseconds more a call.</summary>
internal static unsafe class KeyFunctions
{
    public const int X25519 = 1034;                                // NID_X25519
    public const int P256 = 415;                                   // NID_X9_62_prime256v1
    public const int P384 = 715;                                   // NID_secp384r1
    public const int Uncompressed = 4;                             // POINT_CONVERSION_UNCOMPRESSED

    public const uint NoParameters = 1;                            // EC_PKEY_NO_PARAMETERS

    /// <summary>Whether all that is used here is there.</summary>
    public static bool IsAvailable { get; } = FindAll();

    public static delegate* unmanaged<int, nint, byte*, nuint, nint> RawPrivate { get; private set; }

    public static delegate* unmanaged<int, nint, byte*, nuint, nint> RawPublic { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint*, int> GetRawPublic { get; private set; }

    public static delegate* unmanaged<nint, void> RawFree { get; private set; }

    public static delegate* unmanaged<nint, nint, nint> ContextNew { get; private set; }

    public static delegate* unmanaged<nint, void> ContextFree { get; private set; }

    public static delegate* unmanaged<nint, int> DeriveInit { get; private set; }

    public static delegate* unmanaged<nint, nint, int, int> DeriveSetPeer { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint*, int> Derive { get; private set; }

    public static delegate* unmanaged<int, nint> EcNew { get; private set; }

    public static delegate* unmanaged<nint, void> EcFree { get; private set; }

    public static delegate* unmanaged<nint, int> EcGenerate { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint, nint, int> EcSetPublic { get; private set; }

    public static delegate* unmanaged<nint, nint> EcGroup { get; private set; }

    public static delegate* unmanaged<nint, nint> EcPublic { get; private set; }

    public static delegate* unmanaged<nint, nint, int, byte*, nuint, nint, nuint> PointWrite { get; private set; }

    public static delegate* unmanaged<byte*, nuint, nint, nint, nint, int> EcdhCompute { get; private set; }

    public static delegate* unmanaged<nint, byte**, nint, nint> EcReadPrivate { get; private set; }

    public static delegate* unmanaged<nint, byte**, int> EcWritePrivate { get; private set; }

    public static delegate* unmanaged<nint, uint, void> EcSetEncoding { get; private set; }

    public static delegate* unmanaged<int, byte*, int, byte*, uint*, nint, int> EcdsaSign { get; private set; }

    public static delegate* unmanaged<int, byte*, int, byte*, int, nint, int> EcdsaVerify { get; private set; }

    private static bool FindAll()
    {
        bool all = LibCrypto.IsAvailable;
        RawPrivate = (delegate* unmanaged<int, nint, byte*, nuint, nint>)LibCrypto.Find("EVP_PKEY_new_raw_private_key", ref all);
        RawPublic = (delegate* unmanaged<int, nint, byte*, nuint, nint>)LibCrypto.Find("EVP_PKEY_new_raw_public_key", ref all);
        GetRawPublic = (delegate* unmanaged<nint, byte*, nuint*, int>)LibCrypto.Find("EVP_PKEY_get_raw_public_key", ref all);
        RawFree = (delegate* unmanaged<nint, void>)LibCrypto.Find("EVP_PKEY_free", ref all);
        ContextNew = (delegate* unmanaged<nint, nint, nint>)LibCrypto.Find("EVP_PKEY_CTX_new", ref all);
        ContextFree = (delegate* unmanaged<nint, void>)LibCrypto.Find("EVP_PKEY_CTX_free", ref all);
        DeriveInit = (delegate* unmanaged<nint, int>)LibCrypto.Find("EVP_PKEY_derive_init", ref all);
        DeriveSetPeer = (delegate* unmanaged<nint, nint, int, int>)LibCrypto.Find("EVP_PKEY_derive_set_peer_ex", ref all);
        Derive = (delegate* unmanaged<nint, byte*, nuint*, int>)LibCrypto.Find("EVP_PKEY_derive", ref all);
        EcNew = (delegate* unmanaged<int, nint>)LibCrypto.Find("EC_KEY_new_by_curve_name", ref all);
        EcFree = (delegate* unmanaged<nint, void>)LibCrypto.Find("EC_KEY_free", ref all);
        EcGenerate = (delegate* unmanaged<nint, int>)LibCrypto.Find("EC_KEY_generate_key", ref all);
        EcSetPublic = (delegate* unmanaged<nint, byte*, nuint, nint, int>)LibCrypto.Find("EC_KEY_oct2key", ref all);
        EcGroup = (delegate* unmanaged<nint, nint>)LibCrypto.Find("EC_KEY_get0_group", ref all);
        EcPublic = (delegate* unmanaged<nint, nint>)LibCrypto.Find("EC_KEY_get0_public_key", ref all);
        PointWrite = (delegate* unmanaged<nint, nint, int, byte*, nuint, nint, nuint>)LibCrypto.Find("EC_POINT_point2oct", ref all);
        EcdhCompute = (delegate* unmanaged<byte*, nuint, nint, nint, nint, int>)LibCrypto.Find("ECDH_compute_key", ref all);
        EcReadPrivate = (delegate* unmanaged<nint, byte**, nint, nint>)LibCrypto.Find("d2i_ECPrivateKey", ref all);
        EcWritePrivate = (delegate* unmanaged<nint, byte**, int>)LibCrypto.Find("i2d_ECPrivateKey", ref all);
        EcSetEncoding = (delegate* unmanaged<nint, uint, void>)LibCrypto.Find("EC_KEY_set_enc_flags", ref all);
        EcdsaSign = (delegate* unmanaged<int, byte*, int, byte*, uint*, nint, int>)LibCrypto.Find("ECDSA_sign", ref all);
        EcdsaVerify = (delegate* unmanaged<int, byte*, int, byte*, int, nint, int>)LibCrypto.Find("ECDSA_verify", ref all);
        return all;
    }
}
#endif
