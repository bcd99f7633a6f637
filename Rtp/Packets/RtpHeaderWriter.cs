using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>The fields of an RTP packet's fixed header (RFC 3550 §5.1), for writing.</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="SequenceNumber">The sequence number.</param>
/// <param name="Timestamp">The timestamp in units of the payload's clock rate.</param>
/// <param name="Ssrc">The synchronization source.</param>
/// <param name="Marker">Whether the end of a frame, or the start of a talk spurt, is marked.</param>
public readonly record struct RtpHeader(byte PayloadType, ushort SequenceNumber, uint Timestamp, uint Ssrc, bool Marker = false);

/// <summary>Writes an RTP header with extension elements into the caller's span; the payload follows behind it.</summary>
/// <remarks>Elements use one-byte headers while they fit them (id to 14, 1 to 16 bytes), else all use two-byte headers: say so when creating the writer.</remarks>
public ref struct RtpHeaderWriter
{
    private readonly Span<byte> _destination;
    private readonly bool _isTwoByte;
    private int _length;
    private bool _overflowed;

    /// <summary>Writes the fixed header.</summary>
    /// <param name="destination">Where the packet goes.</param>
    /// <param name="header">Its fields.</param>
    /// <param name="useTwoByteHeaders">Whether extension elements get two-byte headers (a=extmap-allow-mixed or ids above 14).</param>
    public RtpHeaderWriter(Span<byte> destination, in RtpHeader header, bool useTwoByteHeaders = false)
    {
        _destination = destination;
        _isTwoByte = useTwoByteHeaders;
        _overflowed = destination.Length < RtpPacket.FixedHeaderLength;
        _length = RtpPacket.FixedHeaderLength;
        if (_overflowed) return;
        destination[0] = 2 << 6;
        destination[1] = (byte)(header.PayloadType & 0x7F | (header.Marker ? 0x80 : 0));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], header.SequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], header.Timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], header.Ssrc);
    }

    /// <summary>Adds an extension element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id or the length does not fit the kind of header.</exception>
    public void AddExtension(int id, scoped ReadOnlySpan<byte> value)
    {
        Core.Require.InRange(id, 1, _isTwoByte ? 255 : 14);
        Core.Require.InRange(value.Length, _isTwoByte ? 0 : 1, _isTwoByte ? 255 : 16);
        if (_overflowed) return;
        bool isFirst = (_destination[0] & 0x10) == 0;
        int size = (isFirst ? 4 : 0) + (_isTwoByte ? 2 : 1) + value.Length;
        if (_destination.Length - _length < size)
        {
            _overflowed = true;
            return;
        }
        if (isFirst)
        {
            _destination[0] |= 0x10;
            BinaryPrimitives.WriteUInt16BigEndian(_destination[_length..], _isTwoByte ? (ushort)0x1000 : RtpPacket.OneByteProfile);
            _length += 4;
        }
        if (_isTwoByte)
        {
            _destination[_length++] = (byte)id;
            _destination[_length++] = (byte)value.Length;
        }
        else
        {
            _destination[_length++] = (byte)(id << 4 | value.Length - 1);
        }
        value.CopyTo(_destination[_length..]);
        _length += value.Length;
    }

    /// <summary>Completes the header.</summary>
    /// <returns>Its length, which is where the payload starts; 0 when it did not fit.</returns>
    public int Complete()
    {
        if (_overflowed) return 0;
        if ((_destination[0] & 0x10) == 0) return _length;
        int padding = -_length & 3;
        if (_destination.Length - _length < padding) return 0;
        _destination.Slice(_length, padding).Clear();
        _length += padding;
        int words = (_length - RtpPacket.FixedHeaderLength - 4) / 4;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[(RtpPacket.FixedHeaderLength + 2)..], (ushort)words);
        return _length;
    }
}
