using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>From VP8 payloads to frames (RFC 7741 §4.5): the frame is what follows the descriptors.</summary>
public sealed class Vp8Depacketizer : IRtpDepacketizer
{
    private Vp8Depacketizer()
    {
    }

    /// <summary>The one instance.</summary>
    public static Vp8Depacketizer Instance { get; } = new();

    /// <summary>Whether a frame is a key frame: the P bit of its first byte (RFC 7741 §4.3).</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> frame) => !frame.IsEmpty && (frame[0] & 1) == 0;

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = default;
        if (!Vp8Descriptor.TryRead(payload, out Vp8Descriptor descriptor, out int length)) return false;
        info = new RtpPayloadInfo
        {
            Start = descriptor.IsFrameStart ? FrameStart.Certain : FrameStart.No,
            IsKeyFrame = descriptor.IsFrameStart && IsKeyFrame(payload[length..]),
            IsDiscardable = descriptor.IsNonReference,
            IsLayerSync = descriptor.IsLayerSync,
            TemporalId = descriptor.TemporalId ?? 0,
            BaseLayerIndex = descriptor.TemporalId is null ? null : descriptor.BaseLayerIndex,
        };
        return true;
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows)
    {
        if (Vp8Descriptor.TryRead(payload, out _, out int length)) Require.NotNull(frame).Append(payload[length..]);
    }

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame)
    {
    }
}
