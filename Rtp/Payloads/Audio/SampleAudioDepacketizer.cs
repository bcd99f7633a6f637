using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Audio formats with a byte for each tick of the RTP clock: PCMU and PCMA (RFC 3551 §4.5.14), and G.722, whose clock says 8000 although it samples at 16000 (§4.5.2).</summary>
public sealed class SampleAudioDepacketizer : IRtpDepacketizer
{
    private readonly bool _hasDuration;

    private SampleAudioDepacketizer(bool hasDuration) => _hasDuration = hasDuration;

    /// <summary>The one instance for PCMU, PCMA and G.722.</summary>
    public static SampleAudioDepacketizer Instance { get; } = new(hasDuration: true);

    /// <summary>The one for comfort noise (RFC 3389), which lasts until something else comes.</summary>
    public static SampleAudioDepacketizer ComfortNoise { get; } = new(hasDuration: false);

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = new RtpPayloadInfo { Start = FrameStart.Certain, IsWholeFrame = true, IsKeyFrame = true, Duration = _hasDuration ? payload.Length : 0 };
        return !payload.IsEmpty;
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows) => Require.NotNull(frame).Append(payload);

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame)
    {
    }
}
