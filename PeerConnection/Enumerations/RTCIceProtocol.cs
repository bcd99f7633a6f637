using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The protocol of a candidate (webrtc-pc §4.8.1.3).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceProtocol>))]
public enum RTCIceProtocol
{
    /// <summary>"udp": UDP.</summary>
    Udp,

    /// <summary>"tcp": TCP.</summary>
    Tcp,
}
