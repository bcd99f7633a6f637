#if NET
using System.Runtime.InteropServices;
using System.Text;

namespace WebRtcStack.Dtls;

/// <summary>
/// OpenSSL 3's libcrypto, called without the platform's wrappers, which cost more than the primitives at the sizes of DTLS. It is the
/// library that the platform itself uses on Linux; where it is not there, the platform's own types do the work.
/// </summary>
internal static unsafe class LibCrypto
{
    public const int X25519 = 1034;                                // NID_X25519
    public const int SetTag = 0x11;                                // EVP_CTRL_AEAD_SET_TAG
    public const int GetTag = 0x10;                                // EVP_CTRL_AEAD_GET_TAG
    private static readonly nint s_library = Load();

    /// <summary>Whether all that is used here is there.</summary>
    public static bool IsAvailable { get; } = Find();

    public static delegate* unmanaged<byte*, byte*, byte*, nint> CipherFetch { get; private set; }

    public static delegate* unmanaged<nint> CipherContextNew { get; private set; }

    public static delegate* unmanaged<nint, void> CipherContextFree { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int> CipherInit { get; private set; }

    /// <summary>For associated data, which is short.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int> CipherUpdateShort { get; private set; }

    public static delegate* unmanaged<nint, byte*, int*, byte*, int, int> CipherUpdate { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int> CipherFinal { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, int, int, byte*, int> CipherControl { get; private set; }

    public static delegate* unmanaged<int, nint, byte*, nuint, nint> KeyFromPrivate { get; private set; }

    public static delegate* unmanaged<int, nint, byte*, nuint, nint> KeyFromPublic { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint*, int> KeyGetPublic { get; private set; }

    public static delegate* unmanaged<nint, void> KeyFree { get; private set; }

    public static delegate* unmanaged<nint, nint, nint> KeyContextNew { get; private set; }

    public static delegate* unmanaged<byte*, byte*, byte*, nint> KeyContextNewFromName { get; private set; }

    public static delegate* unmanaged<nint, void> KeyContextFree { get; private set; }

    public static delegate* unmanaged<nint, int> DeriveInit { get; private set; }

    public static delegate* unmanaged<nint, nint, int, int> DeriveSetPeer { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint*, int> Derive { get; private set; }

    public static delegate* unmanaged<nint, int> GenerateInit { get; private set; }

    public static delegate* unmanaged<nint, byte*, int> SetGroup { get; private set; }

    public static delegate* unmanaged<nint, nint*, int> Generate { get; private set; }

    public static delegate* unmanaged<nint, byte*, byte*, nuint, nuint*, int> KeyGetOctets { get; private set; }

    public static delegate* unmanaged<nint, int> FromDataInit { get; private set; }

    public static delegate* unmanaged<nint, nint*, int, Parameter*, int> FromData { get; private set; }

    public static delegate* unmanaged<nint> DigestContextNew { get; private set; }

    public static delegate* unmanaged<nint, void> DigestContextFree { get; private set; }

    public static delegate* unmanaged<byte*, byte*, byte*, nint> DigestFetch { get; private set; }

    public static delegate* unmanaged<nint, nint, nint, nint, nint, int> VerifyInit { get; private set; }

    public static delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int> Verify { get; private set; }

    private static delegate* unmanaged<void> ErrorClear { get; set; }

    /// <summary>Empties the thread's queue of errors, which others would find there.</summary>
    public static void ForgetErrors() => ErrorClear();

    /// <summary>An algorithm that stays loaded for the life of the process.</summary>
    public static nint FetchCipher(string name)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(name + "\0")) return IsAvailable ? CipherFetch(null, text, null) : 0;
    }

    /// <summary>A hash that stays loaded for the life of the process.</summary>
    public static nint FetchDigest(string name)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(name + "\0")) return IsAvailable ? DigestFetch(null, text, null) : 0;
    }

    private static nint Load() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libcrypto.so.3", out nint library) ? library : 0;

    private static bool Find()
    {
        if (s_library == 0) return false;
        bool all = true;
        CipherFetch = (delegate* unmanaged<byte*, byte*, byte*, nint>)Get("EVP_CIPHER_fetch");
        CipherContextNew = (delegate* unmanaged<nint>)Get("EVP_CIPHER_CTX_new");
        CipherContextFree = (delegate* unmanaged<nint, void>)Get("EVP_CIPHER_CTX_free");
        CipherInit = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int>)Get("EVP_CipherInit_ex");
        CipherUpdate = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)Get("EVP_CipherUpdate");
        CipherUpdateShort = (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int>)Get("EVP_CipherUpdate");
        CipherFinal = (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int>)Get("EVP_CipherFinal_ex");
        CipherControl = (delegate* unmanaged[SuppressGCTransition]<nint, int, int, byte*, int>)Get("EVP_CIPHER_CTX_ctrl");
        KeyFromPrivate = (delegate* unmanaged<int, nint, byte*, nuint, nint>)Get("EVP_PKEY_new_raw_private_key");
        KeyFromPublic = (delegate* unmanaged<int, nint, byte*, nuint, nint>)Get("EVP_PKEY_new_raw_public_key");
        KeyGetPublic = (delegate* unmanaged<nint, byte*, nuint*, int>)Get("EVP_PKEY_get_raw_public_key");
        KeyFree = (delegate* unmanaged<nint, void>)Get("EVP_PKEY_free");
        KeyContextNew = (delegate* unmanaged<nint, nint, nint>)Get("EVP_PKEY_CTX_new");
        KeyContextNewFromName = (delegate* unmanaged<byte*, byte*, byte*, nint>)Get("EVP_PKEY_CTX_new_from_name");
        KeyContextFree = (delegate* unmanaged<nint, void>)Get("EVP_PKEY_CTX_free");
        DeriveInit = (delegate* unmanaged<nint, int>)Get("EVP_PKEY_derive_init");
        DeriveSetPeer = (delegate* unmanaged<nint, nint, int, int>)Get("EVP_PKEY_derive_set_peer_ex");
        Derive = (delegate* unmanaged<nint, byte*, nuint*, int>)Get("EVP_PKEY_derive");
        GenerateInit = (delegate* unmanaged<nint, int>)Get("EVP_PKEY_keygen_init");
        SetGroup = (delegate* unmanaged<nint, byte*, int>)Get("EVP_PKEY_CTX_set_group_name");
        Generate = (delegate* unmanaged<nint, nint*, int>)Get("EVP_PKEY_generate");
        KeyGetOctets = (delegate* unmanaged<nint, byte*, byte*, nuint, nuint*, int>)Get("EVP_PKEY_get_octet_string_param");
        FromDataInit = (delegate* unmanaged<nint, int>)Get("EVP_PKEY_fromdata_init");
        FromData = (delegate* unmanaged<nint, nint*, int, Parameter*, int>)Get("EVP_PKEY_fromdata");
        DigestContextNew = (delegate* unmanaged<nint>)Get("EVP_MD_CTX_new");
        DigestContextFree = (delegate* unmanaged<nint, void>)Get("EVP_MD_CTX_free");
        DigestFetch = (delegate* unmanaged<byte*, byte*, byte*, nint>)Get("EVP_MD_fetch");
        VerifyInit = (delegate* unmanaged<nint, nint, nint, nint, nint, int>)Get("EVP_DigestVerifyInit");
        Verify = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int>)Get("EVP_DigestVerify");
        ErrorClear = (delegate* unmanaged<void>)Get("ERR_clear_error");
        return all;

        nint Get(string name)
        {
            all &= NativeLibrary.TryGetExport(s_library, name, out nint address);
            return address;
        }
    }

    /// <summary>OSSL_PARAM.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct Parameter(byte* key, uint type, byte* data, int size)
    {
        public const uint Utf8String = 4;
        public const uint OctetString = 5;
        private readonly byte* _key = key;
        private readonly uint _type = type;
        private readonly byte* _data = data;
        private readonly nuint _size = (nuint)size;
        private readonly nuint _returnSize = nuint.MaxValue;       // OSSL_PARAM_UNMODIFIED
    }
}
#endif
