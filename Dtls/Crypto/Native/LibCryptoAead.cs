#if NET
namespace WebRtcStack.Dtls;

/// <summary>An AEAD of libcrypto, keyed once. A wrong tag is a result, not an exception.</summary>
internal sealed unsafe class LibCryptoAead : IDisposable
{
    private static readonly nint s_aes128 = LibCrypto.FetchCipher("AES-128-GCM");
    private static readonly nint s_aes256 = LibCrypto.FetchCipher("AES-256-GCM");
    private static readonly nint s_chaCha = LibCrypto.FetchCipher("ChaCha20-Poly1305");
    private nint _context;

    private LibCryptoAead(nint context) => _context = context;

    ~LibCryptoAead() => Release();

    /// <summary>Null where libcrypto or the algorithm is not there.</summary>
    public static LibCryptoAead? Create(AeadAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        nint cipher = algorithm switch
        {
            AeadAlgorithm.Aes128Gcm => s_aes128,
            AeadAlgorithm.Aes256Gcm => s_aes256,
            _ => s_chaCha,
        };
        nint context = cipher == 0 ? 0 : LibCrypto.CipherContextNew();
        if (context == 0) return null;
        LibCryptoAead aead = new(context);                         // a nonce of 12 bytes is the default of all three
        fixed (byte* keyBytes = key)
        {
            if (LibCrypto.CipherInit(context, cipher, 0, keyBytes, null, 1) == 1) return aead;
        }
        LibCrypto.ForgetErrors();
        aead.Dispose();
        return null;
    }

    public bool TrySeal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        fixed (byte* tagBytes = tag)
        {
            bool done = Process(1, nonce, associatedData, data, null) &&
                LibCrypto.CipherControl(_context, LibCrypto.GetTag, Aead.TagLength, tagBytes) == 1;
            GC.KeepAlive(this);
            return done;
        }
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        fixed (byte* tagBytes = tag)
        {
            bool done = Process(0, nonce, associatedData, data, tagBytes);
            GC.KeepAlive(this);
            return done;
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private bool Process(int seal, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, byte* tag)
    {
        Require.NotDisposed(_context == 0, this);                  // libcrypto would not survive it
        int length;
        byte none;
        fixed (byte* nonceBytes = nonce, associatedBytes = associatedData, dataBytes = data)
        {
            // An empty span has no address, and data without one would be taken for associated data.
            byte* start = dataBytes is null ? &none : dataBytes;
            bool done = LibCrypto.CipherInit(_context, 0, 0, null, nonceBytes, seal) == 1 &&
                (tag is null || LibCrypto.CipherControl(_context, LibCrypto.SetTag, Aead.TagLength, tag) == 1) &&
                (associatedData.IsEmpty || LibCrypto.CipherUpdateShort(_context, null, &length, associatedBytes, associatedData.Length) == 1) &&
                (data.IsEmpty || LibCrypto.CipherUpdate(_context, start, &length, start, data.Length) == 1) &&
                LibCrypto.CipherFinal(_context, &none, &length) == 1;
            if (!done) LibCrypto.ForgetErrors();
            return done;
        }
    }

    private void Release()
    {
        nint context = Interlocked.Exchange(ref _context, 0);
        if (context != 0) LibCrypto.CipherContextFree(context);    // which clears the key
    }
}
#endif
