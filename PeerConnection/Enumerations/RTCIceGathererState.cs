using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Whether a transport gathers (webrtc-pc §5.6.3).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceGathererState>))]
public enum RTCIceGathererState
{
    /// <summary>"new": It has not started.</summary>
    New,

    /// <summary>"gathering": It gathers.</summary>
    Gathering,

    /// <summary>"complete": It is done.</summary>
    Complete,
}
