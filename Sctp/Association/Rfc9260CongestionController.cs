namespace WebRtcStack.Sctp;

/// <summary>Slow start and congestion avoidance as RFC 9260 §7.2 has them.</summary>
internal sealed class Rfc9260CongestionController(int mtu) : ICongestionController
{
    private long _slowStartThreshold = long.MaxValue;                 // §7.2.1: may be arbitrarily high
    private long _partialBytesAcked;
    private long _windowBefore;                                       // what Undo goes back to
    private long _thresholdBefore = long.MaxValue;

    public long WindowBytes { get; private set; } = Initial(mtu);

    public bool IsSlowStart => WindowBytes <= _slowStartThreshold;

    public void OnAcknowledged(in Acknowledgement acknowledgement)
    {
        bool isUsed = acknowledgement.IsWindowLimited;                // §7.2.1: grow only when the window was the limit
        bool advanced = acknowledgement.CumulativeAdvanced;
        if (IsSlowStart)
        {
            // Deviation, RFC 9260 §7.2.1: not limited to one PMDCS per SACK, because a peer that takes packets in batches
            // acknowledges dozens with one; each acknowledged byte still opens the window by at most one.
            if (advanced && isUsed && !acknowledgement.InRecovery) WindowBytes += acknowledgement.Bytes;
            return;
        }
        _partialBytesAcked += acknowledgement.Bytes;                  // §7.2.2
        if (advanced && _partialBytesAcked >= WindowBytes)
        {
            _partialBytesAcked = isUsed ? _partialBytesAcked - WindowBytes : WindowBytes;
            if (isUsed && !acknowledgement.InRecovery) WindowBytes += acknowledgement.Mtu;
        }
    }

    public bool OnLoss(long lostBytes, int mtu)
    {
        Reduce(mtu);
        WindowBytes = _slowStartThreshold;
        return true;
    }

    public void OnTimeout(int mtu)
    {
        Reduce(mtu);
        WindowBytes = mtu;
    }

    public void Undo()
    {
        WindowBytes = Math.Max(WindowBytes, _windowBefore);
        _slowStartThreshold = Math.Max(_slowStartThreshold, _thresholdBefore);
    }

    public void Restart(int mtu) =>
        (WindowBytes, _slowStartThreshold, _partialBytesAcked, _windowBefore) = (Initial(mtu), long.MaxValue, 0, 0);

    public void OnIdle(int timeouts, int mtu)
    {
        long initial = Initial(mtu);
        for (; timeouts > 0 && WindowBytes > initial; timeouts--) WindowBytes = Math.Max(WindowBytes / 2, initial);
    }

    private void Reduce(int mtu)                                      // §7.2.3
    {
        (_windowBefore, _thresholdBefore) = (WindowBytes, _slowStartThreshold);
        _slowStartThreshold = Math.Max(WindowBytes / 2, 4L * mtu);
        _partialBytesAcked = 0;
    }

    private static long Initial(int mtu) => Math.Min(4L * mtu, Math.Max(2L * mtu, 4404));
}
