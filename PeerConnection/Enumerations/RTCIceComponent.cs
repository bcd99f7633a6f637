using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The component of an ICE transport (webrtc-pc §5.6.6).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceComponent>))]
public enum RTCIceComponent
{
    /// <summary>"rtp": RTP, or RTP with RTCP.</summary>
    Rtp,

    /// <summary>"rtcp": RTCP on its own.</summary>
    Rtcp,
}
