using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What an RTCError is about (webrtc-pc §11.2).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCErrorDetailType>))]
public enum RTCErrorDetailType
{
    /// <summary>"data-channel-failure": The data channel has failed.</summary>
    DataChannelFailure,

    /// <summary>"dtls-failure": DTLS has failed, or its alert ended it.</summary>
    DtlsFailure,

    /// <summary>"fingerprint-failure": The peer's certificate is not the one that signalling named.</summary>
    FingerprintFailure,

    /// <summary>"sctp-failure": The SCTP association has failed.</summary>
    SctpFailure,

    /// <summary>"sdp-syntax-error": The session description is malformed.</summary>
    SdpSyntaxError,

    /// <summary>"hardware-encoder-not-available": No hardware encoder.</summary>
    HardwareEncoderNotAvailable,

    /// <summary>"hardware-encoder-error": The hardware encoder does not do what was asked.</summary>
    HardwareEncoderError,
}
