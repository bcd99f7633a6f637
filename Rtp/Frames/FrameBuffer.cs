using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Where a depacketizer puts a frame together, in pooled memory that grows up to a limit.</summary>
/// <remarks>An object to be used again for each frame. Not thread-safe.</remarks>
public sealed class FrameBuffer : IDisposable
{
    private const int NoUnit = -1;
    private readonly int _maxLength;
    private MessageLease _memory;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="maxLength">The most bytes of a frame; what exceeds them sets <see cref="Overflowed"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is not positive.</exception>
    public FrameBuffer(int maxLength = 4 << 20) => _maxLength = Require.InRange(maxLength, 1, int.MaxValue);

    /// <summary>Bytes of the frame so far.</summary>
    public int Length { get; private set; }

    /// <summary>The frame so far.</summary>
    public Span<byte> Span => _memory.Span[..Length];

    /// <summary>Whether the frame exceeds the limit; it is of no use then.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Where the unit starts that goes on in the next packet (a NAL unit or an OBU), or -1.</summary>
    internal int OpenUnit { get; private set; } = NoUnit;

    internal bool HasOpenUnit => OpenUnit != NoUnit;

    /// <summary>Makes room at once for what is known to come.</summary>
    public void EnsureCapacity(int length)
    {
        if (length > _memory.Length && length <= _maxLength) Grow(length);
    }

    /// <summary>Puts bytes behind the frame.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!TryMakeRoom(bytes.Length)) return;
        bytes.CopyTo(_memory.Span[Length..]);
        Length += bytes.Length;
    }

    /// <summary>Puts bytes between others.</summary>
    internal void Insert(int position, scoped ReadOnlySpan<byte> bytes)
    {
        if (!TryMakeRoom(bytes.Length)) return;
        Span<byte> all = _memory.Span;
        all[position..Length].CopyTo(all[(position + bytes.Length)..]);
        bytes.CopyTo(all[position..]);
        Length += bytes.Length;
    }

    /// <summary>Drops what lies behind <paramref name="length"/> bytes.</summary>
    internal void Truncate(int length) => Length = length;

    /// <summary>Remembers that a unit starts here which the next packet continues.</summary>
    internal void BeginUnit() => OpenUnit = Length;

    /// <summary>Forgets it: the unit is complete.</summary>
    internal void EndUnit() => OpenUnit = NoUnit;

    /// <summary>Drops the unit that was begun, whose rest is lost.</summary>
    internal void AbandonUnit()
    {
        if (HasOpenUnit) Length = OpenUnit;
        OpenUnit = NoUnit;
    }

    /// <summary>Hands the frame out; the buffer is empty after.</summary>
    /// <returns>The frame, which the caller disposes.</returns>
    public MessageLease Detach()
    {
        MessageLease frame = _memory.Truncate(Length);
        _memory = default;
        Reset();
        return frame;
    }

    /// <summary>Empties the buffer for another frame; it keeps its memory.</summary>
    public void Reset() => (Length, Overflowed, OpenUnit) = (0, false, NoUnit);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Detach().Dispose();

    private bool TryMakeRoom(int count)
    {
        if (Overflowed || count > _maxLength - Length)
        {
            Overflowed = true;
            return false;
        }
        if (Length + count > _memory.Length) Grow(Math.Max(Length + count, Math.Min(_maxLength, _memory.Length * 2)));
        return true;
    }

    private void Grow(int length)
    {
        MessageLease larger = MessageLease.Rent(length);
        Span.CopyTo(larger.Span);
        _memory.Dispose();
        _memory = larger;
    }
}
