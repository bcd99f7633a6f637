namespace WebRtcStack.Rtp;

/// <summary>The feedback that is negotiated for a payload type (a=rtcp-fb).</summary>
[Flags]
public enum RtpFeedback
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>"nack": packets that are missed are asked for (RFC 4585 §6.2.1).</summary>
    Nack = 1,

    /// <summary>"nack pli": key frames are asked for (RFC 4585 §6.3.1).</summary>
    PictureLossIndication = 2,

    /// <summary>"ccm fir": the same by full intra requests (RFC 5104 §4.3.1).</summary>
    FullIntraRequest = 4,

    /// <summary>"transport-cc": arrival times of all packets are reported (draft-holmer-rmcat-transport-wide-cc-extensions-01).</summary>
    TransportWide = 8,

    /// <summary>"ack ccfb": arrival times are reported as RFC 8888 has them.</summary>
    CongestionControl = 16,

    /// <summary>"goog-remb": the receiver may limit the bit rate (draft-alvestrand-rmcat-remb-03).</summary>
    ReceiverEstimate = 32,

    /// <summary>"ccm tmmbr": the receiver may limit the bit rate of a stream (RFC 5104 §4.2.1).</summary>
    MaxBitrate = 64,

    /// <summary>"nack sli": lost slices are told of (RFC 4585 §6.3.2).</summary>
    SliceLoss = 128,

    /// <summary>"nack rpsi": reference pictures are told of (RFC 4585 §6.3.3).</summary>
    ReferencePictureSelection = 256,

    /// <summary>"ccm lrr": refreshes of layers are asked for (draft-ietf-avtext-lrr-07).</summary>
    LayerRefresh = 512,
}

/// <summary>A payload type as a session needs to know it.</summary>
/// <param name="Number">0 to 127.</param>
/// <param name="ClockRate">The clock rate in Hz.</param>
public sealed record RtpPayloadType(byte Number, uint ClockRate)
{
    /// <summary>For retransmissions (RFC 4588 §8.6), the payload type that is repaired; else null.</summary>
    public byte? Repairs { get; init; }

    /// <summary>The feedback that is negotiated for it.</summary>
    public RtpFeedback Feedback { get; init; }
}

/// <summary>The payload types of a media section.</summary>
public sealed class RtpPayloadTypes
{
    private readonly RtpPayloadType?[] _types = new RtpPayloadType?[128];
    private readonly byte[] _repairs = new byte[128];    // the payload type that repairs each, or 0: retransmissions have dynamic ones

    /// <summary>Takes the types; of two with the same number the later counts.</summary>
    public RtpPayloadTypes(IEnumerable<RtpPayloadType> types)
    {
        foreach (RtpPayloadType type in Core.Require.NotNull(types))
        {
            _types[type.Number & 0x7F] = type;
            if (type.Repairs is { } repaired) _repairs[repaired & 0x7F] = type.Number;
            Feedback |= type.Feedback;
        }
    }

    /// <summary>None.</summary>
    public static RtpPayloadTypes None { get; } = new([]);

    /// <summary>The feedback of all of them together.</summary>
    public RtpFeedback Feedback { get; }

    /// <summary>The type of a number, or null.</summary>
    public RtpPayloadType? this[byte number] => _types[number & 0x7F];

    /// <summary>The payload type of retransmissions of another, or null.</summary>
    public byte? FindRepair(byte number) => _repairs[number & 0x7F] is > 0 and byte repair ? repair : null;
}
