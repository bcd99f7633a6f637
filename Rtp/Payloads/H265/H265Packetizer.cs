using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>From access units in Annex B to H.265 payloads (RFC 7798 §4.4): aggregation packets for small NAL units, fragmentation units for large ones.</summary>
public sealed class H265Packetizer : IRtpPacketizer
{
    private const int FuHeaderLength = 3;
    private NalUnitCursor _cursor;
    private bool _isLastOfPicture;
    private int _maxLength;

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        _maxLength = PacketRun.RequirePayloadLength(maxPayloadLength);
        _isLastOfPicture = description.IsLastOfPicture;
        for (int position = 0; AnnexB.TryReadUnit(frame, ref position, out _, out int length);)
        {
            if (length >= H265NalUnit.HeaderLength) continue;
            _cursor = default;                                            // no NAL unit is shorter than its header
            return false;
        }
        _cursor = default;
        return _cursor.MoveNext(frame);
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker)
    {
        marker = false;
        if (_cursor.Length == 0) return 0;
        int written = _cursor.Length > _maxLength || _cursor.Fragments.Remaining > 0
            ? WriteFragment(frame, destination)
            : WriteUnits(frame, destination);
        marker = _cursor.Length == 0 && _isLastOfPicture;
        return written;
    }

    // §4.4.3
    private int WriteFragment(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        ReadOnlySpan<byte> unit = frame.Slice(_cursor.Start, _cursor.Length);
        PacketRun run = _cursor.Fragments;
        bool isFirst = run.Remaining == 0;
        if (isFirst) run = new PacketRun(unit.Length - H265NalUnit.HeaderLength, _maxLength - FuHeaderLength);
        int start = unit.Length - run.Remaining, size = run.Take();
        destination[0] = H265NalUnit.WithType(unit[0], H265NalUnit.Fragment);
        destination[1] = unit[1];
        destination[2] = (byte)(H265NalUnit.TypeOf(unit[0]) | (isFirst ? 0x80 : 0) | (run.Remaining == 0 ? 0x40 : 0));
        unit.Slice(start, size).CopyTo(destination[FuHeaderLength..]);
        _cursor.Fragments = run;
        if (run.Remaining == 0) _cursor.MoveNext(frame);
        return FuHeaderLength + size;
    }

    // §4.4.1 for one unit, §4.4.2 for as many as fit: the aggregate has the lowest LayerId and TID and any F of its units.
    private int WriteUnits(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        NalUnitCursor first = _cursor;
        int count = 0, length = H265NalUnit.HeaderLength;
        int forbidden = 0, layer = 0x3F, temporal = 7;
        do
        {
            int needed = NalUnitCursor.LengthPrefix + _cursor.Length;
            if (count > 0 && length + needed > _maxLength) break;
            int header = BinaryPrimitives.ReadUInt16BigEndian(frame[_cursor.Start..]);
            forbidden |= header & 0x8000;
            layer = Math.Min(layer, header >> 3 & 0x3F);
            temporal = Math.Min(temporal, header & 7);
            length += needed;
            count++;
        }
        while (_cursor.MoveNext(frame));
        if (count == 1)
        {
            frame.Slice(first.Start, first.Length).CopyTo(destination);
            return first.Length;
        }
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(forbidden | H265NalUnit.Aggregate << 9 | layer << 3 | temporal));
        return H265NalUnit.HeaderLength + first.CopyWithLengths(frame, count, destination[H265NalUnit.HeaderLength..]);
    }
}
