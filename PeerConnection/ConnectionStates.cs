namespace WebRtcStack;

/// <summary>The states of a connection, each gathered from those of its transports (webrtc-pc §4.3).</summary>
internal sealed class ConnectionStates(ConnectionContext context)
{
    private readonly ConnectionActivities _activities = new();

    public RTCIceGatheringState Gathering { get; private set; } = RTCIceGatheringState.New;

    public RTCIceConnectionState Ice { get; private set; } = RTCIceConnectionState.New;

    public RTCPeerConnectionState Connection { get; private set; } = RTCPeerConnectionState.New;

    /// <summary>Looks at the transports again; each state that is new fires its event (webrtc-pc §4.4.1.3, §4.4.3).</summary>
    public void Update()
    {
        if (context.IsClosed) return;
        IReadOnlyList<BundleTransport> transports = context.Transports.InUse;
        UpdateGathering(transports);
        UpdateIce(transports);
        UpdateConnection(transports);
    }

    public void Close()
    {
        (Ice, Connection) = (RTCIceConnectionState.Closed, RTCPeerConnectionState.Closed);
        _activities.Follow(RTCIceGatheringState.New);
        _activities.Follow(Ice);
        _activities.Follow(Connection);
    }

    private void UpdateGathering(IReadOnlyList<BundleTransport> transports)
    {
        RTCIceGatheringState next =
            transports.Any(transport => transport.Ice.GatheringState == RTCIceGathererState.Gathering) ? RTCIceGatheringState.Gathering :
            transports.Count > 0 && transports.All(transport => transport.Ice.GatheringState == RTCIceGathererState.Complete) ? RTCIceGatheringState.Complete :
            RTCIceGatheringState.New;
        if (next == Gathering) return;
        Gathering = next;
        _activities.Follow(next);
        context.Fire(context.Owner.RaiseIceGatheringStateChange);
        if (next == RTCIceGatheringState.Complete) context.Fire(() => context.Owner.RaiseIceCandidate(null));
    }

    private void UpdateIce(IReadOnlyList<BundleTransport> transports)
    {
        RTCIceConnectionState next =
            Any(RTCIceTransportState.Failed) ? RTCIceConnectionState.Failed :
            Any(RTCIceTransportState.Disconnected) ? RTCIceConnectionState.Disconnected :
            All(RTCIceTransportState.New, RTCIceTransportState.Closed) ? RTCIceConnectionState.New :
            Any(RTCIceTransportState.New) || Any(RTCIceTransportState.Checking) ? RTCIceConnectionState.Checking :
            All(RTCIceTransportState.Completed, RTCIceTransportState.Closed) ? RTCIceConnectionState.Completed :
            RTCIceConnectionState.Connected;
        if (next == Ice) return;
        Ice = next;
        _activities.Follow(next);
        context.Fire(context.Owner.RaiseIceConnectionStateChange);

        bool Any(RTCIceTransportState state) => transports.Any(transport => transport.Ice.State == state);
        bool All(RTCIceTransportState one, RTCIceTransportState other) => transports.All(transport => transport.Ice.State == one || transport.Ice.State == other);
    }

    private void UpdateConnection(IReadOnlyList<BundleTransport> transports)
    {
        RTCPeerConnectionState next =
            Ice == RTCIceConnectionState.Failed || Any(RTCDtlsTransportState.Failed) ? RTCPeerConnectionState.Failed :
            Ice == RTCIceConnectionState.Disconnected ? RTCPeerConnectionState.Disconnected :
            Ice == RTCIceConnectionState.New && All(RTCDtlsTransportState.New, RTCDtlsTransportState.Closed) ? RTCPeerConnectionState.New :
            Ice is RTCIceConnectionState.New or RTCIceConnectionState.Checking || Any(RTCDtlsTransportState.New) || Any(RTCDtlsTransportState.Connecting)
                ? RTCPeerConnectionState.Connecting :
            RTCPeerConnectionState.Connected;
        if (next == Connection) return;
        Connection = next;
        _activities.Follow(next);
        context.Fire(context.Owner.RaiseConnectionStateChange);

        bool Any(RTCDtlsTransportState state) => transports.Any(transport => transport.AllDtls.Any(dtls => dtls.State == state));
        bool All(RTCDtlsTransportState one, RTCDtlsTransportState other) => transports.All(transport => transport.AllDtls.All(dtls => dtls.State == one || dtls.State == other));
    }
}
