using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The role of a DTLS transport (webrtc-stats §8.17.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCDtlsRole>))]
public enum RTCDtlsRole
{
    /// <summary>"client": It starts the handshake.</summary>
    Client,

    /// <summary>"server": The peer starts the handshake.</summary>
    Server,

    /// <summary>"unknown": Not negotiated yet.</summary>
    Unknown,
}
