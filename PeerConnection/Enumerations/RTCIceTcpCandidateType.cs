using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The kind of a TCP candidate (webrtc-pc §4.8.1.4).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceTcpCandidateType>))]
public enum RTCIceTcpCandidateType
{
    /// <summary>"active": It opens connections.</summary>
    Active,

    /// <summary>"passive": It accepts connections.</summary>
    Passive,

    /// <summary>"so": It does both at once.</summary>
    So,
}
