namespace WebRtcStack.Sctp;

/// <summary>
/// Leaves slow start when the round trip grows, before packets are lost (RFC 9406 §4, HyStart++). Since its sender paces,
/// the increase per acknowledgement has no limit (L = infinity, §4.3).
/// </summary>
internal sealed class HyStart
{
    private const int SamplesPerRound = 8;                            // N_RTT_SAMPLE
    private const int GrowthDivisor = 4;                              // CSS_GROWTH_DIVISOR
    private const int ConservativeRounds = 5;                         // CSS_ROUNDS
    private const int ThresholdDivisor = 8;                           // MIN_RTT_DIVISOR
    private const long LeastThreshold = 4 * TimeSpan.TicksPerMillisecond;
    private const long MostThreshold = 16 * TimeSpan.TicksPerMillisecond;

    private long _lastRound;                                          // lastRoundMinRTT, in ticks
    private long _currentRound;
    private long _baseline;                                           // cssBaselineMinRtt
    private int _samples;
    private int _conservativeRounds;
    private bool _isConservative;

    public HyStart() => Restart();

    public void Restart() =>
        (_lastRound, _currentRound, _baseline, _samples, _conservativeRounds, _isConservative) =
        (long.MaxValue, long.MaxValue, long.MaxValue, 0, 0, false);

    /// <summary>Takes an acknowledgement in slow start.</summary>
    /// <returns>By how many bytes the window grows; negative when slow start is over.</returns>
    public long Growth(in Acknowledgement acknowledgement)
    {
        if (acknowledgement.RoundEnded)
        {
            (_lastRound, _currentRound, _samples) = (_currentRound, long.MaxValue, 0);
            if (_isConservative && ++_conservativeRounds >= ConservativeRounds) return -1;
        }
        if (acknowledgement.RoundTrip >= TimeSpan.Zero)
        {
            _currentRound = Math.Min(_currentRound, acknowledgement.RoundTrip.Ticks);
            _samples++;
        }
        if (_samples >= SamplesPerRound) Judge();
        return _isConservative ? acknowledgement.Bytes / GrowthDivisor : acknowledgement.Bytes;
    }

    private void Judge()
    {
        if (_isConservative)
        {
            if (_currentRound < _baseline) (_isConservative, _baseline) = (false, long.MaxValue);   // it was jitter
            return;
        }
        if (_lastRound == long.MaxValue) return;
        long threshold = Math.Max(LeastThreshold, Math.Min(_lastRound / ThresholdDivisor, MostThreshold));
        if (_currentRound < _lastRound + threshold) return;
        (_isConservative, _baseline, _conservativeRounds) = (true, _currentRound, 0);
    }
}
