using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>A packetizer's place among the NAL units of a frame: which unit, and how much of it has been sent.</summary>
internal struct NalUnitCursor
{
    /// <summary>Bytes of the length in front of each unit of an aggregate.</summary>
    public const int LengthPrefix = 2;

    private int _position;

    /// <summary>Where the current unit starts; it has ended when <see cref="Length"/> is 0.</summary>
    public int Start { get; private set; }

    /// <summary>Bytes of the current unit; 0 behind the last.</summary>
    public int Length { get; private set; }

    /// <summary>The pieces of a unit that is being fragmented.</summary>
    public PacketRun Fragments { get; set; }

    /// <summary>Goes on to the next unit.</summary>
    public bool MoveNext(ReadOnlySpan<byte> frame)
    {
        Fragments = default;
        if (AnnexB.TryReadUnit(frame, ref _position, out int start, out int length))
        {
            (Start, Length) = (start, length);
            return true;
        }
        Length = 0;
        return false;
    }

    /// <summary>Copies units from the current one on, each behind its length (RFC 6184 §5.7.1, RFC 7798 §4.4.2), and stands behind them then.</summary>
    /// <returns>The bytes written.</returns>
    public int CopyWithLengths(ReadOnlySpan<byte> frame, int count, Span<byte> destination)
    {
        int written = 0;
        for (; count > 0; count--, MoveNext(frame))
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[written..], (ushort)Length);
            frame.Slice(Start, Length).CopyTo(destination[(written + LengthPrefix)..]);
            written += LengthPrefix + Length;
        }
        return written;
    }
}
