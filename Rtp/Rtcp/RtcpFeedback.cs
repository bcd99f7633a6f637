using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The formats of feedback packets (FMT), per packet type.</summary>
public static class RtcpFeedbackFormat
{
    /// <summary>Generic NACK, of <see cref="RtcpPacketType.TransportFeedback"/> (RFC 4585 §6.2.1).</summary>
    public const byte GenericNack = 1;

    /// <summary>Temporary maximum media stream bit rate request (TMMBR), of <see cref="RtcpPacketType.TransportFeedback"/> (RFC 5104 §4.2.1).</summary>
    public const byte MaxBitrateRequest = 3;

    /// <summary>Temporary maximum media stream bit rate notification (TMMBN), of <see cref="RtcpPacketType.TransportFeedback"/> (RFC 5104 §4.2.2).</summary>
    public const byte MaxBitrateNotification = 4;

    /// <summary>Congestion control feedback, of <see cref="RtcpPacketType.TransportFeedback"/> (RFC 8888 §3.1).</summary>
    public const byte CongestionControl = 11;

    /// <summary>Transport-wide feedback, of <see cref="RtcpPacketType.TransportFeedback"/> (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).</summary>
    public const byte TransportWide = 15;

    /// <summary>Picture loss indication, of <see cref="RtcpPacketType.PayloadFeedback"/> (RFC 4585 §6.3.1).</summary>
    public const byte PictureLossIndication = 1;

    /// <summary>Slice loss indication, of <see cref="RtcpPacketType.PayloadFeedback"/> (RFC 4585 §6.3.2).</summary>
    public const byte SliceLossIndication = 2;

    /// <summary>Reference picture selection indication, of <see cref="RtcpPacketType.PayloadFeedback"/> (RFC 4585 §6.3.3).</summary>
    public const byte ReferencePictureSelection = 3;

    /// <summary>Full intra request, of <see cref="RtcpPacketType.PayloadFeedback"/> (RFC 5104 §4.3.1).</summary>
    public const byte FullIntraRequest = 4;

    /// <summary>Layer refresh request, of <see cref="RtcpPacketType.PayloadFeedback"/> (draft-ietf-avtext-lrr-07 §3; the number is IANA's).</summary>
    public const byte LayerRefreshRequest = 10;

    /// <summary>Application layer feedback such as REMB, of <see cref="RtcpPacketType.PayloadFeedback"/> (RFC 4585 §6.4).</summary>
    public const byte ApplicationLayer = 15;
}

/// <summary>A feedback packet as a view into its bytes: who sends it, about whom, and what (RFC 4585 §6.1).</summary>
public readonly ref struct RtcpFeedback
{
    private RtcpFeedback(byte format, RtcpPacketType type, uint sender, ReadOnlySpan<byte> body)
    {
        (Format, Type, Sender) = (format, type, sender);
        Body = body;
    }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |V=2|P|   FMT   |       PT      |          length               |
    // |                  SSRC of packet sender                        |
    // |                  SSRC of media source                         |
    // :            Feedback Control Information (FCI)                 :

    /// <summary>The format, of <see cref="RtcpFeedbackFormat"/>.</summary>
    public byte Format { get; }

    /// <summary>Transport layer or payload-specific feedback.</summary>
    public RtcpPacketType Type { get; }

    /// <summary>Who sends the feedback.</summary>
    public uint Sender { get; }

    /// <summary>What follows the sender: RFC 8888 has no media source there.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The source that the feedback is about; 0 where the format does not use it.</summary>
    public uint Media => Body.Length < 4 ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Body);

    /// <summary>The feedback control information.</summary>
    public ReadOnlySpan<byte> Information => Body.Length < 4 ? default : Body[4..];

    /// <summary>Reads a feedback packet. False when it is of another type, or too short.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out RtcpFeedback feedback)
    {
        feedback = default;
        if (packet.Type is not (RtcpPacketType.TransportFeedback or RtcpPacketType.PayloadFeedback)) return false;
        WireReader reader = new(packet.Body);
        if (!reader.TryReadUInt32(out uint sender) || reader.Remaining < 4) return false;
        feedback = new RtcpFeedback(packet.Count, packet.Type, sender, reader.Rest);
        return true;
    }

    /// <summary>Whether this is feedback of a type and format.</summary>
    public bool Is(RtcpPacketType type, byte format) => Type == type && Format == format;
}
