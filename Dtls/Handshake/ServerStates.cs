namespace WebRtcStack.Dtls;

/// <summary>Server: listens for a ClientHello, with the right cookie if one is demanded (RFC 6347 §4.2.1). Owns the secret of cookies.</summary>
internal sealed class AwaitClientHello : HandshakeState
{
    private const int CookieLength = 32;
    private readonly byte[] _cookieSecret = new byte[32];

    public AwaitClientHello(HandshakeContext context) : base(context) => Context.Random.Fill(_cookieSecret);

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.ClientHello) return Unexpected(message);
        if (!ClientHello.TryParse(message.Body, out ClientHello hello)) return Malformed(message);
        if (!hello.OffersDtls12) return Fail(DtlsAlert.ProtocolVersion, "The client does not speak DTLS 1.2.");
        if (hello.CompressionMethods.IndexOf((byte)0) < 0) return Fail(DtlsAlert.IllegalParameter, "The client demands compression.");
        if (Context.Options.RequireCookie && !HasCookie(hello)) return AskForCookie(hello);
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
        bool ecdsa = Context.Options.Certificate.Key.IsEcdsa;
        if (!SignatureSchemes.TryChoose(extensions.SignatureAlgorithms, ecdsa, out SignatureScheme scheme))
            return Fail(DtlsAlert.HandshakeFailure, "The client accepts no signature that our key can make.");

        Context.SetVersion(DtlsVersion.Dtls12);
        (Context.Suite, Context.Group, Context.SrtpProfile) = (suite, group, ChooseSrtpProfile(extensions));
        hello.Random.CopyTo(Context.ClientRandom);
        Context.Random.Fill(Context.ServerRandom);
        Context.Transcript.Append(message.Raw);
        KeyExchange keyExchange = KeyExchange.Create(group, Context.Random);
        SendFlight(hello, keyExchange.PublicKey, scheme);
        return new AwaitClientCertificate(Context, keyExchange);
    }

    private void SendFlight(in ClientHello hello, ReadOnlySpan<byte> publicKey, SignatureScheme scheme)
    {
        Span<byte> buffer = stackalloc byte[256];
        Context.Flight.Begin(timed: true);
        WireWriter writer = new(buffer);
        ServerHello.Write(ref writer, hello, Context.ServerRandom, Context.Suite.Id, Context.SrtpProfile);
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
            if (CipherSuite.TryGet(id, out suite) && suite.IsEcdsa == Context.Options.Certificate.Key.IsEcdsa &&
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

    private SrtpProtectionProfile? ChooseSrtpProfile(in HelloExtensions extensions)
    {
        foreach (SrtpProtectionProfile profile in Context.Options.SrtpProfiles)
        {
            if (Vectors.ContainsNumber(extensions.SrtpProfiles, (ushort)profile)) return profile;
        }
        return null;                                               // RFC 5764 §4.1.2: then there is no use_srtp in the answer
    }

    private bool HasCookie(in ClientHello hello)
    {
        Span<byte> cookie = stackalloc byte[CookieLength];
        Hashing.Hmac(DtlsHash.Sha256, _cookieSecret, hello.Random, cookie);
        return SecretMemory.AreEqual(cookie, hello.Cookie);
    }

    private AwaitClientHello AskForCookie(in ClientHello hello)
    {
        Span<byte> body = stackalloc byte[3 + CookieLength];
        WireWriter writer = new(body);
        writer.WriteUInt16(DtlsVersion.Dtls10);                    // §4.2.1: whatever is going to be negotiated
        writer.WriteByte(CookieLength);
        Hashing.Hmac(DtlsHash.Sha256, _cookieSecret, hello.Random, writer.Reserve(CookieLength));
        Context.Flight.Begin(timed: false);                        // §4.2.1: it is never repeated by itself
        Context.Send(HandshakeType.HelloVerifyRequest, writer.Written);
        Context.Transcript.Restart();                              // §4.2.1: neither message is part of it
        return this;
    }
}

/// <summary>Server: our flight is sent, the client's Certificate must follow. Owns the ephemeral key.</summary>
internal sealed class AwaitClientCertificate(HandshakeContext context, KeyExchange keyExchange) : HandshakeState(context)
{
    private bool _moved;

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Certificate) return Unexpected(message);
        if (TakeCertificate(message, out CertificatePublicKey? key) is HandshakeState failed) return failed;
        _moved = true;
        return new AwaitClientKeyExchange(Context, keyExchange, key!);
    }

    protected override void Leave()
    {
        if (!_moved) keyExchange.Dispose();
    }
}

/// <summary>Server: ClientKeyExchange must follow (RFC 8422 §5.7). Owns the ephemeral key and the client's public key.</summary>
internal sealed class AwaitClientKeyExchange(HandshakeContext context, KeyExchange keyExchange, CertificatePublicKey clientKey)
    : HandshakeState(context)
{
    private bool _moved;

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.ClientKeyExchange) return Unexpected(message);
        WireReader reader = new(message.Body);
        if (!reader.TryReadVector8(out ReadOnlySpan<byte> publicKey) || !reader.IsEmpty) return Malformed(message);
        using Secret? premaster = keyExchange.Agree(publicKey);
        if (premaster is null) return Fail(DtlsAlert.IllegalParameter, "The client's public key is not in the group.");
        Context.Transcript.Append(message.Raw);
        _moved = true;
        return new AwaitCertificateVerify(Context, Context.DeriveKeys(premaster.Span), clientKey);
    }

    protected override void Leave()
    {
        keyExchange.Dispose();
        if (!_moved) clientKey.Dispose();
    }
}

/// <summary>Server: CertificateVerify must follow (RFC 5246 §7.4.8). Owns the master secret and the client's public key.</summary>
internal sealed class AwaitCertificateVerify(HandshakeContext context, Secret master, CertificatePublicKey clientKey) : HandshakeState(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateVerify) return Unexpected(message);
        if (!ServerKeyExchange.TryReadSigned(message.Body, out SignatureScheme scheme, out ReadOnlySpan<byte> signature))
            return Malformed(message);
        if (!clientKey.Verify(scheme, Context.Transcript.Span, signature))
            return Fail(DtlsAlert.DecryptError, "The signature of CertificateVerify is wrong.");
        Context.Transcript.Append(message.Raw);
        return new AwaitClientFinished(Context, master.Move());
    }

    protected override void Leave()
    {
        master.Dispose();
        clientKey.Dispose();
    }
}

/// <summary>Server: the client's Finished must follow; ours ends the handshake. Owns the master secret.</summary>
internal sealed class AwaitClientFinished(HandshakeContext context, Secret master) : HandshakeState(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, master) is HandshakeState failed) return failed;
        Context.Flight.Begin(timed: false);                        // §4.2.4: repeated when the client repeats its own
        Context.SendFinished(master);
        Context.Transcript.Release();
        return new Established(Context, master.Move());
    }

    protected override void Leave() => master.Dispose();
}
