namespace WebRtcStack.Sctp;

/// <summary>
/// Leaves slow start when the round trip grows, before packets are lost (RFC 9406 §4, HyStart++). Since its sender paces,
/// the increase per acknowledgement has no limit (L = infinity, §4.3).
/// </summary>
/// <remarks>
/// Deviations, RFC 9406 §4.2: the round trip is judged by every eight samples, not by the least of a whole round, and slow
/// start ends at once when it is half as long again as it was. A paced sender fills the queue in the middle of a round;
/// waiting for the next one would double the window once more, and what a fast path then loses is thousands of packets
/// with as many gaps, of which a SACK can report a few hundred.
/// </remarks>
internal sealed class HyStart
{
    private const int SamplesPerJudgement = 8;                        // N_RTT_SAMPLE
    private const int GrowthDivisor = 4;                              // CSS_GROWTH_DIVISOR
    private const int ConservativeRounds = 5;                         // CSS_ROUNDS
    private const int ThresholdDivisor = 8;                           // MIN_RTT_DIVISOR
    private const long LeastThreshold = 4 * TimeSpan.TicksPerMillisecond;
    private const long MostThreshold = 16 * TimeSpan.TicksPerMillisecond;

    private long _lastRound;                                          // lastRoundMinRTT, in ticks
    private long _currentRound;                                       // currentRoundMinRTT
    private long _recent;                                             // the least of the samples to be judged
    private long _baseline;                                           // cssBaselineMinRtt
    private int _samples;
    private int _conservativeRounds;
    private bool _isConservative;

    public HyStart() => Restart();

    public void Restart() =>
        (_lastRound, _currentRound, _recent, _baseline, _samples, _conservativeRounds, _isConservative) =
        (long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, 0, 0, false);

    /// <summary>Takes an acknowledgement in slow start.</summary>
    /// <returns>By how many bytes the window grows; negative when slow start is over.</returns>
    public long Growth(in Acknowledgement acknowledgement)
    {
        if (acknowledgement.RoundEnded)
        {
            if (!_isConservative) _lastRound = _currentRound;
            _currentRound = long.MaxValue;
            if (_isConservative && ++_conservativeRounds >= ConservativeRounds) return -1;
        }
        if (acknowledgement.RoundTrip >= TimeSpan.Zero && Sample(acknowledgement.RoundTrip.Ticks)) return -1;
        return _isConservative ? acknowledgement.Bytes / GrowthDivisor : acknowledgement.Bytes;
    }

    // True when slow start is over.
    private bool Sample(long roundTrip)
    {
        _currentRound = Math.Min(_currentRound, roundTrip);
        _recent = Math.Min(_recent, roundTrip);
        if (++_samples < SamplesPerJudgement) return false;
        long recent = _recent;
        (_samples, _recent) = (0, long.MaxValue);
        if (_lastRound == long.MaxValue) return false;
        long threshold = Math.Max(LeastThreshold, Math.Min(_lastRound / ThresholdDivisor, MostThreshold));
        if (!_isConservative && recent >= _lastRound + threshold) (_isConservative, _baseline, _conservativeRounds) = (true, recent, 0);
        else if (_isConservative && recent < _baseline) (_isConservative, _baseline) = (false, long.MaxValue);   // it was jitter
        return _isConservative && recent >= _lastRound + Math.Max(threshold, _lastRound / 2);
    }
}
