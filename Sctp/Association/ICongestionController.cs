using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What a SACK means to congestion control.</summary>
internal readonly record struct Acknowledgement
{
    /// <summary>Bytes acknowledged for the first time.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes in flight before it came.</summary>
    public long FlightBefore { get; init; }

    /// <summary>Whether the cumulative TSN ack point moved.</summary>
    public bool CumulativeAdvanced { get; init; }

    /// <summary>Whether a fast recovery is under way.</summary>
    public bool InRecovery { get; init; }

    /// <summary>Whether the window was what limited the sender within the last round trip (RFC 9260 §7.2.1, RFC 7661).</summary>
    public bool IsWindowLimited { get; init; }

    /// <summary>Whether a round trip has passed since this was last true.</summary>
    public bool RoundEnded { get; init; }

    /// <summary>The round trip that it measured; negative where it measured none.</summary>
    public TimeSpan RoundTrip { get; init; }

    public TimeSpan SmoothedRoundTrip { get; init; }

    public TimeSpan MinimumRoundTrip { get; init; }

    /// <summary>The largest packet.</summary>
    public int Mtu { get; init; }

    public Instant Now { get; init; }
}

/// <summary>Decides how much may be in flight (RFC 9260 §7.2). All amounts are bytes of user data.</summary>
internal interface ICongestionController
{
    long WindowBytes { get; }

    bool IsSlowStart { get; }

    void OnAcknowledged(in Acknowledgement acknowledgement);

    /// <summary>Chunks were lost outside of a recovery (§7.2.4).</summary>
    /// <param name="lostBytes">How much.</param>
    /// <param name="mtu">The largest packet.</param>
    /// <returns>Whether the window was reduced, which begins a recovery.</returns>
    bool OnLoss(long lostBytes, int mtu);

    /// <summary>T3 expired (§7.2.3).</summary>
    void OnTimeout(int mtu);

    /// <summary>The last reduction had no reason: what was taken as lost has arrived.</summary>
    void Undo();

    /// <summary>The association began anew (§5.2.4 A): nothing is known of the path.</summary>
    void Restart(int mtu);

    /// <summary>Nothing has been sent for <paramref name="timeouts"/> times the RTO (§7.2.1).</summary>
    void OnIdle(int timeouts, int mtu);
}
