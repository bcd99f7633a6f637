using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Which candidates are used (webrtc-pc §4.2.4).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceTransportPolicy>))]
public enum RTCIceTransportPolicy
{
    /// <summary>"relay": Only relayed candidates.</summary>
    Relay,

    /// <summary>"all": Every kind.</summary>
    All,
}
