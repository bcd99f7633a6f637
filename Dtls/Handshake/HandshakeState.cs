namespace WebRtcStack.Dtls;

/// <summary>
/// One state of the handshake: it owns the secrets that only this state needs, and clears them when it is left. A secret that
/// goes on is moved to the next state.
/// </summary>
internal abstract class HandshakeState(HandshakeContext context) : IDisposable
{
    protected HandshakeContext Context { get; } = context;

    /// <summary>Takes a message in its turn.</summary>
    /// <returns>The state that follows; this very one to stay.</returns>
    public abstract HandshakeState Receive(in HandshakeMessage message);

    /// <summary>The peer has acknowledged all of our flight (RFC 9147 §7.2).</summary>
    public virtual void FlightArrived()
    {
    }

    public void Dispose() => Leave();

    /// <summary>Clears what this state owns and has not moved on.</summary>
    protected virtual void Leave()
    {
    }

    protected HandshakeState Fail(DtlsAlert alert, string reason, DtlsFailure failure = DtlsFailure.ProtocolError) =>
        new HandshakeFailed(Context, alert, failure, reason);

    protected HandshakeState Unexpected(in HandshakeMessage message) =>
        Fail(DtlsAlert.UnexpectedMessage, $"{message.Type} came in the state {GetType().Name}.");

    protected HandshakeState Malformed(in HandshakeMessage message) => Fail(DtlsAlert.DecodeError, $"{message.Type} is malformed.");

    /// <summary>Takes the peer's end entity certificate from its message; on failure the state to go to.</summary>
    protected HandshakeState? AcceptCertificate(in HandshakeMessage message, ReadOnlySpan<byte> der, out CertificatePublicKey? key)
    {
        key = null;
        CertificatePublicKey? read = CertificatePublicKey.Read(der);
        if (read is null) return Fail(DtlsAlert.BadCertificate, "The peer's certificate cannot be read.");
        Context.Peer.Present(der);
        if (Context.Peer.IsWrong)
        {
            read.Dispose();
            return Fail(DtlsAlert.BadCertificate, "The peer's certificate has none of the announced fingerprints.",
                DtlsFailure.FingerprintMismatch);
        }
        Context.Transcript.Append(message.Raw);
        key = read;
        return null;
    }

    /// <summary>Compares the peer's verify_data with ours, and appends the message; on failure the state to go to.</summary>
    protected HandshakeState? TakeFinished(in HandshakeMessage message, ReadOnlySpan<byte> expected)
    {
        if (message.Body.Length != expected.Length) return Malformed(message);
        if (!SecretMemory.AreEqual(message.Body, expected)) return Fail(DtlsAlert.DecryptError, "The peer's Finished is wrong.");
        Context.Transcript.Append(message.Raw);
        return null;
    }
}

/// <summary>The handshake is over, in vain.</summary>
internal sealed class HandshakeFailed(HandshakeContext context, DtlsAlert alert, DtlsFailure failure, string reason) : HandshakeState(context)
{
    public DtlsEvent Event { get; } = new(DtlsEventType.Failed, failure, alert, reason);

    public override HandshakeState Receive(in HandshakeMessage message) => this;
}
