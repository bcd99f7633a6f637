using System.Buffers.Binary;

namespace WebRtcStack.Core;

/// <summary>Puts network-order fields behind each other into the caller's span.</summary>
/// <remarks>
/// What does not fit is not written and sets <see cref="Overflowed"/>, after which nothing more is written: a caller
/// writes all its fields and looks once, at <see cref="Length"/> or <see cref="Overflowed"/>.
/// </remarks>
public ref struct WireWriter
{
    private readonly Span<byte> _destination;
    private int _length;

    /// <summary>Starts writing at the front of <paramref name="destination"/>.</summary>
    public WireWriter(Span<byte> destination)
    {
        _destination = destination;
        _length = 0;
        Overflowed = false;
    }

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Bytes written so far, or 0 once something did not fit.</summary>
    public readonly int Length => Overflowed ? 0 : _length;

    /// <summary>Bytes that still fit.</summary>
    public readonly int Free => Overflowed ? 0 : _destination.Length - _length;

    /// <summary>What has been written so far.</summary>
    public readonly Span<byte> Written => _destination[..Length];

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value)
    {
        if (TryTake(1, out Span<byte> field)) field[0] = value;
    }

    /// <summary>Writes 16 bits.</summary>
    public void WriteUInt16(ushort value)
    {
        if (TryTake(2, out Span<byte> field)) BinaryPrimitives.WriteUInt16BigEndian(field, value);
    }

    /// <summary>Writes the low 24 bits of <paramref name="value"/>.</summary>
    public void WriteUInt24(uint value)
    {
        if (!TryTake(3, out Span<byte> field)) return;
        field[0] = (byte)(value >> 16);
        field[1] = (byte)(value >> 8);
        field[2] = (byte)value;
    }

    /// <summary>Writes 32 bits.</summary>
    public void WriteUInt32(uint value)
    {
        if (TryTake(4, out Span<byte> field)) BinaryPrimitives.WriteUInt32BigEndian(field, value);
    }

    /// <summary>Writes the low 48 bits of <paramref name="value"/>.</summary>
    public void WriteUInt48(ulong value)
    {
        if (!TryTake(6, out Span<byte> field)) return;
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)(value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(field[2..], (uint)value);
    }

    /// <summary>Writes 64 bits.</summary>
    public void WriteUInt64(ulong value)
    {
        if (TryTake(8, out Span<byte> field)) BinaryPrimitives.WriteUInt64BigEndian(field, value);
    }

    /// <summary>Copies bytes.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> value)
    {
        if (TryTake(value.Length, out Span<byte> field)) value.CopyTo(field);
    }

    /// <summary>Writes <paramref name="count"/> zero bytes.</summary>
    public void WriteZeros(int count)
    {
        if (TryTake(count, out Span<byte> field)) field.Clear();
    }

    /// <summary>Takes room for <paramref name="count"/> bytes that the caller fills in later; what they held before is left there.</summary>
    /// <returns>The room, or an empty span when it does not fit.</returns>
    public Span<byte> Reserve(int count) => TryTake(count, out Span<byte> field) ? field : default;

    private bool TryTake(int count, out Span<byte> field)
    {
        if (Overflowed || (uint)count > (uint)(_destination.Length - _length))
        {
            Overflowed = true;
            field = default;
            return false;
        }
        field = _destination.Slice(_length, count);
        _length += count;
        return true;
    }
}
