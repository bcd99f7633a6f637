namespace WebRtcStack.Dtls;

/// <summary>
/// All handshake messages so far, each as if unfragmented (RFC 6347 §4.2.6). Kept whole until the handshake ends: which hash
/// they go through is known late, and signatures of DTLS 1.2 may use another one than the cipher suite.
/// </summary>
internal sealed class Transcript
{
    private const int TlsHeaderSize = 4;
    private byte[] _bytes = new byte[4096];
    private int _length;
    private bool _isDtls13;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Adds a message; in DTLS 1.3 without message_seq and the fragment's place (RFC 9147 §5.2).</summary>
    public void Append(ReadOnlySpan<byte> raw)
    {
        if (!_isDtls13)
        {
            Add(raw);
            return;
        }
        Add(raw[..TlsHeaderSize]);
        Add(raw[FragmentHeader.Size..]);
    }

    /// <summary>DTLS 1.3 is negotiated: gives the one message that is there, the ClientHello, the header of TLS.</summary>
    public void BeginDtls13()
    {
        if (_isDtls13) return;
        _isDtls13 = true;
        if (_length == 0) return;
        byte[] clientHello = Span.ToArray();
        _length = 0;
        Append(clientHello);
    }

    /// <summary>A HelloRetryRequest follows: the ClientHello becomes a synthetic message_hash (RFC 8446 §4.4.1).</summary>
    public void ReplaceByHash(DtlsHash hash)
    {
        Span<byte> digest = stackalloc byte[Hashing.MaxLength];
        digest = digest[..Hashing.Length(hash)];
        Hash(hash, digest);
        _length = 0;
        AppendHash(digest);
    }

    /// <summary>Adds a synthetic message_hash.</summary>
    public void AppendHash(ReadOnlySpan<byte> digest)
    {
        Add([(byte)HandshakeType.MessageHash, 0, 0, (byte)digest.Length]);
        Add(digest);
    }

    /// <summary>Forgets a ClientHello that was answered with a HelloVerifyRequest (RFC 6347 §4.2.1).</summary>
    public void Restart() => _length = 0;

    /// <summary>Lets the memory go when the handshake has ended.</summary>
    public void Release() => (_bytes, _length) = ([], 0);

    public void Hash(DtlsHash hash, Span<byte> destination) => Hashing.Hash(hash, Span, destination);

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
