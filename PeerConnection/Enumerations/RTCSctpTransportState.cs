using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of an SCTP transport (webrtc-pc §6.1.2).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCSctpTransportState>))]
public enum RTCSctpTransportState
{
    /// <summary>"connecting": The association is being set up.</summary>
    Connecting,

    /// <summary>"connected": It is up.</summary>
    Connected,

    /// <summary>"closed": It has ended.</summary>
    Closed,
}
