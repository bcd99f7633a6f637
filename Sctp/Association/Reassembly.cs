using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>
/// Makes messages of DATA or I-DATA chunks, each of which it is given once (RFC 9260 §6.6, §6.9; RFC 8260 §2.2.3).
/// Fragments in order are copied straight into their message; a fragment ahead of its turn waits under its number.
/// </summary>
internal sealed class Reassembly(AssociationContext context)
{
    /// <summary>What a held chunk or message counts beside its bytes, so that tiny ones are not free.</summary>
    public const int Overhead = 32;

    private readonly Dictionary<FragmentKey, PartialMessage> _partials = [];  // by the fragment that continues it
    private readonly Dictionary<FragmentKey, StoredFragment> _ahead = [];
    private readonly InboundStreams _streams = new();
    private readonly DeliveryQueue _delivery = new();
    private readonly List<FragmentKey> _stale = [];
    private PartialMessage? _pool;
    private long _incompleteBytes;

    /// <summary>Bytes held: fragments, complete messages out of turn, and messages not read yet.</summary>
    public long HeldBytes => _incompleteBytes + _streams.HeldBytes + _delivery.HeldBytes;

    public long MessagesReceived { get; private set; }

    /// <summary>Messages with this identifier are read by <see cref="TryReadDiverted"/>, past those that wait for the application.</summary>
    public uint? DivertedPpid { get => _delivery.DivertedPpid; set => _delivery.DivertedPpid = value; }

    /// <summary>Every stream the peer has used.</summary>
    public IEnumerable<ushort> Streams => _streams.Ids;

    /// <summary>Whether a message waits for the application.</summary>
    public bool HasUnread => _delivery.HasUnread;

    private bool Interleaves => context.Interleaves;

    /// <summary>Takes a chunk that is new, after which all TSNs up to <paramref name="cumulative"/> have arrived.</summary>
    /// <returns>What is wrong with it, if something is so wrong that the association cannot go on.</returns>
    public SctpFailure Add(in DataChunk data, uint cumulative)
    {
        bool begins = (data.Flags & ChunkFlags.Beginning) != 0, ends = (data.Flags & ChunkFlags.Ending) != 0;
        bool unordered = (data.Flags & ChunkFlags.Unordered) != 0;
        if (!unordered && _streams.IsPast(data.Stream, data.Sequence))
        {
            context.Drops.Count(SctpDropReason.SkippedMessage);
            return SctpFailure.None;
        }
        if (begins && ends && data.UserData.Length > context.Options.MaxMessageSize) return SctpFailure.MessageTooLarge;
        FragmentKey key = FragmentKey.Of(data);
        bool continues = _partials.TryGetValue(key, out PartialMessage? partial);
        if (begins && continues) return SctpFailure.ProtocolViolation;        // §6.9: fragments follow each other
        if (begins && ends) return Complete(MessageIdentity.Of(data), data.Ppid, MessageLease.CopyOf(data.UserData));
        if (begins) partial = StartPartial(data);
        if (partial is null) return Store(key, data, cumulative);
        if (continues) _partials.Remove(key);
        return Continue(partial, MessageIdentity.Of(data), data.UserData, begins, ends) ?? TakeAhead(partial);
    }

    /// <summary>The peer gave messages up: their fragments lead nowhere, and those behind them are no longer held back (RFC 3758 §3.6).</summary>
    public void Skip(in ForwardTsnChunk forward)
    {
        _streams.Mark(forward, context.InboundStreams);
        DropSkippedFragments(forward.NewCumulativeTsn);
        if (!Interleaves) DropOrphans(forward.NewCumulativeTsn + 1);
        for (int i = 0; i < forward.Count; i++)
        {
            SkippedMessages skipped = forward.Skipped(i);
            if (!skipped.Unordered && skipped.Stream < context.InboundStreams)
                _streams.Skip(skipped.Stream, skipped.Sequence, DataChunk.SequenceStep(Interleaves), _delivery);
        }
        _streams.ClearMarks();
    }

    /// <summary>Whether a chunk comes too early: from behind a reset of its stream that is not performed yet (RFC 6525 §5.2.2 E2).</summary>
    public bool IsHeldBack(ushort stream, uint tsn) => _streams.IsHeldBack(stream, tsn);

    /// <summary>Until the stream is reset, what comes behind <paramref name="lastTsn"/> on it is not taken.</summary>
    public void HoldBack(ushort stream, uint lastTsn) => _streams.HoldBack(stream, lastTsn);

    /// <summary>The peer reset the stream: it counts from 0 again (RFC 6525 §5.2.2).</summary>
    public void Reset(ushort stream) => _streams.Reset(stream);

    /// <summary>Messages of a stream that are delivered and not read yet.</summary>
    public int Unread(ushort stream) => _delivery.Unread(stream);

    public bool TryRead(out SctpMessage message) => _delivery.TryRead(out message);

    public bool TryReadDiverted(out SctpMessage message) => _delivery.TryReadDiverted(out message);

    /// <summary>Forgets what is incomplete; what was delivered can still be read.</summary>
    public void Clear()
    {
        foreach (PartialMessage partial in _partials.Values) Recycle(partial).Dispose();
        _partials.Clear();
        foreach (StoredFragment stored in _ahead.Values) Release(stored);
        _ahead.Clear();
        _streams.Clear();
    }

    /// <summary>Frees what was delivered and will not be read any more.</summary>
    public void DropDelivered() => _delivery.Clear();

    private SctpFailure? Continue(PartialMessage partial, MessageIdentity identity, ReadOnlySpan<byte> bytes, bool begins, bool ends)
    {
        if (partial.Identity != identity || (begins && partial.Length > 0)) return Fail(partial, SctpFailure.ProtocolViolation);
        int limit = context.Options.MaxMessageSize;
        if (partial.Length + bytes.Length > limit) return Fail(partial, SctpFailure.MessageTooLarge);
        int before = partial.Capacity;
        partial.Append(bytes, limit);
        _incompleteBytes += partial.Capacity - before;
        partial.NextFragment = partial.NextFragment.Next;
        if (!ends) return null;
        int length = partial.Length;
        return Complete(identity, partial.Ppid, Recycle(partial).Truncate(length));
    }

    // What waited for the fragment that just came. A partial message that goes on waiting is found by its next fragment.
    private SctpFailure TakeAhead(PartialMessage partial)
    {
        while (_ahead.TryGetValue(partial.NextFragment, out StoredFragment stored))
        {
            _ahead.Remove(partial.NextFragment);
            _incompleteBytes -= stored.Bytes.Length + Overhead;
            using MessageLease bytes = stored.Bytes;
            bool begins = (stored.Flags & ChunkFlags.Beginning) != 0, ends = (stored.Flags & ChunkFlags.Ending) != 0;
            if (Continue(partial, stored.Identity, bytes.Span, begins, ends) is { } result) return result;
        }
        if (_partials.ContainsKey(partial.NextFragment)) return Fail(partial, SctpFailure.ProtocolViolation);      // it began twice
        _partials.Add(partial.NextFragment, partial);
        return SctpFailure.None;
    }

    private SctpFailure Fail(PartialMessage partial, SctpFailure failure)
    {
        Recycle(partial).Dispose();
        return failure;
    }

    private SctpFailure Complete(MessageIdentity identity, uint ppid, MessageLease payload)
    {
        MessagesReceived++;
        SctpMessage message = new(identity.Stream, ppid, identity.Unordered, payload);
        if (identity.Unordered)
        {
            _delivery.Add(message);
            return SctpFailure.None;
        }
        if (_streams.TryAdd(message, identity.Sequence, DataChunk.SequenceStep(Interleaves), _delivery)) return SctpFailure.None;
        payload.Dispose();
        return SctpFailure.ProtocolViolation;                                 // two messages with one number: which one is meant?
    }

    private PartialMessage StartPartial(in DataChunk first)
    {
        PartialMessage partial = _pool ?? new PartialMessage();
        _pool = partial.Next;
        partial.Start(first);
        _incompleteBytes += Overhead;
        return partial;
    }

    // Takes the partial message apart: its memory is the caller's.
    private MessageLease Recycle(PartialMessage partial)
    {
        MessageLease payload = partial.TakeBytes();
        _incompleteBytes -= payload.Length + Overhead;
        partial.Next = _pool;
        _pool = partial;
        return payload;
    }

    private SctpFailure Store(in FragmentKey key, in DataChunk data, uint cumulative)
    {
        if (!Interleaves && SerialNumber.IsLessOrEqual(data.Tsn, cumulative))
        {
            context.Drops.Count(SctpDropReason.SkippedMessage);               // all before it has come: nobody will claim it
            DropOrphans(data.Tsn + 1);
            return SctpFailure.None;
        }
        if (_ahead.ContainsKey(key)) return SctpFailure.ProtocolViolation;    // RFC 8260 §2.1: a fragment has a number of its own
        _ahead.Add(key, new StoredFragment(data.Tsn, MessageIdentity.Of(data), data.Flags, MessageLease.CopyOf(data.UserData)));
        _incompleteBytes += data.UserData.Length + Overhead;
        return SctpFailure.None;
    }

    // Without interleaving fragments follow each other: those behind one that leads nowhere do not lead anywhere either.
    private void DropOrphans(uint tsn)
    {
        for (FragmentKey key = new(0, tsn); _ahead.TryGetValue(key, out StoredFragment stored); key = key.Next)
        {
            _ahead.Remove(key);
            Release(stored);
            context.Drops.Count(SctpDropReason.SkippedMessage);
        }
    }

    private void DropSkippedFragments(uint newCumulativeTsn)
    {
        foreach (KeyValuePair<FragmentKey, PartialMessage> entry in _partials)
        {
            if (IsSkipped(entry.Value.Identity, entry.Value.FirstTsn, newCumulativeTsn)) _stale.Add(entry.Key);
        }
        foreach (FragmentKey key in _stale)
        {
            Recycle(_partials[key]).Dispose();
            _partials.Remove(key);
        }
        _stale.Clear();
        foreach (KeyValuePair<FragmentKey, StoredFragment> entry in _ahead)
        {
            if (IsSkipped(entry.Value.Identity, entry.Value.Tsn, newCumulativeTsn)) _stale.Add(entry.Key);
        }
        foreach (FragmentKey key in _stale)
        {
            Release(_ahead[key]);
            _ahead.Remove(key);
        }
        _stale.Clear();
    }

    // DATA is skipped by TSN. Between the I-DATA of a skipped message there is that of others, so there the message says it.
    private bool IsSkipped(in MessageIdentity identity, uint tsn, uint newCumulativeTsn) =>
        Interleaves ? _streams.IsMarked(identity) : SerialNumber.IsLessOrEqual(tsn, newCumulativeTsn);

    private void Release(in StoredFragment stored)
    {
        _incompleteBytes -= stored.Bytes.Length + Overhead;
        stored.Bytes.Dispose();
    }

    private readonly record struct StoredFragment(uint Tsn, MessageIdentity Identity, ChunkFlags Flags, MessageLease Bytes);
}
