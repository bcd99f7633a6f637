using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>An RTP stream from the peer, measured here (webrtc-stats §8.5).</summary>
public sealed record RTCInboundRtpStreamStats : RTCReceivedRtpStreamStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.InboundRtp;

    /// <summary>The id of the track.</summary>
    [JsonPropertyName("trackIdentifier")]
    public required string TrackIdentifier { get; init; }

    /// <summary>The tag of the media section.</summary>
    [JsonPropertyName("mid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mid { get; init; }

    /// <summary>The id of what the peer reports of sending it.</summary>
    [JsonPropertyName("remoteId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RemoteId { get; init; }

    /// <summary>When the last packet arrived, in milliseconds since 1970.</summary>
    [JsonPropertyName("lastPacketReceivedTimestamp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LastPacketReceivedTimestamp { get; init; }

    /// <summary>Header and padding bytes received.</summary>
    [JsonPropertyName("headerBytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? HeaderBytesReceived { get; init; }

    /// <summary>Payload bytes received.</summary>
    [JsonPropertyName("bytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? BytesReceived { get; init; }

    /// <summary>Picture loss indications sent; video only.</summary>
    [JsonPropertyName("pliCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PliCount { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId];
}
