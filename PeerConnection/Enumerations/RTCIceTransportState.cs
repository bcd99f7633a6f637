using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of an ICE transport (webrtc-pc §5.6.4).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceTransportState>))]
public enum RTCIceTransportState
{
    /// <summary>"closed": It was closed.</summary>
    Closed,

    /// <summary>"failed": No pair works and none is left to try.</summary>
    Failed,

    /// <summary>"disconnected": Checks of the pair in use fail.</summary>
    Disconnected,

    /// <summary>"new": It waits for remote candidates.</summary>
    New,

    /// <summary>"checking": It checks pairs.</summary>
    Checking,

    /// <summary>"completed": A pair is chosen and checking has ended.</summary>
    Completed,

    /// <summary>"connected": A pair works.</summary>
    Connected,
}
