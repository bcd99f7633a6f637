namespace WebRtcStack.Dtls;

/// <summary>The secrets that cookies are made with: the present one, and the one before for clients in between (RFC 9147 §5.1).</summary>
internal sealed class CookieSecrets : IDisposable
{
    public const int MacLength = 32;
    private readonly RandomSource _random;
    private readonly TimeSpan _lifetime;
    private readonly byte[] _current = new byte[32];
    private readonly byte[] _previous = new byte[32];
    private Instant _until = Instant.Never;

    public CookieSecrets(RandomSource random, TimeSpan lifetime)
    {
        (_random, _lifetime) = (random, lifetime);
        random.Fill(_current);
        random.Fill(_previous);
    }

    /// <summary>Changes the secrets when their time has come.</summary>
    public void AdvanceTo(Instant now)
    {
        if (_until.IsNever) _until = now + _lifetime;
        if (now < _until) return;
        _current.CopyTo(_previous, 0);
        _random.Fill(_current);
        if (now >= _until + _lifetime) _random.Fill(_previous);    // nobody was here for so long that it is too old as well
        _until = now + _lifetime;
    }

    public void Compute(ReadOnlySpan<byte> content, Span<byte> mac) => Hashing.Hmac(DtlsHash.Sha256, _current, content, mac);

    public bool Verify(ReadOnlySpan<byte> content, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[MacLength];
        Compute(content, expected);
        if (SecretMemory.AreEqual(expected, mac)) return true;
        Hashing.Hmac(DtlsHash.Sha256, _previous, content, expected);
        return SecretMemory.AreEqual(expected, mac);
    }

    public void Dispose()
    {
        SecretMemory.Clear(_current);
        SecretMemory.Clear(_previous);
    }
}
