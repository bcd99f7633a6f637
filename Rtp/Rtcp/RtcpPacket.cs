using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>The RTCP packet types in use.</summary>
public enum RtcpPacketType : byte
{
    /// <summary>SR (RFC 3550 §6.4.1).</summary>
    SenderReport = 200,

    /// <summary>RR (RFC 3550 §6.4.2).</summary>
    ReceiverReport = 201,

    /// <summary>SDES (RFC 3550 §6.5).</summary>
    SourceDescription = 202,

    /// <summary>BYE (RFC 3550 §6.6).</summary>
    Goodbye = 203,

    /// <summary>APP (RFC 3550 §6.7).</summary>
    Application = 204,

    /// <summary>Transport layer feedback (RFC 4585 §6.2).</summary>
    TransportFeedback = 205,

    /// <summary>Payload-specific feedback (RFC 4585 §6.3).</summary>
    PayloadFeedback = 206,

    /// <summary>Extended reports (RFC 3611).</summary>
    ExtendedReport = 207,
}

/// <summary>One packet of an RTCP compound, as a view into its bytes (RFC 3550 §6.1).</summary>
public readonly ref struct RtcpPacket
{
    /// <summary>Bytes of the common header.</summary>
    public const int HeaderLength = 4;

    private RtcpPacket(byte count, RtcpPacketType type, ReadOnlySpan<byte> body)
    {
        Count = count;
        Type = type;
        Body = body;
    }

    /// <summary>The five bits that count reports or sources, or name a feedback's format.</summary>
    public byte Count { get; }

    /// <summary>The type.</summary>
    public RtcpPacketType Type { get; }

    /// <summary>What follows the common header, padding taken off.</summary>
    public ReadOnlySpan<byte> Body { get; }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |V=2|P| count   |      type     |     length in words - 1       |

    /// <summary>Takes the next packet off the front of a compound. False at its end, or where the rest is malformed.</summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> compound, out RtcpPacket packet)
    {
        packet = default;
        if (compound.Length < HeaderLength || compound[0] >> 6 != 2) return false;
        int length = HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(compound[2..]) * 4;
        if (length > compound.Length) return false;
        int body = length - HeaderLength;
        if ((compound[0] & 0x20) != 0)
        {
            byte padding = compound[length - 1];
            if (body == 0 || padding == 0 || padding > body) return false;
            body -= padding;
        }
        packet = new RtcpPacket((byte)(compound[0] & 0x1F), (RtcpPacketType)compound[1], compound.Slice(HeaderLength, body));
        compound = compound[length..];
        return true;
    }

    /// <summary>Whether the datagram starts like RTCP when RTP shares its port (RFC 5761 §4: packet types 192 to 223).</summary>
    public static bool IsRtcp(ReadOnlySpan<byte> datagram) => datagram.Length >= HeaderLength && datagram[1] is >= 192 and <= 223;
}
