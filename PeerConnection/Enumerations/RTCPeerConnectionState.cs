using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of the connection over all its transports (webrtc-pc §4.3.3).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCPeerConnectionState>))]
public enum RTCPeerConnectionState
{
    /// <summary>"closed": The connection was closed.</summary>
    Closed,

    /// <summary>"failed": Some transport has failed.</summary>
    Failed,

    /// <summary>"disconnected": Some transport is disconnected.</summary>
    Disconnected,

    /// <summary>"new": Nothing has started.</summary>
    New,

    /// <summary>"connecting": Some transport is connecting.</summary>
    Connecting,

    /// <summary>"connected": All transports are connected.</summary>
    Connected,
}
