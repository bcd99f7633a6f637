using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>
/// The RTO towards one server, from the round trips that were seen (RFC 8489 §6.2.1, RFC 6298): a client keeps one for each server
/// and starts its transactions with <see cref="Rto"/>.
/// </summary>
/// <remarks>A mutable value; not thread-safe.</remarks>
public struct StunRtoEstimator
{
    private static readonly TimeSpan s_floor = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_ceiling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_validity = TimeSpan.FromMinutes(10);       // RFC 8489 §6.2.1: a cached value lasts 10 minutes

    private readonly TimeSpan _initial;
    private TimeSpan _smoothed, _variation;
    private Instant _measuredAt;
    private bool _isMeasured;

    /// <summary>Starts with no round trip seen.</summary>
    /// <param name="initial">The RTO until then: 500 ms (RFC 8489 §6.2.1), from 10 ms to 60 s.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="initial"/> is outside that range.</exception>
    public StunRtoEstimator(TimeSpan initial) => _initial = Require.InRange(initial, s_floor, s_ceiling);

    /// <summary>The RTO for a transaction that starts now.</summary>
    public readonly TimeSpan Rto(Instant now)
    {
        if (!_isMeasured || now - _measuredAt > s_validity) return _initial;
        long ticks = _smoothed.Ticks + 4 * _variation.Ticks;                       // RFC 6298 §2.3; STUN does not round it up to a second
        return TimeSpan.FromTicks(Math.Min(Math.Max(ticks, s_floor.Ticks), s_ceiling.Ticks));
    }

    /// <summary>Learns from a finished transaction. One whose request was repeated tells nothing, since nobody knows which was answered (RFC 6298 §3).</summary>
    public void Answered(in StunClientTransaction transaction, Instant now)
    {
        if (transaction.SentCount == 1) Measured(now - transaction.LastSent, now);
    }

    /// <summary>Learns a round-trip time.</summary>
    public void Measured(TimeSpan roundTrip, Instant now)
    {
        if (roundTrip < TimeSpan.Zero) return;
        if (!_isMeasured || now - _measuredAt > s_validity)
        {
            (_smoothed, _variation, _isMeasured) = (roundTrip, TimeSpan.FromTicks(roundTrip.Ticks / 2), true);     // §2.2
        }
        else
        {
            long error = Math.Abs(_smoothed.Ticks - roundTrip.Ticks);
            _variation = TimeSpan.FromTicks((3 * _variation.Ticks + error) / 4);                                    // §2.3
            _smoothed = TimeSpan.FromTicks((7 * _smoothed.Ticks + roundTrip.Ticks) / 8);
        }
        _measuredAt = now;
    }
}
