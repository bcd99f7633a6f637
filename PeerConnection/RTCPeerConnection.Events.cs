namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    /// <summary>Something was added or changed that the peer has to be told: create an offer (webrtc-pc §4.7).</summary>
    public event EventHandler? OnNegotiationNeeded;

    /// <summary>A candidate was found, to be signalled to the peer; or gathering has ended.</summary>
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

    internal void RaiseNegotiationNeeded() => Raise(OnNegotiationNeeded);

    internal void RaiseIceCandidate(RTCIceCandidate? candidate, string? url = null)
    {
        if (!_context.IsClosed) OnIceCandidate?.Invoke(this, new RTCPeerConnectionIceEvent(candidate, url));
    }

    internal void RaiseIceCandidateError(RTCPeerConnectionIceErrorEvent e)
    {
        if (!_context.IsClosed) OnIceCandidateError?.Invoke(this, e);
    }

    internal void RaiseSignalingStateChange() => Raise(OnSignalingStateChange);

    internal void RaiseIceConnectionStateChange() => Raise(OnIceConnectionStateChange);

    internal void RaiseIceGatheringStateChange() => Raise(OnIceGatheringStateChange);

    internal void RaiseConnectionStateChange() => Raise(OnConnectionStateChange);

    internal void RaiseTrack(RTCTrackEvent e)
    {
        if (!_context.IsClosed) OnTrack?.Invoke(this, e);
    }

    internal void RaiseDataChannel(RTCDataChannel channel)
    {
        if (!_context.IsClosed) OnDataChannel?.Invoke(this, new RTCDataChannelEvent(channel));
    }

    // No event after close (webrtc-pc §4.4.2).
    private void Raise(EventHandler? handler)
    {
        if (!_context.IsClosed) handler?.Invoke(this, EventArgs.Empty);
    }
}
