namespace WebRtcStack.Rtp;

/// <summary>What the other side tells an encoder beyond a request for a key frame; one of the three is set.</summary>
public sealed record EncoderFeedback
{
    /// <summary>Macroblocks that were lost (SLI, RFC 4585 §6.3.2), or null.</summary>
    public SliceLoss? SliceLoss { get; init; }

    /// <summary>The bit string of a reference picture selection indication (RPSI, RFC 4585 §6.3.3) as the codec defines it, up to 255 bytes, its last byte filled up; or null.</summary>
    public ReadOnlyMemory<byte>? ReferencePicture { get; init; }

    /// <summary>A layer from which decoding can go on (LRR, draft-ietf-avtext-lrr-07), or null.</summary>
    public LayerRefreshRequest? LayerRefresh { get; init; }
}
