using System.Buffers.Binary;

namespace WebRtcStack.Core;

/// <summary>Takes network-order fields off the front of a span. A failed read consumes nothing.</summary>
/// <remarks>Copying the reader is how to look ahead: assign the copy back to accept what it read.</remarks>
public ref struct WireReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts reading at the front of <paramref name="source"/>, which stays the caller's.</summary>
    public WireReader(ReadOnlySpan<byte> source) => _rest = source;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Bytes that have not been read yet.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>Whether everything has been read.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Reads one byte.</summary>
    public bool TryReadByte(out byte value)
    {
        if (_rest.IsEmpty)
        {
            value = 0;
            return false;
        }
        value = _rest[0];
        _rest = _rest[1..];
        return true;
    }

    /// <summary>Reads 16 bits.</summary>
    public bool TryReadUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value)) return false;
        _rest = _rest[2..];
        return true;
    }

    /// <summary>Reads 24 bits.</summary>
    public bool TryReadUInt24(out uint value)
    {
        if (_rest.Length < 3)
        {
            value = 0;
            return false;
        }
        value = (uint)(_rest[0] << 16 | _rest[1] << 8 | _rest[2]);
        _rest = _rest[3..];
        return true;
    }

    /// <summary>Reads 32 bits.</summary>
    public bool TryReadUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_rest, out value)) return false;
        _rest = _rest[4..];
        return true;
    }

    /// <summary>Reads 48 bits.</summary>
    public bool TryReadUInt48(out ulong value)
    {
        value = 0;
        if (_rest.Length < 6) return false;
        value = (ulong)BinaryPrimitives.ReadUInt16BigEndian(_rest) << 32 | BinaryPrimitives.ReadUInt32BigEndian(_rest[2..]);
        _rest = _rest[6..];
        return true;
    }

    /// <summary>Reads 64 bits.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64BigEndian(_rest, out value)) return false;
        _rest = _rest[8..];
        return true;
    }

    /// <summary>Takes <paramref name="count"/> bytes as a view into the source; a negative count fails.</summary>
    public bool TryReadBytes(int count, out ReadOnlySpan<byte> value)
    {
        if ((uint)count > (uint)_rest.Length)
        {
            value = default;
            return false;
        }
        value = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Skips <paramref name="count"/> bytes; a negative count fails.</summary>
    public bool TrySkip(int count) => TryReadBytes(count, out _);
}
