namespace WebRtcStack.Dtls;

/// <summary>
/// Client: ClientHello is sent; ServerHello of either version, HelloRetryRequest or HelloVerifyRequest must follow (RFC 9147 §5,
/// RFC 6347 §4.2.1). Owns the private keys of the shares.
/// </summary>
internal sealed class AwaitServerHello : HandshakeState
{
    private const int MaxCookies = 4;                              // a server that is never content is no server
    private readonly List<(DtlsNamedGroup Group, KeyExchange Key)> _shares = [];
    private byte[] _cookie13 = [];
    private CipherSuite _retrySuite;
    private int _cookies;

    public AwaitServerHello(HandshakeContext context) : base(context)
    {
        Context.Random.Fill(Context.ClientRandom);
        if (Context.Offer.Dtls13)
        {
            foreach (DtlsNamedGroup group in Context.Offer.FirstShares) _shares.Add((group, Share(group)));
        }
        else
        {
            Context.Records.IsDtls13 = false;
        }
        SendClientHello([]);
    }

    private bool IsRetried => _retrySuite.Id != default;

    public override HandshakeState Receive(in HandshakeMessage message) => message.Type switch
    {
        HandshakeType.HelloVerifyRequest when Context.Offer.Dtls12 && !IsRetried => TakeHelloVerifyRequest(message),
        HandshakeType.ServerHello => TakeServerHello(message),
        _ => Unexpected(message),
    };

    protected override void Leave()
    {
        foreach ((_, KeyExchange key) in _shares) key.Dispose();
        _shares.Clear();
    }

    // The hybrid share has a key on X25519 already, and another would cost as much again. Deviation, RFC 8446 §4.2.8, which wants all
    // shares independent: draft-ietf-tls-hybrid-design §3.2 lets the same one stand for its group alone within one ClientHello.
    private KeyExchange Share(DtlsNamedGroup group) =>
        group == DtlsNamedGroup.X25519 && TryFindShare(DtlsNamedGroup.X25519MLKEM768, out KeyExchange? hybrid) ? ((HybridKeyExchange)hybrid).Classical : Context.Keys.Take(group);

    private void SendClientHello(ReadOnlySpan<byte> cookie12)
    {
        int sharesLength = 0;
        foreach ((_, KeyExchange key) in _shares) sharesLength += HandshakeKeyShare.HeaderSize + key.PublicKey.Length;
        WireWriter shares = new(new byte[sharesLength]);
        foreach ((DtlsNamedGroup group, KeyExchange key) in _shares) HandshakeKeyShare.Write(ref shares, group, key.PublicKey);
        WireWriter writer = new(new byte[1024 + sharesLength + cookie12.Length + _cookie13.Length]);
        ClientHello.Write(
            ref writer, Context.Options, Context.Offer, Context.ClientRandom, cookie12, _cookie13, shares.Written);
        Debug.Assert(!writer.Overflowed, "1024 bytes hold everything else, as all lists have at most 32 entries");
        Context.BeginFlight(timed: true);
        Context.Send(HandshakeType.ClientHello, writer.Written);
    }

    private HandshakeState TakeHelloVerifyRequest(in HandshakeMessage message)
    {
        if (!HelloVerifyRequest.TryParse(message.Body, out ReadOnlySpan<byte> cookie)) return Malformed(message);
        if (++_cookies > MaxCookies) return Fail(DtlsAlert.UnexpectedMessage, "The server asks for a cookie again and again.");
        Context.Transcript.Restart();
        SendClientHello(cookie);
        return this;
    }

    private HandshakeState TakeServerHello(in HandshakeMessage message)
    {
        if (!ServerHello.TryParse(message.Body, out ServerHello hello)) return Malformed(message);
        if (hello.Version != DtlsVersion.Dtls12) return Fail(DtlsAlert.ProtocolVersion, "The server speaks neither DTLS 1.3 nor 1.2.");
        if (hello.Extensions.HasUnknown)
            return Fail(DtlsAlert.UnsupportedExtension, "The server answered an extension that was not offered.");
        if (hello.CompressionMethod != 0) return Fail(DtlsAlert.IllegalParameter, "The server chose compression.");
        if (!IsOffered(hello.CipherSuite) || !CipherSuite.TryGet(hello.CipherSuite, out CipherSuite suite) || suite.IsDtls13 != hello.IsDtls13)
            return Fail(DtlsAlert.IllegalParameter, "The server chose a cipher suite that was not offered.");
        if (!hello.IsDtls13) return TakeDtls12(message, hello, suite);
        if (!Context.Offer.Dtls13 || hello.Extensions.SelectedVersion != DtlsVersion.Dtls13 || !hello.SessionId.IsEmpty)
            return Fail(DtlsAlert.IllegalParameter, "The server chose a version or a session that was not offered.");
        return hello.IsRetryRequest ? TakeRetryRequest(message, hello, suite) : TakeDtls13(message, hello, suite);
    }

    private HandshakeState TakeDtls12(in HandshakeMessage message, in ServerHello hello, in CipherSuite suite)
    {
        HelloExtensions extensions = hello.Extensions;
        if (!Context.Offer.Dtls12) return Fail(DtlsAlert.ProtocolVersion, "The server does not speak DTLS 1.3.");
        if (IsRetried) return Fail(DtlsAlert.IllegalParameter, "The server changed its version.");
        if (Context.Offer.Dtls13 && hello.HasDowngradeSentinel)    // RFC 8446 §4.1.3
            return Fail(DtlsAlert.IllegalParameter, "Somebody removed DTLS 1.3 from our ClientHello.");
        if (extensions.Has(ExtensionType.KeyShare) || extensions.Has(ExtensionType.Cookie))
            return Fail(DtlsAlert.UnsupportedExtension, "The server answered with extensions of DTLS 1.3.");
        if (!extensions.RenegotiatedConnection.IsEmpty)            // RFC 5746 §3.4
            return Fail(DtlsAlert.HandshakeFailure, "The server speaks of an earlier connection.");
        Context.ExtendedMasterSecret = extensions.Has(ExtensionType.ExtendedMasterSecret);
        if (!Context.ExtendedMasterSecret && Context.Options.RequireExtendedMasterSecret)
            return Fail(DtlsAlert.HandshakeFailure, "The server has no extended_master_secret.");
        if (!Context.TryTakeSrtpProfile(extensions)) return Fail(DtlsAlert.IllegalParameter, "The server's use_srtp does not answer ours.");

        Context.SetVersion(DtlsVersion.Dtls12);
        if (!Context.TryTakeRecordSizeLimit(extensions))
            return Fail(DtlsAlert.IllegalParameter, "The server's record_size_limit is too small.");
        hello.Random.CopyTo(Context.ServerRandom);
        Context.Suite = suite;
        Context.Transcript.Append(message.Raw);
        return new AwaitServerCertificate(Context);
    }

    // RFC 8446 §4.1.4
    private HandshakeState TakeRetryRequest(in HandshakeMessage message, in ServerHello hello, in CipherSuite suite)
    {
        HelloExtensions extensions = hello.Extensions;
        if (IsRetried) return Fail(DtlsAlert.UnexpectedMessage, "The server asks for another ClientHello twice.");
        if (extensions.HasOtherThan(ExtensionType.SupportedVersions, ExtensionType.KeyShare, ExtensionType.Cookie))
            return Fail(DtlsAlert.IllegalParameter, "HelloRetryRequest has extensions that do not belong there.");
        if (!extensions.Has(ExtensionType.KeyShare) && extensions.Cookie.IsEmpty)
            return Fail(DtlsAlert.IllegalParameter, "HelloRetryRequest asks for no change.");
        if (extensions.Has(ExtensionType.KeyShare))
        {
            WireReader reader = new(extensions.KeyShare);
            if (!reader.TryReadUInt16(out ushort number) || !reader.IsEmpty) return Malformed(message);
            DtlsNamedGroup group = (DtlsNamedGroup)number;
            if (!Context.Offer.Has(group) || TryFindShare(group, out _))
                return Fail(DtlsAlert.IllegalParameter, "HelloRetryRequest asks for a group that was not offered, or whose share it has.");
            Leave();
            _shares.Add((group, Context.Keys.Take(group)));
        }
        (_cookie13, _retrySuite, Context.Suite) = (extensions.Cookie.ToArray(), suite, suite);
        Context.SetVersion(DtlsVersion.Dtls13);
        Context.Transcript.ReplaceByHash(suite.Hash);
        Context.Transcript.Append(message.Raw);
        SendClientHello([]);
        return this;
    }

    private HandshakeState TakeDtls13(in HandshakeMessage message, in ServerHello hello, in CipherSuite suite)
    {
        HelloExtensions extensions = hello.Extensions;
        if (extensions.HasOtherThan(ExtensionType.SupportedVersions, ExtensionType.KeyShare))
            return Fail(DtlsAlert.IllegalParameter, "ServerHello has extensions that do not belong there.");
        if (IsRetried && suite.Id != _retrySuite.Id) return Fail(DtlsAlert.IllegalParameter, "The server changed its cipher suite.");
        if (!extensions.Has(ExtensionType.KeyShare)) return Fail(DtlsAlert.MissingExtension, "The server has no key_share.");
        WireReader reader = new(extensions.KeyShare);
        if (!HandshakeKeyShare.TryRead(ref reader, out DtlsNamedGroup group, out ReadOnlySpan<byte> share) || !reader.IsEmpty)
            return Malformed(message);
        if (!TryFindShare(group, out KeyExchange? key)) return Fail(DtlsAlert.IllegalParameter, "The server chose a group without a share.");
        using Secret? shared = key.Agree(share);
        if (shared is null) return Fail(DtlsAlert.IllegalParameter, "The server's share is not in its group.");

        Context.SetVersion(DtlsVersion.Dtls13);
        (Context.Suite, Context.Group) = (suite, group);
        hello.Random.CopyTo(Context.ServerRandom);
        Context.Transcript.Append(message.Raw);
        Context.Flight.Clear();                                    // RFC 9147 §7.2: the answer acknowledges it
        return new WaitEncryptedExtensions(Context, HandshakeSecrets.Install(Context, shared.Span));
    }

    private bool TryFindShare(DtlsNamedGroup group, [NotNullWhen(true)] out KeyExchange? key)
    {
        key = null;
        foreach ((DtlsNamedGroup ours, KeyExchange ourKey) in _shares)
        {
            if (ours == group) key = ourKey;
        }
        return key is not null;
    }

    private bool IsOffered(DtlsCipherSuite id)
    {
        foreach (DtlsCipherSuite offered in Context.Options.CipherSuites)
        {
            if (offered == id) return true;
        }
        return false;
    }
}
