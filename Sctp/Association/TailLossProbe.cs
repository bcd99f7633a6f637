using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// When acknowledgements stop at the tail of a flight, one more packet asks for one long before T3 would (RFC 8985 §7, TLP).
/// </summary>
internal sealed class TailLossProbe(SctpOptions options)
{
    private static readonly TimeSpan s_withoutSample = TimeSpan.FromSeconds(1);         // §7.2
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(5);         // what timers of real loops can keep
    private uint _end;                                                // TLP.end_seq, less one
    private uint _repeated;
    private bool _isOutstanding;
    private bool _isRetransmission;                                   // TLP.is_retrans
    private Instant _due = Instant.Never;

    /// <summary>Whether a probe is to go out, whatever the congestion window says.</summary>
    public bool IsOwed { get; private set; }

    public Instant NextTimeout => _due;

    public void Clear() => (_due, IsOwed, _isOutstanding) = (Instant.Never, false, false);

    public void Cancel() => (_due, IsOwed) = (Instant.Never, false);

    /// <summary>Something was sent or acknowledged at the tail (§7.2); a probe that would come later than T3 is none.</summary>
    public void Schedule(TimeSpan smoothedRoundTrip, bool isAlone, Instant t3, Instant now)
    {
        if (_isOutstanding || IsOwed) return;
        TimeSpan wait = smoothedRoundTrip == TimeSpan.Zero ? s_withoutSample : smoothedRoundTrip + smoothedRoundTrip;
        if (isAlone) wait += options.SackDelay;                       // TLP.max_ack_delay: the peer's is not known, so ours
        Instant due = now + (wait < s_shortest ? s_shortest : wait);
        _due = due < t3 ? due : Instant.Never;
    }

    public void AdvanceTo(Instant now)
    {
        if (now >= _due) (_due, IsOwed) = (Instant.Never, true);
    }

    /// <summary>The probe went out, as the last of the TSNs before <paramref name="nextTsn"/> or as a repetition (§7.3).</summary>
    public void Sent(uint nextTsn, uint tsn, bool isRetransmission)
    {
        IsOwed = false;
        (_isOutstanding, _end, _repeated, _isRetransmission) = (true, nextTsn - 1, tsn, isRetransmission);
    }

    /// <summary>The peer got a chunk twice: where it is the probe's, the original had not been lost (§7.4).</summary>
    public void DuplicateReported(uint tsn)
    {
        if (_isOutstanding && _isRetransmission && tsn == _repeated) _isOutstanding = false;
    }

    /// <summary>A SACK came (§7.4).</summary>
    /// <returns>Whether the probe repaired a loss, of which nobody else will know.</returns>
    public bool Acknowledged(uint cumulativeAck, bool isEmpty)
    {
        if (!_isOutstanding || SerialNumber.IsLess(cumulativeAck, _end)) return false;
        if (!_isRetransmission)
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
