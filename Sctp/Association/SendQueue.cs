using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Messages that wait to be sent, by stream. Streams take turns by weighted fair queueing (RFC 8831 §6.4), a whole
/// message at a time: without interleaving the fragments of a message have consecutive TSNs (RFC 9260 §6.9).
/// </summary>
internal sealed class SendQueue(AssociationContext context)
{
    private readonly Dictionary<ushort, OutgoingStream> _streams = [];
    private readonly StreamSchedule _schedule = new();
    private OutgoingMessage? _current;                                // begun, and to be finished before any other
    private OutgoingMessage? _pool;

    /// <summary>Bytes of leases held, queued or in flight.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Bytes that wait to be sent for the first time.</summary>
    public long BufferedBytes { get; private set; }

    public bool IsEmpty => _current is null && _schedule.IsEmpty;

    public long Abandoned { get; private set; }

    public OutgoingStream Stream(ushort id)
    {
        if (!_streams.TryGetValue(id, out OutgoingStream? stream)) _streams.Add(id, stream = new OutgoingStream(id));
        return stream;
    }

    public bool TryGetStream(ushort id, [NotNullWhen(true)] out OutgoingStream? stream) => _streams.TryGetValue(id, out stream);

    public void Enqueue(OutgoingStream stream, uint ppid, MessageLease payload, in SctpSendOptions options, Instant now)
    {
        OutgoingMessage message = _pool ?? new OutgoingMessage();
        _pool = message.Next;
        bool partial = context.Peer.ForwardTsn;                       // RFC 3758 §3.3: without it everything is reliable
        message.Next = null;
        message.Stream = stream;
        message.Payload = payload;
        message.Length = payload.Length;
        message.CountedLeft = options.CountedBytes ?? payload.Length;
        message.Ppid = ppid;
        message.Unordered = options.Unordered;
        message.Abandoned = message.HasBegun = false;
        message.MaxRetransmits = partial ? options.MaxRetransmits ?? OutgoingMessage.Unlimited : OutgoingMessage.Unlimited;
        message.Expiry = partial && options.Lifetime is { } lifetime ? now + lifetime : Instant.Never;
        message.Sent = message.Chunks = 0;
        message.IsQueued = true;
        HeldBytes += message.Length;
        AddBuffered(stream, message.CountedLeft);
        if (stream.Tail is null) stream.Head = message;
        else stream.Tail.Next = message;
        stream.Tail = message;
        if (!stream.IsScheduled && !ReferenceEquals(_current?.Stream, stream)) _schedule.Add(stream);
    }

    /// <summary>The message whose next fragment is due; what has expired unsent is given up on the way (RFC 3758 §3.5 A).</summary>
    public OutgoingMessage? Peek(Instant now)
    {
        while (_current is null && _schedule.TryTake(out OutgoingStream? stream))
        {
            OutgoingMessage message = stream.Head!;
            if (message.Expiry <= now)
            {
                Unlink(message);
                message.Abandoned = true;
                Abandoned++;
                ReleaseIfDone(message);
                if (stream.Head is not null) _schedule.Add(stream);
                continue;
            }
            _current = message;
        }
        return _current;
    }

    /// <summary>The next <paramref name="bytes"/> of the current message have a TSN now.</summary>
    public void Take(OutgoingMessage message, int bytes, uint tsn)
    {
        Debug.Assert(ReferenceEquals(message, _current), "fragments of two messages do not mix");
        OutgoingStream stream = message.Stream;
        if (!message.HasBegun)
        {
            message.HasBegun = true;
            message.FirstTsn = tsn;
            if (!message.Unordered) message.Ssn = stream.NextSsn++;
        }
        message.LastTsn = stream.LastTsn = tsn;
        stream.HasSent = true;
        message.Sent += bytes;
        message.Chunks++;
        int counted = Math.Min(bytes, message.CountedLeft);
        message.CountedLeft -= counted;
        RemoveBuffered(stream, counted);
        if (message.IsFullySent) Finish(message);
    }

    /// <summary>Gives up a message of which something was sent: it leaves the queue and its memory is freed.</summary>
    public void Abandon(OutgoingMessage message)
    {
        message.Abandoned = true;
        Abandoned++;
        if (message.IsQueued) Finish(message);
        FreePayload(message);
    }

    /// <summary>One chunk of the message left the retransmission queue.</summary>
    public void ChunkDone(OutgoingMessage message)
    {
        message.Chunks--;
        ReleaseIfDone(message);
    }

    /// <summary>Drops all that is queued; what is in flight is the retransmission queue's to drop.</summary>
    public void Clear()
    {
        foreach (OutgoingStream stream in _streams.Values)
        {
            while (stream.Head is { } message)
            {
                Unlink(message);
                ReleaseIfDone(message);
            }
            stream.NextSsn = 0;
            stream.HasSent = false;
            stream.Reset = StreamResetStage.None;
            stream.IsScheduled = false;
        }
        _current = null;
        _schedule.Clear();
    }

    private void Finish(OutgoingMessage message)
    {
        OutgoingStream stream = message.Stream;
        Unlink(message);
        _current = null;
        stream.VirtualTime += Math.Max(1, (message.Length + DataChunk.HeaderLength) * 256L / stream.Weight);
        if (stream.Head is not null) _schedule.Add(stream);
    }

    private void Unlink(OutgoingMessage message)
    {
        OutgoingStream stream = message.Stream;
        Debug.Assert(ReferenceEquals(stream.Head, message), "a stream sends in order");
        stream.Head = message.Next;
        if (stream.Head is null) stream.Tail = null;
        message.Next = null;
        message.IsQueued = false;
        RemoveBuffered(stream, message.CountedLeft);
        message.CountedLeft = 0;
    }

    private void ReleaseIfDone(OutgoingMessage message)
    {
        if (message.IsQueued || message.Chunks > 0) return;
        FreePayload(message);
        message.Next = _pool;
        _pool = message;
    }

    private void FreePayload(OutgoingMessage message)
    {
        if (message.Payload.Length == 0) return;
        HeldBytes -= message.Payload.Length;
        message.Payload.Dispose();
        message.Payload = default;
    }

    private void AddBuffered(OutgoingStream stream, int bytes)
    {
        stream.Buffered += bytes;
        BufferedBytes += bytes;
    }

    private void RemoveBuffered(OutgoingStream stream, int bytes)
    {
        if (bytes == 0) return;
        long before = stream.Buffered;
        stream.Buffered = before - bytes;
        BufferedBytes -= bytes;
        if (!context.IsOver && before > stream.LowThreshold && stream.Buffered <= stream.LowThreshold)
            context.Raise(new SctpEvent(SctpEventKind.BufferedAmountLow, stream.Id));
    }
}
