using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>What a SACK changed.</summary>
internal readonly record struct SackOutcome
{
    /// <summary>Whether it was valid and not older than its predecessor.</summary>
    public bool IsValid { get; init; }

    public long AcknowledgedBytes { get; init; }

    public bool CumulativeAdvanced { get; init; }

    /// <summary>Whether a chunk collected its third miss and now waits to be sent again.</summary>
    public bool FoundLoss { get; init; }

    /// <summary>A round trip, where the chunk that was timed is among the acknowledged; else negative.</summary>
    public TimeSpan RoundTrip { get; init; }
}

/// <summary>
/// Chunks sent and not yet cumulatively acknowledged: a ring indexed by TSN. A SACK costs as much as it has blocks and
/// newly acknowledges; runs of what is known already are skipped.
/// </summary>
internal sealed class RetransmissionQueue(AssociationContext context, SendQueue messages)
{
    /// <summary>Most chunks in the ring: gap blocks reach 65535 beyond the cumulative TSN (RFC 9260 §3.3.4), and the peer needs room too.</summary>
    public const int Capacity = 32768;

    private const int MissesThatMeanLoss = 3;                         // §7.2.4
    private OutstandingChunk[] _ring = new OutstandingChunk[16];
    private uint _lossScan;                                           // nothing before it is marked lost
    private uint _missScan;                                           // nothing before it can still collect misses
    private uint _timedTsn;
    private bool _isTiming;

    /// <summary>The last TSN acknowledged together with all before it.</summary>
    public uint CumulativeAck { get; private set; }

    public uint NextTsn { get; private set; }

    /// <summary>Advanced.Peer.Ack.Point (RFC 3758 §3.5 C).</summary>
    public uint AdvancedAck { get; private set; }

    public long FlightBytes { get; private set; }

    public int LostCount { get; private set; }

    public long Retransmissions { get; private set; }

    public int Count => (int)(NextTsn - 1 - CumulativeAck);

    public bool IsFull => Count >= Capacity;

    public ref OutstandingChunk this[uint tsn] => ref _ring[(int)(tsn & (uint)(_ring.Length - 1))];

    /// <summary>Starts anew from the initial TSN of the association.</summary>
    public void Start(uint initialTsn)
    {
        ReleaseUpTo(NextTsn - 1);
        NextTsn = _lossScan = _missScan = initialTsn;
        CumulativeAck = AdvancedAck = initialTsn - 1;
        (FlightBytes, LostCount, _isTiming) = (0, 0, false);
    }

    /// <summary>Gives a fragment its TSN. The caller writes it to the packet.</summary>
    public uint Add(OutgoingMessage message, int length, Instant now)
    {
        uint tsn = Append(message, length, ChunkFate.InFlight, now);
        FlightBytes += length;
        if (!_isTiming) (_isTiming, _timedTsn) = (true, tsn);         // §6.3.1 C4: one measurement per round trip
        return tsn;
    }

    /// <summary>Finds the first chunk that is to be sent again; what may not be sent again is given up on the way.</summary>
    public bool TryPeekLost(Instant now, out uint tsn)
    {
        tsn = Max(_lossScan, CumulativeAck + 1);
        while (LostCount > 0 && tsn != NextTsn)
        {
            ref OutstandingChunk chunk = ref this[tsn];
            if (chunk.Fate == ChunkFate.Lost && !IsDue(chunk, now))
            {
                _lossScan = tsn;
                return true;
            }
            if (chunk.Fate == ChunkFate.Lost) Abandon(chunk.Message, now);
            tsn += chunk.Fate == ChunkFate.Acknowledged ? (uint)chunk.AckedRun : 1;
            if (SerialNumber.IsLess(NextTsn, tsn)) tsn = NextTsn;
        }
        _lossScan = tsn;
        return false;
    }

    /// <summary>The chunk that <see cref="TryPeekLost"/> found is sent again.</summary>
    public void Resend(uint tsn, Instant now)
    {
        ref OutstandingChunk chunk = ref this[tsn];
        chunk.Fate = ChunkFate.InFlight;
        chunk.SentAt = now;
        if (chunk.Sends < ushort.MaxValue) chunk.Sends++;
        LostCount--;
        FlightBytes += chunk.Length;
        Retransmissions++;
        if (_isTiming && tsn == _timedTsn) _isTiming = false;         // §6.3.1 C5, Karn's rule
    }

    /// <summary>Takes in a SACK (RFC 9260 §6.2.1).</summary>
    public SackOutcome Acknowledge(in SackChunk sack, bool inRecovery, Instant now)
    {
        uint cumulative = sack.CumulativeTsnAck;
        if (SerialNumber.IsLess(cumulative, CumulativeAck))
        {
            context.Drops.Count(SctpDropReason.OldSack);
            return default;
        }
        if (!SerialNumber.IsLess(cumulative, NextTsn) || !HasValidGaps(sack))
        {
            context.Drops.Count(SctpDropReason.InvalidSack);
            return default;
        }
        bool advanced = cumulative != CumulativeAck;
        TimeSpan roundTrip = new(-1);
        if (_isTiming && Covers(sack, _timedTsn))
        {
            roundTrip = now - this[_timedTsn].SentAt;
            _isTiming = false;
        }
        long acknowledged = ReleaseUpTo(cumulative);
        uint highestNew = cumulative;
        for (int i = 0; i < sack.GapCount; i++)
        {
            (ushort start, ushort end) = sack.Gap(i);
            long inBlock = MarkAcknowledged(cumulative + start, cumulative + end, ref highestNew);
            acknowledged += inBlock;
        }
        bool lossFound = Count > 0 && this[CumulativeAck + 1].Fate == ChunkFate.Acknowledged && ForgetGapReports();
        if (advanced && inRecovery && sack.GapCount > 0)              // §7.2.4: in recovery every missing chunk gets a miss
            highestNew = cumulative + sack.Gap(sack.GapCount - 1).End;
        lossFound |= CountMisses(highestNew);
        return new SackOutcome
        {
            IsValid = true, AcknowledgedBytes = acknowledged, CumulativeAdvanced = advanced, FoundLoss = lossFound, RoundTrip = roundTrip,
        };
    }

    /// <summary>T3 expired: all in flight is to be sent again (§6.3.3 E3).</summary>
    public void MarkAllLost(Instant now)
    {
        for (uint tsn = CumulativeAck + 1; tsn != NextTsn; tsn++)
        {
            ref OutstandingChunk chunk = ref this[tsn];
            if (chunk.Fate == ChunkFate.InFlight) MarkLost(ref chunk, tsn);
            if (chunk.Fate == ChunkFate.Lost && IsDue(chunk, now)) Abandon(chunk.Message, now);
        }
        _missScan = NextTsn;                                          // what is sent again collects no misses
        _isTiming = false;
    }

    /// <summary>Moves the advanced ack point over what has been given up (RFC 3758 §3.5 C2).</summary>
    public void AdvanceAckPoint()
    {
        if (SerialNumber.IsLess(AdvancedAck, CumulativeAck)) AdvancedAck = CumulativeAck;
        while (AdvancedAck + 1 != NextTsn && this[AdvancedAck + 1].Fate == ChunkFate.Abandoned) AdvancedAck++;
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
            ref OutstandingChunk chunk = ref this[tsn];
            if (!ReferenceEquals(chunk.Message, message)) continue;   // interleaved with it
            if (chunk.Fate == ChunkFate.InFlight) FlightBytes -= chunk.Length;
            if (chunk.Fate == ChunkFate.Lost) LostCount--;
            chunk.Fate = ChunkFate.Abandoned;
            if (_isTiming && tsn == _timedTsn) _isTiming = false;
        }
        messages.Abandon(message);
    }

    private uint Append(OutgoingMessage message, int length, ChunkFate fate, Instant now)
    {
        if (Count == _ring.Length) Grow();
        uint tsn = NextTsn++;
        this[tsn] = new OutstandingChunk
        {
            Message = message, Offset = message.Sent, Fragment = message.Fragments++, Length = (ushort)length, Fate = fate,
            SentAt = now, Sends = 1,
        };
        return tsn;
    }

    private long ReleaseUpTo(uint cumulative)
    {
        long acknowledged = 0;
        while (SerialNumber.IsLess(CumulativeAck, cumulative))
        {
            ref OutstandingChunk chunk = ref this[++CumulativeAck];
            if (chunk.Fate == ChunkFate.InFlight) FlightBytes -= chunk.Length;
            if (chunk.Fate == ChunkFate.Lost) LostCount--;
            if (chunk.Fate is ChunkFate.InFlight or ChunkFate.Lost) acknowledged += chunk.Length;
            OutgoingMessage message = chunk.Message;
            chunk = default;
            messages.ChunkDone(message);
        }
        return acknowledged;
    }

    private long MarkAcknowledged(uint first, uint last, ref uint highestNew)
    {
        long acknowledged = 0;
        for (uint tsn = first; SerialNumber.IsLessOrEqual(tsn, last);)
        {
            ref OutstandingChunk chunk = ref this[tsn];
            if (chunk.Fate == ChunkFate.Acknowledged)
            {
                tsn += (uint)chunk.AckedRun;
                continue;
            }
            if (chunk.Fate != ChunkFate.Abandoned)
            {
                if (chunk.Fate == ChunkFate.InFlight) FlightBytes -= chunk.Length;
                else LostCount--;
                acknowledged += chunk.Length;
                chunk.Fate = ChunkFate.Acknowledged;
                chunk.AckedRun = 1;
                highestNew = tsn;
            }
            tsn++;
        }
        ref OutstandingChunk start = ref this[first];
        if (start.Fate == ChunkFate.Acknowledged) start.AckedRun = Math.Max(start.AckedRun, (int)(last - first) + 1);
        return acknowledged;
    }

    // §7.2.4: only chunks before the highest newly acknowledged TSN are reported missing. Chunks that were sent again
    // wait for T3, as there is no telling which of the two sendings a report is about.
    private bool CountMisses(uint highestNew)
    {
        bool found = false, settled = true;
        uint tsn = Max(_missScan, CumulativeAck + 1);
        while (SerialNumber.IsLess(tsn, highestNew))
        {
            ref OutstandingChunk chunk = ref this[tsn];
            if (chunk.Fate == ChunkFate.Acknowledged)
            {
                tsn += (uint)chunk.AckedRun;
                continue;
            }
            if (chunk.Fate == ChunkFate.InFlight && chunk.Sends == 1)
            {
                if (++chunk.Misses >= MissesThatMeanLoss)
                {
                    MarkLost(ref chunk, tsn);
                    found = true;
                }
                else if (settled)
                {
                    settled = false;
                    _missScan = tsn;
                }
            }
            tsn++;
        }
        if (settled && SerialNumber.IsLess(_missScan, highestNew)) _missScan = highestNew;
        return found;
    }

    // The first chunk beyond the cumulative TSN cannot be with the peer: it took back what it had reported (§6.2).
    private bool ForgetGapReports()
    {
        for (uint tsn = CumulativeAck + 1; tsn != NextTsn; tsn++)
        {
            ref OutstandingChunk chunk = ref this[tsn];
            if (chunk.Fate != ChunkFate.Acknowledged) continue;
            FlightBytes += chunk.Length;
            MarkLost(ref chunk, tsn);
        }
        return true;
    }

    private void MarkLost(ref OutstandingChunk chunk, uint tsn)
    {
        chunk.Fate = ChunkFate.Lost;
        FlightBytes -= chunk.Length;
        LostCount++;
        if (SerialNumber.IsLess(tsn, _lossScan)) _lossScan = tsn;
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

    private static uint Max(uint left, uint right) => SerialNumber.IsLess(left, right) ? right : left;

    private void Grow()
    {
        OutstandingChunk[] larger = new OutstandingChunk[_ring.Length * 2];
        for (uint tsn = CumulativeAck + 1; tsn != NextTsn; tsn++) larger[(int)(tsn & (uint)(larger.Length - 1))] = this[tsn];
        _ring = larger;
    }
}
