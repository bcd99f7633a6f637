namespace WebRtcStack;

/// <summary>The ICE transport of one or more media sections (webrtc-pc §5.6).</summary>
public sealed class RTCIceTransport
{
    private readonly ConnectionContext _context;
    private readonly BundleTransport _transport;
    private readonly List<RTCIceCandidate> _local = [], _remote = [];
    private RTCIceCandidatePair? _selected;

    internal RTCIceTransport(ConnectionContext context, BundleTransport transport) => (_context, _transport) = (context, transport);

    /// <summary>Whether we choose the pair.</summary>
    public RTCIceRole Role { get; internal set; } = RTCIceRole.Unknown;

    /// <summary>RTP; RTCP shares it.</summary>
    public RTCIceComponent Component { get; } = RTCIceComponent.Rtp;

    /// <summary>How far it has come.</summary>
    public RTCIceTransportState State { get; private set; } = RTCIceTransportState.New;

    /// <summary>Whether it gathers.</summary>
    public RTCIceGathererState GatheringState { get; private set; } = RTCIceGathererState.New;

    /// <summary><see cref="State"/> has changed.</summary>
    public event EventHandler? OnStateChange;

    /// <summary><see cref="GatheringState"/> has changed.</summary>
    public event EventHandler? OnGatheringStateChange;

    /// <summary>Another pair was chosen.</summary>
    public event EventHandler? OnSelectedCandidatePairChange;

    /// <summary>The candidates of this side.</summary>
    public IReadOnlyList<RTCIceCandidate> GetLocalCandidates()
    {
        lock (_context.Gate) return [.. _local];
    }

    /// <summary>The candidates that the peer has signalled.</summary>
    public IReadOnlyList<RTCIceCandidate> GetRemoteCandidates()
    {
        lock (_context.Gate) return [.. _remote];
    }

    /// <summary>The pair in use, or null.</summary>
    public RTCIceCandidatePair? GetSelectedCandidatePair()
    {
        lock (_context.Gate) return State is RTCIceTransportState.New or RTCIceTransportState.Closed ? null : _selected;
    }

    /// <summary>The credentials of this side, or null before a local description has them.</summary>
    public RTCIceParameters? GetLocalParameters()
    {
        lock (_context.Gate)
            return !_transport.HasStartedGathering ? null : new RTCIceParameters { UsernameFragment = _transport.Local.UsernameFragment, Password = _transport.Local.Password };
    }

    /// <summary>The credentials of the peer, or null before they are known.</summary>
    public RTCIceParameters? GetRemoteParameters()
    {
        lock (_context.Gate)
            return _transport.Remote is { } remote ? new RTCIceParameters { UsernameFragment = remote.UsernameFragment, Password = remote.Password } : null;
    }

    internal int RemoteCount => _remote.Count;

    internal void AddLocal(RTCIceCandidate candidate) => _local.Add(candidate);

    internal void AddRemote(RTCIceCandidate candidate)
    {
        if (!_remote.Exists(known => known.Candidate == candidate.Candidate)) _remote.Add(candidate);      // each description repeats them
    }

    internal void ForgetLocal() => _local.Clear();

    internal void ForgetLocalRtcp() => _local.RemoveAll(candidate => candidate.Component == RTCIceComponent.Rtcp);

    internal void ForgetRemote() => _remote.Clear();

    internal bool TrySet(RTCIceTransportState state)
    {
        if (State == state || State == RTCIceTransportState.Closed) return false;
        State = state;
        return true;
    }

    internal bool TrySet(RTCIceGathererState state)
    {
        if (GatheringState == state) return false;
        GatheringState = state;
        return true;
    }

    internal void Select(RTCIceCandidatePair pair) => _selected = pair;

    internal void RaiseStateChange() => OnStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseGatheringStateChange() => OnGatheringStateChange?.Invoke(this, EventArgs.Empty);

    internal void RaiseSelectedCandidatePairChange() => OnSelectedCandidatePairChange?.Invoke(this, EventArgs.Empty);
}

/// <summary>A candidate of each side (webrtc-pc §5.6.2).</summary>
public sealed record RTCIceCandidatePair
{
    /// <summary>This side's.</summary>
    public required RTCIceCandidate Local { get; init; }

    /// <summary>The peer's.</summary>
    public required RTCIceCandidate Remote { get; init; }
}

/// <summary>ICE credentials (webrtc-pc §5.6.1).</summary>
public sealed record RTCIceParameters
{
    /// <summary>The user fragment.</summary>
    public required string UsernameFragment { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }
}
