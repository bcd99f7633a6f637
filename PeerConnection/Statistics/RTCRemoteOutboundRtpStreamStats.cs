using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>An RTP stream from the peer, as the peer reports it (webrtc-stats §8.9).</summary>
public sealed record RTCRemoteOutboundRtpStreamStats : RTCSentRtpStreamStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.RemoteOutboundRtp;

    /// <summary>The id of the stream as it is measured here.</summary>
    [JsonPropertyName("localId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LocalId { get; init; }

    /// <summary>The time of the report by the clock of the peer, in milliseconds since 1970.</summary>
    [JsonPropertyName("remoteTimestamp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RemoteTimestamp { get; init; }

    /// <summary>Sender reports received.</summary>
    [JsonPropertyName("reportsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? ReportsSent { get; init; }

    /// <summary>The latest round trip in seconds, measured by this receiving side (RFC 3611 §4.5); null unless the peer answers such questions.</summary>
    [JsonPropertyName("roundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RoundTripTime { get; init; }

    /// <summary>The sum of those round trips in seconds.</summary>
    [JsonPropertyName("totalRoundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalRoundTripTime { get; init; }

    /// <summary>How many such round trips were measured.</summary>
    [JsonPropertyName("roundTripTimeMeasurements"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RoundTripTimeMeasurements { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, LocalId];
}
