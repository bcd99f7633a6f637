using WebRtcStack.Ice;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>A transport as negotiation sees it: its W3C objects, credentials and candidates. The loop's part is <see cref="Stack"/>.</summary>
internal sealed class BundleTransport
{
    private const int TlsIdLength = 24;                  // RFC 8842 §4: at least 120 bits of randomness
    private readonly ConnectionContext _context;
    private List<Action>? _pooled;

    public BundleTransport(ConnectionContext context, IceParameters local, bool hasRtcp)
    {
        (_context, Local, TlsId) = (context, local, RandomText.Create(context.Options.Random, TlsIdLength));
        StatisticsNumber = context.NextStatisticsNumber();
        Ice = new RTCIceTransport(context, this);
        Dtls = new RTCDtlsTransport(Ice);
        if (hasRtcp) RtcpDtls = new RTCDtlsTransport(Ice);
    }

    public RTCIceTransport Ice { get; }

    public RTCDtlsTransport Dtls { get; private set; }

    /// <summary>The DTLS transport of RTCP where that has a component of its own (RFC 5764 §4.1); null where RTP and RTCP share one.</summary>
    public RTCDtlsTransport? RtcpDtls { get; private set; }

    /// <summary>The DTLS transports that there are.</summary>
    public IEnumerable<RTCDtlsTransport> AllDtls => RtcpDtls is null ? [Dtls] : [Dtls, RtcpDtls];

    /// <summary>Our credentials: those of the latest local description, or of the one to come.</summary>
    public IceParameters Local { get; set; }

    /// <summary>Our credentials before the offer under way has brought others; null when it has not.</summary>
    public IceParameters? ReplacedLocal { get; set; }

    /// <summary>The fragment of credentials that a rollback has put in force again, and whose candidates the peer has had; or null.</summary>
    public string? FragmentToldBefore { get; set; }

    /// <summary>The peer's credentials, once they were applied.</summary>
    public IceParameters? Remote { get; set; }

    /// <summary>Whether the agent knows <see cref="Remote"/> for the credentials that are <see cref="Local"/> now.</summary>
    public bool IsRemoteCurrent { get; set; }

    /// <summary>Fresh credentials that the next description brings (RFC 8829 §5.2.2, ICE restart), or null.</summary>
    public IceParameters? Restart { get; set; }

    /// <summary>The mid and index of the section whose candidates these are: the tagged one of the bundle (RFC 9143 §7.1.2).</summary>
    public string Mid { get; set; } = "";

    public int MLineIndex { get; set; }

    public bool HasStartedGathering { get; set; }

    /// <summary>Whether it gathers for the candidate pool, and no description uses it yet.</summary>
    public bool IsPooled => _pooled is not null;

    /// <summary>The peer's fingerprints, once the handshake was started with them.</summary>
    public IReadOnlyList<SdpFingerprint> RemoteFingerprints { get; set; } = [];

    /// <summary>What names the association, on our side and on the peer's (RFC 8842 §4); the peer's is null where it names none.</summary>
    public string TlsId { get; set; }

    public string? RemoteTlsId { get; set; }

    /// <summary>The id for an association that takes the place of this one, once the peer has asked for that; null otherwise.</summary>
    public string? NextTlsId { get; set; }

    /// <summary>Whether this side is the DTLS client; null before that is negotiated.</summary>
    public bool? IsDtlsClient { get; set; }

    public int StatisticsNumber { get; }

    /// <summary>Belongs to the loop.</summary>
    public TransportStack? Stack { get; set; }

    /// <summary>Belongs to the loop: what carries RTCP where that has a component of its own.</summary>
    public TransportStack? RtcpStack { get; set; }

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

    /// <summary>The DTLS transport of a stack.</summary>
    public RTCDtlsTransport? DtlsOf(TransportStack stack) => stack.Component == IceComponent.Rtp ? Dtls : RtcpDtls;

    /// <summary>RTP and RTCP share the transport.</summary>
    public void EndRtcp()
    {
        if (RtcpDtls is not { } ended) return;
        RtcpDtls = null;
        Close(ended);
    }

    /// <summary>Another association takes the place of the one there was: it has a W3C object of its own, the old one is closed.</summary>
    public void RenewDtls()
    {
        Close(Dtls);
        Dtls = new RTCDtlsTransport(Ice);
        if (RtcpDtls is null) return;
        Close(RtcpDtls);
        RtcpDtls = new RTCDtlsTransport(Ice);
    }

    /// <summary>An id for another association.</summary>
    public string NewTlsId() => RandomText.Create(_context.Options.Random, TlsIdLength);

    /// <summary>Closes the W3C objects, which tell so (webrtc-pc §4.4.1.4, step 14.1).</summary>
    public void Close()
    {
        foreach (RTCDtlsTransport dtls in AllDtls) Close(dtls);
        if (Ice.TrySet(RTCIceTransportState.Closed)) _context.QueueTask(() => _context.Fire(Ice.RaiseStateChange));
    }

    private void Close(RTCDtlsTransport dtls)
    {
        if (dtls.TrySet(RTCDtlsTransportState.Closed)) _context.QueueTask(() => _context.Fire(dtls.RaiseStateChange));
    }
}
