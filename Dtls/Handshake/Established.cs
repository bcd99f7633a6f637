namespace WebRtcStack.Dtls;

/// <summary>The handshake has ended, in either version.</summary>
internal abstract class Established(HandshakeContext context) : HandshakeState(context)
{
    /// <summary>Derives keying material from the connection's secret.</summary>
    public abstract void Export(string label, ReadOnlySpan<byte> exporterContext, bool useContext, Span<byte> destination);
}

/// <summary>The handshake of DTLS 1.2 has ended. The master secret stays for exporters (RFC 5705).</summary>
internal sealed class Established12(HandshakeContext context, Secret master) : Established(context)
{
    private static readonly string[] s_reservedLabels =
        ["client finished", "server finished", "master secret", "key expansion", "extended master secret"];

    private bool _warned;

    /// <summary>RFC 5705 §4.</summary>
    public override void Export(string label, ReadOnlySpan<byte> exporterContext, bool useContext, Span<byte> destination)
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
