namespace WebRtcStack.Rtp;

/// <summary>What a relay needs to know of a packet of a scalable stream, whatever its format.</summary>
internal readonly record struct ForwardedLayer
{
    public int SpatialId { get; init; }

    public int TemporalId { get; init; }

    public bool IsFrameStart { get; init; }

    public bool IsFrameEnd { get; init; }

    /// <summary>Whether all layers can be taken up from this frame on.</summary>
    public bool IsKeyPicture { get; init; }

    /// <summary>Whether this spatial layer can be taken up from this frame on, the lower ones being there.</summary>
    public bool IsSpatialSwitch { get; init; }

    /// <summary>Whether this frame's temporal layer can be taken up from it on (VP8's Y).</summary>
    public bool IsTemporalSync { get; init; }

    /// <summary>Whether all higher temporal layers can be taken up behind this frame (VP9's U).</summary>
    public bool IsTemporalSwitch { get; init; }

    public int PictureIdAt { get; init; }

    public ushort PictureId { get; init; }

    public bool IsLongPictureId { get; init; }

    /// <summary>Whether picture ids may be renumbered: nothing refers to them by difference.</summary>
    public bool CanRenumberPictures { get; init; }

    public int BaseLayerIndexAt { get; init; }

    public byte BaseLayerIndex { get; init; }

    // RFC 7741 §4.2
    public static bool TryReadVp8(ReadOnlySpan<byte> payload, out ForwardedLayer layer)
    {
        layer = default;
        if (!Vp8Descriptor.TryRead(payload, out Vp8Descriptor descriptor, out int length)) return false;
        int pictureIdLength = descriptor.PictureId is null ? 0 : descriptor.IsLongPictureId ? 2 : 1;
        layer = new ForwardedLayer
        {
            TemporalId = descriptor.TemporalId ?? 0,
            IsFrameStart = descriptor.IsFrameStart,
            IsKeyPicture = descriptor.IsFrameStart && Vp8Depacketizer.IsKeyFrame(payload[length..]),
            IsTemporalSync = descriptor.IsLayerSync,
            PictureIdAt = pictureIdLength == 0 ? 0 : 2,
            PictureId = descriptor.PictureId ?? 0,
            IsLongPictureId = descriptor.IsLongPictureId,
            CanRenumberPictures = true,
            BaseLayerIndexAt = descriptor.BaseLayerIndex is null ? 0 : 2 + pictureIdLength,
            BaseLayerIndex = descriptor.BaseLayerIndex ?? 0,
        };
        return true;
    }

    // draft-ietf-payload-vp9-16 §4.2; P_DIFF and the picture group count picture ids, so that those keep their gaps.
    public static bool TryReadVp9(ReadOnlySpan<byte> payload, out ForwardedLayer layer)
    {
        layer = default;
        if (!Vp9Descriptor.TryRead(payload, out Vp9Descriptor descriptor, out _, out _)) return false;
        int pictureIdLength = descriptor.PictureId is null ? 0 : descriptor.IsLongPictureId ? 2 : 1;
        layer = new ForwardedLayer
        {
            SpatialId = descriptor.SpatialId,
            TemporalId = descriptor.TemporalId,
            IsFrameStart = descriptor.IsFrameStart,
            IsFrameEnd = descriptor.IsFrameEnd,
            IsKeyPicture = descriptor is { IsFrameStart: true, IsKeyFrame: true },
            IsSpatialSwitch = !descriptor.IsInterPicture,
            IsTemporalSwitch = descriptor.IsSwitchingPoint,
            PictureIdAt = pictureIdLength == 0 ? 0 : 1,
            PictureId = descriptor.PictureId ?? 0,
            IsLongPictureId = descriptor.IsLongPictureId,
            BaseLayerIndexAt = descriptor is { HasLayers: true, IsFlexible: false } ? 2 + pictureIdLength : 0,
            BaseLayerIndex = descriptor.BaseLayerIndex,
        };
        return true;
    }

    /// <summary>The same with what a dependency descriptor says in place of what the payload does; numbers in the payload stay where they are.</summary>
    public ForwardedLayer As(DependencyDescriptor descriptor) => this with
    {
        SpatialId = descriptor.SpatialId,
        TemporalId = descriptor.TemporalId,
        IsFrameStart = descriptor.IsFrameStart,
        IsFrameEnd = descriptor.IsFrameEnd,
        IsKeyPicture = descriptor.Structure is not null && descriptor.IsFrameStart,
    };
}
