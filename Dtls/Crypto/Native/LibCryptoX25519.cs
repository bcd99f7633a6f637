#if NET
namespace WebRtcStack.Dtls;

/// <summary>A private key of X25519 in libcrypto.</summary>
internal sealed unsafe class LibCryptoX25519 : IDisposable
{
    private const int KeyLength = 32;
    private nint _key;

    private LibCryptoX25519(nint key) => _key = key;

    ~LibCryptoX25519() => Release();

    /// <summary>Takes a private key, which is copied, and tells its public key; null where libcrypto is not there.</summary>
    public static LibCryptoX25519? Create(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (!KeyFunctions.IsAvailable) return null;
        nuint length = KeyLength;
        fixed (byte* secret = privateKey, open = publicKey)
        {
            nint key = KeyFunctions.RawPrivate(KeyFunctions.X25519, 0, secret, KeyLength);
            if (key != 0 && KeyFunctions.GetRawPublic(key, open, &length) == 1) return new LibCryptoX25519(key);
            KeyFunctions.RawFree(key);                             // nothing happens to 0
            LibCrypto.ForgetErrors();
            return null;
        }
    }

    /// <summary>Agrees with a public key; false for one of low order, whose secret would be zero.</summary>
    public bool TryAgree(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        Require.NotDisposed(_key == 0, this);
        nuint length = KeyLength;
        fixed (byte* open = peerPublicKey, shared = secret)
        {
            nint peer = KeyFunctions.RawPublic(KeyFunctions.X25519, 0, open, KeyLength);
            nint context = KeyFunctions.ContextNew(_key, 0);
            bool done = peer != 0 && context != 0 && KeyFunctions.DeriveInit(context) == 1 &&
                KeyFunctions.DeriveSetPeer(context, peer, 0) == 1 && KeyFunctions.Derive(context, shared, &length) == 1;
            KeyFunctions.ContextFree(context);
            KeyFunctions.RawFree(peer);
            if (!done) LibCrypto.ForgetErrors();
            GC.KeepAlive(this);
            return done && secret.IndexOfAnyExcept((byte)0) >= 0;
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
        if (key != 0) KeyFunctions.RawFree(key);                   // which clears it
    }
}
#endif
