namespace WebRtcStack.Rtp;

/// <summary>The names by which RTP header extensions are negotiated (a=extmap).</summary>
public static class RtpHeaderExtensionUri
{
    /// <summary>The media section's identification tag (RFC 9143 §15.1).</summary>
    public const string Mid = "urn:ietf:params:rtp-hdrext:sdes:mid";

    /// <summary>The stream's rid (RFC 8852 §4.1).</summary>
    public const string RtpStreamId = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

    /// <summary>The rid of the stream that a retransmission repairs (RFC 8852 §4.2).</summary>
    public const string RepairedRtpStreamId = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

    /// <summary>The level of the packet's audio (RFC 6464).</summary>
    public const string AudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

    /// <summary>When the packet was sent, in 6.18 fixed-point seconds.</summary>
    public const string AbsoluteSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

    /// <summary>A sequence number over all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01).</summary>
    public const string TransportWideCongestionControl = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

    /// <summary>How a video frame is to be turned (3GPP TS 26.114 §7.4.5).</summary>
    public const string VideoOrientation = "urn:3gpp:video-orientation";
}
