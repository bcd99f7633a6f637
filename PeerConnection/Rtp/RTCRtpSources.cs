using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A source whose media was mixed into what a receiver has received (webrtc-pc §5.3.3).</summary>
public record RTCRtpContributingSource
{
    /// <summary>When its latest packet was delivered, in milliseconds since 1970.</summary>
    [JsonPropertyName("timestamp")]
    public required double Timestamp { get; init; }

    /// <summary>The CSRC or SSRC.</summary>
    [JsonPropertyName("source")]
    public required uint Source { get; init; }

    /// <summary>The level of its audio: 1 is 0 dBov, 0 is silence; null when the packets do not say (RFC 6464, 6465).</summary>
    [JsonPropertyName("audioLevel"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AudioLevel { get; init; }

    /// <summary>
    /// When what its latest packet carries was captured, in milliseconds since 1970 by the capturer's clock; null when no packet has said it
    /// (abs-capture-time, webrtc-extensions §10.1).
    /// </summary>
    [JsonPropertyName("captureTimestamp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? CaptureTimestamp { get; init; }

    /// <summary>Milliseconds that are to be added to <see cref="CaptureTimestamp"/> for the sender's clock; null when no packet has said it.</summary>
    [JsonPropertyName("senderCaptureTimeOffset"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SenderCaptureTimeOffset { get; init; }

    /// <summary>The RTP timestamp of its latest packet.</summary>
    [JsonPropertyName("rtpTimestamp")]
    public required uint RtpTimestamp { get; init; }
}

/// <summary>A source that a receiver has received (webrtc-pc §5.3.3).</summary>
public sealed record RTCRtpSynchronizationSource : RTCRtpContributingSource;
