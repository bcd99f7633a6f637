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

    /// <summary>"public": Those whose addresses are global, so that private ones are not told.</summary>
    [Obsolete("W3C removed this value of 2016; it hides private addresses as multicast DNS names do today.")]
    Public,
}
