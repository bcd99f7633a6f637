using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// The least round-trip time of the last half to whole minute: what the path takes when no queue stands on it. It forgets
/// (RFC 8985 §6.2 step 1), so that a path that became longer is noticed.
/// </summary>
internal sealed class MinimumRoundTrip
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(30);
    private TimeSpan _previous = TimeSpan.MaxValue;
    private TimeSpan _current = TimeSpan.MaxValue;
    private Instant _periodEnd = Instant.Never;

    /// <summary>The minimum; zero until something was measured.</summary>
    public TimeSpan Value { get; private set; }

    public void Measure(TimeSpan roundTrip, Instant now)
    {
        if (_periodEnd.IsNever) _periodEnd = now + s_period;
        if (now >= _periodEnd)
        {
            (_previous, _current) = (_current, TimeSpan.MaxValue);
            _periodEnd = now + s_period;
        }
        if (roundTrip < _current) _current = roundTrip;
        Value = _current < _previous ? _current : _previous;
    }

    public void Clear() => (_previous, _current, _periodEnd, Value) = (TimeSpan.MaxValue, TimeSpan.MaxValue, Instant.Never, TimeSpan.Zero);
}
