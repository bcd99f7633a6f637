using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The type of a candidate (webrtc-pc §4.8.1.5).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCIceCandidateType>))]
public enum RTCIceCandidateType
{
    /// <summary>"host": An address of the machine.</summary>
    Host,

    /// <summary>"srflx": Server-reflexive: as a STUN server sees it.</summary>
    Srflx,

    /// <summary>"prflx": Peer-reflexive: as the peer sees it.</summary>
    Prflx,

    /// <summary>"relay": An address of a TURN server.</summary>
    Relay,
}
