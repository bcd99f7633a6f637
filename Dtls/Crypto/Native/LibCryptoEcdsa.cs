#if NET
namespace WebRtcStack.Dtls;

/// <summary>A public key of ECDSA in libcrypto, to verify with.</summary>
internal sealed unsafe class LibCryptoEcdsa : IDisposable
{
    private const int PublicKeyAndParameters = 0x86;               // EVP_PKEY_PUBLIC_KEY
    private static readonly nint s_sha256 = LibCrypto.FetchDigest("SHA256");
    private static readonly nint s_sha384 = LibCrypto.FetchDigest("SHA384");
    private static readonly nint s_sha512 = LibCrypto.FetchDigest("SHA512");
    private nint _key;

    private LibCryptoEcdsa(nint key) => _key = key;

    ~LibCryptoEcdsa() => Release();

    /// <summary>Takes an uncompressed point; null when it is not on the curve, or libcrypto is not there.</summary>
    public static LibCryptoEcdsa? Create(KeyKind kind, ReadOnlySpan<byte> point)
    {
        if (!LibCrypto.IsAvailable || s_sha256 == 0 || s_sha384 == 0 || s_sha512 == 0) return null;
        ReadOnlySpan<byte> curve = kind == KeyKind.EcdsaP256 ? "P-256\0"u8 : "P-384\0"u8;
        nint key = 0;
        fixed (byte* algorithm = "EC\0"u8, group = "group\0"u8, publicName = "pub\0"u8, curveName = curve, pointBytes = point)
        {
            LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[3];
            parameters[0] = new() { Key = group, Type = LibCrypto.Parameter.Utf8String, Data = curveName, Size = (nuint)(curve.Length - 1), ReturnSize = nuint.MaxValue };
            parameters[1] = new() { Key = publicName, Type = LibCrypto.Parameter.OctetString, Data = pointBytes, Size = (nuint)point.Length, ReturnSize = nuint.MaxValue };
            parameters[2] = default;                               // the end of the list
            nint context = LibCrypto.KeyContextNewFromName(null, algorithm, null);
            bool done = context != 0 && LibCrypto.FromDataInit(context) == 1 && LibCrypto.FromData(context, &key, PublicKeyAndParameters, parameters) == 1;
            LibCrypto.KeyContextFree(context);
            if (done) return new LibCryptoEcdsa(key);
        }
        LibCrypto.ForgetErrors();
        return null;
    }

    public bool Verify(DtlsHash hash, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Require.NotDisposed(_key == 0, this);
        nint digest = hash switch
        {
            DtlsHash.Sha256 => s_sha256,
            DtlsHash.Sha384 => s_sha384,
            _ => s_sha512,
        };
        nint context = LibCrypto.DigestContextNew();
        fixed (byte* dataBytes = data, signatureBytes = signature)
        {
            bool done = LibCrypto.VerifyInit(context, 0, digest, 0, _key) == 1 &&
                LibCrypto.Verify(context, signatureBytes, (nuint)signature.Length, dataBytes, (nuint)data.Length) == 1;
            LibCrypto.DigestContextFree(context);
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            return done;
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        nint key = Interlocked.Exchange(ref _key, 0);
        if (key != 0) LibCrypto.KeyFree(key);
    }
}
#endif
