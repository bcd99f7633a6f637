namespace WebRtcStack.Rtp;

/// <summary>Walks the elements of an RTP header extension with one-byte or two-byte headers (RFC 8285 §4.2, §4.3).</summary>
public ref struct RtpExtensionReader
{
    private readonly bool _isTwoByte;
    private ReadOnlySpan<byte> _rest;

    internal RtpExtensionReader(ushort profile, ReadOnlySpan<byte> elements)
    {
        _isTwoByte = profile >> 4 == 0x100;                              // §4.3: 0x100 and four application bits
        _rest = _isTwoByte || profile == RtpPacket.OneByteProfile ? elements : default;
    }

    /// <summary>Reads the next element. False at the end, or where the rest is malformed (which is then ignored, as §4.1.2 asks of unknown data).</summary>
    public bool TryRead(out byte id, out ReadOnlySpan<byte> value)
    {
        id = 0;
        value = default;
        while (!_rest.IsEmpty)
        {
            byte first = _rest[0];
            if (first == 0)                                              // padding
            {
                _rest = _rest[1..];
                continue;
            }
            int header = _isTwoByte ? 2 : 1;
            if (_rest.Length < header) break;
            id = _isTwoByte ? first : (byte)(first >> 4);
            if (!_isTwoByte && id == 15) break;                          // §4.2: stop at once
            int length = _isTwoByte ? _rest[1] : (first & 0x0F) + 1;
            if (_rest.Length < header + length) break;
            value = _rest.Slice(header, length);
            _rest = _rest[(header + length)..];
            if (id != 0) return true;                                    // §4.2: id 0 with a length is skipped
        }
        _rest = default;
        id = 0;
        value = default;
        return false;
    }
}
