namespace WebRtcStack.Sctp;

/// <summary>Slow start and congestion avoidance as RFC 9260 §7.2 has them.</summary>
internal sealed class Rfc9260CongestionController(int mtu) : ICongestionController
{
    private long _slowStartThreshold = long.MaxValue;                 // §7.2.1: may be arbitrarily high
    private long _partialBytesAcked;

    public long WindowBytes { get; private set; } = Initial(mtu);

    public void OnAcknowledged(long acknowledged, long flightBefore, bool cumulativeAdvanced, bool inRecovery, int mtu)
    {
        bool isUsed = flightBefore + mtu > WindowBytes;               // §7.2.1: grow only when the window was the limit
        if (WindowBytes <= _slowStartThreshold)
        {
            // Deviation, RFC 9260 §7.2.1: not limited to one PMDCS per SACK, because a peer that takes packets in batches
            // acknowledges dozens with one; each acknowledged byte still opens the window by at most one.
            if (cumulativeAdvanced && isUsed && !inRecovery) WindowBytes += acknowledged;
            return;
        }
        _partialBytesAcked += acknowledged;                           // §7.2.2
        if (cumulativeAdvanced && _partialBytesAcked >= WindowBytes)
        {
            _partialBytesAcked = isUsed ? _partialBytesAcked - WindowBytes : WindowBytes;
            if (isUsed && !inRecovery) WindowBytes += mtu;
        }
    }

    public void OnLoss(int mtu)
    {
        _slowStartThreshold = Math.Max(WindowBytes / 2, 4L * mtu);    // §7.2.3
        WindowBytes = _slowStartThreshold;
        _partialBytesAcked = 0;
    }

    public void OnTimeout(int mtu)
    {
        _slowStartThreshold = Math.Max(WindowBytes / 2, 4L * mtu);
        WindowBytes = mtu;
        _partialBytesAcked = 0;
    }

    public void Restart(int mtu) => (WindowBytes, _slowStartThreshold, _partialBytesAcked) = (Initial(mtu), long.MaxValue, 0);

    public void OnIdle(int mtu) => WindowBytes = Math.Max(WindowBytes / 2, Initial(mtu));

    private static long Initial(int mtu) => Math.Min(4L * mtu, Math.Max(2L * mtu, 4404));
}
