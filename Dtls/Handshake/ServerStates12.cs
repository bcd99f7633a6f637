namespace WebRtcStack.Dtls;

/// <summary>Server: our flight is sent, the client's Certificate must follow. Owns the ephemeral key.</summary>
internal sealed class AwaitClientCertificate(HandshakeContext context, KeyExchange keyExchange) : HandshakeState12(context)
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
    : HandshakeState12(context)
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
        return new AwaitCertificateVerify(Context, DeriveKeys(premaster.Span), clientKey);
    }

    protected override void Leave()
    {
        keyExchange.Dispose();
        if (!_moved) clientKey.Dispose();
    }
}

/// <summary>Server: CertificateVerify must follow (RFC 5246 §7.4.8). Owns the master secret and the client's public key.</summary>
internal sealed class AwaitCertificateVerify(HandshakeContext context, Secret master, CertificatePublicKey clientKey) : HandshakeState12(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateVerify) return Unexpected(message);
        if (!ServerKeyExchange.TryReadSigned(message.Body, out SignatureScheme scheme, out ReadOnlySpan<byte> signature))
            return Malformed(message);
        if (!clientKey.Verify(scheme, isDtls13: false, Context.Transcript.Span, signature))
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
internal sealed class AwaitClientFinished(HandshakeContext context, Secret master) : HandshakeState12(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, master) is HandshakeState failed) return failed;
        Context.BeginFlight(timed: false);                        // §4.2.4: repeated when the client repeats its own
        SendFinished(master);
        Context.Transcript.Release();
        return new Established12(Context, master.Move());
    }

    protected override void Leave() => master.Dispose();
}
