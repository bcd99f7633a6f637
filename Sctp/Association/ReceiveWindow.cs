using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// How much the peer may send before the application has read: small at first, and widened while the application keeps up
/// with a sender that fills it, so that a long and fast path is not throttled by a window meant for a short one.
/// </summary>
/// <remarks>
/// What counts is what the application read in a round trip, or what arrived in it, whichever is less: a peer cannot widen
/// the window by sending, nor by sending much at once. The window is then made four times that, since a sender in slow
/// start doubles each round trip and its losses are repaired a round trip late.
/// </remarks>
internal sealed class ReceiveWindow(AssociationContext context)
{
    private const int Headroom = 4;
    private const long WorthMeasuring = 128 * 1024;                   // before this much has come the first window will do
    private static readonly TimeSpan s_shortestRound = TimeSpan.FromMilliseconds(1);

    private readonly long _most = Math.Max(context.Options.MaxReceiveWindow, Least(context.Options));
    private Instant _roundEnd = Instant.Never;
    private long _arrived;
    private long _read;
    private bool _hasAsked;

    /// <summary>Bytes that may be held here, unread or incomplete.</summary>
    public long Capacity { get; private set; } = Least(context.Options);

    /// <summary>Whether much arrives and no round trip is known: a heartbeat would tell. True once.</summary>
    public bool WantsRoundTrip
    {
        get
        {
            if (_hasAsked || context.Rto.Smoothed != TimeSpan.Zero || _arrived < WorthMeasuring || Capacity == _most) return false;
            return _hasAsked = true;
        }
    }

    public void Start()
    {
        Capacity = Least(context.Options);
        (_roundEnd, _arrived, _read, _hasAsked) = (Instant.Never, 0, 0, false);
    }

    /// <summary>The application took a message.</summary>
    public void Read(int bytes) => _read += bytes;

    /// <summary>User data arrived.</summary>
    public void Arrived(int bytes) => _arrived += bytes;

    /// <summary>Widens the window where a round trip has passed that calls for it.</summary>
    public void AdvanceTo(Instant now)
    {
        TimeSpan round = context.Rto.Smoothed;
        if (now < _roundEnd && !_roundEnd.IsNever) return;
        if (round == TimeSpan.Zero) return;
        if (!_roundEnd.IsNever) Capacity = Math.Min(_most, Math.Max(Capacity, Headroom * Math.Min(_arrived, _read)));
        (_arrived, _read) = (0, 0);
        _roundEnd = now + (round < s_shortestRound ? s_shortestRound : round);
    }

    private static long Least(SctpOptions options) => Math.Max(options.ReceiveWindow, options.MaxMessageSize + 64L * 1024);
}
