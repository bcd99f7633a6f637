using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// The clock of loss detection (RFC 8985 §6, RACK): a chunk is lost when one that was sent sufficiently later has
/// arrived. "Sufficiently" is the reordering window, which widens when the peer reports duplicates.
/// </summary>
/// <remarks>Knows nothing of the queue: it is told what was delivered, and says from when on a chunk counts as lost.</remarks>
internal sealed class RackLossDetection
{
    private const int DupThresh = 3;                                  // §6.2 step 4
    private const int MaxMultiplier = 64;                             // SRTT bounds the window long before
    private const int PersistedRecoveries = 16;                       // §6.2 step 4: RACK.reo_wnd_persist

    private Instant _sentAt;                                          // RACK.xmit_ts
    private uint _tsn;                                                // RACK.end_seq
    private bool _hasDelivered;
    private TimeSpan _roundTrip;                                      // RACK.rtt
    private uint _duplicateRoundEnd;                                  // RACK.dsack_round
    private bool _inDuplicateRound;
    private int _multiplier = 1;                                      // RACK.reo_wnd_mult
    private int _persist;

    // The latest-sent chunk among those that one SACK delivers.
    private Instant _newestSentAt;
    private uint _newestTsn;
    private bool _hasNewest;

    /// <summary>RACK.fack: the highest TSN delivered.</summary>
    public uint Highest { get; private set; }

    /// <summary>RACK.reordering_seen.</summary>
    public bool ReorderingSeen { get; private set; }

    public void Start(uint initialTsn)
    {
        Highest = initialTsn - 1;
        (_hasDelivered, _hasNewest, _inDuplicateRound, ReorderingSeen, _multiplier, _persist) = (false, false, false, false, 1, 0);
        _roundTrip = TimeSpan.Zero;
    }

    /// <summary>A chunk is acknowledged for the first time (§6.2 steps 2 and 3).</summary>
    public void Delivered(in OutstandingChunk chunk, uint tsn, TimeSpan minimumRoundTrip, Instant now)
    {
        bool isOriginal = chunk.Sends == 1;
        if (SerialNumber.IsLess(Highest, tsn)) Highest = tsn;
        else if (isOriginal && SerialNumber.IsLess(tsn, Highest)) ReorderingSeen = true;
        if (!isOriginal && now - chunk.SentAt < minimumRoundTrip) return;         // its original was late, not lost
        if (_hasNewest && !IsAfter(chunk.SentAt, tsn, _newestSentAt, _newestTsn)) return;
        (_newestSentAt, _newestTsn, _hasNewest) = (chunk.SentAt, tsn, true);
    }

    /// <summary>All chunks of a SACK were delivered.</summary>
    public void EndSack(Instant now)
    {
        if (!_hasNewest) return;
        _hasNewest = false;
        _roundTrip = now - _newestSentAt;
        if (_hasDelivered && !IsAfter(_newestSentAt, _newestTsn, _sentAt, _tsn)) return;
        (_sentAt, _tsn, _hasDelivered) = (_newestSentAt, _newestTsn, true);
    }

    /// <summary>The peer received something twice: a chunk may have been sent again needlessly (§6.2 step 4).</summary>
    public void DuplicateReported(uint cumulativeAck, uint nextTsn)
    {
        if (_inDuplicateRound && SerialNumber.IsLess(cumulativeAck, _duplicateRoundEnd)) return;
        (_inDuplicateRound, _duplicateRoundEnd) = (true, nextTsn);
        _multiplier = Math.Min(_multiplier + 1, MaxMultiplier);
        _persist = PersistedRecoveries;
    }

    /// <summary>A recovery is over; after sixteen without duplicates the window is as at first.</summary>
    public void RecoveryEnded()
    {
        if (_persist > 0 && --_persist == 0) _multiplier = 1;
    }

    /// <summary>RACK.reo_wnd (§6.2 step 4).</summary>
    public TimeSpan ReorderingWindow(bool inRecovery, int gapAcknowledged, TimeSpan minimumRoundTrip, TimeSpan smoothedRoundTrip)
    {
        if (!ReorderingSeen && (inRecovery || gapAcknowledged >= DupThresh)) return TimeSpan.Zero;
        long window = _multiplier * minimumRoundTrip.Ticks / 4;
        return new TimeSpan(smoothedRoundTrip == TimeSpan.Zero ? window : Math.Min(window, smoothedRoundTrip.Ticks));
    }

    /// <summary>When a chunk that is still in flight counts as lost; never while nothing sent later was delivered (§6.2 step 5).</summary>
    public Instant LostAt(in OutstandingChunk chunk, uint tsn, TimeSpan reorderingWindow) =>
        _hasDelivered && IsAfter(_sentAt, _tsn, chunk.SentAt, tsn) ? chunk.SentAt + _roundTrip + reorderingWindow : Instant.Never;

    /// <summary>Whether a chunk was sent a round trip and the reordering window ago, so that a timeout takes it as lost (§6.3).</summary>
    public bool IsOverdue(in OutstandingChunk chunk, TimeSpan reorderingWindow, Instant now) =>
        chunk.SentAt + _roundTrip + reorderingWindow <= now;

    private static bool IsAfter(Instant leftAt, uint leftTsn, Instant rightAt, uint rightTsn) =>
        leftAt > rightAt || (leftAt == rightAt && SerialNumber.IsLess(rightTsn, leftTsn));
}
