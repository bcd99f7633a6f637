using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>The direction of a transceiver (webrtc-pc §5.4.2).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCRtpTransceiverDirection>))]
public enum RTCRtpTransceiverDirection
{
    /// <summary>"sendrecv": It sends and receives.</summary>
    SendRecv,

    /// <summary>"sendonly": It sends.</summary>
    SendOnly,

    /// <summary>"recvonly": It receives.</summary>
    RecvOnly,

    /// <summary>"inactive": Neither.</summary>
    Inactive,

    /// <summary>"stopped": It was stopped for good.</summary>
    Stopped,
}
