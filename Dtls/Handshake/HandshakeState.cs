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

    /// <summary>Takes the peer's end entity certificate; on failure the state to go to.</summary>
    protected HandshakeState? TakeCertificate(in HandshakeMessage message, out CertificatePublicKey? key)
    {
        key = null;
        if (!CertificateMessage.TryParse(message.Body, out ReadOnlySpan<byte> der)) return Malformed(message);
        if (der.IsEmpty) return Fail(DtlsAlert.HandshakeFailure, "The peer has no certificate.");
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

    /// <summary>Checks the peer's Finished over the transcript as it stands, and appends it; on failure the state to go to.</summary>
    protected HandshakeState? TakeFinished(in HandshakeMessage message, Secret master)
    {
        DtlsRole sender = Context.Options.Role == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client;
        Span<byte> expected = stackalloc byte[Prf.VerifyDataLength];
        Context.VerifyData(master, sender, expected);
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

    public DtlsAlert Alert => alert;

    public override HandshakeState Receive(in HandshakeMessage message) => this;
}

/// <summary>The handshake has ended. The master secret stays for exporters (RFC 5705).</summary>
internal sealed class Established(HandshakeContext context, Secret master) : HandshakeState(context)
{
    private static readonly string[] s_reservedLabels =
        ["client finished", "server finished", "master secret", "key expansion", "extended master secret"];

    private bool _warned;

    /// <summary>RFC 5705 §4.</summary>
    public void Export(string label, ReadOnlySpan<byte> exporterContext, bool useContext, Span<byte> destination)
    {
        if (Array.IndexOf(s_reservedLabels, label) >= 0)
            throw new ArgumentException($"The label '{label}' is used by TLS itself (RFC 5705 §4).", nameof(label));
        byte[] seed = new byte[Context.Randoms.Length + (useContext ? 2 + exporterContext.Length : 0)];
        WireWriter writer = new(seed);
        writer.WriteBytes(Context.Randoms);
        if (useContext) writer.WriteVector16(exporterContext);
        Prf.Expand(Context.Suite.Hash, master.Span, label, seed, destination);
    }

    public override HandshakeState Receive(in HandshakeMessage message)
    {
        if (message.Type is not (HandshakeType.HelloRequest or HandshakeType.ClientHello)) return Unexpected(message);
        if (!_warned) Context.OwedWarning = DtlsAlert.NoRenegotiation;         // RFC 5746 §4.5; once is enough
        _warned = true;
        return this;
    }

    protected override void Leave() => master.Dispose();
}
