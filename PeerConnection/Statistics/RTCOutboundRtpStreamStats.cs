using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>An RTP stream to the peer, measured here (webrtc-stats §8.8).</summary>
public sealed record RTCOutboundRtpStreamStats : RTCSentRtpStreamStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.OutboundRtp;

    /// <summary>The tag of the media section.</summary>
    [JsonPropertyName("mid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mid { get; init; }

    /// <summary>With simulcast, the encoding (RFC 8851).</summary>
    [JsonPropertyName("rid"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Rid { get; init; }

    /// <summary>The id of what the peer reports of receiving it.</summary>
    [JsonPropertyName("remoteId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RemoteId { get; init; }

    /// <summary>Header and padding bytes sent.</summary>
    [JsonPropertyName("headerBytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? HeaderBytesSent { get; init; }

    /// <summary>Whether the stream is being sent.</summary>
    [JsonPropertyName("active"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Active { get; init; }

    /// <summary>Negative acknowledgements received: RTCP packets.</summary>
    [JsonPropertyName("nackCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? NackCount { get; init; }

    /// <summary>Picture loss indications received; of video.</summary>
    [JsonPropertyName("pliCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PliCount { get; init; }

    /// <summary>Full intra requests received; of video.</summary>
    [JsonPropertyName("firCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FirCount { get; init; }

    /// <summary>Packets sent again; they are in packetsSent, too.</summary>
    [JsonPropertyName("retransmittedPacketsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedPacketsSent { get; init; }

    /// <summary>Payload bytes sent again; they are in bytesSent, too.</summary>
    [JsonPropertyName("retransmittedBytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedBytesSent { get; init; }

    /// <summary>The source of retransmissions (RFC 4588), where they have one.</summary>
    [JsonPropertyName("rtxSsrc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? RtxSsrc { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId];
}
