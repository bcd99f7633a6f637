using System.Text.Json.Serialization;
using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>An RTP header extension that is implemented (webrtc-pc §5.2.13, webrtc-extensions §5).</summary>
public sealed record RTCRtpHeaderExtensionCapability
{
    /// <summary>The extension (RFC 8285 §5).</summary>
    [JsonPropertyName("uri")]
    public required string Uri { get; init => field = Require.NotNull(value); }

    /// <summary>The direction it is negotiated for; stopped: not at all. Default sendrecv.</summary>
    [JsonPropertyName("direction")]
    public RTCRtpTransceiverDirection Direction { get; init; } = RTCRtpTransceiverDirection.SendRecv;
}

/// <summary>An RTP header extension that was negotiated (webrtc-pc §5.2.9).</summary>
public sealed record RTCRtpHeaderExtensionParameters
{
    /// <summary>The extension (RFC 8285 §5).</summary>
    [JsonPropertyName("uri")]
    public required string Uri { get; init => field = Require.NotNull(value); }

    /// <summary>The id by which it goes in packets.</summary>
    [JsonPropertyName("id")]
    public required ushort Id { get; init; }

    /// <summary>Whether it is encrypted by itself (RFC 6904). Cryptex, which encrypts all of them (RFC 9335), does not show here.</summary>
    [JsonPropertyName("encrypted")]
    public bool Encrypted { get; init; }
}
