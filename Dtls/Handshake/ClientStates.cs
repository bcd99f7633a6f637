namespace WebRtcStack.Dtls;

/// <summary>Client: ClientHello is sent, ServerHello or HelloVerifyRequest must follow (RFC 6347 §4.2.1).</summary>
internal sealed class AwaitServerHello : HandshakeState
{
    private const int MaxCookies = 4;                              // a server that is never content is no server
    private int _cookies;

    public AwaitServerHello(HandshakeContext context) : base(context)
    {
        Context.Random.Fill(Context.ClientRandom);
        SendClientHello([]);
    }

    public override HandshakeState Receive(in HandshakeMessage message) => message.Type switch
    {
        HandshakeType.HelloVerifyRequest => TakeCookie(message),
        HandshakeType.ServerHello => TakeServerHello(message),
        _ => Unexpected(message),
    };

    private void SendClientHello(ReadOnlySpan<byte> cookie)
    {
        Span<byte> buffer = stackalloc byte[1024];
        WireWriter writer = new(buffer);
        ClientHello.Write(ref writer, Context.Options, Context.ClientRandom, cookie);
        Context.Transcript.Restart();
        Context.Flight.Begin(timed: true);
        Context.Send(HandshakeType.ClientHello, writer.Written);
    }

    private HandshakeState TakeCookie(in HandshakeMessage message)
    {
        WireReader reader = new(message.Body);
        if (!reader.TryReadUInt16(out _) ||                        // §4.2.1: its version says nothing
            !reader.TryReadVector8(out ReadOnlySpan<byte> cookie) || !reader.IsEmpty) return Malformed(message);
        if (++_cookies > MaxCookies) return Fail(DtlsAlert.UnexpectedMessage, "The server asks for a cookie again and again.");
        SendClientHello(cookie);
        return this;
    }

    private HandshakeState TakeServerHello(in HandshakeMessage message)
    {
        if (!ServerHello.TryParse(message.Body, out ServerHello hello)) return Malformed(message);
        if (hello.Version != DtlsVersion.Dtls12) return Fail(DtlsAlert.ProtocolVersion, "The server does not speak DTLS 1.2.");
        if (!Contains(Context.Options.CipherSuites, hello.CipherSuite) || !CipherSuite.TryGet(hello.CipherSuite, out CipherSuite suite))
            return Fail(DtlsAlert.IllegalParameter, "The server chose a cipher suite that was not offered.");
        if (hello.CompressionMethod != 0) return Fail(DtlsAlert.IllegalParameter, "The server chose compression.");
        HelloExtensions extensions = hello.Extensions;
        if (extensions.HasUnknown) return Fail(DtlsAlert.UnsupportedExtension, "The server answered an extension that was not offered.");
        if (!extensions.RenegotiatedConnection.IsEmpty)            // RFC 5746 §3.4
            return Fail(DtlsAlert.HandshakeFailure, "The server speaks of an earlier connection.");
        Context.ExtendedMasterSecret = extensions.Has(ExtensionType.ExtendedMasterSecret);
        if (!Context.ExtendedMasterSecret && Context.Options.RequireExtendedMasterSecret)
            return Fail(DtlsAlert.HandshakeFailure, "The server has no extended_master_secret.");
        if (extensions.Has(ExtensionType.UseSrtp) && !TryTakeSrtpProfile(extensions))
            return Fail(DtlsAlert.IllegalParameter, "The server's use_srtp does not answer ours.");

        Context.SetVersion(hello.Version);
        hello.Random.CopyTo(Context.ServerRandom);
        Context.Suite = suite;
        Context.Transcript.Append(message.Raw);
        return new AwaitServerCertificate(Context);
    }

    // RFC 5764 §4.1.1: one of the profiles that were offered, and the MKI that was offered, which is none.
    private bool TryTakeSrtpProfile(in HelloExtensions extensions)
    {
        WireReader reader = new(extensions.SrtpProfiles);
        if (!extensions.SrtpMki.IsEmpty || !reader.TryReadUInt16(out ushort profile) || !reader.IsEmpty ||
            !Contains(Context.Options.SrtpProfiles, (SrtpProtectionProfile)profile)) return false;
        Context.SrtpProfile = (SrtpProtectionProfile)profile;
        return true;
    }

    private static bool Contains<T>(IReadOnlyList<T> list, T value)
    {
        foreach (T item in list)
        {
            if (EqualityComparer<T>.Default.Equals(item, value)) return true;
        }
        return false;
    }
}

/// <summary>Client: Certificate must follow (RFC 5246 §7.4.2).</summary>
internal sealed class AwaitServerCertificate(HandshakeContext context) : HandshakeState(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Certificate) return Unexpected(message);
        if (TakeCertificate(message, out CertificatePublicKey? key) is HandshakeState failed) return failed;
        if (key!.IsEcdsa == Context.Suite.IsEcdsa) return new AwaitServerKeyExchange(Context, key);
        key.Dispose();
        return Fail(DtlsAlert.UnsupportedCertificate, "The server's key does not fit its cipher suite.");
    }
}

/// <summary>Client: ServerKeyExchange must follow (RFC 8422 §5.4). Owns the server's public key.</summary>
internal sealed class AwaitServerKeyExchange(HandshakeContext context, CertificatePublicKey serverKey) : HandshakeState(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.ServerKeyExchange) return Unexpected(message);
        if (!ServerKeyExchange.TryParse(message.Body, out ServerKeyExchange exchange)) return Malformed(message);
        bool offered = false;
        foreach (DtlsNamedGroup group in Context.Options.Groups) offered |= group == exchange.Group;
        if (!offered) return Fail(DtlsAlert.IllegalParameter, "The server chose a group that was not offered.");

        byte[] signed = new byte[Context.Randoms.Length + exchange.Parameters.Length];
        Context.Randoms.CopyTo(signed);
        exchange.Parameters.CopyTo(signed.AsSpan(Context.Randoms.Length));
        if (!serverKey.Verify(exchange.Scheme, signed, exchange.Signature))
            return Fail(DtlsAlert.DecryptError, "The signature of ServerKeyExchange is wrong.");

        using KeyExchange ours = KeyExchange.Create(exchange.Group, Context.Random);
        Secret? premaster = ours.Agree(exchange.PublicKey);
        if (premaster is null) return Fail(DtlsAlert.IllegalParameter, "The server's public key is not in its group.");
        Context.Group = exchange.Group;
        Context.Transcript.Append(message.Raw);
        return new AwaitServerHelloDone(Context, premaster, ours.PublicKey.ToArray());
    }

    protected override void Leave() => serverKey.Dispose();
}

/// <summary>Client: CertificateRequest may, ServerHelloDone must follow; then it is our turn. Owns the premaster secret.</summary>
internal sealed class AwaitServerHelloDone(HandshakeContext context, Secret premaster, byte[] publicKey) : HandshakeState(context)
{
    private bool _certificateRequested;
    private SignatureScheme _scheme;

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type == HandshakeType.CertificateRequest && !_certificateRequested) return TakeRequest(message);
        if (message.Type != HandshakeType.ServerHelloDone) return Unexpected(message);
        if (!message.Body.IsEmpty) return Malformed(message);
        Context.Transcript.Append(message.Raw);

        Context.Flight.Begin(timed: true);
        DtlsCertificate certificate = Context.Options.Certificate;
        if (_certificateRequested) Context.Send(HandshakeType.Certificate, CertificateMessage.Build(certificate.Der.Span));
        Span<byte> body = stackalloc byte[1 + KeyExchange.MaxPublicKeyLength];
        WireWriter writer = new(body);
        writer.WriteVector8(publicKey);
        Context.Send(HandshakeType.ClientKeyExchange, writer.Written);
        Secret master = Context.DeriveKeys(premaster.Span);
        if (_certificateRequested) SendCertificateVerify(certificate);
        Context.SendFinished(master);
        return new AwaitServerFinished(Context, master);
    }

    protected override void Leave() => premaster.Dispose();

    private HandshakeState TakeRequest(in HandshakeMessage message)
    {
        if (!CertificateMessage.TryParseRequest(message.Body, out ReadOnlySpan<byte> schemes)) return Malformed(message);
        if (!SignatureSchemes.TryChoose(schemes, Context.Options.Certificate.Key.IsEcdsa, out _scheme))
            return Fail(DtlsAlert.HandshakeFailure, "The server accepts no signature that our key can make.");
        _certificateRequested = true;
        Context.Transcript.Append(message.Raw);
        return this;
    }

    private void SendCertificateVerify(DtlsCertificate certificate)
    {
        byte[] signature = certificate.Key.Sign(_scheme, Context.Transcript.Span);
        byte[] body = new byte[4 + signature.Length];
        WireWriter writer = new(body);
        ServerKeyExchange.WriteSigned(ref writer, _scheme, signature);
        Context.Send(HandshakeType.CertificateVerify, body);
    }
}

/// <summary>Client: our flight is sent, the server's Finished must follow. Owns the master secret.</summary>
internal sealed class AwaitServerFinished(HandshakeContext context, Secret master) : HandshakeState(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, master) is HandshakeState failed) return failed;
        Context.Flight.Clear();
        Context.Transcript.Release();
        return new Established(Context, master.Move());
    }

    protected override void Leave() => master.Dispose();
}
