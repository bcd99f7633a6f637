using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Whether RTP header extensions must be encrypted (Cryptex, RFC 9335; webrtc-extensions §12.1).</summary>
[JsonConverter(typeof(W3CEnumConverter<RTCRtpHeaderEncryptionPolicy>))]
public enum RTCRtpHeaderEncryptionPolicy
{
    /// <summary>"negotiate": they are encrypted if both sides offer that, which <see cref="WebRtcOptions.Cryptex"/> decides for ours; else they go in the clear.</summary>
    Negotiate,

    /// <summary>"require": encryption is always offered, and a description without it is refused.</summary>
    Require,
}
