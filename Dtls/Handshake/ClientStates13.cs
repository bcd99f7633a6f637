namespace WebRtcStack.Dtls;

/// <summary>Client: EncryptedExtensions must follow (RFC 8446 §4.3.1; WAIT_EE of appendix A.1). Owns the handshake secrets.</summary>
internal sealed class WaitEncryptedExtensions(HandshakeContext context, HandshakeSecrets secrets) : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.EncryptedExtensions) return Unexpected(message);
        if (!HelloExtensions.TryParse(message.Body, HelloKind.EncryptedExtensions, out HelloExtensions extensions)) return Malformed(message);
        if (extensions.HasUnknown)
            return Fail(DtlsAlert.UnsupportedExtension, "The server answered an extension that was not offered.");
        if (extensions.HasOtherThan(ExtensionType.SupportedGroups, ExtensionType.UseSrtp, ExtensionType.RecordSizeLimit))
            return Fail(DtlsAlert.IllegalParameter, "EncryptedExtensions has extensions that do not belong there.");
        if (!Context.TryTakeSrtpProfile(extensions)) return Fail(DtlsAlert.IllegalParameter, "The server's use_srtp does not answer ours.");
        if (!Context.TryTakeRecordSizeLimit(extensions))
            return Fail(DtlsAlert.IllegalParameter, "The server's record_size_limit is too small.");
        Context.Transcript.Append(message.Raw);
        return new WaitCertificateOrRequest(Context, secrets.Move());
    }

    protected override void Leave() => secrets.Dispose();
}

/// <summary>Client: CertificateRequest may, Certificate must follow (WAIT_CERT_CR, WAIT_CERT). Owns the handshake secrets.</summary>
internal sealed class WaitCertificateOrRequest(HandshakeContext context, HandshakeSecrets secrets) : HandshakeState13(context)
{
    private SignatureScheme? _scheme;                              // set when the server wants our certificate

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type == HandshakeType.CertificateRequest && _scheme is null) return TakeRequest(message);
        if (message.Type != HandshakeType.Certificate) return Unexpected(message);
        if (TakeCertificate(message, out CertificatePublicKey? key) is HandshakeState failed) return failed;
        return new WaitServerCertificateVerify(Context, secrets.Move(), key!, _scheme);
    }

    protected override void Leave() => secrets.Dispose();

    private HandshakeState TakeRequest(in HandshakeMessage message)
    {
        if (!CertificateMessage13.TryParseRequest(message.Body, out ReadOnlySpan<byte> schemes)) return Malformed(message);
        if (schemes.IsEmpty) return Fail(DtlsAlert.MissingExtension, "CertificateRequest has no signature_algorithms.");
        if (!SignatureSchemes.TryChoose(schemes, Context.Options.Certificate.Key.Kind, isDtls13: true, out SignatureScheme scheme))
            return Fail(DtlsAlert.HandshakeFailure, "The server accepts no signature that our key can make.");
        _scheme = scheme;
        Context.Transcript.Append(message.Raw);
        return this;
    }
}

/// <summary>Client: the server's CertificateVerify must follow (WAIT_CV). Owns the handshake secrets and the server's public key.</summary>
internal sealed class WaitServerCertificateVerify(
    HandshakeContext context, HandshakeSecrets secrets, CertificatePublicKey serverKey, SignatureScheme? scheme) : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.CertificateVerify) return Unexpected(message);
        return TakeCertificateVerify(message, serverKey) ?? new WaitServerFinished(Context, secrets.Move(), scheme);
    }

    protected override void Leave()
    {
        secrets.Dispose();
        serverKey.Dispose();
    }
}

/// <summary>Client: the server's Finished must follow (WAIT_FINISHED); our flight ends the handshake. Owns the handshake secrets.</summary>
internal sealed class WaitServerFinished(HandshakeContext context, HandshakeSecrets secrets, SignatureScheme? scheme) : HandshakeState13(context)
{
    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.Finished) return Unexpected(message);
        if (TakeFinished(message, secrets.Server) is HandshakeState failed) return failed;
        ApplicationSecrets application = secrets.Advance(Context);
        Context.BeginFlight(timed: true);                          // RFC 9147 §7.1: the server acknowledges it
        if (scheme is SignatureScheme chosen) SendCertificate(chosen);
        SendFinished(secrets.Client);
        Context.Transcript.Release();
        return Established13.Enter(Context, application);
    }

    protected override void Leave() => secrets.Dispose();
}
