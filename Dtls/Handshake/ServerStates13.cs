namespace WebRtcStack.Dtls;

/// <summary>Server: our flight is sent, the client's Certificate must follow (WAIT_CERT of RFC 8446 appendix A.2).</summary>
/// <remarks>Owns the client's handshake secret, and the application secrets for later.</remarks>
internal sealed class WaitClientCertificate(HandshakeContext context, Secret clientHandshake, ApplicationSecrets application)
    : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Certificate) return Unexpected(message);
        if (TakeCertificate(message, out CertificatePublicKey? key) is HandshakeState failed) return failed;
        Context.Flight.Clear();                                    // RFC 9147 §7.2: the answer acknowledges it
        return new WaitClientCertificateVerify(Context, clientHandshake.Move(), application.Move(), key!);
    }

    protected override void Leave()
    {
        clientHandshake.Dispose();
        application.Dispose();
    }
}

/// <summary>Server: the client's CertificateVerify must follow (WAIT_CV).</summary>
/// <remarks>Owns the client's public key besides what <see cref="WaitClientCertificate"/> owns.</remarks>
internal sealed class WaitClientCertificateVerify(
    HandshakeContext context, Secret clientHandshake, ApplicationSecrets application, CertificatePublicKey clientKey) : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateVerify) return Unexpected(message);
        return TakeCertificateVerify(message, clientKey) ??
               new WaitClientFinished(Context, clientHandshake.Move(), application.Move());
    }

    protected override void Leave()
    {
        clientHandshake.Dispose();
        application.Dispose();
        clientKey.Dispose();
    }
}

/// <summary>Server: the client's Finished must follow (WAIT_FINISHED); it ends the handshake. Owns what <see cref="WaitClientCertificate"/> owns.</summary>
internal sealed class WaitClientFinished(HandshakeContext context, Secret clientHandshake, ApplicationSecrets application) : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, clientHandshake) is HandshakeState failed) return failed;
        Context.Transcript.Release();
        Context.Acks.Owe();                                        // RFC 9147 §7.1: nothing of ours answers the client's last flight
        return Established13.Enter(Context, application.Move());
    }

    protected override void Leave()
    {
        clientHandshake.Dispose();
        application.Dispose();
    }
}
