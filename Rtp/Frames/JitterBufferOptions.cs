using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What a stream carries, as far as its buffering differs.</summary>
public enum JitterBufferKind
{
    /// <summary>Audio: what is missing when its time comes is skipped; a decoder conceals it.</summary>
    Audio,

    /// <summary>Video: what is missing is waited for a while longer, and without it nothing that needs it is handed out.</summary>
    Video,
}

/// <summary>How a jitter buffer delays, and what it holds at most. Worst-case memory is <see cref="MaxBytes"/>, the frame under assembly, and 200 bytes for each of <see cref="MaxPackets"/>, as far as they are needed at a time.</summary>
public sealed record JitterBufferOptions
{
    private static readonly TimeSpan s_ceiling = TimeSpan.FromSeconds(10);

    /// <summary>What the stream carries. Default: video.</summary>
    public JitterBufferKind Kind { get; init; } = JitterBufferKind.Video;

    /// <summary>The least delay between a frame's arrival, had the network been at its best, and its playout. Default 0; up to 10 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MinDelay { get; init => field = Require.InRange(value, TimeSpan.Zero, s_ceiling); }

    /// <summary>The greatest delay that jitter may bring about, and a target may ask for. Default 4 s, the greatest jitterBufferTarget (webrtc-extensions §6.2); up to 10 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxDelay { get; init => field = Require.InRange(value, TimeSpan.Zero, s_ceiling); } = TimeSpan.FromSeconds(4);

    /// <summary>Video: how long after its time a frame with missing packets is still waited for, so that they can be sent again. Default 500 ms; from 0 to 10 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RepairTime { get; init => field = Require.InRange(value, TimeSpan.Zero, s_ceiling); } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether frames with missing packets are handed out, marked, instead of dropped. Default: not.</summary>
    public bool DeliversIncompleteFrames { get; init; }

    /// <summary>Video: whether frames that need a lost one are handed out, marked, instead of dropped until the next key frame. Default: not.</summary>
    public bool DeliversUndecodableFrames { get; init; }

    /// <summary>The most packets that wait; rounded up to a power of two. Default 2048; from 16 to 16384.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPackets { get; init => field = Require.InRange(value, 16, 16384); } = 2048;

    /// <summary>The most bytes of payload that wait. Default 8 MiB; from 64 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxBytes { get; init => field = Require.InRange(value, 64 << 10, 256 << 20); } = 8 << 20;

    /// <summary>The most bytes of a frame. Default 4 MiB; from 1 KiB to 64 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxFrameBytes { get; init => field = Require.InRange(value, 1 << 10, 64 << 20); } = 4 << 20;

    /// <summary>A timestamp that jumps further than this against the clock starts the stream anew. Default 5 s; from 500 ms to 60 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxTimestampJump { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(60)); } = TimeSpan.FromSeconds(5);
}
