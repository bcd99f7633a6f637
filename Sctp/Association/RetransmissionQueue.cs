using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What a search for losses found.</summary>
internal record struct LossOutcome
{
    public long LostBytes;

    /// <summary>The highest TSN lost; valid where <see cref="LostBytes"/> is not 0.</summary>
    public uint HighestTsn;

    /// <summary>When the next chunk counts as lost unless it is acknowledged before.</summary>
    public Instant NextAt;
}

/// <summary>
/// Chunks sent and not yet cumulatively acknowledged, in a ring by TSN. Those in flight are linked in the order of sending
/// as RACK looks at them, those lost in the order of TSNs as they are sent again. A SACK costs as much as it has blocks
/// and newly acknowledges; runs of what is known already are skipped.
/// </summary>
internal sealed class RetransmissionQueue
{
    /// <summary>Most chunks in the ring: gap blocks reach 65535 beyond the cumulative TSN (RFC 9260 §3.3.4).</summary>
    public const int Capacity = 65535;

    private const int GapsOfAFullPacket = 200;                        // of the smallest packets that peers use, with room for DATA

    private readonly AssociationContext _context;
    private readonly SendQueue _messages;
    private readonly ChunkRing _ring = new();
    private readonly ChunkList _inFlight;                             // by the time of sending
    private readonly ChunkList _lost;
    private uint _timedTsn;
    private bool _isTiming;

    public RetransmissionQueue(AssociationContext context, SendQueue messages)
    {
        (_context, _messages) = (context, messages);
        _inFlight = new ChunkList(_ring);
        _lost = new ChunkList(_ring);
    }

    public RackLossDetection Rack { get; } = new();

    public MinimumRoundTrip MinimumRoundTrip { get; } = new();

    /// <summary>The last TSN acknowledged together with all before it.</summary>
    public uint CumulativeAck { get; private set; }

    public uint NextTsn { get; private set; }

    /// <summary>Advanced.Peer.Ack.Point (RFC 3758 §3.5 C).</summary>
    public uint AdvancedAck { get; private set; }

    public long FlightBytes { get; private set; }

    public int FlightCount => _inFlight.Count;

    public int LostCount => _lost.Count;

    /// <summary>Chunks that gap blocks report and the cumulative TSN has not reached.</summary>
    public int GapAcknowledged { get; private set; }

    public long Retransmissions { get; private set; }

    /// <summary>Chunks lost in packets above the base size, since one in such a packet arrived.</summary>
    public int LargeLosses { get; private set; }

    public int Count => (int)(NextTsn - 1 - CumulativeAck);

    public bool IsFull => Count >= Capacity;

    /// <summary>Whether the peer has not taken note yet of something that was given up.</summary>
    public bool HasSkipped => SerialNumber.IsLess(CumulativeAck, AdvancedAck);

    public ref OutstandingChunk this[uint tsn] => ref _ring[tsn];

    /// <summary>Starts anew from the initial TSN of the association.</summary>
    public void Start(uint initialTsn)
    {
        SackOutcome ignored = default;
        ReleaseUpTo(NextTsn - 1, Instant.Never, ref ignored);
        NextTsn = initialTsn;
        CumulativeAck = AdvancedAck = initialTsn - 1;
        _inFlight.Clear();
        _lost.Clear();
        (FlightBytes, GapAcknowledged, LargeLosses, _isTiming) = (0, 0, 0, false);
        Rack.Start(initialTsn);
        MinimumRoundTrip.Clear();
    }

    /// <summary>Gives a fragment its TSN. The caller writes it to the packet.</summary>
    public uint Add(OutgoingMessage message, int length, Instant now)
    {
        uint tsn = Append(message, length, ChunkFate.InFlight, now);
        FlightBytes += length;
        _inFlight.AddLast(tsn);
        if (!_isTiming) (_isTiming, _timedTsn) = (true, tsn);         // §6.3.1 C4: one measurement per round trip
        return tsn;
    }

    /// <summary>What was sent from <paramref name="first"/> on went out in one packet, above the base size.</summary>
    public void MarkLarge(uint first)
    {
        for (uint tsn = first; tsn != NextTsn; tsn++) _ring[tsn].InLargePacket = true;
    }

    /// <summary>It is known why large packets did not arrive.</summary>
    public void ForgetLargeLosses() => LargeLosses = 0;

    /// <summary>Finds the first chunk that is to be sent again; what may not be sent again is given up on the way.</summary>
    public bool TryPeekLost(Instant now, out uint tsn)
    {
        while (!_lost.IsEmpty)
        {
            tsn = _lost.First;
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (!IsDue(chunk, now)) return true;
            Abandon(chunk.Message, now);
        }
        tsn = 0;
        return false;
    }

    /// <summary>The chunk that <see cref="TryPeekLost"/> found is sent again.</summary>
    public void Resend(uint tsn, Instant now)
    {
        _lost.Remove(tsn);
        FlightBytes += _ring[tsn].Length;
        SendAgain(tsn, now);
    }

    /// <summary>Finds the chunk that a tail loss probe repeats: the last one sent (RFC 8985 §7.3) among those that may be sent again.</summary>
    public bool TryPeekProbe(Instant now, out uint tsn)
    {
        tsn = _inFlight.IsEmpty ? 0 : _inFlight.Last;
        for (int left = _inFlight.Count; left > 0; left--)
        {
            if (!IsDue(_ring[tsn], now)) return true;
            if (left > 1) tsn = _ring[tsn].Previous;
        }
        return false;
    }

    /// <summary>Nothing in flight may be sent again, and acknowledgements are late: what needs nothing else to be sent is given up, so that FORWARD TSN can ask for one.</summary>
    /// <remarks>A FORWARD TSN does not overtake what it skips on a path that keeps order, so nothing that would still arrive is lost by it.</remarks>
    public void AbandonExhausted(Instant now)
    {
        for (uint tsn = CumulativeAck + 1; tsn != NextTsn; tsn++)
        {
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (chunk.Fate != ChunkFate.InFlight || !IsDue(chunk, now)) continue;
            if (chunk.Message.IsFullySent || chunk.Message.Expiry <= now) Abandon(chunk.Message, now);
        }
    }

    /// <summary>The chunk that <see cref="TryPeekProbe"/> found is sent again, although nothing says that it was lost.</summary>
    public void ResendAsProbe(uint tsn, Instant now)
    {
        _inFlight.Remove(tsn);
        SendAgain(tsn, now);
    }

    /// <summary>Takes in a SACK (RFC 9260 §6.2.1).</summary>
    public SackOutcome Acknowledge(in SackChunk sack, Instant now)
    {
        SackOutcome outcome = default;
        uint cumulative = sack.CumulativeTsnAck;
        if (SerialNumber.IsLess(cumulative, CumulativeAck))
        {
            _context.Drops.Count(SctpDropReason.OldSack);
            return outcome;
        }
        if (!SerialNumber.IsLess(cumulative, NextTsn) || !HasValidGaps(sack))
        {
            _context.Drops.Count(SctpDropReason.InvalidSack);
            return outcome;
        }
        outcome.IsValid = true;
        outcome.CumulativeAdvanced = cumulative != CumulativeAck;
        outcome.RoundTrip = outcome.LatestRoundTrip = new TimeSpan(-1);
        if (_isTiming && Covers(sack, _timedTsn))
        {
            outcome.RoundTrip = now - _ring[_timedTsn].SentAt;
            _isTiming = false;
        }
        ReleaseUpTo(cumulative, now, ref outcome);
        for (int i = 0; i < sack.GapCount; i++)
        {
            (ushort start, ushort end) = sack.Gap(i);
            MarkAcknowledged(cumulative + start, cumulative + end, now, ref outcome);
        }
        outcome.IsTruncated = sack.GapCount >= GapsOfAFullPacket;
        Rack.EndSack(now);
        if (outcome.LatestRoundTrip >= TimeSpan.Zero) MinimumRoundTrip.Measure(outcome.LatestRoundTrip, now);
        outcome.TookBack = Count > 0 && _ring[CumulativeAck + 1].Fate == ChunkFate.Acknowledged;
        if (outcome.TookBack) ForgetGapReports();
        return outcome;
    }

    /// <summary>Marks as lost what RACK says is lost (RFC 8985 §6.2 step 5). It looks at those chunks and one more.</summary>
    public LossOutcome DetectLosses(TimeSpan reorderingWindow, Instant now)
    {
        LossOutcome outcome = new() { NextAt = Instant.Never };
        while (!_inFlight.IsEmpty)
        {
            uint tsn = _inFlight.First;
            ref OutstandingChunk chunk = ref _ring[tsn];
            Instant lostAt = Rack.LostAt(chunk, tsn, reorderingWindow);
            if (lostAt > now)
            {
                outcome.NextAt = lostAt;
                break;
            }
            outcome.LostBytes += chunk.Length;
            if (outcome.LostBytes == chunk.Length || SerialNumber.IsLess(outcome.HighestTsn, tsn)) outcome.HighestTsn = tsn;
            MarkLost(ref chunk, tsn);
        }
        return outcome;
    }

    /// <summary>T3 expired: the first chunk is lost, and so is all that was sent a round trip ago (RFC 9260 §6.3.3 E3, RFC 8985 §6.3).</summary>
    public void MarkOverdueLost(TimeSpan reorderingWindow, Instant now)
    {
        if (Count > 0 && _ring[CumulativeAck + 1].Fate == ChunkFate.InFlight) MarkLost(ref _ring[CumulativeAck + 1], CumulativeAck + 1);
        while (!_inFlight.IsEmpty && Rack.IsOverdue(_ring[_inFlight.First], reorderingWindow, now))
        {
            uint tsn = _inFlight.First;
            MarkLost(ref _ring[tsn], tsn);
        }
        _isTiming = false;
        TryPeekLost(now, out _);                                      // RFC 3758 §3.5 A5: what may not go again is given up now
    }

    /// <summary>The losses were none: what waits to be sent again is in flight after all.</summary>
    public void TakeBackLosses()
    {
        while (!_lost.IsEmpty)
        {
            uint tsn = _lost.Last;
            _lost.Remove(tsn);
            _ring[tsn].Fate = ChunkFate.InFlight;
            FlightBytes += _ring[tsn].Length;
            _inFlight.AddFirst(tsn);                                  // all of it was sent before what is in flight now
        }
    }

    /// <summary>Moves the advanced ack point over what has been given up (RFC 3758 §3.5 C2).</summary>
    public void AdvanceAckPoint()
    {
        if (SerialNumber.IsLess(AdvancedAck, CumulativeAck)) AdvancedAck = CumulativeAck;
        while (AdvancedAck + 1 != NextTsn && _ring[AdvancedAck + 1].Fate == ChunkFate.Abandoned) AdvancedAck++;
    }

    /// <summary>Gives a message up. Where its rest was never sent, one TSN stands for that, so that there is something to skip.</summary>
    public void Abandon(OutgoingMessage message, Instant now)
    {
        if (message.Abandoned) return;
        if (!message.IsFullySent)
        {
            message.LastTsn = message.Stream.LastTsn = Append(message, 0, ChunkFate.Abandoned, now);
            message.Chunks++;
        }
        uint first = Max(message.FirstTsn, CumulativeAck + 1);
        for (uint tsn = first; SerialNumber.IsLessOrEqual(tsn, message.LastTsn); tsn++)
        {
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (!ReferenceEquals(chunk.Message, message)) continue;   // interleaved with it
            LeaveLists(chunk, tsn);
            chunk.Fate = ChunkFate.Abandoned;
            if (_isTiming && tsn == _timedTsn) _isTiming = false;
        }
        _messages.Abandon(message);
    }

    private uint Append(OutgoingMessage message, int length, ChunkFate fate, Instant now)
    {
        if (Count == _ring.Size) _ring.Grow(CumulativeAck + 1, NextTsn);
        uint tsn = NextTsn++;
        ref OutstandingChunk chunk = ref _ring[tsn];
        chunk.Message = message;
        chunk.Offset = message.Sent;
        chunk.Fragment = message.Fragments++;
        chunk.Length = (ushort)length;
        chunk.Fate = fate;
        chunk.SentAt = now;
        chunk.Sends = 1;
        chunk.InLargePacket = false;
        return tsn;
    }

    private void SendAgain(uint tsn, Instant now)
    {
        ref OutstandingChunk chunk = ref _ring[tsn];
        chunk.Fate = ChunkFate.InFlight;
        chunk.SentAt = now;
        if (chunk.Sends < ushort.MaxValue) chunk.Sends++;
        _inFlight.AddLast(tsn);
        Retransmissions++;
        if (_isTiming && tsn == _timedTsn) _isTiming = false;         // §6.3.1 C5, Karn's rule
    }

    private void ReleaseUpTo(uint cumulative, Instant now, ref SackOutcome outcome)
    {
        while (SerialNumber.IsLess(CumulativeAck, cumulative))
        {
            uint tsn = ++CumulativeAck;
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (chunk.Fate is ChunkFate.InFlight or ChunkFate.Lost) Deliver(ref chunk, tsn, now, ref outcome);
            else LeaveLists(chunk, tsn);
            OutgoingMessage message = chunk.Message;
            chunk.Message = null!;
            _messages.ChunkDone(message);
        }
    }

    private void MarkAcknowledged(uint first, uint last, Instant now, ref SackOutcome outcome)
    {
        for (uint tsn = first; SerialNumber.IsLessOrEqual(tsn, last);)
        {
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (chunk.Fate == ChunkFate.Acknowledged)
            {
                tsn += (uint)chunk.AckedRun;
                continue;
            }
            if (chunk.Fate != ChunkFate.Abandoned)
            {
                Deliver(ref chunk, tsn, now, ref outcome);
                chunk.Fate = ChunkFate.Acknowledged;
                chunk.AckedRun = 1;
                GapAcknowledged++;
            }
            tsn++;
        }
        ref OutstandingChunk start = ref _ring[first];
        if (start.Fate == ChunkFate.Acknowledged) start.AckedRun = Math.Max(start.AckedRun, (int)(last - first) + 1);
    }

    private void Deliver(ref OutstandingChunk chunk, uint tsn, Instant now, ref SackOutcome outcome)
    {
        outcome.AcknowledgedBytes += chunk.Length;
        if (chunk.InLargePacket && chunk.Sends == 1) LargeLosses = 0;
        outcome.FoundSpuriousLoss |= chunk.Fate == ChunkFate.Lost && chunk.Sends == 1;
        if (chunk.Sends == 1) outcome.LatestRoundTrip = Shorter(outcome.LatestRoundTrip, now - chunk.SentAt);
        Rack.Delivered(chunk, tsn, MinimumRoundTrip.Value, now);
        LeaveLists(chunk, tsn);
    }

    private void LeaveLists(in OutstandingChunk chunk, uint tsn)
    {
        switch (chunk.Fate)
        {
            case ChunkFate.InFlight:
                FlightBytes -= chunk.Length;
                _inFlight.Remove(tsn);
                break;
            case ChunkFate.Lost:
                _lost.Remove(tsn);
                break;
            case ChunkFate.Acknowledged:
                GapAcknowledged--;
                break;
        }
    }

    // The first chunk beyond the cumulative TSN cannot be with the peer: it took back what it had reported (§6.2).
    private void ForgetGapReports()
    {
        for (uint tsn = CumulativeAck + 1; tsn != NextTsn; tsn++)
        {
            ref OutstandingChunk chunk = ref _ring[tsn];
            if (chunk.Fate != ChunkFate.Acknowledged) continue;
            GapAcknowledged--;
            chunk.Fate = ChunkFate.Lost;
            AddLost(tsn);
        }
    }

    private void MarkLost(ref OutstandingChunk chunk, uint tsn)
    {
        _inFlight.Remove(tsn);
        FlightBytes -= chunk.Length;
        if (chunk.InLargePacket && chunk.Sends == 1) LargeLosses++;
        chunk.Fate = ChunkFate.Lost;
        AddLost(tsn);
    }

    // In the order of TSNs, save that a chunk lost twice may come behind younger ones: its place is not searched for.
    private void AddLost(uint tsn)
    {
        if (!_lost.IsEmpty && SerialNumber.IsLess(tsn, _lost.First)) _lost.AddFirst(tsn);
        else _lost.AddLast(tsn);
    }

    private static bool IsDue(in OutstandingChunk chunk, Instant now) =>
        chunk.Message.Expiry <= now || chunk.Sends > chunk.Message.MaxRetransmits;

    private bool HasValidGaps(in SackChunk sack)
    {
        int previous = 1;                                             // the chunk right behind is missing, or it were acknowledged
        for (int i = 0; i < sack.GapCount; i++)
        {
            (ushort start, ushort end) = sack.Gap(i);
            if (start <= previous || end < start) return false;
            previous = end;
        }
        return sack.GapCount == 0 || SerialNumber.IsLess(sack.CumulativeTsnAck + (uint)previous, NextTsn);
    }

    private static bool Covers(in SackChunk sack, uint tsn)
    {
        int distance = SerialNumber.Distance(sack.CumulativeTsnAck, tsn);
        if (distance <= 0) return true;
        for (int i = 0; i < sack.GapCount; i++)
        {
            (ushort start, ushort end) = sack.Gap(i);
            if (distance >= start && distance <= end) return true;
        }
        return false;
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < TimeSpan.Zero || right < left ? right : left;

    private static uint Max(uint left, uint right) => SerialNumber.IsLess(left, right) ? right : left;
}
