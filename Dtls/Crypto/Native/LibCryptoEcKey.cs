#if NET
namespace WebRtcStack.Dtls;

/// <summary>A key on P-256 or P-384 in libcrypto: ECDH to agree with, ECDSA to sign and verify with. After its making it only ever is read, from any thread.</summary>
internal sealed unsafe class LibCryptoEcKey : IDisposable
{
    private const int MaxSignatureLength = 160;                    // DER of two numbers of P-521, the longest that an imported key has: 139
    private nint _key;

    private LibCryptoEcKey(nint key) => _key = key;

    ~LibCryptoEcKey() => Release();

    /// <summary>A key that was disposed of.</summary>
    public static LibCryptoEcKey None { get; } = new(0);

    /// <summary>Draws a key, and tells its public key, an uncompressed point; null where libcrypto is not there.</summary>
    public static LibCryptoEcKey? Generate(bool isP256, Span<byte> point)
    {
        if (!KeyFunctions.IsAvailable) return null;
        nint key = New(isP256);
        fixed (byte* bytes = point)
        {
            return Own(key, key != 0 && KeyFunctions.EcGenerate(key) == 1 && KeyFunctions.PointWrite(
                KeyFunctions.EcGroup(key), KeyFunctions.EcPublic(key), KeyFunctions.Uncompressed, bytes, (nuint)point.Length, 0) == (nuint)point.Length);
        }
    }

    /// <summary>Takes an uncompressed point; null when it is not on the curve (which libcrypto checks), or libcrypto is not there.</summary>
    public static LibCryptoEcKey? ImportPublic(bool isP256, ReadOnlySpan<byte> point)
    {
        if (!KeyFunctions.IsAvailable) return null;
        nint key = New(isP256);
        fixed (byte* bytes = point) return Own(key, key != 0 && KeyFunctions.EcSetPublic(key, bytes, (nuint)point.Length, 0) == 1);
    }

    /// <summary>Takes an ECPrivateKey (RFC 5915), which is copied; null where libcrypto is not there, or does not know the curve.</summary>
    public static LibCryptoEcKey? ImportPrivate(ReadOnlySpan<byte> ecPrivateKey)
    {
        if (!KeyFunctions.IsAvailable) return null;
        fixed (byte* bytes = ecPrivateKey)
        {
            byte* next = bytes;
            nint key = KeyFunctions.EcReadPrivate(0, &next, ecPrivateKey.Length);
            return Own(key, key != 0);
        }
    }

    /// <summary>Writes the key as an ECPrivateKey (RFC 5915), without the curve as PKCS #8 has it, or with; null when libcrypto could not.</summary>
    public byte[]? ExportPrivate(bool withCurve)
    {
        Require.NotDisposed(_key == 0, this);
        KeyFunctions.EcSetEncoding(_key, withCurve ? 0U : KeyFunctions.NoParameters);
        int length = KeyFunctions.EcWritePrivate(_key, null);
        if (length <= 0) return null;
        byte[] exported = new byte[length];
        fixed (byte* bytes = exported)
        {
            byte* next = bytes;
            bool done = KeyFunctions.EcWritePrivate(_key, &next) == length;
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            return done ? exported : null;
        }
    }

    /// <summary>Agrees with a public key of the same group, which was checked when it was imported.</summary>
    public bool TryAgree(LibCryptoEcKey peer, Span<byte> secret)
    {
        Require.NotDisposed(_key == 0, this);
        fixed (byte* shared = secret)
        {
            bool done = KeyFunctions.EcdhCompute(shared, (nuint)secret.Length, KeyFunctions.EcPublic(peer._key), _key, 0) == secret.Length;
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            GC.KeepAlive(peer);
            return done;
        }
    }

    /// <summary>Signs a digest: a signature of ECDSA in DER, or null when libcrypto could not.</summary>
    public byte[]? Sign(ReadOnlySpan<byte> digest)
    {
        Require.NotDisposed(_key == 0, this);
        Span<byte> signature = stackalloc byte[MaxSignatureLength];
        uint length = 0;
        fixed (byte* digestBytes = digest, signatureBytes = signature)
        {
            bool done = KeyFunctions.EcdsaSign(0, digestBytes, digest.Length, signatureBytes, &length, _key) == 1;
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            return done ? signature[..(int)length].ToArray() : null;
        }
    }

    /// <summary>Verifies the signature of a digest, in DER.</summary>
    public bool Verify(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        Require.NotDisposed(_key == 0, this);
        fixed (byte* digestBytes = digest, signatureBytes = signature)
        {
            bool done = KeyFunctions.EcdsaVerify(0, digestBytes, digest.Length, signatureBytes, signature.Length, _key) == 1;
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

    private static nint New(bool isP256) => KeyFunctions.EcNew(isP256 ? KeyFunctions.P256 : KeyFunctions.P384);

    private static LibCryptoEcKey? Own(nint key, bool done)
    {
        if (done) return new LibCryptoEcKey(key);
        if (key != 0) KeyFunctions.EcFree(key);
        LibCrypto.ForgetErrors();
        return null;
    }

    private void Release()
    {
        nint key = Interlocked.Exchange(ref _key, 0);
        if (key != 0) KeyFunctions.EcFree(key);                    // which clears it
    }
}
#endif
