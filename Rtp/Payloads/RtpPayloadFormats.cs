using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The payload formats by the name that a=rtpmap gives them.</summary>
public static class RtpPayloadFormats
{
    /// <summary>Finds the receiving half of a format.</summary>
    /// <param name="encodingName">The name, in either case and with or without "audio/" or "video/": "VP8", "video/H264", "opus".</param>
    /// <param name="depacketizer">The format's instance, which serves any number of streams.</param>
    /// <returns>False when there is none. RED, RTX and telephone-event are not formats of frames: <see cref="RedReader"/>, <see cref="TelephoneEventReceiver"/>.</returns>
    public static bool TryGetDepacketizer(string encodingName, [NotNullWhen(true)] out IRtpDepacketizer? depacketizer)
    {
        depacketizer = Normalize(encodingName) switch
        {
            "OPUS" => OpusDepacketizer.Instance,
            "PCMU" or "PCMA" or "G722" => SampleAudioDepacketizer.Instance,
            "CN" => SampleAudioDepacketizer.ComfortNoise,
            "VP8" => Vp8Depacketizer.Instance,
            "VP9" => Vp9Depacketizer.Instance,
            "H264" => H264Depacketizer.Instance,
            "H265" => H265Depacketizer.Instance,
            "AV1" => Av1Depacketizer.Instance,
            _ => null,
        };
        return depacketizer is not null;
    }

    /// <summary>Makes the sending half of a format, for one stream without layers.</summary>
    /// <param name="encodingName">The name, as above.</param>
    /// <param name="packetizer">A new packetizer.</param>
    /// <param name="packetizationMode">For H.264: packetization-mode as negotiated, 0 or 1.</param>
    /// <returns>False when there is none.</returns>
    public static bool TryCreatePacketizer(string encodingName, [NotNullWhen(true)] out IRtpPacketizer? packetizer, int packetizationMode = 1)
    {
        packetizer = Normalize(encodingName) switch
        {
            "OPUS" or "PCMU" or "PCMA" or "G722" or "CN" => new AudioPacketizer(),
            "VP8" => new Vp8Packetizer(),
            "VP9" => new Vp9Packetizer(),
            "H264" => new H264Packetizer(packetizationMode),
            "H265" => new H265Packetizer(),
            "AV1" => new Av1Packetizer(),
            _ => null,
        };
        return packetizer is not null;
    }

    /// <summary>Whether a frame is one at which decoding can start. Always so for audio.</summary>
    /// <param name="encodingName">The name, as above.</param>
    /// <param name="frame">The frame, in the form that <see cref="EncodedFrame"/> describes.</param>
    public static bool IsKeyFrame(string encodingName, ReadOnlySpan<byte> frame) => Normalize(encodingName) switch
    {
        "VP8" => Vp8Depacketizer.IsKeyFrame(frame),
        "VP9" => Vp9Bitstream.IsKeyFrame(frame),
        "H264" => H264Depacketizer.IsKeyFrame(frame),
        "H265" => H265Depacketizer.IsKeyFrame(frame),
        "AV1" => Av1Obu.IsKeyFrame(frame),
        _ => true,
    };

    private static string Normalize(string encodingName)
    {
        int slash = Require.NotNull(encodingName).IndexOf('/', StringComparison.Ordinal);
        return encodingName[(slash + 1)..].ToUpperInvariant();
    }
}
