using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The sender's side of partial reliability (RFC 3758 §3.5, RFC 8260 §2.3.1): what is over its limit is given up, and the peer told.</summary>
internal sealed class PartialReliability(AssociationContext context, SendQueue messages, RetransmissionQueue outstanding)
{
    private readonly List<SkippedMessages> _skipped = [];
    private uint _toldUpTo;                                           // the point of the last FORWARD TSN
    private int _told;                                                // how often it went out
    private Instant _toldAt;

    /// <summary>Whether a FORWARD TSN is to be sent.</summary>
    public bool IsOwed { get; private set; }

    /// <summary>When the next message that waits reaches the end of its lifetime.</summary>
    public Instant NextTimeout => messages.NextExpiry;

    public void Start() => (IsOwed, _told) = (false, 0);

    /// <summary>A SACK came: what it does not cover although there was time to is told again.</summary>
    public void Acknowledged(bool cumulativeAdvanced, Instant now)
    {
        if (_told > 0 && SerialNumber.IsLessOrEqual(_toldUpTo, outstanding.CumulativeAck))
        {
            if (_told == 1) context.Rto.EndBackOff();                 // sent once, so that Karn's rule holds
            _told = 0;
        }
        TimeSpan roundTrip = context.Rto.Smoothed;
        bool isLate = _told > 0 && roundTrip > TimeSpan.Zero && now - _toldAt > new TimeSpan(roundTrip.Ticks * 5 / 4);
        Advance(cumulativeAdvanced || isLate);
    }

    /// <summary>Gives up what waits, in whole or in part, beyond its lifetime. What is in flight is given up when it would be sent again.</summary>
    public void AdvanceTo(Instant now)
    {
        bool anyBegun = false;
        while (messages.TryPeekExpired(now, out OutgoingMessage? message))
        {
            anyBegun |= message.HasBegun;
            if (message.HasBegun) outstanding.Abandon(message, now);
            else messages.Discard(message);
        }
        if (anyBegun) Advance(isNews: true);
    }

    /// <summary>Moves the advanced ack point; <paramref name="isNews"/> also tells the peer again of what it has not taken note of.</summary>
    public void Advance(bool isNews)
    {
        uint before = outstanding.AdvancedAck;
        outstanding.AdvanceAckPoint();
        if (!outstanding.HasSkipped) IsOwed = false;
        else if (isNews || before != outstanding.AdvancedAck) IsOwed = true;                         // RFC 3758 §3.5 C3
    }

    /// <summary>Writes the chunk: of each stream the last message given up, and as many TSNs as their streams fit (§3.5 C4).</summary>
    /// <returns>False when there was no room.</returns>
    public bool Write(ref WireWriter writer, Instant now)
    {
        int room = (writer.Free - ForwardTsnChunk.HeaderLength) / ForwardTsnChunk.EntryLength(context.Interleaves);
        if (room <= 0) return false;
        _skipped.Clear();
        uint to = outstanding.CumulativeAck;
        OutgoingMessage? last = null;
        while (to != outstanding.AdvancedAck)
        {
            OutgoingMessage message = outstanding[to + 1].Message;
            bool hasNumber = context.Interleaves || !message.Unordered;
            if (hasNumber && !ReferenceEquals(message, last) && !TryAdd(message, room)) break;
            last = message;
            to++;
        }
        ForwardTsnChunk.Write(ref writer, context.Interleaves, to, _skipped);
        IsOwed = false;
        _told = _told > 0 && to == _toldUpTo ? _told + 1 : 1;
        (_toldUpTo, _toldAt) = (to, now);
        return true;
    }

    private bool TryAdd(OutgoingMessage message, int room)
    {
        SkippedMessages entry = new(message.Stream.Id, message.Unordered, message.Sequence);
        for (int i = _skipped.Count - 1; i >= 0; i--)
        {
            if (_skipped[i].Stream != entry.Stream || _skipped[i].Unordered != entry.Unordered) continue;
            if (SerialNumber.IsLess(_skipped[i].Sequence, entry.Sequence)) _skipped[i] = entry;
            return true;
        }
        if (_skipped.Count == room) return false;
        _skipped.Add(entry);
        return true;
    }
}
