#if NET
namespace WebRtcStack.Dtls;

/// <summary>A key pair of X25519 in libcrypto.</summary>
internal sealed unsafe class LibCryptoX25519 : IDisposable
{
    private const int Length = 32;
    private nint _key;

    private LibCryptoX25519(nint key) => _key = key;

    ~LibCryptoX25519() => Release();

    /// <summary>Takes a private key, which is copied, and tells its public key; null where libcrypto is not there.</summary>
    public static LibCryptoX25519? Create(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        if (!LibCrypto.IsAvailable) return null;
        nuint length = Length;
        fixed (byte* secret = privateKey, open = publicKey)
        {
            nint key = LibCrypto.KeyFromPrivate(LibCrypto.X25519, 0, secret, Length);
            if (key == 0) return null;
            LibCryptoX25519 pair = new(key);
            if (LibCrypto.KeyGetPublic(key, open, &length) == 1) return pair;
            pair.Dispose();
            return null;
        }
    }

    /// <summary>False for a public key of low order, whose secret would be zero.</summary>
    public bool TryAgree(ReadOnlySpan<byte> peerPublicKey, Span<byte> secret)
    {
        Require.NotDisposed(_key == 0, this);
        nuint length = Length;
        fixed (byte* open = peerPublicKey, shared = secret)
        {
            nint peer = LibCrypto.KeyFromPublic(LibCrypto.X25519, 0, open, Length), context = LibCrypto.KeyContextNew(_key, 0);
            bool done = peer != 0 && context != 0 && LibCrypto.DeriveInit(context) == 1 && LibCrypto.DeriveSetPeer(context, peer) == 1 &&
                LibCrypto.Derive(context, shared, &length) == 1 && secret.IndexOfAnyExcept((byte)0) >= 0;
            LibCrypto.KeyContextFree(context);
            LibCrypto.KeyFree(peer);
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
