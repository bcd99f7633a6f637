namespace WebRtcStack.Dtls;

/// <summary>A state of a handshake of DTLS 1.3: what both sides do alike (RFC 8446 §4.4).</summary>
internal abstract class HandshakeState13(HandshakeContext context) : HandshakeState(context)
{
    /// <summary>The epoch of the encrypted part of the handshake (RFC 9147 §6.1).</summary>
    public const ushort HandshakeEpoch = 2;

    /// <summary>The first epoch of application data (RFC 9147 §6.1).</summary>
    public const ushort ApplicationEpoch = 3;

    protected KeySchedule Schedule => new(Context.Suite.Hash);

    /// <summary>Adds our Certificate and CertificateVerify to the flight.</summary>
    protected void SendCertificate(SignatureScheme scheme)
    {
        DtlsCertificate certificate = Context.Options.Certificate;
        Context.Send(HandshakeType.Certificate, CertificateMessage13.Build(certificate.Der.Span), HandshakeEpoch);
        byte[] signature = certificate.Key.Sign(scheme, CertificateMessage13.Signed(Context.Options.Role, TranscriptHash()));
        byte[] body = new byte[4 + signature.Length];
        WireWriter writer = new(body);
        ServerKeyExchange.WriteSigned(ref writer, scheme, signature);
        Context.Send(HandshakeType.CertificateVerify, body, HandshakeEpoch);
    }

    /// <summary>Adds our Finished to the flight.</summary>
    protected void SendFinished(Secret ours)
    {
        Span<byte> verifyData = stackalloc byte[Schedule.Length];
        Schedule.VerifyData(ours, TranscriptHash(), verifyData);
        Context.Send(HandshakeType.Finished, verifyData, HandshakeEpoch);
    }

    /// <summary>Takes the peer's end entity certificate; on failure the state to go to.</summary>
    protected HandshakeState? TakeCertificate(in HandshakeMessage message, out CertificatePublicKey? key)
    {
        key = null;
        if (!CertificateMessage13.TryParse(message.Body, out ReadOnlySpan<byte> der)) return Malformed(message);
        if (!der.IsEmpty) return AcceptCertificate(message, der, out key);
        return Context.PeerRole == DtlsRole.Client                 // RFC 8446 §4.4.2.4
            ? Fail(DtlsAlert.CertificateRequired, "The client has no certificate.")
            : Fail(DtlsAlert.DecodeError, "The server has no certificate.");
    }

    /// <summary>Takes the peer's CertificateVerify; on failure the state to go to.</summary>
    protected HandshakeState? TakeCertificateVerify(in HandshakeMessage message, CertificatePublicKey key)
    {
        if (!ServerKeyExchange.TryReadSigned(message.Body, out SignatureScheme scheme, out ReadOnlySpan<byte> signature))
            return Malformed(message);
        if (!scheme.Fits(key.Kind, isDtls13: true))
            return Fail(DtlsAlert.IllegalParameter, "The peer signs in a way that was not offered, or that is not its key's.");
        if (!key.Verify(scheme, isDtls13: true, CertificateMessage13.Signed(Context.PeerRole, TranscriptHash()), signature))
            return Fail(DtlsAlert.DecryptError, "The signature of CertificateVerify is wrong.");
        Context.Transcript.Append(message.Raw);
        return null;
    }

    /// <summary>Checks the peer's Finished over the transcript as it stands, and appends it; on failure the state to go to.</summary>
    protected HandshakeState? TakeFinished(in HandshakeMessage message, Secret theirs)
    {
        Span<byte> expected = stackalloc byte[Schedule.Length];
        Schedule.VerifyData(theirs, TranscriptHash(), expected);
        return TakeFinished(message, expected);
    }

    private byte[] TranscriptHash()
    {
        byte[] hash = new byte[Schedule.Length];
        Context.Transcript.Hash(Context.Suite.Hash, hash);
        return hash;
    }
}
