namespace WebRtcStack.Sctp;

/// <summary>The retransmission timeout from measured round-trip times (RFC 9260 §6.3).</summary>
internal sealed class RtoEstimator(SctpOptions options)
{
    private TimeSpan _variation;

    /// <summary>RTO, doubled by each expiry (§6.3.3 E2).</summary>
    public TimeSpan Rto { get; private set; } = Clamp(options.RtoInitial, options);

    /// <summary>SRTT; zero until the first measurement.</summary>
    public TimeSpan Smoothed { get; private set; }

    /// <summary>Takes a measurement (§6.3.1 C2, C3); with it any back-off ends.</summary>
    public void Measure(TimeSpan roundTrip)
    {
        if (roundTrip < TimeSpan.Zero) return;
        if (Smoothed == TimeSpan.Zero)
        {
            Smoothed = roundTrip;
            _variation = new TimeSpan(roundTrip.Ticks / 2);
        }
        else
        {
            long deviation = Math.Abs(Smoothed.Ticks - roundTrip.Ticks);
            _variation = new TimeSpan((3 * _variation.Ticks + deviation) / 4);          // RTO.Beta = 1/4
            Smoothed = new TimeSpan((7 * Smoothed.Ticks + roundTrip.Ticks) / 8);        // RTO.Alpha = 1/8
        }
        EndBackOff();
    }

    /// <summary>The path answers again: RTO is what the measurements say (§6.3.1 C3); nothing before the first one.</summary>
    public void EndBackOff()
    {
        if (Smoothed != TimeSpan.Zero) Rto = Clamp(new TimeSpan(Smoothed.Ticks + 4 * _variation.Ticks), options);
    }

    /// <summary>The timer expired: twice the delay, at most RTO.Max (§6.3.3 E2).</summary>
    public void BackOff() => Rto = Double(Rto, options);

    public static TimeSpan Double(TimeSpan rto, SctpOptions options) =>
        new(Math.Min(rto.Ticks * 2, Math.Max(options.RtoMax.Ticks, options.RtoMin.Ticks)));

    private static TimeSpan Clamp(TimeSpan rto, SctpOptions options) =>
        new(Math.Max(options.RtoMin.Ticks, Math.Min(rto.Ticks, options.RtoMax.Ticks)));
}
