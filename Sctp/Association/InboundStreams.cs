using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The peer's streams: which message is next on each, and the complete ones that wait for those before them.</summary>
internal sealed class InboundStreams
{
    private readonly Dictionary<ushort, InboundStream> _streams = [];
    private readonly List<InboundStream> _marked = [];
    private readonly List<uint> _due = [];
    private int _heldBack;

    /// <summary>Bytes of the messages that wait for their turn.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Every stream that was ever used.</summary>
    public IEnumerable<ushort> Ids => _streams.Keys;

    /// <summary>Whether the message was delivered or skipped before.</summary>
    public bool IsPast(ushort id, uint sequence) =>
        _streams.TryGetValue(id, out InboundStream? stream) && SerialNumber.IsLess(sequence, stream.Next);

    /// <summary>Delivers the message with those that waited for it, or lets it wait for its turn.</summary>
    /// <returns>False when another one waits with the same number.</returns>
    public bool TryAdd(in SctpMessage message, uint sequence, uint step, DeliveryQueue delivery)
    {
        InboundStream stream = Stream(message.Stream);
        if (sequence == stream.Next)
        {
            delivery.Add(message);
            stream.Next += step;
            DeliverInTurn(stream, step, delivery);
            return true;
        }
        Dictionary<uint, SctpMessage> waiting = stream.Waiting ??= [];
        if (waiting.ContainsKey(sequence)) return false;
        waiting.Add(sequence, message);
        HeldBytes += message.Payload.Length + Reassembly.Overhead;
        return true;
    }

    /// <summary>The messages up to <paramref name="sequence"/> were given up; the complete ones among them are delivered.</summary>
    public void Skip(ushort id, uint sequence, uint step, DeliveryQueue delivery)
    {
        InboundStream stream = Stream(id);
        if (stream.Waiting is { Count: > 0 } waiting)
        {
            foreach (uint waits in waiting.Keys)
            {
                if (SerialNumber.IsLessOrEqual(waits, sequence)) _due.Add(waits);
            }
            _due.Sort(static (left, right) => SerialNumber.Distance(right, left));
            foreach (uint due in _due) delivery.Add(Take(waiting, due));
            _due.Clear();
        }
        if (SerialNumber.IsLessOrEqual(stream.Next, sequence)) stream.Next = sequence + step;
        DeliverInTurn(stream, step, delivery);
    }

    /// <summary>Notes which messages a FORWARD TSN gives up, for <see cref="IsMarked"/>.</summary>
    public void Mark(in ForwardTsnChunk forward, int streams)
    {
        for (int i = 0; i < forward.Count; i++)
        {
            SkippedMessages skipped = forward.Skipped(i);
            if (skipped.Stream >= streams) continue;
            InboundStream stream = Stream(skipped.Stream);
            if (skipped.Unordered) stream.SkippedUnordered = skipped.Sequence;
            else stream.SkippedOrdered = skipped.Sequence;
            _marked.Add(stream);
        }
    }

    public bool IsMarked(in MessageIdentity identity)
    {
        InboundStream stream = Stream(identity.Stream);
        return (identity.Unordered ? stream.SkippedUnordered : stream.SkippedOrdered) is { } last &&
               SerialNumber.IsLessOrEqual(identity.Sequence, last);
    }

    public void ClearMarks()
    {
        foreach (InboundStream stream in _marked) stream.SkippedOrdered = stream.SkippedUnordered = null;
        _marked.Clear();
    }

    public bool IsHeldBack(ushort id, uint tsn) =>
        _heldBack > 0 && _streams.TryGetValue(id, out InboundStream? stream) && stream.LastTsn is { } last && SerialNumber.IsLess(last, tsn);

    public void HoldBack(ushort id, uint lastTsn)
    {
        InboundStream stream = Stream(id);
        if (stream.LastTsn is null) _heldBack++;
        stream.LastTsn = lastTsn;
    }

    /// <summary>The stream counts from 0 again. What waited for its turn will not get one.</summary>
    public void Reset(ushort id)
    {
        InboundStream stream = Stream(id);
        if (stream.LastTsn is not null) _heldBack--;
        stream.LastTsn = null;
        stream.Next = 0;
        Drop(stream);
    }

    /// <summary>Starts anew, as with a new association.</summary>
    public void Clear()
    {
        foreach (InboundStream stream in _streams.Values) Drop(stream);
        _streams.Clear();
        _heldBack = 0;
    }

    private void DeliverInTurn(InboundStream stream, uint step, DeliveryQueue delivery)
    {
        while (stream.Waiting is { Count: > 0 } waiting && waiting.ContainsKey(stream.Next))
        {
            delivery.Add(Take(waiting, stream.Next));
            stream.Next += step;
        }
    }

    private SctpMessage Take(Dictionary<uint, SctpMessage> waiting, uint sequence)
    {
        SctpMessage message = waiting[sequence];
        waiting.Remove(sequence);
        HeldBytes -= message.Payload.Length + Reassembly.Overhead;
        return message;
    }

    private void Drop(InboundStream stream)
    {
        if (stream.Waiting is not { Count: > 0 } waiting) return;
        foreach (SctpMessage message in waiting.Values)
        {
            HeldBytes -= message.Payload.Length + Reassembly.Overhead;
            message.Payload.Dispose();
        }
        waiting.Clear();
    }

    private InboundStream Stream(ushort id)
    {
        if (!_streams.TryGetValue(id, out InboundStream? stream)) _streams.Add(id, stream = new InboundStream());
        return stream;
    }

    private sealed class InboundStream
    {
        public uint Next;                          // see DataChunk.SequenceStep
        public Dictionary<uint, SctpMessage>? Waiting;         // complete messages that are not next, by sequence number
        public uint? LastTsn;                      // what lies behind it waits for the stream's reset
        public uint? SkippedOrdered;               // while a FORWARD TSN is processed: what it gives up
        public uint? SkippedUnordered;
    }
}
