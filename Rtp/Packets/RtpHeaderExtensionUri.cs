namespace WebRtcStack.Rtp;

/// <summary>The names by which RTP header extensions are negotiated (a=extmap).</summary>
public static class RtpHeaderExtensionUri
{
    private const string WebRtcOrg = "http://www.webrtc.org/experiments/rtp-hdrext/";

    /// <summary>The media section's identification tag (RFC 9143 §15.1); <see cref="SdesIdentifier"/>.</summary>
    public const string Mid = "urn:ietf:params:rtp-hdrext:sdes:mid";

    /// <summary>The stream's rid (RFC 8852 §4.1); <see cref="SdesIdentifier"/>.</summary>
    public const string RtpStreamId = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

    /// <summary>The rid of the stream that a retransmission repairs (RFC 8852 §4.2); <see cref="SdesIdentifier"/>.</summary>
    public const string RepairedRtpStreamId = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

    /// <summary>The level of the packet's audio (RFC 6464); <see cref="Rtp.AudioLevel"/>.</summary>
    public const string AudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

    /// <summary>The levels of the contributing sources (RFC 6465); <see cref="Rtp.MixerAudioLevels"/>.</summary>
    public const string MixerAudioLevels = "urn:ietf:params:rtp-hdrext:csrc-audio-level";

    /// <summary>When the packet was sent, in 6.18 fixed-point seconds; <see cref="Rtp.AbsoluteSendTime"/>.</summary>
    public const string AbsoluteSendTime = WebRtcOrg + "abs-send-time";

    /// <summary>How much later than its timestamp says a packet is sent (RFC 5450); <see cref="TransmissionOffset"/>.</summary>
    public const string TransmissionTimeOffset = "urn:ietf:params:rtp-hdrext:toffset";

    /// <summary>A sequence number over all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01); <see cref="TransportSequenceNumber"/>.</summary>
    public const string TransportWideCongestionControl = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

    /// <summary>The same with requests for feedback (version 02); <see cref="TransportSequenceNumber"/>.</summary>
    public const string TransportWideCongestionControl2 = WebRtcOrg + "transport-wide-cc-02";

    /// <summary>When the frame was captured; <see cref="Rtp.AbsoluteCaptureTime"/>.</summary>
    public const string AbsoluteCaptureTime = WebRtcOrg + "abs-capture-time";

    /// <summary>Limits that the sender asks of the receiver's delay; <see cref="Rtp.PlayoutDelay"/>.</summary>
    public const string PlayoutDelay = WebRtcOrg + "playout-delay";

    /// <summary>How a video frame is to be turned (3GPP TS 26.114 §7.4.5); <see cref="Rtp.VideoOrientation"/>.</summary>
    public const string VideoOrientation = "urn:3gpp:video-orientation";

    /// <summary>Whether video shows a screen; <see cref="Rtp.VideoContentType"/>.</summary>
    public const string VideoContentType = WebRtcOrg + "video-content-type";

    /// <summary>When a frame passed the stations of its sender; <see cref="Rtp.VideoTiming"/>.</summary>
    public const string VideoTiming = WebRtcOrg + "video-timing";

    /// <summary>The colours that a frame's numbers mean; <see cref="Rtp.ColorSpace"/>.</summary>
    public const string ColorSpace = WebRtcOrg + "color-space";

    /// <summary>Which frames a frame needs, and who needs it (AV1 RTP Appendix A); <see cref="Rtp.DependencyDescriptor"/>.</summary>
    public const string DependencyDescriptor = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

    /// <summary>The layers that a sender encodes, with their bitrates; <see cref="Rtp.VideoLayersAllocation"/>.</summary>
    public const string VideoLayersAllocation = WebRtcOrg + "video-layers-allocation00";
}
