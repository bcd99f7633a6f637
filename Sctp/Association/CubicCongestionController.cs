using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>CUBIC (RFC 9438): the window is a cubic function of the time since the last reduction, not of the round-trip time.</summary>
/// <remarks>Slow start ends by <see cref="HyStart"/>; losses without a queue are judged by <see cref="RandomLossFilter"/>. Windows inside are bytes, as doubles.</remarks>
internal sealed class CubicCongestionController(int mtu, double randomLossTolerance) : ICongestionController
{
    private const double C = 0.4;                                     // §5.1, in segments per second cubed
    private const double Beta = 0.7;                                  // §4.6
    private const double Alpha = 3 * (1 - Beta) / (1 + Beta);         // §4.3: as fair as Reno with a reduction of Beta
    private const int InitialPackets = 10;                            // RFC 6928 §2
    private const int LeastPackets = 4;                               // RFC 9260 §7.2.3, where RFC 9438 §4.6 has two

    private readonly HyStart _hyStart = new();
    private readonly RandomLossFilter _filter = new(randomLossTolerance);
    private Curve _curve = new() { Window = (double)InitialPackets * mtu, Threshold = double.MaxValue, Epoch = Instant.Never };
    private Curve _before;                                            // what Undo goes back to
    private Instant _lastAcknowledged;

    public long WindowBytes => (long)_curve.Window;

    public bool IsSlowStart => _curve.Window < _curve.Threshold;

    public void OnAcknowledged(in Acknowledgement acknowledgement)
    {
        _filter.Delivered(acknowledgement);
        TimeSpan sinceLast = acknowledgement.Now - _lastAcknowledged;
        _lastAcknowledged = acknowledgement.Now;
        if (acknowledgement.InRecovery) return;
        if (IsSlowStart)
        {
            // Pacing keeps the flight below a window that doubles, so half of it counts as all of it being used.
            if (!acknowledgement.IsWindowLimited && acknowledgement.FlightBefore * 2 < _curve.Window) return;
            long growth = _hyStart.Growth(acknowledgement);
            if (growth < 0) _curve.Threshold = _curve.Window;
            else _curve.Window += growth;
            return;
        }
        if (!acknowledgement.IsWindowLimited)
        {
            if (!_curve.Epoch.IsNever) _curve.Epoch += sinceLast;     // §5.8: the curve waits while the application is what limits
            return;
        }
        Grow(acknowledgement);
    }

    public bool OnLoss(long lostBytes, int mtu)
    {
        if (_filter.IsRandom(lostBytes)) return false;
        Reduce(mtu);
        _curve.Window = _curve.Threshold;
        return true;
    }

    public void OnTimeout(int mtu)
    {
        Reduce(mtu);
        _curve.Window = mtu;                                          // RFC 9260 §7.2.3
        _curve.MaxWindow = 0;                                         // §4.8: the next epoch starts flat where slow start ends
        _hyStart.Restart();
    }

    public void Undo()                                                // §4.9
    {
        if (_before.Window > _curve.Window) _curve = _before;
    }

    public void Restart(int mtu)
    {
        _curve = new Curve { Window = (double)InitialPackets * mtu, Threshold = double.MaxValue, Epoch = Instant.Never };
        _before = default;
        _lastAcknowledged = default;
        _hyStart.Restart();
        _filter.Restart();
    }

    public void OnIdle(int timeouts, int mtu)
    {
        double initial = (double)InitialPackets * mtu;
        if (_curve.Window <= initial) return;
        _curve.Threshold = Math.Max(_curve.Threshold == double.MaxValue ? 0 : _curve.Threshold, _curve.Window * 3 / 4);   // RFC 2861 §3
        for (; timeouts > 0 && _curve.Window > initial; timeouts--) _curve.Window = Math.Max(_curve.Window / 2, initial);
        _curve.Epoch = Instant.Never;
        _hyStart.Restart();
    }

    private void Grow(in Acknowledgement acknowledgement)
    {
        double segment = acknowledgement.Mtu;
        if (_curve.Epoch.IsNever) BeginEpoch(acknowledgement.Now, segment);
        double elapsed = (acknowledgement.Now - _curve.Epoch).TotalSeconds;
        double share = acknowledgement.Bytes / _curve.Window;

        double alpha = _curve.RenoWindow < _curve.PriorWindow ? Alpha : 1;                          // §4.3
        _curve.RenoWindow += alpha * segment * share;
        if (At(elapsed, segment) < _curve.RenoWindow)
        {
            _curve.Window = Math.Max(_curve.Window, _curve.RenoWindow);
            return;
        }
        double target = At(elapsed + acknowledgement.SmoothedRoundTrip.TotalSeconds, segment);      // §4.2
        target = Math.Min(Math.Max(target, _curve.Window), 1.5 * _curve.Window);
        _curve.Window += (target - _curve.Window) * Math.Min(1, share);                              // §4.4, §4.5
    }

    private void BeginEpoch(Instant now, double segment)
    {
        _curve.Epoch = now;
        _curve.RenoWindow = _curve.Window;
        if (_curve.MaxWindow < _curve.Window) _curve.MaxWindow = _curve.Window;
        _curve.K = Math.Pow((_curve.MaxWindow - _curve.Window) / segment / C, 1.0 / 3);             // §4.2, Figure 2
    }

    // W_cubic(t), §4.2 Figure 1.
    private double At(double seconds, double segment)
    {
        double t = seconds - _curve.K;
        return C * t * t * t * segment + _curve.MaxWindow;
    }

    private void Reduce(int mtu)
    {
        _before = _curve;
        bool isBelowLast = _curve.Window < _curve.MaxWindow;
        _curve.MaxWindow = isBelowLast ? _curve.Window * (1 + Beta) / 2 : _curve.Window;            // §4.7, fast convergence
        _curve.PriorWindow = _curve.Window;
        _curve.Threshold = Math.Max(_curve.Window * Beta, (double)LeastPackets * mtu);                       // §4.6
        _curve.Epoch = Instant.Never;
    }

    private struct Curve
    {
        public double Window;                                         // cwnd
        public double Threshold;                                      // ssthresh
        public double MaxWindow;                                      // W_max
        public double PriorWindow;                                    // cwnd_prior
        public double RenoWindow;                                     // W_est
        public double K;                                              // seconds from the epoch's begin to W_max
        public Instant Epoch;
    }
}
