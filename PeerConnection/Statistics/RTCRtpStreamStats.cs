using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>What statistics of all RTP streams have (webrtc-stats §8.2).</summary>
public abstract record RTCRtpStreamStats : RTCStats
{
    /// <summary>The synchronization source.</summary>
    [JsonPropertyName("ssrc")]
    public required uint Ssrc { get; init; }

    /// <summary>Audio or video.</summary>
    [JsonPropertyName("kind")]
    public required MediaKind Kind { get; init; }

    /// <summary>The id of the transport.</summary>
    [JsonPropertyName("transportId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TransportId { get; init; }

    /// <summary>The id of the codec.</summary>
    [JsonPropertyName("codecId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CodecId { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId];
}
