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

    // What follows is of frames and is null until the application has read some: only then are packets put together.

    /// <summary>Frames that were handed to the application, which decodes them; video only.</summary>
    [JsonPropertyName("framesDecoded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesDecoded { get; init; }

    /// <summary>Key frames among them; video only.</summary>
    [JsonPropertyName("keyFramesDecoded"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? KeyFramesDecoded { get; init; }

    /// <summary>Frames that were given up: packets of them or of what they need were missing; video only.</summary>
    [JsonPropertyName("framesDropped"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesDropped { get; init; }

    /// <summary>Pixels across of the latest key frame; video only.</summary>
    [JsonPropertyName("frameWidth"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? FrameWidth { get; init; }

    /// <summary>Pixels down of the latest key frame; video only.</summary>
    [JsonPropertyName("frameHeight"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? FrameHeight { get; init; }

    /// <summary>Frames handed out in the last second; null before that is measured; video only.</summary>
    [JsonPropertyName("framesPerSecond"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FramesPerSecond { get; init; }

    /// <summary>Frames that came in more than one packet; video only.</summary>
    [JsonPropertyName("framesAssembledFromMultiplePackets"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? FramesAssembledFromMultiplePackets { get; init; }

    /// <summary>Over those, seconds from the first to the last packet; video only.</summary>
    [JsonPropertyName("totalAssemblyTime"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAssemblyTime { get; init; }

    /// <summary>Over all frames of video or samples of audio handed out, seconds from the first packet until then.</summary>
    [JsonPropertyName("jitterBufferDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferDelay { get; init; }

    /// <summary>Over the same, the delay in seconds that was aimed at.</summary>
    [JsonPropertyName("jitterBufferTargetDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferTargetDelay { get; init; }

    /// <summary>Over the same, the delay in seconds that the network alone asked for.</summary>
    [JsonPropertyName("jitterBufferMinimumDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? JitterBufferMinimumDelay { get; init; }

    /// <summary>Frames of video, or samples of audio, handed out.</summary>
    [JsonPropertyName("jitterBufferEmittedCount"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? JitterBufferEmittedCount { get; init; }

    /// <summary>Over the same, seconds from the first packet until the application was given the frame; its own decoding is not in it.</summary>
    [JsonPropertyName("totalProcessingDelay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalProcessingDelay { get; init; }

    /// <summary>Samples of audio handed out.</summary>
    [JsonPropertyName("totalSamplesReceived"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? TotalSamplesReceived { get; init; }

    /// <summary>How loud the latest audio is by its header extension (RFC 6464), from 0 to 1; null when it does not say.</summary>
    [JsonPropertyName("audioLevel"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AudioLevel { get; init; }

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

    /// <summary>The sum of the squared level by the seconds of each frame, by their header extension; null when they do not say.</summary>
    [JsonPropertyName("totalAudioEnergy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAudioEnergy { get; init; }

    /// <summary>Seconds of audio handed out.</summary>
    [JsonPropertyName("totalSamplesDuration"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalSamplesDuration { get; init; }

    internal override IEnumerable<string?> References => [TransportId, CodecId, RemoteId];
}
