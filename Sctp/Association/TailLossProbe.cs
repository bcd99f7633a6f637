using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// When acknowledgements stop, one more packet asks for one long before T3 would (RFC 8985 §7, TLP).
/// </summary>
/// <remarks>
/// Deviation, RFC 8985 §7.2: a probe that is not answered is repeated after twice the time, as QUIC does (RFC 9002 §6.2.1), so
/// that a burst of losses of some round trips is over before T3 is. T3 still comes when it would have with one probe.
/// </remarks>
internal sealed class TailLossProbe(SctpOptions options)
{
    private static readonly TimeSpan s_withoutSample = TimeSpan.FromSeconds(1);         // §7.2
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(5);         // what timers of real loops can keep
    private const int MaxDoublings = 16;                              // T3 comes long before
    private uint _end;                                                // TLP.end_seq, less one
    private uint _repeated;
    private bool _isOutstanding;
    private int _copies;                                              // of the tail, above 0 where TLP.is_retrans
    private int _unanswered;                                          // probes since something was acknowledged
    private Instant _due = Instant.Never;

    /// <summary>Whether a probe is to go out, whatever the congestion window says.</summary>
    public bool IsOwed { get; private set; }

    /// <summary>Whether a probe went out already since something was acknowledged.</summary>
    public bool IsRepeated => _unanswered > 0;

    public Instant NextTimeout => _due;

    public void Start()
    {
        Clear();
        _unanswered = 0;
    }

    /// <summary>T3 has taken over: no further probe for what it repeats, until something is acknowledged.</summary>
    public void Clear() => (_due, IsOwed, _isOutstanding) = (Instant.Never, false, false);

    public void Cancel() => (_due, IsOwed) = (Instant.Never, false);

    /// <summary>Something was sent or acknowledged at the tail (§7.2); a probe that would come later than T3 is none.</summary>
    public void Schedule(TimeSpan smoothedRoundTrip, bool isAlone, Instant t3, Instant now)
    {
        if (IsOwed) return;
        TimeSpan wait = smoothedRoundTrip == TimeSpan.Zero ? s_withoutSample : smoothedRoundTrip + smoothedRoundTrip;
        if (isAlone && _unanswered == 0) wait += options.SackDelay;   // TLP.max_ack_delay: the peer's is not known, so ours; probes say I
        if (wait < s_shortest) wait = s_shortest;
        Instant due = now + new TimeSpan(wait.Ticks << Math.Min(_unanswered, MaxDoublings));
        _due = due < t3 ? due : Instant.Never;
    }

    public void AdvanceTo(Instant now)
    {
        if (now >= _due) (_due, IsOwed) = (Instant.Never, true);
    }

    /// <summary>The probe went out, new, or as a repetition of the last of the TSNs before <paramref name="nextTsn"/> (§7.3).</summary>
    public void Sent(uint nextTsn, uint tsn, bool repeatsTail)
    {
        _copies = !repeatsTail ? 0 : _isOutstanding && _repeated == tsn ? _copies + 1 : 1;
        (IsOwed, _isOutstanding, _end, _repeated) = (false, true, nextTsn - 1, tsn);
        _unanswered++;
    }

    /// <summary>The peer got a chunk twice: where all copies of the tail are such, the original had not been lost (§7.4).</summary>
    public void DuplicateReported(uint tsn)
    {
        if (_isOutstanding && _copies > 0 && tsn == _repeated && --_copies == 0) _isOutstanding = false;
    }

    /// <summary>A SACK came (§7.4).</summary>
    /// <returns>Whether the probe repaired a loss, of which nobody else will know.</returns>
    public bool Acknowledged(uint cumulativeAck, bool isEmpty)
    {
        if (!isEmpty) _unanswered = 0;
        if (!_isOutstanding || SerialNumber.IsLess(cumulativeAck, _end)) return false;
        if (_copies == 0)
        {
            _isOutstanding = false;
            return false;
        }
        if (cumulativeAck == _end && isEmpty)                          // which of the two arrived shows when more is acknowledged
        {
            _isOutstanding = false;
            return false;
        }
        bool repaired = cumulativeAck != _end;
        if (repaired) _isOutstanding = false;
        return repaired;
    }
}
