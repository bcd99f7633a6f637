namespace WebRtcStack;

/// <summary>The DTLS transport of one or more media sections (webrtc-pc §5.5).</summary>
public sealed class RTCDtlsTransport
{
    private ReadOnlyMemory<byte> _remoteCertificate;

    internal RTCDtlsTransport(RTCIceTransport iceTransport) => IceTransport = iceTransport;

    /// <summary>The ICE transport underneath.</summary>
    public RTCIceTransport IceTransport { get; }

    /// <summary>How far it has come.</summary>
    public RTCDtlsTransportState State { get; private set; } = RTCDtlsTransportState.New;

    /// <summary><see cref="State"/> has changed.</summary>
    public event EventHandler? OnStateChange;

    /// <summary>DTLS has failed.</summary>
    public event EventHandler<RTCErrorEvent>? OnError;

    /// <summary>The peer's certificates in DER; empty before they are known.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> GetRemoteCertificates() => _remoteCertificate.IsEmpty ? [] : [_remoteCertificate];

    internal void SetRemoteCertificate(ReadOnlyMemory<byte> certificate) => _remoteCertificate = certificate;

    internal bool TrySet(RTCDtlsTransportState state)
    {
        if (State == state || State == RTCDtlsTransportState.Closed || (State == RTCDtlsTransportState.Failed && state != RTCDtlsTransportState.Closed)) return false;
        State = state;
        return true;
    }

    internal void RaiseStateChange() => OnStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseError(RTCError error) => OnError?.Invoke(this, new RTCErrorEvent(error));
}
