namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    /// <summary>Something was added or changed that the peer has to be told: create an offer (webrtc-pc §4.7).</summary>
    public event EventHandler? OnNegotiationNeeded;

    /// <summary>
    /// A candidate was found, to be signalled to the peer; one with empty text is the end of a transport's candidates and is
    /// signalled too; null says that all transports have gathered.
    /// </summary>
    public event EventHandler<RTCPeerConnectionIceEvent>? OnIceCandidate;

    /// <summary>Gathering a candidate has failed.</summary>
    public event EventHandler<RTCPeerConnectionIceErrorEvent>? OnIceCandidateError;

    /// <summary><see cref="SignalingState"/> has changed.</summary>
    public event EventHandler? OnSignalingStateChange;

    /// <summary><see cref="IceConnectionState"/> has changed.</summary>
    public event EventHandler? OnIceConnectionStateChange;

    /// <summary><see cref="IceGatheringState"/> has changed.</summary>
    public event EventHandler? OnIceGatheringStateChange;

    /// <summary><see cref="ConnectionState"/> has changed.</summary>
    public event EventHandler? OnConnectionStateChange;

    /// <summary>The peer sends a track.</summary>
    public event EventHandler<RTCTrackEvent>? OnTrack;

    /// <summary>The peer has opened a data channel.</summary>
    public event EventHandler<RTCDataChannelEvent>? OnDataChannel;

    // ConnectionContext.Fire calls these, in order, and none of them once the connection was closed.
    internal void RaiseNegotiationNeeded() => OnNegotiationNeeded?.Invoke(this, EventArgs.Empty);

    internal void RaiseIceCandidate(RTCIceCandidate? candidate, string? url = null) => OnIceCandidate?.Invoke(this, new RTCPeerConnectionIceEvent(candidate, url));

    internal void RaiseIceCandidateError(RTCPeerConnectionIceErrorEvent e) => OnIceCandidateError?.Invoke(this, e);

    internal void RaiseSignalingStateChange() => OnSignalingStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseIceConnectionStateChange() => OnIceConnectionStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseIceGatheringStateChange() => OnIceGatheringStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseConnectionStateChange() => OnConnectionStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseTrack(RTCTrackEvent e) => OnTrack?.Invoke(this, e);

    internal void RaiseDataChannel(RTCDataChannel channel) => OnDataChannel?.Invoke(this, new RTCDataChannelEvent(channel));
}
