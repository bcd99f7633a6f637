namespace WebRtcStack.Sctp;

/// <summary>
/// Spreads a reduction of the congestion window over the round trip of a recovery (RFC 6937 §3, with the safe
/// acknowledgements of RFC 9937): neither a silent half round trip nor a burst.
/// </summary>
internal sealed class ProportionalRateReduction
{
    private long _target;                                             // ssthresh
    private long _flightAtStart;                                      // RecoverFS
    private long _delivered;                                          // prr_delivered
    private long _sent;                                               // prr_out

    /// <summary>How much may be in flight now.</summary>
    public long WindowBytes { get; private set; }

    public void Begin(long target, long flightBefore, long flight, int mtu)
    {
        (_target, _flightAtStart, _delivered, _sent) = (target, Math.Max(1, flightBefore), 0, 0);
        WindowBytes = flight + mtu;                                   // the fast retransmit itself goes out at once
    }

    public void Sent(int bytes) => _sent += bytes;

    /// <summary>A SACK came in recovery.</summary>
    /// <param name="delivered">Bytes it acknowledged for the first time.</param>
    /// <param name="flight">What is in flight after it.</param>
    /// <param name="isSafe">It moved the cumulative point and showed no further loss: the window may grow back.</param>
    /// <param name="mtu">The largest packet.</param>
    public void Acknowledged(long delivered, long flight, bool isSafe, int mtu)
    {
        _delivered += delivered;
        long allowed;
        if (flight > _target)
        {
            allowed = (_delivered * _target + _flightAtStart - 1) / _flightAtStart - _sent;
        }
        else
        {
            long limit = Math.Max(_delivered - _sent, delivered) + (isSafe ? mtu : 0);
            allowed = Math.Min(_target - flight, limit);
        }
        if (_sent == 0) allowed = Math.Max(allowed, mtu);
        WindowBytes = flight + Math.Max(0, allowed);
    }
}
