using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Spreads packets over the round trip in place of sending a window at once (RFC 9002 §7.7 has the idea). A quantum of
/// packets goes out together, then the gate is shut until that quantum is paid for: the timer runs per quantum, not per packet.
/// </summary>
internal sealed class Pacer
{
    private const double SlowStartGain = 2;                           // the window doubles meanwhile
    private const double AvoidanceGain = 1.25;                        // so that the window stays what limits
    private const int LargestQuantum = 64 * 1024;
    private static readonly TimeSpan s_quantum = TimeSpan.FromMilliseconds(0.5);
    private static readonly TimeSpan s_lateness = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_shortestPaced = TimeSpan.FromMilliseconds(1);

    private double _bytesPerTick;                                     // 0: not paced
    private long _quantumTicks;
    private long _latenessTicks;
    private Instant _paidFor;                                         // when all that was sent has been paid for
    private bool _isShut;
    private bool _isAwaited;

    /// <summary>When the gate opens, where something waits for it.</summary>
    public Instant NextTimeout => _isAwaited ? _paidFor : Instant.Never;

    public void Start() => (_bytesPerTick, _isShut, _isAwaited, _paidFor) = (0, false, false, default);

    /// <summary>Sets the rate: a window each round trip, and a little more.</summary>
    public void Update(long windowBytes, TimeSpan smoothedRoundTrip, bool isSlowStart, int mtu)
    {
        if (smoothedRoundTrip < s_shortestPaced)                      // shorter than a timer is precise: acknowledgements pace enough
        {
            _bytesPerTick = 0;
            return;
        }
        _bytesPerTick = windowBytes * (isSlowStart ? SlowStartGain : AvoidanceGain) / smoothedRoundTrip.Ticks;
        long most = Math.Min(s_quantum.Ticks, smoothedRoundTrip.Ticks / 16);
        double bytes = Math.Min(Math.Max(_bytesPerTick * most, 2.0 * mtu), LargestQuantum);
        _quantumTicks = (long)(bytes / _bytesPerTick);
        _latenessTicks = Math.Min(s_lateness.Ticks, smoothedRoundTrip.Ticks / 8);
    }

    /// <summary>Whether a packet may go out; if not, <see cref="NextTimeout"/> says when.</summary>
    public bool MaySend(Instant now)
    {
        if (!_isShut) return true;
        if (_bytesPerTick > 0 && now < _paidFor)
        {
            _isAwaited = true;
            return false;
        }
        _isShut = _isAwaited = false;
        return true;
    }

    /// <summary>A packet of <paramref name="bytes"/> went out.</summary>
    public void Sent(int bytes, Instant now)
    {
        if (_bytesPerTick == 0) return;
        // A timer that comes late is made up for, idle time beyond that is not: no burst after a pause.
        Instant from = Instant.Max(_paidFor, new Instant(now.Ticks - _latenessTicks));
        _paidFor = new Instant(from.Ticks + (long)(bytes / _bytesPerTick) + 1);
        _isShut = _paidFor.Ticks > now.Ticks + _quantumTicks;
        _isAwaited &= _isShut;
    }

    public void AdvanceTo(Instant now)
    {
        if (_isAwaited && now >= _paidFor) _isShut = _isAwaited = false;
    }

    /// <summary>Nothing waits any more.</summary>
    public void Forget() => _isAwaited = false;
}
