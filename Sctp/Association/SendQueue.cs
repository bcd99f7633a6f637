using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Messages that wait to be sent, by stream. Streams take turns by weighted fair queueing (RFC 8260 §3.6): with
/// interleaving a chunk at a time, else a message at a time, since its fragments then have consecutive TSNs (RFC 9260 §6.9).
/// </summary>
internal sealed class SendQueue(AssociationContext context)
{
    private readonly Dictionary<ushort, OutgoingStream> _streams = [];
    private readonly StreamSchedule _schedule = new();
    private readonly ExpiryQueue _expiries = new();
    private readonly List<OutgoingMessage> _lesser = [];
    private readonly List<OutgoingStream> _aside = [];                // their next message may not begin before others are complete
    private OutgoingMessage? _current;                                // its next fragment is due
    private OutgoingMessage? _pool;
    private int _queued;
    private long _unfinishedBytes;                                    // of messages of which a part has been sent
    private long _largestWindow;
    private bool _isClearing;

    /// <summary>Bytes of leases held, queued or in flight.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Bytes that wait to be sent for the first time.</summary>
    public long BufferedBytes { get; private set; }

    public bool IsEmpty => _queued == 0;

    public long Abandoned { get; private set; }

    /// <summary>When the first message that waits reaches the end of its lifetime.</summary>
    public Instant NextExpiry => _expiries.Next;

    public OutgoingStream Stream(ushort id)
    {
        if (!_streams.TryGetValue(id, out OutgoingStream? stream)) _streams.Add(id, stream = new OutgoingStream(id));
        return stream;
    }

    public bool TryGetStream(ushort id, [NotNullWhen(true)] out OutgoingStream? stream) => _streams.TryGetValue(id, out stream);

    /// <summary>Every stream that was ever used.</summary>
    public IEnumerable<OutgoingStream> Streams => _streams.Values;

    /// <summary>The window that the peer advertises: the incomplete messages that it is sent at a time fit the largest it has shown.</summary>
    public void NoteWindow(long window)
    {
        if (window <= _largestWindow) return;
        _largestWindow = window;
        ReleaseAside();
    }

    public void Enqueue(OutgoingStream stream, uint ppid, MessageLease payload, in SctpSendOptions options, Instant now)
    {
        OutgoingMessage message = _pool ?? new OutgoingMessage();
        _pool = message.Next;
        bool partial = context.CanSkip;                               // RFC 3758 §3.3: without it everything is reliable
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
        message.Importance = partial ? options.Importance : null;
        message.Sent = message.Chunks = 0;
        message.Fragments = 0;
        HeldBytes += message.Length;
        AddBuffered(stream, message.CountedLeft);
        Link(message);
        if (!stream.IsScheduled && !ReferenceEquals(_current?.Stream, stream)) _schedule.Add(stream);
    }

    /// <summary>The message whose next fragment is due; what has expired unsent is given up on the way (RFC 3758 §3.5 A).</summary>
    public OutgoingMessage? Peek(Instant now)
    {
        while (_current is null && _schedule.TryTake(out OutgoingStream? stream))
        {
            if (stream.Head is not { } message) continue;             // what waited has been given up meanwhile
            _current = message;
            if (!message.HasBegun && message.Expiry <= now) Discard(message);
            else if (!MayBegin(message)) SetAside(stream);
        }
        return _current;
    }

    /// <summary>The next <paramref name="bytes"/> of the current message have a TSN now.</summary>
    public void Take(OutgoingMessage message, int bytes, uint tsn)
    {
        Debug.Assert(ReferenceEquals(message, _current), "the schedule decides whose turn it is");
        OutgoingStream stream = message.Stream;
        if (!message.HasBegun) Begin(message, tsn);
        message.LastTsn = stream.LastTsn = tsn;
        stream.HasSent = true;
        message.Sent += bytes;
        message.Chunks++;
        int counted = Math.Min(bytes, message.CountedLeft);
        message.CountedLeft -= counted;
        RemoveBuffered(stream, counted);
        stream.VirtualTime += Math.Max(1, (bytes + DataChunk.HeaderLength(context.Interleaves)) * 256L / stream.Weight);
        if (message.IsFullySent) Unlink(message);
        else if (context.Interleaves) YieldTurn(stream);
    }

    /// <summary>The first message that waits beyond its lifetime.</summary>
    public bool TryPeekExpired(Instant now, [NotNullWhen(true)] out OutgoingMessage? message)
    {
        message = _expiries.First;
        return message is not null && message.Expiry <= now;
    }

    /// <summary>Gives up what is less important and was not begun, until so many bytes are free (RFC 7496 §3.3). Linear in what waits; none goes where all would not do.</summary>
    public bool TryMakeRoom(long bytes, uint importance)
    {
        long found = 0;
        _lesser.Clear();
        foreach (OutgoingStream stream in _streams.Values)
        {
            for (OutgoingMessage? message = stream.Head; message is not null; message = message.Next)
            {
                if (message.HasBegun || !(message.Importance > importance)) continue;
                _lesser.Add(message);
                found += message.Length;
            }
        }
        if (found < bytes) return false;
        _lesser.Sort(static (left, right) => right.Importance!.Value.CompareTo(left.Importance!.Value));
        for (int i = 0; bytes > 0; i++)
        {
            bytes -= _lesser[i].Length;
            Discard(_lesser[i]);
        }
        _lesser.Clear();
        return true;
    }

    /// <summary>Gives up a message of which nothing was sent.</summary>
    public void Discard(OutgoingMessage message)
    {
        Debug.Assert(!message.HasBegun, "what has begun has TSNs that the peer must be told to skip");
        message.Abandoned = true;
        Abandoned++;
        Unlink(message);
        ReleaseIfDone(message);
    }

    /// <summary>Gives up a message of which something was sent: it leaves the queue and its memory is freed.</summary>
    public void Abandon(OutgoingMessage message)
    {
        message.Abandoned = true;
        Abandoned++;
        if (message.IsQueued) Unlink(message);
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
        _isClearing = true;
        _current = null;
        _schedule.Clear();
        _aside.Clear();
        foreach (OutgoingStream stream in _streams.Values)
        {
            while (stream.Head is { } message)
            {
                Unlink(message);
                ReleaseIfDone(message);
            }
            stream.ResetNumbers();
            stream.Reset = StreamResetStage.None;
            stream.IsScheduled = false;
        }
        _largestWindow = 0;
        _isClearing = false;
    }

    /// <summary>The association has restarted: its streams are new ones, and those of before keep what they had left unsent.</summary>
    public void RenewStreams()
    {
        OutgoingStream[] before = [.. _streams.Values];
        foreach (OutgoingStream stream in before)
            _streams[stream.Id] = new OutgoingStream(stream.Id) { Weight = stream.Weight, LowThreshold = stream.LowThreshold };
    }

    private void Begin(OutgoingMessage message, uint tsn)
    {
        OutgoingStream stream = message.Stream;
        uint step = DataChunk.SequenceStep(context.Interleaves);
        message.HasBegun = true;
        message.FirstTsn = tsn;
        _unfinishedBytes += message.Length;
        if (!message.Unordered)
        {
            message.Sequence = stream.NextOrdered;
            stream.NextOrdered += step;
        }
        else
        {
            message.Sequence = context.Interleaves ? stream.NextUnordered : 0;       // RFC 8260 §2.1: a counter of their own
            stream.NextUnordered += step;
        }
    }

    // Interleaved messages must not fill the peer's window with beginnings, of which none could ever be completed.
    private bool MayBegin(OutgoingMessage message) =>
        message.HasBegun || _unfinishedBytes == 0 || IsSmall(message) || _unfinishedBytes + message.Length <= _largestWindow;

    private void SetAside(OutgoingStream stream)
    {
        stream.IsScheduled = true;
        _aside.Add(stream);
        _current = null;
    }

    private void ReleaseAside()
    {
        if (_aside.Count == 0) return;
        foreach (OutgoingStream stream in _aside)
        {
            stream.IsScheduled = false;
            if (stream.Head is not null) _schedule.Add(stream);
        }
        _aside.Clear();
    }

    private void YieldTurn(OutgoingStream stream)
    {
        _current = null;
        if (stream.Head is not null && !stream.IsScheduled) _schedule.Add(stream);
    }

    private void Link(OutgoingMessage message)
    {
        OutgoingStream stream = message.Stream;
        message.Previous = stream.Tail;
        if (stream.Tail is null) stream.Head = message;
        else stream.Tail.Next = message;
        stream.Tail = message;
        message.IsQueued = true;
        _queued++;
        if (!message.Expiry.IsNever) _expiries.Add(message);
    }

    private void Unlink(OutgoingMessage message)
    {
        OutgoingStream stream = message.Stream;
        if (message.Previous is null) stream.Head = message.Next;
        else message.Previous.Next = message.Next;
        if (message.Next is null) stream.Tail = message.Previous;
        else message.Next.Previous = message.Previous;
        message.Next = message.Previous = null;
        message.IsQueued = false;
        _queued--;
        _expiries.Remove(message);
        RemoveBuffered(stream, message.CountedLeft);
        message.CountedLeft = 0;
        if (ReferenceEquals(_current, message)) YieldTurn(stream);
        if (!message.HasBegun) return;
        _unfinishedBytes -= message.Length;
        if (!IsSmall(message)) ReleaseAside();
    }

    private bool IsSmall(OutgoingMessage message) => message.Length <= context.Mtu / 2;

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
        BufferedBytes -= bytes;
        if (_isClearing) return;                                      // what a stream had left at the end stays known
        long before = stream.Buffered;
        stream.Buffered = before - bytes;
        if (before > stream.LowThreshold && stream.Buffered <= stream.LowThreshold)
            context.Raise(new SctpEvent(SctpEventKind.BufferedAmountLow, stream.Id));
    }
}
