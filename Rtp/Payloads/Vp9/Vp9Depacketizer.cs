using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>From VP9 payloads to pictures (draft-ietf-payload-vp9-16 §4): the frames of a picture's spatial layers, one behind the other.</summary>
public sealed class Vp9Depacketizer : IRtpDepacketizer
{
    private Vp9Depacketizer()
    {
    }

    /// <summary>The one instance.</summary>
    public static Vp9Depacketizer Instance { get; } = new();

    /// <inheritdoc/>
    public bool TryInspect(ReadOnlySpan<byte> payload, out RtpPayloadInfo info)
    {
        info = default;
        if (!Vp9Descriptor.TryRead(payload, out Vp9Descriptor descriptor, out _, out _)) return false;
        info = new RtpPayloadInfo
        {
            Start = StartOf(descriptor),
            IsKeyFrame = descriptor.IsKeyFrame,
            IsLayerSync = descriptor.IsSwitchingPoint,
            SpatialId = descriptor.SpatialId,
            TemporalId = descriptor.TemporalId,
            BaseLayerIndex = descriptor is { HasLayers: true, IsFlexible: false } ? descriptor.BaseLayerIndex : null,
        };
        return true;
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> payload, FrameBuffer frame, bool follows)
    {
        if (Vp9Descriptor.TryRead(payload, out _, out _, out int length)) Require.NotNull(frame).Append(payload[length..]);
    }

    /// <inheritdoc/>
    public void Complete(FrameBuffer frame)
    {
    }

    // A picture starts with its lowest layer, which need not be layer 0 once a relay has taken that out.
    private static FrameStart StartOf(in Vp9Descriptor descriptor)
    {
        if (!descriptor.IsFrameStart || descriptor.UsesLowerLayer) return FrameStart.No;
        return descriptor.SpatialId == 0 ? FrameStart.Certain : FrameStart.Possible;
    }
}
