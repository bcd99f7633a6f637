using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The protocol between an endpoint and its TURN server (webrtc-pc §4.8.1.4).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceServerTransportProtocol>))]
public enum RTCIceServerTransportProtocol
{
    /// <summary>"udp".</summary>
    Udp,

    /// <summary>"tcp".</summary>
    Tcp,

    /// <summary>"tls": TLS over TCP.</summary>
    Tls,
}
