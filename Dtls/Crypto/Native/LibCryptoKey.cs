#if NET
namespace WebRtcStack.Dtls;

/// <summary>An asymmetric key in libcrypto: X25519 and ECDH to agree with, ECDSA to verify with.</summary>
internal sealed unsafe class LibCryptoKey : IDisposable
{
    private const int X25519Length = 32;
    private const int PublicKeyAndParameters = 0x86;               // EVP_PKEY_PUBLIC_KEY
    private static readonly nint s_sha256 = LibCrypto.FetchDigest("SHA256");
    private static readonly nint s_sha384 = LibCrypto.FetchDigest("SHA384");
    private static readonly nint s_sha512 = LibCrypto.FetchDigest("SHA512");
    private nint _key;

    private LibCryptoKey(nint key) => _key = key;

    ~LibCryptoKey() => Release();

    /// <summary>Takes a private key of X25519, which is copied, and tells its public key; null where libcrypto is not there.</summary>
    public static LibCryptoKey? CreateX25519(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (!LibCrypto.IsAvailable) return null;
        nuint length = X25519Length;
        fixed (byte* secret = privateKey, open = publicKey)
        {
            nint key = LibCrypto.KeyFromPrivate(LibCrypto.X25519, 0, secret, X25519Length);
            return Own(key, key != 0 && LibCrypto.KeyGetPublic(key, open, &length) == 1);
        }
    }

    /// <summary>Draws a key of P-256 or P-384, and tells its public key, an uncompressed point; null where libcrypto is not there.</summary>
    public static LibCryptoKey? GenerateEc(bool isP256, Span<byte> point)
    {
        if (!LibCrypto.IsAvailable) return null;
        nint key = 0;
        nuint length = 0;
        fixed (byte* algorithm = "EC\0"u8, curve = CurveName(isP256), publicName = "pub\0"u8, pointBytes = point)
        {
            nint context = LibCrypto.KeyContextNewFromName(null, algorithm, null);
            bool done = context != 0 && LibCrypto.GenerateInit(context) == 1 && LibCrypto.SetGroup(context, curve) == 1 &&
                LibCrypto.Generate(context, &key) == 1 &&
                LibCrypto.KeyGetOctets(key, publicName, pointBytes, (nuint)point.Length, &length) == 1 && length == (nuint)point.Length;
            LibCrypto.KeyContextFree(context);
            return Own(key, done);
        }
    }

    /// <summary>Takes an uncompressed point of P-256 or P-384; null when it is not on the curve, or libcrypto is not there.</summary>
    public static LibCryptoKey? ImportEc(bool isP256, ReadOnlySpan<byte> point)
    {
        if (!LibCrypto.IsAvailable) return null;
        ReadOnlySpan<byte> curve = CurveName(isP256);
        nint key = 0;
        fixed (byte* algorithm = "EC\0"u8, group = "group\0"u8, publicName = "pub\0"u8, curveName = curve, pointBytes = point)
        {
            LibCrypto.Parameter* parameters = stackalloc LibCrypto.Parameter[3];
            parameters[0] = new(group, LibCrypto.Parameter.Utf8String, curveName, curve.Length - 1);
            parameters[1] = new(publicName, LibCrypto.Parameter.OctetString, pointBytes, point.Length);
            parameters[2] = default;                               // the end of the list
            nint context = LibCrypto.KeyContextNewFromName(null, algorithm, null);
            bool done = context != 0 && LibCrypto.FromDataInit(context) == 1 && LibCrypto.FromData(context, &key, PublicKeyAndParameters, parameters) == 1;
            LibCrypto.KeyContextFree(context);
            return Own(key, done);
        }
    }

    /// <summary>Agrees with a public key of X25519; false for one of low order, whose secret would be zero.</summary>
    public bool TryAgree(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        nint key;
        fixed (byte* open = peerPublicKey) key = LibCrypto.KeyFromPublic(LibCrypto.X25519, 0, open, X25519Length);
        using LibCryptoKey? peer = Own(key, key != 0);
        return peer is not null && TryAgree(peer, secret) && secret.IndexOfAnyExcept((byte)0) >= 0;
    }

    /// <summary>Agrees with a public key of the same group, which was checked when it was imported.</summary>
    public bool TryAgree(LibCryptoKey peer, Span<byte> secret)
    {
        Require.NotDisposed(_key == 0, this);
        nuint length = (nuint)secret.Length;
        fixed (byte* shared = secret)
        {
            nint context = LibCrypto.KeyContextNew(_key, 0);
            bool done = context != 0 && LibCrypto.DeriveInit(context) == 1 && LibCrypto.DeriveSetPeer(context, peer._key, 0) == 1 &&
                LibCrypto.Derive(context, shared, &length) == 1 && length == (nuint)secret.Length;
            LibCrypto.KeyContextFree(context);
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            GC.KeepAlive(peer);
            return done;
        }
    }

    /// <summary>Verifies a signature of ECDSA in DER.</summary>
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
            bool done = context != 0 && digest != 0 && LibCrypto.VerifyInit(context, 0, digest, 0, _key) == 1 &&
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

    private static ReadOnlySpan<byte> CurveName(bool isP256) => isP256 ? "P-256\0"u8 : "P-384\0"u8;

    private static LibCryptoKey? Own(nint key, bool done)
    {
        if (done) return new LibCryptoKey(key);
        LibCrypto.KeyFree(key);                                    // nothing happens to 0
        LibCrypto.ForgetErrors();
        return null;
    }

    private void Release()
    {
        nint key = Interlocked.Exchange(ref _key, 0);
        if (key != 0) LibCrypto.KeyFree(key);
    }
}
#endif
