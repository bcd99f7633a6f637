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

/// <summary>An audio track that a sender sends (webrtc-stats §8.12), as the frames that are written tell of it; null where packets are written.</summary>
public sealed record RTCAudioSourceStats : RTCMediaSourceStats
{
    /// <summary>How loud the latest frame is, from 0 to 1; null when the application does not say (<see cref="OutgoingFrame.AudioLevel"/>).</summary>
    [JsonPropertyName("audioLevel"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AudioLevel { get; init; }

    /// <summary>The sum of the squared level by the seconds of each frame; null when the application does not say.</summary>
    [JsonPropertyName("totalAudioEnergy"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalAudioEnergy { get; init; }

    /// <summary>Seconds of audio, by the timestamps of the frames.</summary>
    [JsonPropertyName("totalSamplesDuration"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? TotalSamplesDuration { get; init; }
}

/// <summary>A video track that a sender sends (webrtc-stats §8.13). Its frames are counted as they are sent.</summary>
public sealed record RTCVideoSourceStats : RTCMediaSourceStats
{
    /// <summary>Pixels across, as the application or its latest key frame says (<see cref="MediaStreamTrack.GetSettings"/>).</summary>
    [JsonPropertyName("width"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Width { get; init; }

    /// <summary>Pixels down, likewise.</summary>
    [JsonPropertyName("height"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public uint? Height { get; init; }

    /// <summary>Frames of the track so far.</summary>
    [JsonPropertyName("frames"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Frames { get; init; }

    /// <summary>Frames of the last second; null before that is measured.</summary>
    [JsonPropertyName("framesPerSecond"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FramesPerSecond { get; init; }
}
