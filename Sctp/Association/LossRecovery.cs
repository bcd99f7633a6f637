using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// What is lost, when, and what that does to the congestion window: RACK-TLP (RFC 8985), T3 (RFC 9260 §6.3), proportional
/// rate reduction (RFC 6937), and the undoing of what turns out to have been no loss.
/// </summary>
internal sealed class LossRecovery(AssociationContext context, ICongestionController congestion, RetransmissionQueue outstanding)
{
    private readonly ProportionalRateReduction _reduction = new();
    private readonly SpuriousLossCheck _check = new();
    private readonly TailLossProbe _probe = new(context.Options);
    private Instant _t3 = Instant.Never;
    private Instant _reordering = Instant.Never;                      // when RACK looks again
    private bool _inRecovery;
    private bool _inTimeout;                                          // T3 expired, and not all of then is acknowledged yet
    private uint _exit;                                               // where the recovery or the timeout ends
    private uint _timedOut;                                           // the cumulative TSN when T3 expired last
    private uint _roundEnd;
    private uint _limitedUntil;
    private bool _isLimited;

    /// <summary>How much may be in flight.</summary>
    public long WindowBytes => _inRecovery ? _reduction.WindowBytes : congestion.WindowBytes;

    public Instant NextTimeout => Instant.Min(_t3, Instant.Min(_reordering, _probe.NextTimeout));

    public long Timeouts { get; private set; }

    /// <summary>Reductions of the window that were taken back.</summary>
    public long Undone { get; private set; }

    /// <summary>Whether a tail loss probe is to go out.</summary>
    public bool OwesProbe => _probe.IsOwed;

    /// <summary>Whether a retransmission is to go out whatever is in flight: T3 expired (RFC 9260 §6.3.3 E3).</summary>
    public bool OwesRetransmission { get; private set; }

    /// <summary>Whether the peer should acknowledge what goes out now at once (RFC 7053 §4): recovery waits for it.</summary>
    public bool WantsImmediateSack => _inTimeout;

    private TimeSpan SmoothedRoundTrip => context.Rto.Smoothed;

    private RackLossDetection Rack => outstanding.Rack;

    public void Start()
    {
        _check.Close();
        _probe.Start();
        (_t3, _reordering, _inRecovery, _inTimeout, _isLimited) = (Instant.Never, Instant.Never, false, false, false);
        _roundEnd = outstanding.NextTsn;
        OwesRetransmission = false;
    }

    /// <summary>The congestion window, and nothing else, keeps something back.</summary>
    public void WindowLimits() => (_isLimited, _limitedUntil) = (true, outstanding.NextTsn);

    /// <summary>A chunk went out.</summary>
    public void Sent(uint tsn, int bytes, bool isRetransmission, Instant now)
    {
        if (_inRecovery) _reduction.Sent(bytes);
        if (isRetransmission)
        {
            _check.Resent(tsn);
            OwesRetransmission = false;
        }
        bool isFirst = isRetransmission && tsn == outstanding.CumulativeAck + 1;                     // §6.3.2 R4
        if (_t3.IsNever || isFirst) _t3 = now + context.Rto.Rto;                                     // R1
        ScheduleProbe(now);
    }

    /// <summary>A tail loss probe went out, which <see cref="Sent"/> has been told of as well.</summary>
    public void ProbeSent(uint tsn, bool repeatsTail, Instant now)
    {
        if (!_probe.IsRepeated) _t3 = now + context.Rto.Rto;          // RFC 8985 §7.3: T3 starts anew
        _probe.Sent(outstanding.NextTsn, tsn, repeatsTail);
        ScheduleProbe(now);
    }

    /// <summary>There is nothing that a probe could send.</summary>
    public void ForgetProbe() => _probe.Cancel();

    /// <summary>FORWARD TSN went out: it is repeated as DATA is (RFC 3758 §3.5 C5), by probes as well.</summary>
    public void ForwardTsnSent(Instant now)
    {
        if (_t3.IsNever) _t3 = now + context.Rto.Rto;
        ScheduleProbe(now);
    }

    /// <summary>FORWARD TSN went out as the probe, which the peer answers with a SACK (RFC 3758 §3.6): there is no DATA that may go again.</summary>
    public void ForwardTsnProbed(Instant now)
    {
        _probe.Sent(outstanding.NextTsn, outstanding.CumulativeAck, repeatsTail: false);
        ScheduleProbe(now);
    }

    /// <summary>A valid SACK was taken in.</summary>
    public void Acknowledged(in SackChunk sack, in SackOutcome outcome, long flightBefore, Instant now)
    {
        if (outcome.RoundTrip >= TimeSpan.Zero) context.Rto.Measure(outcome.RoundTrip);
        else if (outcome.LatestRoundTrip >= TimeSpan.Zero) context.Rto.EndBackOff();                 // of a chunk sent once: Karn's rule holds
        TakeDuplicates(sack);
        LeaveWhereDone(outcome);
        if (outcome.AcknowledgedBytes > 0) TellCongestion(outcome, flightBefore, now);
        long lost = DetectLosses(now);
        bool isSafe = outcome.CumulativeAdvanced && (lost == 0 || outcome.IsTruncated);             // a truncated report invents losses
        if (outcome.TookBack) _t3 = Instant.Min(_t3, now + context.Rto.Rto);
        bool isEmpty = outcome is { AcknowledgedBytes: 0, CumulativeAdvanced: false };
        if (_probe.Acknowledged(outstanding.CumulativeAck, isEmpty) && !_inRecovery && !_inTimeout) Reduce(context.Mtu, now);
        if (_inRecovery) _reduction.Acknowledged(outcome.AcknowledgedBytes, outstanding.FlightBytes, isSafe, context.Mtu);
        if (_check.IsRefuted(outstanding.LostCount == 0, outcome.FoundSpuriousLoss)) Undo();

        if (outstanding.Count == 0) (_t3, _reordering) = (Instant.Never, Instant.Never);             // §6.3.2 R2
        else if (outcome.CumulativeAdvanced) _t3 = now + context.Rto.Rto;                            // R3
        if (outcome.AcknowledgedBytes > 0 || outcome.CumulativeAdvanced || outstanding.Count == 0) ScheduleProbe(now);
    }

    public void AdvanceTo(Instant now)
    {
        if (now >= _t3)
        {
            Expire(now);
            return;
        }
        if (now >= _reordering)
        {
            _reordering = Instant.Never;
            if (DetectLosses(now) > 0) ScheduleProbe(now);
        }
        _probe.AdvanceTo(now);
    }

    // T3 (§6.3.3).
    private void Expire(Instant now)
    {
        Timeouts++;
        context.Errors++;                                                                            // §8.1
        context.Rto.BackOff();                                                                       // E2
        _probe.Clear();
        // RFC 5681 §3.1, which RFC 9260 §7.2.3 leaves out: a second timeout of the same chunk says nothing new of the window.
        bool isRepeated = _inTimeout && _timedOut == outstanding.CumulativeAck;
        if (!_inTimeout) _check.Begin(outstanding.CumulativeAck, outstanding.NextTsn - 1);
        if (!isRepeated) congestion.OnTimeout(context.Mtu);
        _timedOut = outstanding.CumulativeAck;
        outstanding.MarkOverdueLost(ReorderingWindow(), now);
        (_inRecovery, _inTimeout, _exit, _reordering) = (false, true, outstanding.NextTsn - 1, Instant.Never);
        OwesRetransmission = outstanding.LostCount > 0;
        _t3 = outstanding.Count > 0 ? now + context.Rto.Rto : Instant.Never;
    }

    private void TakeDuplicates(in SackChunk sack)
    {
        for (int i = 0; i < sack.DuplicateCount; i++)
        {
            uint tsn = sack.Duplicate(i);
            _probe.DuplicateReported(tsn);
            _check.DuplicateReported(tsn);
        }
        if (sack.DuplicateCount > 0) Rack.DuplicateReported(outstanding.CumulativeAck, outstanding.NextTsn);
    }

    private void LeaveWhereDone(in SackOutcome outcome)
    {
        // F-RTO's reasoning (RFC 5682): what T3 took as lost and was not sent again has arrived, so the path had only been
        // slow. What is still missing then is in flight, and for RACK to judge.
        if (_inTimeout && outcome.FoundSpuriousLoss)
        {
            outstanding.TakeBackLosses();
            Undo();
        }
        if ((!_inRecovery && !_inTimeout) || SerialNumber.IsLess(outstanding.CumulativeAck, _exit)) return;
        (_inRecovery, _inTimeout) = (false, false);
        Rack.RecoveryEnded();
    }

    private void TellCongestion(in SackOutcome outcome, long flightBefore, Instant now)
    {
        bool roundEnded = !SerialNumber.IsLess(Rack.Highest, _roundEnd);
        if (roundEnded) _roundEnd = outstanding.NextTsn;
        _isLimited &= SerialNumber.IsLess(Rack.Highest, _limitedUntil);
        congestion.OnAcknowledged(new Acknowledgement
        {
            Bytes = outcome.AcknowledgedBytes,
            FlightBefore = flightBefore,
            CumulativeAdvanced = outcome.CumulativeAdvanced,
            InRecovery = _inRecovery,
            IsWindowLimited = _isLimited,
            RoundEnded = roundEnded,
            RoundTrip = outcome.LatestRoundTrip,
            SmoothedRoundTrip = SmoothedRoundTrip,
            MinimumRoundTrip = outstanding.MinimumRoundTrip.Value,
            Mtu = context.Mtu,
            Now = now,
        });
    }

    private long DetectLosses(Instant now)
    {
        LossOutcome loss = outstanding.DetectLosses(ReorderingWindow(), now);
        _reordering = loss.NextAt;
        if (loss.LostBytes == 0) return 0;
        _probe.Cancel();
        bool isOfTimeout = _inTimeout && SerialNumber.IsLessOrEqual(loss.HighestTsn, _exit);         // has been paid for
        if (!_inRecovery && !isOfTimeout) Reduce(loss.LostBytes, now);
        return loss.LostBytes;
    }

    // §7.2.4, 2 and 6: once per round trip, which ends when all that is outstanding now is acknowledged.
    private void Reduce(long lostBytes, Instant now)
    {
        if (!congestion.OnLoss(lostBytes, context.Mtu)) return;
        _check.Begin(outstanding.CumulativeAck, outstanding.NextTsn - 1);
        (_inRecovery, _inTimeout, _exit) = (true, false, outstanding.NextTsn - 1);
        long flight = outstanding.FlightBytes;
        _reduction.Begin(congestion.WindowBytes, flight + lostBytes, flight, context.Mtu);
        _t3 = Instant.Min(_t3, now + context.Rto.Rto);
    }

    private void Undo()
    {
        congestion.Undo();
        _check.Close();
        (_inRecovery, _inTimeout) = (false, false);
        Undone++;
    }

    // Deviation, RFC 8985 §7.2: in recovery as well, where the last repair may be lost of which no later packet would tell.
    private void ScheduleProbe(Instant now)
    {
        bool isAlone = outstanding.FlightCount > 0 && outstanding.FlightBytes < context.Mtu;
        if (outstanding.FlightCount > 0 || outstanding.HasSkipped) _probe.Schedule(SmoothedRoundTrip, isAlone, _t3, now);
        else _probe.Cancel();
    }

    private TimeSpan ReorderingWindow() => Rack.ReorderingWindow(
        _inRecovery || _inTimeout, outstanding.GapAcknowledged, outstanding.MinimumRoundTrip.Value, SmoothedRoundTrip);
}
