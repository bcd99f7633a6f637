namespace WebRtcStack.Rtp;

/// <summary>Whether a packet is the first of its frame, as far as its payload tells.</summary>
public enum FrameStart : byte
{
    /// <summary>It may be; what came before it decides.</summary>
    Possible,

    /// <summary>It is.</summary>
    Certain,

    /// <summary>It is not.</summary>
    No,
}

/// <summary>What a packet's payload says of its frame.</summary>
public readonly record struct RtpPayloadInfo
{
    /// <summary>Whether the frame starts here.</summary>
    public FrameStart Start { get; init; }

    /// <summary>Whether the frame ends here although no marker says so: formats with a frame in each packet.</summary>
    public bool IsWholeFrame { get; init; }

    /// <summary>Whether it belongs to a frame at which decoding can start.</summary>
    public bool IsKeyFrame { get; init; }

    /// <summary>Whether no other frame needs it.</summary>
    public bool IsDiscardable { get; init; }

    /// <summary>Whether higher temporal layers can be taken up from here on (VP8's Y, VP9's U).</summary>
    public bool IsLayerSync { get; init; }

    /// <summary>The spatial layer.</summary>
    public byte SpatialId { get; init; }

    /// <summary>The temporal layer.</summary>
    public byte TemporalId { get; init; }

    /// <summary>The running number of base-layer pictures (TL0PICIDX), or null.</summary>
    public byte? BaseLayerIndex { get; init; }

    /// <summary>The payload's duration in units of the RTP clock; 0 when unknown.</summary>
    public int Duration { get; init; }
}
