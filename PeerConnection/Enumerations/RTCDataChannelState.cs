using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of a data channel (webrtc-pc §6.2.3).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCDataChannelState>))]
public enum RTCDataChannelState
{
    /// <summary>"connecting": It is being set up.</summary>
    Connecting,

    /// <summary>"open": It carries messages.</summary>
    Open,

    /// <summary>"closing": It is being closed.</summary>
    Closing,

    /// <summary>"closed": It is closed.</summary>
    Closed,
}
