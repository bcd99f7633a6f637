using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The fields of an RTP packet's fixed header (RFC 3550 §5.1), for writing.</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="SequenceNumber">The sequence number.</param>
/// <param name="Timestamp">The timestamp in units of the payload's clock rate.</param>
/// <param name="Ssrc">The synchronization source.</param>
/// <param name="Marker">Whether the end of a frame, or the start of a talk spurt, is marked.</param>
public readonly record struct RtpHeader(byte PayloadType, ushort SequenceNumber, uint Timestamp, uint Ssrc, bool Marker = false);

/// <summary>Writes an RTP header with contributing sources and extension elements into the caller's span; the payload follows behind it.</summary>
/// <remarks>
/// Elements use one-byte headers while they fit them (id to 14, 1 to 16 bytes), else all use two-byte headers: say so when
/// creating the writer. A packet has one kind; packets of a stream may differ where a=extmap-allow-mixed was negotiated (RFC 8285 §4.1.2).
/// </remarks>
public ref struct RtpHeaderWriter
{
    /// <summary>The most contributing sources that a packet names (RFC 3550 §5.1).</summary>
    public const int MaxContributingSources = 15;

    private const int ExtensionHeaderLength = 4;
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

    private readonly bool HasExtension => (_destination[0] & 0x10) != 0;

    /// <summary>Adds a source whose media is mixed into the payload; before any extension.</summary>
    /// <exception cref="InvalidOperationException">There are 15 already, or an extension has been added.</exception>
    public void AddContributingSource(uint ssrc)
    {
        if (_overflowed) return;
        if (HasExtension) throw new InvalidOperationException("Contributing sources come first: add them before the extensions.");
        if ((_destination[0] & 0x0F) == MaxContributingSources) throw new InvalidOperationException("A packet names at most 15 contributing sources.");
        if (_destination.Length - _length < 4)
        {
            _overflowed = true;
            return;
        }
        _destination[0]++;
        BinaryPrimitives.WriteUInt32BigEndian(_destination[_length..], ssrc);
        _length += 4;
    }

    /// <summary>Adds an extension element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id or the length does not fit the kind of header.</exception>
    public void AddExtension(int id, scoped ReadOnlySpan<byte> value)
    {
        if (TryReserve(id, value.Length, out Span<byte> room)) value.CopyTo(room);
    }

    /// <summary>Adds a typed extension element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id or the length does not fit the kind of header.</exception>
    public void AddExtension<T>(int id, in T extension) where T : IRtpHeaderExtension
    {
        if (TryReserve(id, extension.Length, out Span<byte> room)) extension.Write(room);
    }

    /// <summary>Completes the header.</summary>
    /// <returns>Its length, which is where the payload starts; 0 when it did not fit.</returns>
    public readonly int Complete()
    {
        if (_overflowed) return 0;
        if (!HasExtension) return _length;
        int padding = -_length & 3;
        if (_destination.Length - _length < padding) return 0;
        _destination.Slice(_length, padding).Clear();
        int start = RtpPacket.FixedHeaderLength + (_destination[0] & 0x0F) * 4;
        int words = (_length + padding - start - ExtensionHeaderLength) / 4;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[(start + 2)..], (ushort)words);
        return _length + padding;
    }

    /// <summary>Pads a packet that is otherwise complete (RFC 3550 §5.1, the P bit).</summary>
    /// <param name="destination">The packet, and room behind it.</param>
    /// <param name="length">The packet's length before padding.</param>
    /// <param name="padding">Bytes to add, 1 to 255.</param>
    /// <returns>The packet's length with padding; 0 when it does not fit.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="padding"/> lies outside its range, or there is no packet.</exception>
    public static int Pad(Span<byte> destination, int length, int padding)
    {
        Require.InRange(length, RtpPacket.FixedHeaderLength, destination.Length);
        Require.InRange(padding, 1, 255);
        if (destination.Length - length < padding) return 0;
        destination[0] |= 0x20;
        destination.Slice(length, padding).Clear();
        destination[length + padding - 1] = (byte)padding;
        return length + padding;
    }

    private bool TryReserve(int id, int length, out Span<byte> value)
    {
        value = default;
        Require.InRange(id, 1, _isTwoByte ? 255 : 14);
        Require.InRange(length, _isTwoByte ? 0 : 1, _isTwoByte ? 255 : 16);
        if (_overflowed) return false;
        int size = (HasExtension ? 0 : ExtensionHeaderLength) + (_isTwoByte ? 2 : 1) + length;
        if (_destination.Length - _length < size)
        {
            _overflowed = true;
            return false;
        }
        if (!HasExtension)
        {
            _destination[0] |= 0x10;
            BinaryPrimitives.WriteUInt16BigEndian(_destination[_length..], _isTwoByte ? RtpPacket.TwoByteProfile : RtpPacket.OneByteProfile);
            _length += ExtensionHeaderLength;
        }
        if (_isTwoByte)
        {
            _destination[_length++] = (byte)id;
            _destination[_length++] = (byte)length;
        }
        else
        {
            _destination[_length++] = (byte)(id << 4 | length - 1);
        }
        value = _destination.Slice(_length, length);
        _length += length;
        return true;
    }
}
