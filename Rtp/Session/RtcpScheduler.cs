using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When RTCP may be sent: regular reports (RFC 3550 §6.3) and early feedback between them (RFC 4585 §3.5).</summary>
/// <remarks>
/// The rules of RFC 4585 are followed for two participants, so that T_dither_max is 0. A regular transmission that
/// T_rr_interval would suppress is not woken up for: what would become of it is known beforehand.
/// </remarks>
internal sealed class RtcpScheduler(RtpSessionOptions options, RandomSource random)
{
    private const double BandwidthShare = 0.05;         // RFC 3550 §6.2: RTCP takes 5 % of the session
    private const double Compensation = 2.71828 - 1.5;  // §6.3.1: reconsideration converges below the intended average
    private const int DatagramOverhead = 28;            // §6.3.3 counts the lower layers' headers: IPv4 and UDP

    private Instant _regularAt = Instant.Never;
    private Instant _earlyAt = new(long.MinValue);      // when feedback may go next: allow_early
    private bool _hasReported, _feedbackWaits;          // feedback waits until it may go
    private double _averageBytes = 100;

    /// <summary>Whether a regular report is due.</summary>
    public bool IsRegularDue { get; private set; }

    /// <summary>Whether feedback may go now.</summary>
    public bool IsFeedbackDue { get; private set; }

    /// <summary>Whether there is feedback, due or not.</summary>
    public bool HasFeedback => _feedbackWaits || IsFeedbackDue;

    public Instant NextTimeout => _feedbackWaits ? Instant.Min(_regularAt, _earlyAt) : _regularAt;

    /// <summary>There is something to report on.</summary>
    public void Start(int members, Instant now)
    {
        if (_regularAt.IsNever && !IsRegularDue) Schedule(members, now);
    }

    /// <summary>Feedback wants to be sent, at once if it may.</summary>
    public void FeedbackArose(Instant now)
    {
        if (now >= _earlyAt) IsFeedbackDue = true;
        else _feedbackWaits = !IsFeedbackDue;
    }

    /// <summary>What wanted to be sent has gone away.</summary>
    public void FeedbackIsMoot() => (_feedbackWaits, IsFeedbackDue) = (false, false);

    public void AdvanceTo(Instant now)
    {
        if (_feedbackWaits && now >= _earlyAt) (_feedbackWaits, IsFeedbackDue) = (false, true);
        if (now < _regularAt) return;
        _regularAt = Instant.Never;
        IsRegularDue = true;
    }

    public void Received(int bytes) => Average(bytes);

    /// <summary>A compound was sent; feedback that waited went with it.</summary>
    public void Sent(int bytes, bool isRegular, int members, Instant now)
    {
        Average(bytes);
        FeedbackIsMoot();
        if (isRegular)
        {
            // §3.5.3: allow_early is true again.
            (IsRegularDue, _hasReported, _earlyAt) = (false, true, now);
            Schedule(members, now);
        }
        else
        {
            // §3.5.2 step 6: the next may go when this one's share of the bandwidth has passed.
            _earlyAt = Instant.Max(_earlyAt, now) + TimeSpan.FromSeconds(Interval(members));
        }
    }

    private void Average(int bytes) => _averageBytes += (bytes + DatagramOverhead - _averageBytes) / 16;      // RFC 3550 §6.3.3

    private double Interval(int members) => members * _averageBytes / (options.BandwidthBitsPerSecond / 8.0 * BandwidthShare);

    private void Schedule(int members, Instant now)
    {
        double minimum = options.MinReportInterval.TotalSeconds;         // T_rr_interval; the first goes after half of it (§6.2)
        double seconds = Math.Max(Interval(members), _hasReported ? minimum : minimum / 2);
        _regularAt = now + TimeSpan.FromSeconds(seconds * (random.NextDouble() + 0.5) / (_hasReported ? Compensation : 1));
    }
}
