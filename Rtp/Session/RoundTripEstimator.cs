namespace WebRtcStack.Rtp;

/// <summary>The smoothed round-trip time and its variation (as RFC 6298 §2 has them), from all that measures one.</summary>
internal sealed class RoundTripEstimator(TimeSpan initial)
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(5);
    private TimeSpan _variation;

    /// <summary>Whether anything was measured.</summary>
    public bool HasMeasured { get; private set; }

    public TimeSpan Smoothed { get; private set; } = initial;

    /// <summary>A time after which an answer that has not come will not come: a round trip and what it varies by.</summary>
    public TimeSpan Patience => Smoothed + TimeSpan.FromTicks(Math.Max(_variation.Ticks * 4, Smoothed.Ticks / 8) + TimeSpan.TicksPerMillisecond * 5);

    public void Measured(TimeSpan roundTrip)
    {
        if (roundTrip < s_least) roundTrip = s_least;
        if (roundTrip > s_most) return;
        if (!HasMeasured)
        {
            (HasMeasured, Smoothed, _variation) = (true, roundTrip, TimeSpan.FromTicks(roundTrip.Ticks / 2));
            return;
        }
        long error = roundTrip.Ticks - Smoothed.Ticks;
        _variation = TimeSpan.FromTicks(_variation.Ticks + (Math.Abs(error) - _variation.Ticks) / 4);
        Smoothed = TimeSpan.FromTicks(Smoothed.Ticks + error / 8);
    }
}
