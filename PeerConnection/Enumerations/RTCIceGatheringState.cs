using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Whether candidates are being gathered (webrtc-pc §4.3.2).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceGatheringState>))]
public enum RTCIceGatheringState
{
    /// <summary>"new": No transport has started to gather.</summary>
    New,

    /// <summary>"gathering": Some transport gathers.</summary>
    Gathering,

    /// <summary>"complete": All transports are done.</summary>
    Complete,
}
