using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The items of source descriptions.</summary>
public enum SourceDescriptionItem : byte
{
    /// <summary>The end of a source's items.</summary>
    End = 0,

    /// <summary>The canonical name (RFC 3550 §6.5.1).</summary>
    Cname = 1,

    /// <summary>The user's name (RFC 3550 §6.5.2).</summary>
    Name = 2,

    /// <summary>An e-mail address (RFC 3550 §6.5.3).</summary>
    Email = 3,

    /// <summary>A phone number (RFC 3550 §6.5.4).</summary>
    Phone = 4,

    /// <summary>A place (RFC 3550 §6.5.5).</summary>
    Location = 5,

    /// <summary>The application (RFC 3550 §6.5.6).</summary>
    Tool = 6,

    /// <summary>What is to be told now (RFC 3550 §6.5.7).</summary>
    Note = 7,

    /// <summary>An application's own item (RFC 3550 §6.5.8).</summary>
    Private = 8,

    /// <summary>The rid (RFC 8852 §4.1).</summary>
    RtpStreamId = 12,

    /// <summary>The rid of the stream that is repaired (RFC 8852 §4.2).</summary>
    RepairedRtpStreamId = 13,

    /// <summary>The media section's identification tag (RFC 9143 §15).</summary>
    Mid = 15,
}

/// <summary>Walks the items of a source description packet (RFC 3550 §6.5).</summary>
public ref struct SourceDescriptionReader
{
    private WireReader _rest;
    private int _chunks;
    private uint _source;
    private bool _isInChunk;

    /// <summary>Starts reading. False when the packet is of another type.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out SourceDescriptionReader reader)
    {
        reader = default;
        if (packet.Type != RtcpPacketType.SourceDescription) return false;
        reader._rest = new WireReader(packet.Body);
        reader._chunks = packet.Count;
        return true;
    }

    /// <summary>Reads the next item. False after the last, or where the rest is malformed.</summary>
    /// <param name="source">The source it describes.</param>
    /// <param name="item">What it is.</param>
    /// <param name="text">Its text in UTF-8, as a view into the packet.</param>
    public bool TryRead(out uint source, out SourceDescriptionItem item, out ReadOnlySpan<byte> text)
    {
        (source, item) = (0, SourceDescriptionItem.End);
        text = default;
        while (true)
        {
            if (!_isInChunk)
            {
                if (_chunks-- <= 0 || !_rest.TryReadUInt32(out _source)) return false;
                _isInChunk = true;
            }
            int aligned = _rest.Remaining & 3;                               // chunks start on words, and the packet ends on one
            if (!_rest.TryReadByte(out byte type)) return false;
            if (type != 0)
            {
                if (!_rest.TryReadByte(out byte length) || !_rest.TryReadBytes(length, out text)) return false;
                (source, item) = (_source, (SourceDescriptionItem)type);
                return true;
            }
            _isInChunk = false;                                              // §6.5: zeros up to the next word
            if (!_rest.TrySkip((aligned + 3) & 3)) return false;
        }
    }
}
