using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of the offer/answer exchange (webrtc-pc §4.3.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCSignalingState>))]
public enum RTCSignalingState
{
    /// <summary>"stable": No exchange is under way.</summary>
    Stable,

    /// <summary>"have-local-offer": A local offer was applied.</summary>
    HaveLocalOffer,

    /// <summary>"have-remote-offer": A remote offer was applied.</summary>
    HaveRemoteOffer,

    /// <summary>"have-local-pranswer": A remote offer and a local provisional answer were applied.</summary>
    HaveLocalPrAnswer,

    /// <summary>"have-remote-pranswer": A local offer and a remote provisional answer were applied.</summary>
    HaveRemotePrAnswer,

    /// <summary>"closed": The connection was closed.</summary>
    Closed,
}
