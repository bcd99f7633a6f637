using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Which frames a packet's frame needs, as a dependency descriptor says it (AV1 RTP §A.2): a value that outlives the descriptor.</summary>
public readonly record struct FrameDependencies
{
    /// <summary>The most frames that it holds; AV1 stops at seven.</summary>
    public const int MaxReferences = 8;

    private const int PerWord = 4;
    private readonly ulong _first, _second;                               // distances to the frames it refers to, 16 bits each

    private FrameDependencies(DependencyDescriptor descriptor)
    {
        (FrameNumber, IsFrameStart, SpatialId) = (descriptor.FrameNumber, descriptor.IsFrameStart, (byte)descriptor.SpatialId);
        ReferenceCount = descriptor.Differences.Length;
        for (int i = 0; i < ReferenceCount; i++)
        {
            ulong distance = (ulong)descriptor.Differences[i] << (i % PerWord * 16);
            if (i < PerWord) _first |= distance;
            else _second |= distance;
        }
    }

    /// <summary>The frame's number in decoding order, modulo 65536.</summary>
    public ushort FrameNumber { get; }

    /// <summary>Whether the packet is the first of its frame.</summary>
    public bool IsFrameStart { get; }

    /// <summary>The spatial layer.</summary>
    public byte SpatialId { get; }

    /// <summary>How many frames it refers to.</summary>
    public int ReferenceCount { get; }

    /// <summary>Takes a descriptor's; null when it refers to more frames than fit.</summary>
    public static FrameDependencies? Of(DependencyDescriptor descriptor) =>
        Require.NotNull(descriptor).Differences.Length > MaxReferences ? null : new FrameDependencies(descriptor);

    /// <summary>The number of a frame that it refers to.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public ushort GetReference(int index)
    {
        Require.InRange(index, 0, ReferenceCount - 1);
        ulong word = index < PerWord ? _first : _second;
        return (ushort)(FrameNumber - (ushort)(word >> (index % PerWord * 16)));
    }

    // What the payload leaves open: a picture starts with its lowest layer, and nowhere where no frame does.
    internal RtpPayloadInfo Refine(in RtpPayloadInfo info)
    {
        if (!IsFrameStart) return info with { Start = FrameStart.No };
        return SpatialId == 0 && info.Start == FrameStart.Possible ? info with { Start = FrameStart.Certain } : info;
    }
}
