using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of ICE over all transports (webrtc-pc §4.3.4).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceConnectionState>))]
public enum RTCIceConnectionState
{
    /// <summary>"closed": The connection was closed.</summary>
    Closed,

    /// <summary>"failed": Some transport has failed.</summary>
    Failed,

    /// <summary>"disconnected": Some transport is disconnected.</summary>
    Disconnected,

    /// <summary>"new": Nothing has started.</summary>
    New,

    /// <summary>"checking": Some transport checks its pairs.</summary>
    Checking,

    /// <summary>"completed": All transports have finished checking.</summary>
    Completed,

    /// <summary>"connected": All transports have a working pair.</summary>
    Connected,
}
