namespace WebRtcStack.Sdp;

/// <summary>The payload types that mean something without an rtpmap line (RFC 3551 §6), as far as they are in use.</summary>
internal static class StaticPayloadTypes
{
    public static SdpCodec? Find(byte payloadType) => payloadType switch
    {
        0 => Codec(payloadType, "PCMU", 8000),
        3 => Codec(payloadType, "GSM", 8000),
        8 => Codec(payloadType, "PCMA", 8000),
        9 => Codec(payloadType, "G722", 8000),
        13 => Codec(payloadType, "CN", 8000),
        18 => Codec(payloadType, "G729", 8000),
        26 => Codec(payloadType, "JPEG", 90000),
        31 => Codec(payloadType, "H261", 90000),
        34 => Codec(payloadType, "H263", 90000),
        _ => null,
    };

    private static SdpCodec Codec(byte payloadType, string name, uint rate) => new() { PayloadType = payloadType, Name = name, ClockRate = rate };
}
