using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The role of an ICE agent (webrtc-pc §5.6.5).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceRole>))]
public enum RTCIceRole
{
    /// <summary>"unknown": Not known yet.</summary>
    Unknown,

    /// <summary>"controlling": It chooses the pair.</summary>
    Controlling,

    /// <summary>"controlled": The peer chooses the pair.</summary>
    Controlled,
}
