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

    /// <summary>Full intra requests sent; of video.</summary>
    [JsonPropertyName("firCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FirCount { get; init; }

    /// <summary>Negative acknowledgements sent: RTCP packets, each naming any number of packets.</summary>
    [JsonPropertyName("nackCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? NackCount { get; init; }

    /// <summary>Retransmissions received; they are in packetsReceived, too.</summary>
    [JsonPropertyName("retransmittedPacketsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedPacketsReceived { get; init; }

    /// <summary>Payload bytes of the retransmissions received; they are in bytesReceived, too.</summary>
    [JsonPropertyName("retransmittedBytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedBytesReceived { get; init; }

    /// <summary>The source of retransmissions (RFC 4588), once one has come.</summary>
    [JsonPropertyName("rtxSsrc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? RtxSsrc { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId];
}
