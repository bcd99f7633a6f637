namespace WebRtcStack.Rtp;

/// <summary>From AV1 temporal units in the low-overhead format to payloads (AV1 RTP §4, §5): up to three OBU elements in each, so that the last needs no size.</summary>
/// <remarks>OBUs lose their sizes; temporal delimiters and tile lists are left out; OBUs of different layers never share a packet.</remarks>
public sealed class Av1Packetizer : IRtpPacketizer
{
    private const int MaxElements = 3;
    private const int MinFragment = 2;
    private int _position, _sent, _maxLength;                             // the current OBU, and how much of it has gone
    private bool _isFirst, _isKey, _isLastOfPicture;

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        _maxLength = PacketRun.RequirePayloadLength(maxPayloadLength);
        (_position, _sent, _isFirst, _isKey, _isLastOfPicture) = (0, 0, true, false, description.IsLastOfPicture);
        bool any = false;
        ReadOnlySpan<byte> rest = frame;
        while (Av1Obu.TryRead(ref rest, out Av1Obu unit))
        {
            any |= !Av1Obu.IsLeftOut(unit.Type);
            _isKey |= unit.Type == Av1Obu.SequenceHeader && description.SpatialId == 0;
        }
        if (!any || !rest.IsEmpty) _position = frame.Length;
        return any && rest.IsEmpty;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker)
    {
        marker = false;
        if (!TryPeek(frame, ref _position, out Av1Obu unit, out int next)) return 0;
        Span<byte> packet = destination[.._maxLength];
        bool continues = _sent > 0;
        int layer = -1, length = 1, elements = 1;
        for (; ; elements++)
        {
            if (unit.HasExtension) layer = unit.Extension;
            int left = unit.HeaderLength + unit.Payload.Length - _sent;
            bool hasNext = TryPeek(frame, ref next, out Av1Obu nextUnit, out int afterNext);
            if (!hasNext || elements == MaxElements || (nextUnit.HasExtension && layer >= 0 && nextUnit.Extension != layer) ||
                length + Leb128.LengthOf((uint)left) + left + MinFragment > packet.Length) break;
            length += Leb128.Write(packet[length..], (uint)left);
            length += WriteElement(unit, packet.Slice(length, left));
            (_position, _sent, next) = (next, 0, afterNext);
            unit = nextUnit;
        }
        int size = Math.Min(unit.HeaderLength + unit.Payload.Length - _sent, packet.Length - length);
        WriteElement(unit, packet.Slice(length, size));
        length += size;
        _sent += size;
        bool willContinue = _sent < unit.HeaderLength + unit.Payload.Length;
        if (!willContinue) (_position, _sent) = (next, 0);
        packet[0] = (byte)((continues ? 0x80 : 0) | (willContinue ? 0x40 : 0) | elements << 4 | (_isFirst && _isKey ? 8 : 0));
        _isFirst = false;
        marker = _isLastOfPicture && _position == frame.Length;
        return length;
    }

    // Writes the unit without its size, from where it has been sent to.
    private int WriteElement(in Av1Obu unit, Span<byte> destination)
    {
        int skip = _sent, written = 0;
        for (; skip < unit.HeaderLength && written < destination.Length; skip++)
            destination[written++] = skip == 0 ? (byte)(unit.Header & ~Av1Obu.HasSizeBit) : unit.Extension;
        unit.Payload.Slice(skip - unit.HeaderLength, destination.Length - written).CopyTo(destination[written..]);
        return destination.Length;
    }

    // The unit at a position, past those that are left out; the position moves to it, or to the end.
    private static bool TryPeek(ReadOnlySpan<byte> frame, scoped ref int position, out Av1Obu unit, out int next)
    {
        ReadOnlySpan<byte> rest = frame[position..];
        while (Av1Obu.TryRead(ref rest, out unit))
        {
            next = frame.Length - rest.Length;
            if (!Av1Obu.IsLeftOut(unit.Type)) return true;
            position = next;
        }
        position = next = frame.Length;
        return false;
    }
}
