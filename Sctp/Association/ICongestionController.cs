namespace WebRtcStack.Sctp;

/// <summary>Decides how much may be in flight (RFC 9260 §7.2). All amounts are bytes of user data.</summary>
internal interface ICongestionController
{
    long WindowBytes { get; }

    /// <summary>A SACK acknowledged something new.</summary>
    /// <param name="acknowledged">Bytes it acknowledged for the first time.</param>
    /// <param name="flightBefore">Bytes in flight before it came.</param>
    /// <param name="cumulativeAdvanced">Whether the cumulative TSN ack point moved.</param>
    /// <param name="inRecovery">Whether a fast recovery is under way.</param>
    /// <param name="mtu">The largest packet.</param>
    void OnAcknowledged(long acknowledged, long flightBefore, bool cumulativeAdvanced, bool inRecovery, int mtu);

    /// <summary>Gap reports showed a loss; called once per fast recovery (§7.2.4).</summary>
    void OnLoss(int mtu);

    /// <summary>T3 expired (§7.2.3).</summary>
    void OnTimeout(int mtu);

    /// <summary>The association began anew (§5.2.4 A): nothing is known of the path.</summary>
    void Restart(int mtu);

    /// <summary>Nothing has been sent for an RTO (§7.2.1).</summary>
    void OnIdle(int mtu);
}
