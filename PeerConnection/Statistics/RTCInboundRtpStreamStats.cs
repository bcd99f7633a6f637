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

    /// <summary>Frames that have begun to arrive: new RTP timestamps; video only.</summary>
    [JsonPropertyName("framesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesReceived { get; init; }

    /// <summary>Frames decoded. Codecs are the application's, which is not asked: null.</summary>
    [JsonPropertyName("framesDecoded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesDecoded { get; init; }

    /// <summary>Frames that were given up before they were decoded, where the stack puts frames together; null otherwise.</summary>
    [JsonPropertyName("framesDropped"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesDropped { get; init; }

    /// <summary>Seconds that all samples (audio) or frames (video) were in the jitter buffer, added up; null while no one has read frames.</summary>
    [JsonPropertyName("jitterBufferDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferDelay { get; init; }

    /// <summary>Over the same, seconds that the delay was to be; null while no one has read frames.</summary>
    [JsonPropertyName("jitterBufferTargetDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferTargetDelay { get; init; }

    /// <summary>Over the same, seconds that the network alone asked for; null while no one has read frames.</summary>
    [JsonPropertyName("jitterBufferMinimumDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferMinimumDelay { get; init; }

    /// <summary>Samples (audio) or frames (video) that have left the jitter buffer; null while no one has read frames.</summary>
    [JsonPropertyName("jitterBufferEmittedCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? JitterBufferEmittedCount { get; init; }

    /// <summary>Frames that came in more than one packet; video only, null while no one has read frames.</summary>
    [JsonPropertyName("framesAssembledFromMultiplePackets"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesAssembledFromMultiplePackets { get; init; }

    /// <summary>Seconds from the first to the last packet of those frames, added up; video only, null while no one has read frames.</summary>
    [JsonPropertyName("totalAssemblyTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAssemblyTime { get; init; }

    /// <summary>Packets that came but were not given to the application: too late for it, or while it was too slow (<see cref="WebRtcOptions.MaxQueuedRtpPackets"/>).</summary>
    [JsonPropertyName("packetsDiscarded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? PacketsDiscarded { get; init; }

    /// <summary>Generic NACKs sent; video only.</summary>
    [JsonPropertyName("nackCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? NackCount { get; init; }

    /// <summary>Full intra requests sent; video only.</summary>
    [JsonPropertyName("firCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FirCount { get; init; }

    /// <summary>Packets received again (RFC 4588).</summary>
    [JsonPropertyName("retransmittedPacketsReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedPacketsReceived { get; init; }

    /// <summary>Payload bytes received again.</summary>
    [JsonPropertyName("retransmittedBytesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? RetransmittedBytesReceived { get; init; }

    /// <summary>The source of retransmissions, where they have one.</summary>
    [JsonPropertyName("rtxSsrc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? RtxSsrc { get; init; }

    /// <summary>Energy of what was played. Playing is the application's: null.</summary>
    [JsonPropertyName("totalAudioEnergy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAudioEnergy { get; init; }

    /// <summary>Seconds of what was played. Playing is the application's: null.</summary>
    [JsonPropertyName("totalSamplesDuration"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalSamplesDuration { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId];
}
