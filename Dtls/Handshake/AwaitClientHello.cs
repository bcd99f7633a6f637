namespace WebRtcStack.Dtls;

/// <summary>Server: listens for a ClientHello and chooses the version; in DTLS 1.2 it answers here, with the right cookie if one is demanded (RFC 6347 §4.2.1).</summary>
/// <remarks>Owns the secret of cookies.</remarks>
internal sealed class AwaitClientHello : HandshakeState
{
    private const int CookieLength = 32;
    private readonly byte[] _cookieSecret = new byte[32];
    private readonly DtlsAdmission? _admission;

    /// <summary>Listens, for a client that was admitted if there is an admission.</summary>
    public AwaitClientHello(HandshakeContext context, DtlsAdmission? admission) : base(context)
    {
        _admission = admission;
        Context.Random.Fill(_cookieSecret);
    }

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.ClientHello) return Unexpected(message);
        if (!ClientHello.TryParse(message.Body, out ClientHello hello)) return Malformed(message);
        if (_admission is { Retry: not null }) return NegotiateDtls13.AfterRetry(Context, _admission, hello).Receive(message);
        if (hello.OffersDtls13 && Context.Offer.Dtls13) return new NegotiateDtls13(Context).Receive(message);
        if (!hello.OffersDtls12 || !Context.Offer.Dtls12)
            return Fail(DtlsAlert.ProtocolVersion, "The client speaks no version of ours.");
        if (hello.CompressionMethods.IndexOf((byte)0) < 0) return Fail(DtlsAlert.IllegalParameter, "The client demands compression.");
        if (Context.Options.RequireCookie && _admission is null && !HasCookie(hello)) return AskForCookie(hello);
        return Answer(message, hello);
    }

    protected override void Leave() => SecretMemory.Clear(_cookieSecret);

    private HandshakeState Answer(in HandshakeMessage message, in ClientHello hello)
    {
        HelloExtensions extensions = hello.Extensions;
        if (!extensions.RenegotiatedConnection.IsEmpty)            // RFC 5746 §3.6
            return Fail(DtlsAlert.HandshakeFailure, "The client speaks of an earlier connection.");
        Context.ExtendedMasterSecret = extensions.Has(ExtensionType.ExtendedMasterSecret);
        if (!Context.ExtendedMasterSecret && Context.Options.RequireExtendedMasterSecret)
            return Fail(DtlsAlert.HandshakeFailure, "The client has no extended_master_secret.");
        if (!TryChooseSuite(hello, out CipherSuite suite)) return Fail(DtlsAlert.HandshakeFailure, "No cipher suite in common.");
        if (!TryChooseGroup(extensions, out DtlsNamedGroup group)) return Fail(DtlsAlert.HandshakeFailure, "No group in common.");
        KeyKind kind = Context.Options.Certificate.Key.Kind;
        if (!SignatureSchemes.TryChoose(extensions.SignatureAlgorithms, kind, isDtls13: false, out SignatureScheme scheme))
            return Fail(DtlsAlert.HandshakeFailure, "The client accepts no signature that our key can make.");

        Context.SetVersion(DtlsVersion.Dtls12);
        if (!Context.TryTakeRecordSizeLimit(extensions))
            return Fail(DtlsAlert.IllegalParameter, "The client's record_size_limit is too small.");
        (Context.Suite, Context.Group, Context.SrtpProfile) = (suite, group, Context.ChooseSrtpProfile(extensions));
        hello.Random.CopyTo(Context.ClientRandom);
        Context.Random.Fill(Context.ServerRandom);
        if (Context.Offer.Dtls13)                                  // RFC 8446 §4.1.3: so that the client sees a downgrade
            ServerHello.DowngradeSentinel.CopyTo(Context.ServerRandom[^ServerHello.DowngradeSentinel.Length..]);
        Context.Transcript.Append(message.Raw);
        KeyExchange keyExchange = Context.Keys.Take(group);
        SendFlight(hello, keyExchange.PublicKey, scheme);
        return new AwaitClientCertificate(Context, keyExchange);
    }

    private void SendFlight(in ClientHello hello, ReadOnlySpan<byte> publicKey, SignatureScheme scheme)
    {
        Span<byte> buffer = stackalloc byte[256];
        Context.BeginFlight(timed: true);
        WireWriter writer = new(buffer);
        ServerHello.Write(
            ref writer, hello, Context.ServerRandom, Context.Suite.Id, Context.SrtpProfile, Context.Options.RecordSizeLimit);
        Context.Send(HandshakeType.ServerHello, writer.Written);
        Context.Send(HandshakeType.Certificate, CertificateMessage.Build(Context.Options.Certificate.Der.Span));
        Context.Send(HandshakeType.ServerKeyExchange, BuildKeyExchange(publicKey, scheme));
        writer = new WireWriter(buffer);
        CertificateMessage.WriteRequest(ref writer);
        Context.Send(HandshakeType.CertificateRequest, writer.Written);
        Context.Send(HandshakeType.ServerHelloDone, []);
    }

    private byte[] BuildKeyExchange(ReadOnlySpan<byte> publicKey, SignatureScheme scheme)
    {
        byte[] signed = new byte[Context.Randoms.Length + 4 + publicKey.Length];
        Context.Randoms.CopyTo(signed);
        Span<byte> parameters = signed.AsSpan(Context.Randoms.Length);
        WireWriter writer = new(parameters);
        ServerKeyExchange.WriteParameters(ref writer, Context.Group, publicKey);
        byte[] signature = Context.Options.Certificate.Key.Sign(scheme, signed);
        byte[] body = new byte[parameters.Length + 4 + signature.Length];
        writer = new WireWriter(body);
        writer.WriteBytes(parameters);
        ServerKeyExchange.WriteSigned(ref writer, scheme, signature);
        return body;
    }

    private bool TryChooseSuite(in ClientHello hello, out CipherSuite suite)
    {
        foreach (DtlsCipherSuite id in Context.Options.CipherSuites)
        {
            if (CipherSuite.TryGet(id, out suite) && !suite.IsDtls13 &&
                suite.IsEcdsa == Context.Options.Certificate.Key.Kind.FitsEcdsaSuites() &&
                Vectors.ContainsNumber(hello.CipherSuites, (ushort)id)) return true;
        }
        suite = default;
        return false;
    }

    // RFC 8422 §4: a client that names no groups takes any.
    private bool TryChooseGroup(in HelloExtensions extensions, out DtlsNamedGroup group)
    {
        foreach (DtlsNamedGroup candidate in Context.Options.Groups)
        {
            group = candidate;
            if (!extensions.Has(ExtensionType.SupportedGroups) ||
                Vectors.ContainsNumber(extensions.SupportedGroups, (ushort)candidate)) return true;
        }
        group = default;
        return false;
    }

    private bool HasCookie(in ClientHello hello)
    {
        Span<byte> cookie = stackalloc byte[CookieLength];
        Hashing.Hmac(DtlsHash.Sha256, _cookieSecret, hello.Random, cookie);
        return SecretMemory.AreEqual(cookie, hello.Cookie);
    }

    private AwaitClientHello AskForCookie(in ClientHello hello)
    {
        Span<byte> body = stackalloc byte[HelloVerifyRequest.HeaderSize + CookieLength];
        WireWriter writer = new(body);
        Hashing.Hmac(DtlsHash.Sha256, _cookieSecret, hello.Random, HelloVerifyRequest.Write(ref writer, CookieLength));
        Context.BeginFlight(timed: false);                         // §4.2.1: it is never repeated by itself
        Context.Send(HandshakeType.HelloVerifyRequest, writer.Written);
        Context.Transcript.Restart();                              // §4.2.1: neither message is part of it
        return this;
    }
}
