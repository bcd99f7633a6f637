using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>An RTP stream to the peer, as the peer reports it (webrtc-stats §8.6).</summary>
public sealed record RTCRemoteInboundRtpStreamStats : RTCReceivedRtpStreamStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.RemoteInboundRtp;

    /// <summary>The id of the stream as it is measured here.</summary>
    [JsonPropertyName("localId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LocalId { get; init; }

    /// <summary>The latest round trip in seconds (RFC 3550 §6.4.1).</summary>
    [JsonPropertyName("roundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? RoundTripTime { get; init; }

    /// <summary>The sum of all round trips in seconds.</summary>
    [JsonPropertyName("totalRoundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalRoundTripTime { get; init; }

    /// <summary>The fraction of packets lost since the report before, 0 to 1.</summary>
    [JsonPropertyName("fractionLost"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FractionLost { get; init; }

    /// <summary>How many round trips were measured.</summary>
    [JsonPropertyName("roundTripTimeMeasurements"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RoundTripTimeMeasurements { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, LocalId];
}
