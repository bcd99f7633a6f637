namespace WebRtcStack.Rtp;

/// <summary>What changes in a payload descriptor when the packet is forwarded. Apply it to the receiver's own copy.</summary>
public readonly record struct LayerRewrite
{
    /// <summary>Where the picture id lies, or 0.</summary>
    internal int PictureIdAt { get; init; }

    internal ushort PictureId { get; init; }

    internal bool IsLongPictureId { get; init; }

    /// <summary>Where TL0PICIDX lies, or 0.</summary>
    internal int BaseLayerIndexAt { get; init; }

    internal byte BaseLayerIndex { get; init; }

    /// <summary>Writes the numbers into the descriptor, whose length stays.</summary>
    /// <param name="payload">A copy of the payload that <see cref="LayerForwarder.TryForward"/> took.</param>
    public void Apply(Span<byte> payload)
    {
        if (PictureIdAt > 0 && IsLongPictureId)
        {
            payload[PictureIdAt] = (byte)(0x80 | PictureId >> 8);
            payload[PictureIdAt + 1] = (byte)PictureId;
        }
        else if (PictureIdAt > 0)
        {
            payload[PictureIdAt] = (byte)(PictureId & 0x7F);
        }
        if (BaseLayerIndexAt > 0) payload[BaseLayerIndexAt] = BaseLayerIndex;
    }
}
