using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The fragments of a message from its first one on, in one growing piece of pooled memory.</summary>
internal sealed class PartialMessage
{
    private const int FirstRent = 4 * 1024;
    private MessageLease _bytes;

    public PartialMessage? Next;                                      // in the pool
    public Reassembly.Identity Identity;
    public uint FirstTsn;
    public uint NextTsn;

    public int Length { get; private set; }

    public void Start(Reassembly.Identity identity, uint tsn) => (Identity, FirstTsn, NextTsn, Length) = (identity, tsn, tsn, 0);

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
