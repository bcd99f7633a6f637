using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Statistics of a pair of candidates (webrtc-stats §8.19).</summary>
public sealed record RTCIceCandidatePairStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.CandidatePair;

    /// <summary>The id of the transport.</summary>
    [JsonPropertyName("transportId")]
    public required string TransportId { get; init; }

    /// <summary>The id of the candidate of this side.</summary>
    [JsonPropertyName("localCandidateId")]
    public required string LocalCandidateId { get; init; }

    /// <summary>The id of the candidate of the peer.</summary>
    [JsonPropertyName("remoteCandidateId")]
    public required string RemoteCandidateId { get; init; }

    /// <summary>How far checking the pair has come.</summary>
    [JsonPropertyName("state")]
    public required RTCStatsIceCandidatePairState State { get; init; }

    /// <summary>Whether the pair was nominated.</summary>
    [JsonPropertyName("nominated"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Nominated { get; init; }

    /// <summary>The priority of the pair (RFC 8445 §6.1.2.3).</summary>
    [JsonPropertyName("priority"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Priority { get; init; }

    /// <summary>Packets sent on the pair, connectivity checks not among them.</summary>
    [JsonPropertyName("packetsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PacketsSent { get; init; }

    /// <summary>Packets received on the pair, connectivity checks not among them.</summary>
    [JsonPropertyName("packetsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? PacketsReceived { get; init; }

    /// <summary>Bytes of those sent.</summary>
    [JsonPropertyName("bytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesSent { get; init; }

    /// <summary>Bytes of those received.</summary>
    [JsonPropertyName("bytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesReceived { get; init; }

    /// <summary>When the last of them was sent, in milliseconds since 1970.</summary>
    [JsonPropertyName("lastPacketSentTimestamp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LastPacketSentTimestamp { get; init; }

    /// <summary>When the last of them arrived, in milliseconds since 1970.</summary>
    [JsonPropertyName("lastPacketReceivedTimestamp"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? LastPacketReceivedTimestamp { get; init; }

    /// <summary>The sum of all round trips of connectivity checks, in seconds.</summary>
    [JsonPropertyName("totalRoundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalRoundTripTime { get; init; }

    /// <summary>The latest round trip of a connectivity check, in seconds.</summary>
    [JsonPropertyName("currentRoundTripTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? CurrentRoundTripTime { get; init; }

    /// <summary>Connectivity checks received.</summary>
    [JsonPropertyName("requestsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? RequestsReceived { get; init; }

    /// <summary>Connectivity checks sent.</summary>
    [JsonPropertyName("requestsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? RequestsSent { get; init; }

    /// <summary>Answers to connectivity checks received.</summary>
    [JsonPropertyName("responsesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ResponsesReceived { get; init; }

    /// <summary>Answers to connectivity checks sent.</summary>
    [JsonPropertyName("responsesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ResponsesSent { get; init; }

    /// <summary>Consent requests sent (RFC 7675).</summary>
    [JsonPropertyName("consentRequestsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ConsentRequestsSent { get; init; }

    /// <summary>What congestion control gives for all streams, in bits per second; null without an estimate.</summary>
    [JsonPropertyName("availableOutgoingBitrate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AvailableOutgoingBitrate { get; init; }

    /// <summary>What the peer is told to send at most, in bits per second; null without an estimate.</summary>
    [JsonPropertyName("availableIncomingBitrate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AvailableIncomingBitrate { get; init; }

    internal override IEnumerable<string?> References => [TransportId, LocalCandidateId, RemoteCandidateId];
}
