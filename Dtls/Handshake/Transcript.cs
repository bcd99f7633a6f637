namespace WebRtcStack.Dtls;

/// <summary>
/// All handshake messages so far, each as if unfragmented (RFC 6347 §4.2.6). Kept whole until the handshake ends: which hash
/// they go through is known late, and signatures may use another one than the cipher suite.
/// </summary>
internal sealed class Transcript
{
    private byte[] _bytes = new byte[4096];
    private int _length;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    public void Append(ReadOnlySpan<byte> raw)
    {
        if (raw.Length > _bytes.Length - _length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + raw.Length));
        raw.CopyTo(_bytes.AsSpan(_length));
        _length += raw.Length;
    }

    /// <summary>Forgets a ClientHello that was answered with a HelloVerifyRequest (RFC 6347 §4.2.1).</summary>
    public void Restart() => _length = 0;

    /// <summary>Lets the memory go when the handshake has ended.</summary>
    public void Release() => (_bytes, _length) = ([], 0);

    public void Hash(DtlsHash hash, Span<byte> destination) => Hashing.Hash(hash, Span, destination);
}
