namespace WebRtcStack.Dtls;

/// <summary>
/// Server: DTLS 1.3 is chosen; the ClientHello is answered, or another one is asked for with HelloRetryRequest and must follow
/// (RFC 8446 §4.1, START and RECVD_CH of appendix A.2). Owns the cookie.
/// </summary>
internal sealed class NegotiateDtls13(HandshakeContext context) : HandshakeState13(context)
{
    private const int CookieLength = 32;
    private byte[] _cookie = [];
    private bool _isRetried;

    /// <summary>The state after a HelloRetryRequest that a <see cref="DtlsCookieKeeper"/> has sent: all that it was is in the cookie.</summary>
    public static NegotiateDtls13 AfterRetry(HandshakeContext context, DtlsAdmission admission, in ClientHello hello)
    {
        RetryCookie retry = admission.Retry!;
        NegotiateDtls13 state = new(context) { _cookie = admission.Cookie, _isRetried = true };
        (context.Suite, context.Group) = (retry.Suite, retry.Group);
        context.SetVersion(DtlsVersion.Dtls13);
        hello.Random.CopyTo(context.ClientRandom);
        context.Transcript.AppendHash(retry.FirstHello);
        Span<byte> buffer = stackalloc byte[DtlsCookieKeeper.MaxAnswerLength];
        WireWriter writer = new(buffer);
        ServerHello.WriteRetryRequest(
            ref writer, retry.Suite.Id, retry.AskedForGroup ? retry.Group : DtlsNamedGroup.None, admission.Cookie);
        context.Transcript.Append(HandshakeMessage.Build(HandshakeType.ServerHello, 0, writer.Written));
        return state;
    }

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type != HandshakeType.ClientHello) return Unexpected(message);
        if (!ClientHello.TryParse(message.Body, out ClientHello hello)) return Malformed(message);
        HelloExtensions extensions = hello.Extensions;
        if (!hello.OffersDtls13 || !hello.Cookie.IsEmpty || !hello.CompressionMethods.SequenceEqual((ReadOnlySpan<byte>)[0]))
            return Fail(DtlsAlert.IllegalParameter, "The ClientHello is not one of DTLS 1.3.");                    // RFC 9147 §5.3
        if (!extensions.Has(ExtensionType.SupportedGroups) || !extensions.Has(ExtensionType.KeyShare) ||
            !extensions.Has(ExtensionType.SignatureAlgorithms))
            return Fail(DtlsAlert.MissingExtension, "The ClientHello lacks an extension that DTLS 1.3 needs.");    // RFC 8446 §9.2
        if (!ServerChoice.TryChooseSuite(Context.Options, hello, out CipherSuite suite)) return Fail(DtlsAlert.HandshakeFailure, "No cipher suite in common.");
        if (!SignatureSchemes.TryChoose(extensions.SignatureAlgorithms, Context.Options.Certificate.Key.Kind, isDtls13: true,
                out SignatureScheme scheme))
            return Fail(DtlsAlert.HandshakeFailure, "The client accepts no signature that our key can make.");
        if (!ServerChoice.TryChooseGroup(Context.Offer, extensions, out DtlsNamedGroup group, out ReadOnlySpan<byte> share))
            return Fail(DtlsAlert.HandshakeFailure, "No group in common.");
        if (_isRetried) return CheckRetry(hello, suite, group, share) ?? Answer(message, hello, scheme, share);
        (Context.Suite, Context.Group) = (suite, group);
        Context.SetVersion(DtlsVersion.Dtls13);
        hello.Random.CopyTo(Context.ClientRandom);
        return share.IsEmpty || Context.Options.RequireCookie
            ? AskAgain(message, share.IsEmpty ? group : DtlsNamedGroup.None)
            : Answer(message, hello, scheme, share);
    }

    // RFC 8446 §4.1.4, RFC 9147 §5.1
    private NegotiateDtls13 AskAgain(in HandshakeMessage message, DtlsNamedGroup group)
    {
        if (Context.Options.RequireCookie)
        {
            _cookie = new byte[CookieLength];
            Context.Random.Fill(_cookie);
        }
        _isRetried = true;
        Context.Transcript.Append(message.Raw);
        Context.Transcript.ReplaceByHash(Context.Suite.Hash);
        Span<byte> buffer = stackalloc byte[128];
        WireWriter writer = new(buffer);
        ServerHello.WriteRetryRequest(ref writer, Context.Suite.Id, group, _cookie);
        Context.BeginFlight(timed: false);                         // the client repeats its ClientHello, and then we repeat this
        Context.Send(HandshakeType.ServerHello, writer.Written);
        return this;
    }

    // RFC 8446 §4.1.2: the second ClientHello is the first one but for what we asked for.
    private HandshakeState? CheckRetry(in ClientHello hello, in CipherSuite suite, DtlsNamedGroup group, ReadOnlySpan<byte> share)
    {
        if (!SecretMemory.AreEqual(_cookie, hello.Extensions.Cookie))
            return Fail(DtlsAlert.IllegalParameter, "The client's cookie is not ours.");                           // RFC 9147 §5.1
        if (suite.Id != Context.Suite.Id || group != Context.Group || share.IsEmpty || !hello.Random.SequenceEqual(Context.ClientRandom))
            return Fail(DtlsAlert.IllegalParameter, "The client changed its ClientHello in other ways than asked for.");
        return null;
    }

    private HandshakeState Answer(in HandshakeMessage message, in ClientHello hello, SignatureScheme scheme, ReadOnlySpan<byte> share)
    {
        HelloExtensions extensions = hello.Extensions;
        if (!Context.TryTakeRecordSizeLimit(extensions))
            return Fail(DtlsAlert.IllegalParameter, "The client's record_size_limit is too small.");
        using Secret? shared = Context.Keys.Respond(Context.Group, share, out byte[] ourShare);
        if (shared is null) return Fail(DtlsAlert.IllegalParameter, "The client's share is not in its group.");
        Context.SrtpProfile = Context.ChooseSrtpProfile(extensions);
        Context.Random.Fill(Context.ServerRandom);
        Context.Transcript.Append(message.Raw);
        Context.BeginFlight(timed: true);
        WireWriter writer = new(new byte[128 + ourShare.Length]);
        ServerHello.WriteDtls13(ref writer, Context.ServerRandom, Context.Suite.Id, Context.Group, ourShare);
        Context.Send(HandshakeType.ServerHello, writer.Written);
        using HandshakeSecrets secrets = HandshakeSecrets.Install(Context, shared.Span);
        SendEncryptedExtensions(extensions);
        writer = new WireWriter(new byte[128]);
        CertificateMessage13.WriteRequest(ref writer);
        Context.Send(HandshakeType.CertificateRequest, writer.Written, HandshakeEpoch);
        SendCertificate(scheme);
        SendFinished(secrets.Server);
        ApplicationSecrets application = secrets.Advance(Context);
        return new WaitClientCertificate(Context, secrets.Client.Move(), application);
    }

    private void SendEncryptedExtensions(in HelloExtensions client)
    {
        Span<byte> buffer = stackalloc byte[64];
        WireWriter writer = new(buffer);
        Span<byte> length = ExtensionWriter.BeginBlock(ref writer);
        int start = writer.Length;
        if (Context.SrtpProfile is SrtpProtectionProfile profile) ExtensionWriter.WriteUseSrtp(ref writer, profile);
        if (client.Has(ExtensionType.RecordSizeLimit))
            ExtensionWriter.WriteNumber(ref writer, ExtensionType.RecordSizeLimit, (ushort)Context.Options.RecordSizeLimit);
        ExtensionWriter.EndBlock(writer, length, start);
        Context.Send(HandshakeType.EncryptedExtensions, writer.Written, HandshakeEpoch);
    }
}
