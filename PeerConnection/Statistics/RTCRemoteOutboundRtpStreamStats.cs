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

    internal override IEnumerable<string?> References => [TransportId, CodecId, LocalId];
}
