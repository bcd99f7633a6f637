using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The state of a DTLS transport (webrtc-pc §5.5.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCDtlsTransportState>))]
public enum RTCDtlsTransportState
{
    /// <summary>"new": Nothing was sent yet.</summary>
    New,

    /// <summary>"connecting": The handshake is under way.</summary>
    Connecting,

    /// <summary>"connected": The handshake is done and the fingerprint matched.</summary>
    Connected,

    /// <summary>"closed": It was closed.</summary>
    Closed,

    /// <summary>"failed": It has failed.</summary>
    Failed,
}
