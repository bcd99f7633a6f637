namespace WebRtcStack.Rtp;

/// <summary>What header extensions of a frame's packets say of it.</summary>
public readonly record struct RtpFrameHints
{
    /// <summary>The level of its audio.</summary>
    public AudioLevel? AudioLevel { get; init; }

    /// <summary>How it is to be turned.</summary>
    public VideoOrientation? Orientation { get; init; }

    /// <summary>When it was captured.</summary>
    public AbsoluteCaptureTime? CaptureTime { get; init; }

    /// <summary>What frames it needs (dependency descriptor). It is the packet's, not the frame's: a picture has a frame for each spatial layer.</summary>
    public FrameDependencies? Dependencies { get; init; }

    internal RtpFrameHints Or(in RtpFrameHints other) => new()
    {
        AudioLevel = AudioLevel ?? other.AudioLevel,
        Orientation = Orientation ?? other.Orientation,
        CaptureTime = CaptureTime ?? other.CaptureTime,
    };
}
