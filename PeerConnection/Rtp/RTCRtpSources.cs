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

    /// <summary>The RTP timestamp of its latest packet.</summary>
    [JsonPropertyName("rtpTimestamp")]
    public required uint RtpTimestamp { get; init; }
}

/// <summary>A source that a receiver has received (webrtc-pc §5.3.3).</summary>
public sealed record RTCRtpSynchronizationSource : RTCRtpContributingSource;
