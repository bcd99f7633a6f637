namespace WebRtcStack;

/// <summary>The SCTP transport that data channels share (webrtc-pc §6.1).</summary>
public sealed class RTCSctpTransport
{
    internal RTCSctpTransport(RTCDtlsTransport transport) => Transport = transport;

    /// <summary>The DTLS transport underneath.</summary>
    public RTCDtlsTransport Transport { get; internal set; }

    /// <summary>How far it has come.</summary>
    public RTCSctpTransportState State { get; private set; } = RTCSctpTransportState.Connecting;

    /// <summary>Bytes of the largest message that can be sent: what the peer takes, at most <see cref="Sctp.SctpOptions.MaxSendBuffer"/>; null before an answer has told.</summary>
    public double? MaxMessageSize { get; internal set; }

    /// <summary>Data channels that can be used at once, or null before that is known.</summary>
    public ushort? MaxChannels { get; internal set; }

    /// <summary><see cref="State"/> has changed.</summary>
    public event EventHandler? OnStateChange;

    internal bool TrySet(RTCSctpTransportState state)
    {
        if (State == state || State == RTCSctpTransportState.Closed) return false;
        State = state;
        return true;
    }

    internal void RaiseStateChange() => OnStateChange?.Invoke(this, EventArgs.Empty);
}
