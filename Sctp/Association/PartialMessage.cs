using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The fragments of a message from its first one on, in one growing piece of pooled memory.</summary>
internal sealed class PartialMessage
{
    private const int FirstRent = 4 * 1024;
    private MessageLease _bytes;

    public PartialMessage? Next;                                      // in the pool
    public MessageIdentity Identity;
    public uint Ppid;
    public uint FirstTsn;
    public FragmentKey NextFragment;

    public int Length { get; private set; }

    public void Start(in DataChunk first) =>
        (Identity, Ppid, FirstTsn, NextFragment, Length) = (MessageIdentity.Of(first), first.Ppid, first.Tsn, FragmentKey.Of(first), 0);

    /// <summary>Bytes of memory taken.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Copies a fragment behind what is there; the memory doubles as needed, up to <paramref name="limit"/>.</summary>
    public void Append(ReadOnlySpan<byte> fragment, int limit)
    {
        int needed = Length + fragment.Length;
        Debug.Assert(needed <= limit, "the caller has looked");
        if (_bytes.Length < needed)
        {
            long doubled = Math.Max(FirstRent, _bytes.Length * 2L);
            MessageLease larger = MessageLease.Rent((int)Math.Min(limit, Math.Max(needed, doubled)));
            _bytes.Span[..Length].CopyTo(larger.Span);
            _bytes.Dispose();
            _bytes = larger;
        }
        fragment.CopyTo(_bytes.Span[Length..]);
        Length = needed;
    }

    /// <summary>Hands the memory over; there may be more of it than <see cref="Length"/>.</summary>
    public MessageLease TakeBytes()
    {
        MessageLease bytes = _bytes;
        _bytes = default;
        return bytes;
    }
}

/// <summary>What the fragments of one message have in common.</summary>
internal readonly record struct MessageIdentity(ushort Stream, uint Sequence, bool Unordered)
{
    public static MessageIdentity Of(in DataChunk data)
    {
        bool unordered = (data.Flags & ChunkFlags.Unordered) != 0;
        return new MessageIdentity(data.Stream, unordered && !data.IsInterleaved ? 0 : data.Sequence, unordered);
    }
}

/// <summary>Names a fragment so that the next one of its message can be found: DATA counts by TSN, I-DATA within the message (RFC 8260 §2.2.3).</summary>
internal readonly record struct FragmentKey(ulong Message, uint Number)
{
    public FragmentKey Next => new(Message, Number + 1);

    public static FragmentKey Of(in DataChunk data)
    {
        if (!data.IsInterleaved) return new FragmentKey(0, data.Tsn);
        ulong unordered = (data.Flags & ChunkFlags.Unordered) != 0 ? 1u : 0u;
        return new FragmentKey((ulong)data.Stream << 33 | unordered << 32 | data.Sequence, data.Fragment);
    }
}
