using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A transport as negotiation sees it: its W3C objects, credentials and candidates. The loop's part is <see cref="Stack"/>.</summary>
internal sealed class BundleTransport
{
    private List<Action>? _pooled;

    public BundleTransport(ConnectionContext context, IceParameters local)
    {
        Local = local;
        StatisticsNumber = context.NextStatisticsNumber();
        Ice = new RTCIceTransport(context, this);
        Dtls = new RTCDtlsTransport(Ice);
    }

    public RTCIceTransport Ice { get; }

    public RTCDtlsTransport Dtls { get; }

    /// <summary>Our credentials: those of the latest local description, or of the one to come.</summary>
    public IceParameters Local { get; set; }

    /// <summary>The peer's credentials, once they were applied.</summary>
    public IceParameters? Remote { get; set; }

    /// <summary>Candidates of the peer that wait for <see cref="Remote"/>; null is the end of candidates.</summary>
    public List<IceCandidate?> WaitingCandidates { get; } = [];

    /// <summary>Fresh credentials that the next description brings (RFC 8829 §5.2.2, ICE restart), or null.</summary>
    public IceParameters? Restart { get; set; }

    /// <summary>The mid and index of the section whose candidates these are: the first of the bundle.</summary>
    public string Mid { get; set; } = "";

    public int MLineIndex { get; set; }

    public bool HasStartedGathering { get; set; }

    /// <summary>Whether it gathers for the candidate pool, and no description uses it yet.</summary>
    public bool IsPooled => _pooled is not null;

    /// <summary>The peer's fingerprints, once the handshake was started with them.</summary>
    public IReadOnlyList<SdpFingerprint> RemoteFingerprints { get; set; } = [];

    /// <summary>Whether this side is the DTLS client; null before that is negotiated.</summary>
    public bool? IsDtlsClient { get; set; }

    public int StatisticsNumber { get; }

    /// <summary>From now on, what gathering brings about waits until a description uses the transport.</summary>
    public void Pool() => _pooled = [];

    /// <summary>Ends pooling.</summary>
    /// <returns>What has waited; null when the transport was not pooled.</returns>
    public List<Action>? TakePooled()
    {
        List<Action>? pooled = _pooled;
        _pooled = null;
        return pooled;
    }

    /// <summary>Runs a task, or keeps it while the transport is pooled.</summary>
    public void WhenInUse(Action task)
    {
        if (_pooled is not null) _pooled.Add(task);
        else task();
    }

    /// <summary>Belongs to the loop.</summary>
    public TransportStack? Stack { get; set; }
}
