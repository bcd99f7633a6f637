using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A track that a sender sends (webrtc-stats §8.11).</summary>
public abstract record RTCMediaSourceStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.MediaSource;

    /// <summary>The id of the track.</summary>
    [JsonPropertyName("trackIdentifier")]
    public required string TrackIdentifier { get; init; }

    /// <summary>Audio or video.</summary>
    [JsonPropertyName("kind")]
    public required MediaKind Kind { get; init; }
}

/// <summary>An audio track that a sender sends (webrtc-stats §8.12). Samples are the application's, so that their energy is not known.</summary>
public sealed record RTCAudioSourceStats : RTCMediaSourceStats
{
    /// <summary>Energy of the samples; null, as only the application has them.</summary>
    [JsonPropertyName("totalAudioEnergy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAudioEnergy { get; init; }

    /// <summary>Seconds of the samples; null, as only the application has them.</summary>
    [JsonPropertyName("totalSamplesDuration"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalSamplesDuration { get; init; }
}

/// <summary>A video track that a sender sends (webrtc-stats §8.13). Pictures are the application's; their frames are counted as they are sent.</summary>
public sealed record RTCVideoSourceStats : RTCMediaSourceStats
{
    /// <summary>The width of the latest picture; null, as only the application knows it.</summary>
    [JsonPropertyName("width"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Width { get; init; }

    /// <summary>The height of the latest picture; null, as only the application knows it.</summary>
    [JsonPropertyName("height"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Height { get; init; }

    /// <summary>Frames of the track so far.</summary>
    [JsonPropertyName("frames"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Frames { get; init; }

    /// <summary>Frames of the last second; null before that is measured.</summary>
    [JsonPropertyName("framesPerSecond"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FramesPerSecond { get; init; }
}
