using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Whether RTCP may go by a transport of its own (webrtc-pc §4.2.6).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCRtcpMuxPolicy>))]
public enum RTCRtcpMuxPolicy
{
    /// <summary>"require": RTP and RTCP share a transport.</summary>
    Require,

    /// <summary>"negotiate": They share it if the peer does.</summary>
    Negotiate,
}
