namespace WebRtcStack.Dtls;

/// <summary>
/// The front door of a server whose transport has not shown that clients are where they say (RFC 9147 §5.1, RFC 6347 §4.2.1): it answers
/// ClientHellos with cookies, keeps nothing of clients and does nothing that is expensive, until one comes back with its cookie.
/// </summary>
/// <remarks>
/// One keeper serves all connections of a socket. What belongs to no connection goes into <see cref="Receive"/>; an admission makes a
/// <see cref="DtlsConnection"/>, which gets all later datagrams of that client. Behind ICE there is no need for it: ICE has validated
/// the path. Not thread-safe: one event loop owns it. Parts of a fragmented ClientHello are all that it keeps, within its options' limits;
/// under a flood of such parts clients with one datagram are served as ever.
/// </remarks>
public sealed class DtlsCookieKeeper : IDisposable
{
    /// <summary>The longest answer, in bytes; none is longer than what it answers.</summary>
    public const int MaxAnswerLength = 256;

    private const int TlsHeaderSize = 4;
    private const int MaxPayload = 64;                             // what a cookie of DTLS 1.3 remembers
    private const int MaxMacInput = 1 + 16 + 2 + 32 + 32 + MaxPayload;
    private readonly DtlsOptions _options;
    private readonly DtlsCookieOptions _cookieOptions;
    private readonly Offer _offer;
    private readonly CookieSecrets _secrets;
    private readonly PendingHellos _pending;
    private readonly DropCounters _drops = new();
    private readonly byte[] _hello;                                // a ClientHello as the transcript of DTLS 1.3 holds it

    /// <summary>Creates a keeper.</summary>
    /// <param name="options">The options of the connections that it admits.</param>
    /// <param name="cookieOptions">Its own limits.</param>
    /// <param name="random">Where the secrets of cookies come from; cryptographic unless this is a test.</param>
    /// <exception cref="ArgumentException">The options are not those of a server, or leave nothing to negotiate.</exception>
    public DtlsCookieKeeper(DtlsOptions options, DtlsCookieOptions cookieOptions, RandomSource random)
    {
        _options = Require.NotNull(options);
        _cookieOptions = Require.NotNull(cookieOptions);
        if (options.Role != DtlsRole.Server) throw new ArgumentException("Only a server asks for cookies; set Role to Server.", nameof(options));
        _offer = new Offer(options);
        _secrets = new CookieSecrets(Require.NotNull(random), cookieOptions.Lifetime);
        _pending = new PendingHellos(cookieOptions, _drops);
        _hello = new byte[TlsHeaderSize + cookieOptions.MaxClientHelloSize];
    }

    /// <summary>How often something from the wire was dropped for this reason.</summary>
    public long GetDropCount(DtlsDropReason reason) => _drops[reason];

    /// <summary>Takes a datagram that belongs to no connection.</summary>
    /// <param name="datagram">The datagram; it stays the caller's.</param>
    /// <param name="client">Where it came from.</param>
    /// <param name="now">The time.</param>
    /// <param name="answer">Receives what is to be sent back there; at least <see cref="MaxAnswerLength"/> bytes.</param>
    /// <param name="admission">Set when the client has shown a valid cookie: create its connection now.</param>
    /// <returns>The answer's length; 0 for none.</returns>
    /// <exception cref="ArgumentException"><paramref name="answer"/> is too small.</exception>
    public int Receive(ReadOnlySpan<byte> datagram, TransportAddress client, Instant now, Span<byte> answer, out DtlsAdmission? admission)
    {
        if (answer.Length < MaxAnswerLength)
            throw new ArgumentException($"An answer needs {MaxAnswerLength} bytes.", nameof(answer));
        admission = null;
        _secrets.AdvanceTo(now);
        while (!datagram.IsEmpty)
        {
            if (!RecordHeader.TryParse(datagram, out RecordHeader record)) return Drop(DtlsDropReason.MalformedRecord);
            ReadOnlySpan<byte> content = datagram.Slice(RecordHeader.Size, record.Length);
            datagram = datagram[(RecordHeader.Size + record.Length)..];
            if (record.Type != ContentType.Handshake || record.Epoch != 0 || record.Version is not (DtlsVersion.Dtls10 or DtlsVersion.Dtls12))
            {
                Drop(DtlsDropReason.UnknownRecord);
                continue;
            }
            int length = TakeFragments(content, record.Sequence, client, answer, ref admission);
            if (length > 0 || admission is not null) return length;
        }
        return 0;
    }

    /// <summary>Clears the secrets.</summary>
    public void Dispose() => _secrets.Dispose();

    private int TakeFragments(
        ReadOnlySpan<byte> content, ulong recordSequence, TransportAddress client, Span<byte> answer, ref DtlsAdmission? admission)
    {
        WireReader reader = new(content);
        while (!reader.IsEmpty)
        {
            if (!FragmentHeader.TryRead(ref reader, out FragmentHeader header, out ReadOnlySpan<byte> body) ||
                header.Type != HandshakeType.ClientHello) return Drop(DtlsDropReason.MalformedHandshake);
            if (header.Length > _cookieOptions.MaxClientHelloSize) return Drop(DtlsDropReason.HandshakeLimit);
            if (header.FragmentLength < header.Length)
            {
                if (!_pending.TryComplete(client, header, body, out byte[]? whole)) continue;
                body = new HandshakeMessage(whole).Body;
            }
            int length = TakeHello(body, header.Sequence, recordSequence, client, answer, ref admission);
            if (length > 0 || admission is not null) return length;
        }
        return 0;
    }

    private int TakeHello(
        ReadOnlySpan<byte> body, ushort sequence, ulong recordSequence, TransportAddress client, Span<byte> answer, ref DtlsAdmission? admission)
    {
        Answering to = new(client, sequence, recordSequence);
        if (!ClientHello.TryParse(body, out ClientHello hello)) return Drop(DtlsDropReason.MalformedHandshake);
        if (hello.OffersDtls13 && _offer.Dtls13) return TakeDtls13(body, hello, to, answer, ref admission);
        if (!hello.OffersDtls12 || !_offer.Dtls12) return WriteAlert(answer, to, DtlsAlert.ProtocolVersion);

        Span<byte> content = stackalloc byte[MaxMacInput];
        content = content[..WriteMacInput(content, hello, to, [])];
        if (!hello.Cookie.IsEmpty)
        {
            if (_secrets.Verify(content, hello.Cookie))
            {
                admission = Admit(body, to, null, []);
                return 0;
            }
            _drops.Count(DtlsDropReason.BadCookie);                // RFC 6347 §4.2.1: treated as if there was none
        }
        Span<byte> message = stackalloc byte[HelloVerifyRequest.HeaderSize + CookieSecrets.MacLength];
        WireWriter writer = new(message);
        _secrets.Compute(content, HelloVerifyRequest.Write(ref writer, CookieSecrets.MacLength));
        return WriteMessage(answer, DtlsVersion.Dtls10, to, HandshakeType.HelloVerifyRequest, writer.Written);
    }

    private int TakeDtls13(ReadOnlySpan<byte> body, in ClientHello hello, in Answering to, Span<byte> answer, ref DtlsAdmission? admission)
    {
        Span<byte> content = stackalloc byte[MaxMacInput];
        ReadOnlySpan<byte> shown = hello.Extensions.Cookie;
        if (!shown.IsEmpty)
        {
            int payload = shown.Length - CookieSecrets.MacLength;
            if (payload is > 0 and <= MaxPayload &&
                _secrets.Verify(content[..WriteMacInput(content, hello, to, shown[..payload])], shown[payload..]) &&
                RetryCookie.Read(shown) is RetryCookie retry)
            {
                admission = Admit(body, to, retry, shown.ToArray());
                return 0;
            }
            _drops.Count(DtlsDropReason.BadCookie);
            return WriteAlert(answer, to, DtlsAlert.IllegalParameter);        // RFC 9147 §5.1
        }
        if (!ServerChoice.TryChooseSuite(_options, hello, out CipherSuite suite) ||
            !ServerChoice.TryChooseGroup(_offer, hello.Extensions, out DtlsNamedGroup group, out ReadOnlySpan<byte> share))
            return WriteAlert(answer, to, DtlsAlert.HandshakeFailure);

        Span<byte> hash = stackalloc byte[Hashing.MaxLength];
        hash = hash[..Hashing.Length(suite.Hash)];
        HashHello(body, suite.Hash, hash);
        Span<byte> cookie = stackalloc byte[MaxPayload + CookieSecrets.MacLength];
        cookie = cookie[..RetryCookie.Length(suite)];
        RetryCookie.Write(cookie, suite, group, share.IsEmpty, hash);
        int payloadLength = cookie.Length - CookieSecrets.MacLength;
        _secrets.Compute(content[..WriteMacInput(content, hello, to, cookie[..payloadLength])], cookie[payloadLength..]);
        Span<byte> message = stackalloc byte[MaxAnswerLength];
        WireWriter writer = new(message);
        ServerHello.WriteRetryRequest(ref writer, suite.Id, share.IsEmpty ? group : DtlsNamedGroup.None, cookie);
        return WriteMessage(answer, DtlsVersion.Dtls12, to, HandshakeType.ServerHello, writer.Written);
    }

    // Cookie = HMAC(secret, address, parameters of the client that stay the same in the second ClientHello, what the cookie remembers)
    private static int WriteMacInput(Span<byte> destination, in ClientHello hello, in Answering to, ReadOnlySpan<byte> payload)
    {
        destination[0] = (byte)(to.Client.AddressLength | (payload.IsEmpty ? 0x80 : 0));                // cookies of one version are none of the other
        int length = 1 + to.Client.WriteAddress(destination[1..]);
        destination[length++] = (byte)(to.Client.Port >> 8);
        destination[length++] = (byte)to.Client.Port;
        hello.Random.CopyTo(destination[length..]);
        length += hello.Random.Length;
        Hashing.Hash(DtlsHash.Sha256, hello.CipherSuites, destination.Slice(length, 32));
        length += 32;
        payload.CopyTo(destination[length..]);
        return length + payload.Length;
    }

    private void HashHello(ReadOnlySpan<byte> body, DtlsHash hash, Span<byte> destination)
    {
        WireWriter writer = new(_hello);
        writer.WriteByte((byte)HandshakeType.ClientHello);
        writer.WriteUInt24((uint)body.Length);
        writer.WriteBytes(body);
        Hashing.Hash(hash, writer.Written, destination);
    }

    private static DtlsAdmission Admit(ReadOnlySpan<byte> body, in Answering to, RetryCookie? retry, byte[] cookie) =>
        new(to.Client, HandshakeMessage.Build(HandshakeType.ClientHello, to.Sequence, body), to.RecordSequence, retry, cookie);

    // Message and record carry the numbers of the ClientHello, as no others are known (RFC 6347 §4.2.1).
    private static int WriteMessage(Span<byte> answer, ushort version, in Answering to, HandshakeType type, ReadOnlySpan<byte> body)
    {
        Span<byte> content = answer[RecordHeader.Size..];
        new FragmentHeader(type, body.Length, to.Sequence, 0, body.Length).Write(content);
        body.CopyTo(content[FragmentHeader.Size..]);
        return WriteRecord(answer, ContentType.Handshake, version, to, FragmentHeader.Size + body.Length);
    }

    private static int WriteAlert(Span<byte> answer, in Answering to, DtlsAlert alert)
    {
        AlertProtocol.WriteFatal(answer[RecordHeader.Size..], alert);
        return WriteRecord(answer, ContentType.Alert, DtlsVersion.Dtls12, to, AlertProtocol.Size);
    }

    private static int WriteRecord(Span<byte> answer, ContentType type, ushort version, in Answering to, int length)
    {
        new RecordHeader(type, version, 0, to.RecordSequence, length).Write(answer);
        return RecordHeader.Size + length;
    }

    private int Drop(DtlsDropReason reason)
    {
        _drops.Count(reason);
        return 0;
    }

    private readonly record struct Answering(TransportAddress Client, ushort Sequence, ulong RecordSequence);
}
