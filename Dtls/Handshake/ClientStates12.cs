namespace WebRtcStack.Dtls;

/// <summary>Client: Certificate must follow (RFC 5246 §7.4.2).</summary>
internal sealed class AwaitServerCertificate(HandshakeContext context) : HandshakeState12(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Certificate) return Unexpected(message);
        if (TakeCertificate(message, out CertificatePublicKey? key) is HandshakeState failed) return failed;
        if (key!.Kind.FitsEcdsaSuites() == Context.Suite.IsEcdsa) return new AwaitServerKeyExchange(Context, key);
        key.Dispose();
        return Fail(DtlsAlert.UnsupportedCertificate, "The server's key does not fit its cipher suite.");
    }
}

/// <summary>Client: ServerKeyExchange must follow (RFC 8422 §5.4). Owns the server's public key.</summary>
internal sealed class AwaitServerKeyExchange(HandshakeContext context, CertificatePublicKey serverKey) : HandshakeState12(context)
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
        if (!serverKey.Verify(exchange.Scheme, isDtls13: false, signed, exchange.Signature))
            return Fail(DtlsAlert.DecryptError, "The signature of ServerKeyExchange is wrong.");

        using KeyExchange ours = Context.Keys.Take(exchange.Group);
        Secret? premaster = ours.Agree(exchange.PublicKey);
        if (premaster is null) return Fail(DtlsAlert.IllegalParameter, "The server's public key is not in its group.");
        Context.Group = exchange.Group;
        Context.Transcript.Append(message.Raw);
        return new AwaitServerHelloDone(Context, premaster, ours.PublicKey.ToArray());
    }

    protected override void Leave() => serverKey.Dispose();
}

/// <summary>Client: CertificateRequest may, ServerHelloDone must follow; then it is our turn. Owns the premaster secret.</summary>
internal sealed class AwaitServerHelloDone(HandshakeContext context, Secret premaster, byte[] publicKey) : HandshakeState12(context)
{
    private bool _certificateRequested;
    private SignatureScheme _scheme;

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type == HandshakeType.CertificateRequest && !_certificateRequested) return TakeRequest(message);
        if (message.Type != HandshakeType.ServerHelloDone) return Unexpected(message);
        if (!message.Body.IsEmpty) return Malformed(message);
        Context.Transcript.Append(message.Raw);

        Context.BeginFlight(timed: true);
        DtlsCertificate certificate = Context.Options.Certificate;
        if (_certificateRequested) Context.Send(HandshakeType.Certificate, CertificateMessage.Build(certificate.Der.Span));
        Span<byte> body = stackalloc byte[1 + KeyExchange.MaxPublicKeyLength];
        WireWriter writer = new(body);
        writer.WriteVector8(publicKey);
        Context.Send(HandshakeType.ClientKeyExchange, writer.Written);
        Secret master = DeriveKeys(premaster.Span);
        if (_certificateRequested) SendCertificateVerify(certificate);
        SendFinished(master);
        return new AwaitServerFinished(Context, master);
    }

    protected override void Leave() => premaster.Dispose();

    private HandshakeState TakeRequest(in HandshakeMessage message)
    {
        if (!CertificateMessage.TryParseRequest(message.Body, out ReadOnlySpan<byte> schemes)) return Malformed(message);
        if (!SignatureSchemes.TryChoose(schemes, Context.Options.Certificate.Key.Kind, isDtls13: false, out _scheme))
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
internal sealed class AwaitServerFinished(HandshakeContext context, Secret master) : HandshakeState12(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, master) is HandshakeState failed) return failed;
        Context.Flight.Clear();
        Context.Transcript.Release();
        return new Established12(Context, master.Move());
    }

    protected override void Leave() => master.Dispose();
}
