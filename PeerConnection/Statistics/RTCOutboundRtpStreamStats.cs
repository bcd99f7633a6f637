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

    /// <summary>The id of the track's statistics.</summary>
    [JsonPropertyName("mediaSourceId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MediaSourceId { get; init; }

    /// <summary>The index of the encoding among the sender's.</summary>
    [JsonPropertyName("encodingIndex"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? EncodingIndex { get; init; }

    /// <summary>Frames sent: RTP timestamps; video only.</summary>
    [JsonPropertyName("framesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesSent { get; init; }

    /// <summary>Frames that the application has encoded for the stream; all are sent, so that this is <see cref="FramesSent"/>; video only.</summary>
    [JsonPropertyName("framesEncoded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesEncoded { get; init; }

    /// <summary>Key frames among those that were written as frames; null when packets are written; video only.</summary>
    [JsonPropertyName("keyFramesEncoded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? KeyFramesEncoded { get; init; }

    /// <summary>Frames of at least 2.5 times the average size, among those that were written as frames; video only.</summary>
    [JsonPropertyName("hugeFramesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? HugeFramesSent { get; init; }

    /// <summary>Pixels across of the latest key frame; null when packets are written; video only.</summary>
    [JsonPropertyName("frameWidth"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? FrameWidth { get; init; }

    /// <summary>Pixels down of the latest key frame; null when packets are written; video only.</summary>
    [JsonPropertyName("frameHeight"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? FrameHeight { get; init; }

    /// <summary>Frames sent in the last second; null before that is measured; video only.</summary>
    [JsonPropertyName("framesPerSecond"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FramesPerSecond { get; init; }

    /// <summary>Generic NACKs received.</summary>
    [JsonPropertyName("nackCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? NackCount { get; init; }

    /// <summary>Full intra requests received; video only.</summary>
    [JsonPropertyName("firCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FirCount { get; init; }

    /// <summary>Picture loss indications received; video only.</summary>
    [JsonPropertyName("pliCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PliCount { get; init; }

    /// <summary>Packets sent again.</summary>
    [JsonPropertyName("retransmittedPacketsSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedPacketsSent { get; init; }

    /// <summary>Payload bytes sent again.</summary>
    [JsonPropertyName("retransmittedBytesSent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedBytesSent { get; init; }

    /// <summary>The source of retransmissions, where they have one.</summary>
    [JsonPropertyName("rtxSsrc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? RtxSsrc { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId, MediaSourceId];
}
