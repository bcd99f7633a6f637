#if NET
using System.Runtime.InteropServices;
using System.Text;

namespace WebRtcStack.Core;

/// <summary>
/// OpenSSL 3's libcrypto, called without the platform's wrappers, which cost more than the primitives at the size of a packet. It is the
/// library that the platform itself uses on Linux; where it is not there, the platform's own types do the work.
/// </summary>
/// <remarks>Here are ciphers and hashes; a layer that needs more finds it with <see cref="Find"/>.</remarks>
internal static unsafe class LibCrypto
{
    public const int SetTag = 0x11;                                // EVP_CTRL_AEAD_SET_TAG
    public const int GetTag = 0x10;                                // EVP_CTRL_AEAD_GET_TAG
    private static readonly nint s_library = Load();

    /// <summary>Whether all that is used here is there.</summary>
    public static bool IsAvailable { get; } = FindCiphers();

    public static delegate* unmanaged<nint> CipherContextNew { get; private set; }

    public static delegate* unmanaged<nint, void> CipherContextFree { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int> CipherInit { get; private set; }

    /// <summary>For associated data, which is short.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int> CipherUpdateShort { get; private set; }

    public static delegate* unmanaged<nint, byte*, int*, byte*, int, int> CipherUpdate { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int> CipherFinal { get; private set; }

    public static delegate* unmanaged[SuppressGCTransition]<nint, int, int, byte*, int> CipherControl { get; private set; }

    private static delegate* unmanaged<byte*, byte*, byte*, nint> CipherFetch { get; set; }

    private static delegate* unmanaged<void> ErrorClear { get; set; }

    /// <summary>Empties the thread's queue of errors, which others would find there.</summary>
    public static void ForgetErrors() => ErrorClear();

    /// <summary>An algorithm that stays loaded for the life of the process.</summary>
    public static nint FetchCipher(string name)
    {
        fixed (byte* text = Encoding.ASCII.GetBytes(name + "\0")) return IsAvailable ? CipherFetch(null, text, null) : 0;
    }

    /// <summary>The address of a function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="all">Becomes false when the function, or the library, is not there.</param>
    public static nint Find(string name, ref bool all)
    {
        nint address = 0;
        all &= s_library != 0 && NativeLibrary.TryGetExport(s_library, name, out address);
        return address;
    }

    private static nint Load() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libcrypto.so.3", out nint library) ? library : 0;

    private static bool FindCiphers()
    {
        bool all = true;
        CipherFetch = (delegate* unmanaged<byte*, byte*, byte*, nint>)Find("EVP_CIPHER_fetch", ref all);
        CipherContextNew = (delegate* unmanaged<nint>)Find("EVP_CIPHER_CTX_new", ref all);
        CipherContextFree = (delegate* unmanaged<nint, void>)Find("EVP_CIPHER_CTX_free", ref all);
        CipherInit = (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int>)Find("EVP_CipherInit_ex", ref all);
        CipherUpdate = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)Find("EVP_CipherUpdate", ref all);
        CipherUpdateShort = (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int>)Find("EVP_CipherUpdate", ref all);
        CipherFinal = (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int>)Find("EVP_CipherFinal_ex", ref all);
        CipherControl = (delegate* unmanaged[SuppressGCTransition]<nint, int, int, byte*, int>)Find("EVP_CIPHER_CTX_ctrl", ref all);
        ErrorClear = (delegate* unmanaged<void>)Find("ERR_clear_error", ref all);
        return all;
    }
}
#endif
