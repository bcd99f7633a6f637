using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Makes messages of DATA chunks, each of which it is given once (RFC 9260 §6.6, §6.9). Fragments in order are copied
/// straight into their message; a fragment ahead of its turn waits in a ring indexed by TSN.
/// </summary>
internal sealed class Reassembly(AssociationContext context)
{
    /// <summary>What a held chunk or message counts beside its bytes, so that tiny ones are not free.</summary>
    public const int Overhead = 32;

    private readonly Dictionary<uint, PartialMessage> _partials = [];         // by the TSN that continues it
    private readonly Dictionary<uint, SctpMessage> _pending = [];             // by stream and SSN: complete, and not yet their turn
    private readonly Dictionary<ushort, InboundStream> _streams = [];
    private readonly Queue<SctpMessage> _delivered = new();
    private readonly Queue<SctpMessage> _diverted = new();
    private readonly List<uint> _stale = [];
    private StoredFragment[] _ahead = new StoredFragment[16];
    private PartialMessage? _pool;
    private int _aheadCount;

    /// <summary>Bytes held: fragments, complete messages out of turn, and messages not read yet.</summary>
    public long HeldBytes { get; private set; }

    public long MessagesReceived { get; private set; }

    /// <summary>Messages with this identifier are read by <see cref="TryReadDiverted"/>, past those that wait for the application.</summary>
    public uint? DivertedPpid { get; set; }

    /// <summary>Takes a chunk that is new, after which all TSNs up to <paramref name="cumulative"/> have arrived.</summary>
    /// <returns>What is wrong with it, if something is so wrong that the association cannot go on.</returns>
    public SctpFailure Add(in DataChunk data, uint cumulative)
    {
        bool begins = (data.Flags & ChunkFlags.Beginning) != 0, ends = (data.Flags & ChunkFlags.Ending) != 0;
        bool continues = _partials.TryGetValue(data.Tsn, out PartialMessage? partial);
        if (begins && continues) return SctpFailure.ProtocolViolation;        // §6.9: fragments follow each other
        if (begins && ends)
        {
            if (data.UserData.Length > context.Options.MaxMessageSize) return SctpFailure.MessageTooLarge;
            return Complete(Identity.Of(data), MessageLease.CopyOf(data.UserData));
        }
        if (begins) partial = StartPartial(Identity.Of(data), data.Tsn);
        if (partial is null)
        {
            // Where all before it has arrived, nobody will claim it: its message was given up half way.
            if (SerialNumber.IsLess(cumulative, data.Tsn)) Store(data, cumulative);
            return SctpFailure.None;
        }
        if (continues) _partials.Remove(data.Tsn);
        return Continue(partial, Identity.Of(data), data.UserData, begins, ends) ?? TakeAhead(partial);
    }

    /// <summary>The peer gave up all to <paramref name="tsn"/>: fragments of it lead nowhere (RFC 3758 §3.6).</summary>
    public void DropFragmentsUpTo(uint tsn)
    {
        foreach (KeyValuePair<uint, PartialMessage> entry in _partials)
        {
            if (SerialNumber.IsLessOrEqual(entry.Value.FirstTsn, tsn)) _stale.Add(entry.Key);
        }
        foreach (uint key in _stale)
        {
            PartialMessage partial = _partials[key];
            _partials.Remove(key);
            Recycle(partial).Dispose();
        }
        _stale.Clear();
        for (int i = 0; _aheadCount > 0 && i < _ahead.Length; i++)
        {
            if (_ahead[i].IsUsed && SerialNumber.IsLessOrEqual(_ahead[i].Tsn, tsn)) TakeStored(ref _ahead[i]).Dispose();
        }
    }

    /// <summary>The peer gave up the messages of a stream up to <paramref name="ssn"/>; the complete ones among them are delivered.</summary>
    public void Skip(ushort streamId, ushort ssn)
    {
        InboundStream stream = Stream(streamId);
        while (SerialNumber.IsLessOrEqual(stream.NextSsn, ssn))
        {
            if (stream.Pending == 0) stream.NextSsn = (ushort)(ssn + 1);
            else DeliverPending(stream, streamId, stream.NextSsn++);
        }
        DeliverInTurn(stream, streamId);
    }

    /// <summary>The peer reset the stream: it counts from 0 again (RFC 6525 §5.2.2).</summary>
    public void Reset(ushort streamId)
    {
        InboundStream stream = Stream(streamId);
        stream.NextSsn = 0;
        DeliverInTurn(stream, streamId);
    }

    /// <summary>Every stream the peer has used.</summary>
    public IEnumerable<ushort> Streams => _streams.Keys;

    /// <summary>Whether a message waits for the application.</summary>
    public bool HasUnread => _delivered.Count > 0;

    /// <summary>Messages of a stream that are delivered and not read yet.</summary>
    public int Unread(ushort streamId) => _streams.TryGetValue(streamId, out InboundStream? stream) ? stream.Unread : 0;

    public bool TryRead(out SctpMessage message)
    {
        if (!TryDequeue(_delivered, out message)) return false;
        Stream(message.Stream).Unread--;
        return true;
    }

    public bool TryReadDiverted(out SctpMessage message) => TryDequeue(_diverted, out message);

    /// <summary>Forgets what is incomplete; what was delivered can still be read.</summary>
    public void Clear()
    {
        foreach (PartialMessage partial in _partials.Values)
        {
            Recycle(partial).Dispose();
        }
        _partials.Clear();
        foreach (SctpMessage message in _pending.Values)
        {
            Release(message.Payload.Length);
            message.Payload.Dispose();
        }
        _pending.Clear();
        for (int i = 0; i < _ahead.Length; i++)
        {
            if (_ahead[i].IsUsed) TakeStored(ref _ahead[i]).Dispose();
        }
        foreach (InboundStream stream in _streams.Values) (stream.NextSsn, stream.Pending) = (0, 0);
    }

    /// <summary>Frees what was delivered and will not be read any more.</summary>
    public void DropDelivered()
    {
        while (TryRead(out SctpMessage message)) message.Payload.Dispose();
        while (TryReadDiverted(out SctpMessage message)) message.Payload.Dispose();
    }

    private SctpFailure? Continue(PartialMessage partial, Identity identity, ReadOnlySpan<byte> bytes, bool begins, bool ends)
    {
        if (partial.Identity != identity || (begins && partial.Length > 0)) return Fail(partial, SctpFailure.ProtocolViolation);
        int limit = context.Options.MaxMessageSize;
        if (partial.Length + bytes.Length > limit) return Fail(partial, SctpFailure.MessageTooLarge);
        int before = partial.Capacity;
        partial.Append(bytes, limit);
        HeldBytes += partial.Capacity - before;
        partial.NextTsn++;
        if (!ends) return null;
        int length = partial.Length;
        return Complete(identity, Recycle(partial).Truncate(length));
    }

    // What waited for the fragment that just came. A partial message that goes on waiting is found by its next TSN.
    private SctpFailure TakeAhead(PartialMessage partial)
    {
        while (_aheadCount > 0)
        {
            ref StoredFragment stored = ref _ahead[(int)(partial.NextTsn & (uint)(_ahead.Length - 1))];
            if (!stored.IsUsed || stored.Tsn != partial.NextTsn) break;
            (Identity identity, ChunkFlags flags) = (stored.Identity, stored.Flags);
            using MessageLease bytes = TakeStored(ref stored);
            SctpFailure? end = Continue(
                partial, identity, bytes.Span, (flags & ChunkFlags.Beginning) != 0, (flags & ChunkFlags.Ending) != 0);
            if (end is { } result) return result;
        }
        _partials[partial.NextTsn] = partial;
        return SctpFailure.None;
    }

    private SctpFailure Fail(PartialMessage partial, SctpFailure failure)
    {
        Recycle(partial).Dispose();
        return failure;
    }

    private SctpFailure Complete(Identity identity, MessageLease payload)
    {
        MessagesReceived++;
        Hold(payload.Length);
        SctpMessage message = new(identity.Stream, identity.Ppid, identity.Unordered, payload);
        InboundStream stream = Stream(identity.Stream);
        if (identity.Unordered)
        {
            Deliver(stream, message);
            return SctpFailure.None;
        }
        if (identity.Ssn == stream.NextSsn)
        {
            stream.NextSsn++;
            Deliver(stream, message);
            DeliverInTurn(stream, identity.Stream);
            return SctpFailure.None;
        }
        uint key = Key(identity.Stream, identity.Ssn);
        if (_pending.ContainsKey(key))                                // two messages with one number: which one is meant?
        {
            Release(payload.Length);
            payload.Dispose();
            return SctpFailure.ProtocolViolation;
        }
        _pending.Add(key, message);
        stream.Pending++;
        return SctpFailure.None;
    }

    private void DeliverInTurn(InboundStream stream, ushort id)
    {
        while (stream.Pending > 0 && DeliverPending(stream, id, stream.NextSsn)) stream.NextSsn++;
    }

    private bool DeliverPending(InboundStream stream, ushort id, ushort ssn)
    {
        uint key = Key(id, ssn);
        if (!_pending.TryGetValue(key, out SctpMessage message)) return false;
        _pending.Remove(key);
        stream.Pending--;
        Deliver(stream, message);
        return true;
    }

    private void Deliver(InboundStream stream, in SctpMessage message)
    {
        if (message.Ppid == DivertedPpid)
        {
            _diverted.Enqueue(message);
            return;
        }
        stream.Unread++;
        _delivered.Enqueue(message);
    }

    private bool TryDequeue(Queue<SctpMessage> queue, out SctpMessage message)
    {
        message = default;
        if (queue.Count == 0) return false;
        message = queue.Dequeue();
        Release(message.Payload.Length);
        return true;
    }

    private InboundStream Stream(ushort id)
    {
        if (!_streams.TryGetValue(id, out InboundStream? stream)) _streams.Add(id, stream = new InboundStream());
        return stream;
    }

    private PartialMessage StartPartial(Identity identity, uint tsn)
    {
        PartialMessage partial = _pool ?? new PartialMessage();
        _pool = partial.Next;
        partial.Start(identity, tsn);
        HeldBytes += Overhead;
        return partial;
    }

    // Takes the partial message apart: its memory is the caller's.
    private MessageLease Recycle(PartialMessage partial)
    {
        MessageLease payload = partial.TakeBytes();
        Release(payload.Length);
        partial.Next = _pool;
        _pool = partial;
        return payload;
    }

    private void Store(in DataChunk data, uint cumulative)
    {
        ref StoredFragment slot = ref _ahead[(int)(data.Tsn & (uint)(_ahead.Length - 1))];
        while (slot.IsUsed && SerialNumber.IsLess(cumulative, slot.Tsn))      // two TSNs on one place: the ring is too small
        {
            GrowAhead();
            slot = ref _ahead[(int)(data.Tsn & (uint)(_ahead.Length - 1))];
        }
        if (slot.IsUsed) TakeStored(ref slot).Dispose();                      // left behind: nobody claimed it
        slot = new StoredFragment
        {
            IsUsed = true, Tsn = data.Tsn, Identity = Identity.Of(data), Flags = data.Flags, Bytes = MessageLease.CopyOf(data.UserData),
        };
        _aheadCount++;
        Hold(data.UserData.Length);
    }

    private MessageLease TakeStored(ref StoredFragment stored)
    {
        MessageLease bytes = stored.Bytes;
        stored = default;
        _aheadCount--;
        Release(bytes.Length);
        return bytes;
    }

    private void GrowAhead()
    {
        StoredFragment[] old = _ahead;
        _ahead = new StoredFragment[old.Length * 2];
        foreach (StoredFragment stored in old)
        {
            if (stored.IsUsed) _ahead[(int)(stored.Tsn & (uint)(_ahead.Length - 1))] = stored;
        }
    }

    private void Hold(int bytes) => HeldBytes += bytes + Overhead;

    private void Release(int bytes) => HeldBytes -= bytes + Overhead;

    private static uint Key(ushort stream, ushort ssn) => (uint)stream << 16 | ssn;

    /// <summary>What the fragments of one message have in common.</summary>
    internal readonly record struct Identity(ushort Stream, ushort Ssn, uint Ppid, bool Unordered)
    {
        public static Identity Of(in DataChunk data)
        {
            bool unordered = (data.Flags & ChunkFlags.Unordered) != 0;
            return new Identity(data.Stream, unordered ? (ushort)0 : data.Ssn, data.Ppid, unordered);
        }
    }

    private sealed class InboundStream
    {
        public ushort NextSsn;
        public int Pending;
        public int Unread;
    }

    private struct StoredFragment
    {
        public bool IsUsed;
        public uint Tsn;
        public Identity Identity;
        public ChunkFlags Flags;
        public MessageLease Bytes;
    }
}
