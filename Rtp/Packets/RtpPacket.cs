using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>An RTP packet as a view into its bytes (RFC 3550 §5.1), with the header extensions of RFC 8285.</summary>
public readonly ref struct RtpPacket
{
    /// <summary>Bytes of the fixed header.</summary>
    public const int FixedHeaderLength = 12;

    /// <summary>The profile word of one-byte extension headers (RFC 8285 §4.2).</summary>
    public const ushort OneByteProfile = 0xBEDE;

    /// <summary>The profile word of two-byte extension headers with application bits 0 (RFC 8285 §4.3).</summary>
    public const ushort TwoByteProfile = 0x1000;

    private readonly ReadOnlySpan<byte> _packet;

    private RtpPacket(ReadOnlySpan<byte> packet, int headerLength, int payloadLength)
    {
        _packet = packet;
        HeaderLength = headerLength;
        PayloadLength = payloadLength;
    }

    //  0                   1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |V=2|P|X|  CC   |M|     PT      |       sequence number         |
    // |                           timestamp                           |
    // |           synchronization source (SSRC) identifier            |
    // |            contributing source (CSRC) identifiers ...         |

    /// <summary>Whether the end of a frame, or the start of a talk spurt, is marked.</summary>
    public bool Marker => (_packet[1] & 0x80) != 0;

    /// <summary>The payload type, 0 to 127.</summary>
    public byte PayloadType => (byte)(_packet[1] & 0x7F);

    /// <summary>The sequence number.</summary>
    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(_packet[2..]);

    /// <summary>The timestamp, in units of the payload's clock rate.</summary>
    public uint Timestamp => BinaryPrimitives.ReadUInt32BigEndian(_packet[4..]);

    /// <summary>The synchronization source.</summary>
    public uint Ssrc => BinaryPrimitives.ReadUInt32BigEndian(_packet[8..]);

    /// <summary>The number of contributing sources.</summary>
    public int CsrcCount => _packet[0] & 0x0F;

    /// <summary>Bytes of header: fixed part, contributing sources and extension.</summary>
    public int HeaderLength { get; }

    /// <summary>Bytes of payload, padding not counted.</summary>
    public int PayloadLength { get; }

    /// <summary>The payload without padding.</summary>
    public ReadOnlySpan<byte> Payload => _packet.Slice(HeaderLength, PayloadLength);

    /// <summary>The whole packet.</summary>
    public ReadOnlySpan<byte> Bytes => _packet;

    /// <summary>The profile word of the extension, or 0 when there is none.</summary>
    public ushort ExtensionProfile => HasExtension ? BinaryPrimitives.ReadUInt16BigEndian(_packet[(FixedHeaderLength + CsrcCount * 4)..]) : (ushort)0;

    private bool HasExtension => (_packet[0] & 0x10) != 0;

    /// <summary>Reads a packet. False when it is not a whole RTP packet of version 2.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out RtpPacket packet)
    {
        packet = default;
        if (datagram.Length < FixedHeaderLength || datagram[0] >> 6 != 2) return false;
        int header = FixedHeaderLength + (datagram[0] & 0x0F) * 4;
        if (header > datagram.Length) return false;
        if ((datagram[0] & 0x10) != 0)                                   // §5.3.1: length in words, its own four bytes not counted
        {
            if (header + 4 > datagram.Length) return false;
            header += 4 + BinaryPrimitives.ReadUInt16BigEndian(datagram[(header + 2)..]) * 4;
            if (header > datagram.Length) return false;
        }
        int payload = datagram.Length - header;
        if ((datagram[0] & 0x20) != 0)                                   // §5.1: the last byte counts the padding, itself included
        {
            if (payload == 0 || datagram[^1] == 0 || datagram[^1] > payload) return false;
            payload -= datagram[^1];
        }
        packet = new RtpPacket(datagram, header, payload);
        return true;
    }

    /// <summary>The contributing source at <paramref name="index"/>.</summary>
    public uint GetCsrc(int index) => BinaryPrimitives.ReadUInt32BigEndian(_packet[(FixedHeaderLength + Core.Require.InRange(index, 0, CsrcCount - 1) * 4)..]);

    /// <summary>The header extension elements, in their order.</summary>
    public RtpExtensionReader GetExtensions()
    {
        if (!HasExtension) return default;
        int start = FixedHeaderLength + CsrcCount * 4;
        return new RtpExtensionReader(BinaryPrimitives.ReadUInt16BigEndian(_packet[start..]), _packet[(start + 4)..HeaderLength]);
    }

    /// <summary>Finds an extension element. False when the packet has none of that id; id 0 never is one.</summary>
    public bool TryGetExtension(int id, out ReadOnlySpan<byte> value)
    {
        RtpExtensionReader reader = GetExtensions();
        while (reader.TryRead(out byte found, out value))
        {
            if (found == id) return true;
        }
        value = default;
        return false;
    }
}
