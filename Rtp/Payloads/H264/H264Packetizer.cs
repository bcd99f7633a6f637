namespace WebRtcStack.Rtp;

/// <summary>From access units in Annex B to H.264 payloads (RFC 6184).</summary>
/// <remarks>Mode 1 puts small NAL units together (STAP-A) and cuts large ones (FU-A); mode 0 sends each NAL unit alone, so that one larger than a payload makes <see cref="TryBegin"/> false: let the encoder limit its slices.</remarks>
public sealed class H264Packetizer : IRtpPacketizer
{
    private const int StapHeaderLength = 1, FuHeaderLength = 2;
    private const byte ImportanceMask = 0x60, ForbiddenMask = 0x80;
    private readonly bool _isSingleNalUnitMode;
    private NalUnitCursor _cursor;
    private bool _isLastOfPicture;
    private int _maxLength;

    /// <summary>Creates a packetizer.</summary>
    /// <param name="packetizationMode">packetization-mode as negotiated: 0 or 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The mode is another one.</exception>
    public H264Packetizer(int packetizationMode = 1) => _isSingleNalUnitMode = Core.Require.InRange(packetizationMode, 0, 1) == 0;

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        _maxLength = PacketRun.RequirePayloadLength(maxPayloadLength);
        _isLastOfPicture = description.IsLastOfPicture;
        if (_isSingleNalUnitMode)
        {
            for (int position = 0; AnnexB.TryReadUnit(frame, ref position, out _, out int length);)
            {
                if (length > maxPayloadLength)
                {
                    _cursor = default;
                    return false;
                }
            }
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

    // §5.8
    private int WriteFragment(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        ReadOnlySpan<byte> unit = frame.Slice(_cursor.Start, _cursor.Length);
        PacketRun run = _cursor.Fragments;
        bool isFirst = run.Remaining == 0;
        if (isFirst) run = new PacketRun(unit.Length - 1, _maxLength - FuHeaderLength);
        int start = unit.Length - run.Remaining, size = run.Take();
        destination[0] = (byte)(unit[0] & ~H264NalUnit.TypeMask | H264NalUnit.FuA);
        destination[1] = (byte)(unit[0] & H264NalUnit.TypeMask | (isFirst ? 0x80 : 0) | (run.Remaining == 0 ? 0x40 : 0));
        unit.Slice(start, size).CopyTo(destination[FuHeaderLength..]);
        _cursor.Fragments = run;
        if (run.Remaining == 0) _cursor.MoveNext(frame);
        return FuHeaderLength + size;
    }

    // §5.6 for one unit, §5.7.1 for as many as fit: STAP-A has the highest NRI and any F of its units.
    private int WriteUnits(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        NalUnitCursor first = _cursor;
        int count = 0, length = StapHeaderLength;
        byte importance = 0, forbidden = 0;
        do
        {
            int needed = NalUnitCursor.LengthPrefix + _cursor.Length;
            if (count > 0 && (_isSingleNalUnitMode || length + needed > _maxLength)) break;
            byte header = frame[_cursor.Start];
            importance = Math.Max(importance, (byte)(header & ImportanceMask));
            forbidden |= (byte)(header & ForbiddenMask);
            length += needed;
            count++;
        }
        while (_cursor.MoveNext(frame));
        if (count == 1)
        {
            frame.Slice(first.Start, first.Length).CopyTo(destination);
            return first.Length;
        }
        destination[0] = (byte)(forbidden | importance | H264NalUnit.StapA);
        return StapHeaderLength + first.CopyWithLengths(frame, count, destination[StapHeaderLength..]);
    }
}
