namespace WebRtcStack.Rtp;

/// <summary>From VP8 frames to payloads (RFC 7741 §4.4): pieces of equal size, all labelled partition 0, with 15-bit picture ids.</summary>
public sealed class Vp8Packetizer : IRtpPacketizer
{
    private readonly bool _hasTemporalLayers;
    private ushort _pictureId;
    private byte _baseLayerIndex;
    private Vp8Descriptor _descriptor;
    private PacketRun _run;

    /// <summary>Creates a packetizer.</summary>
    /// <param name="hasTemporalLayers">Whether frames carry their temporal layer and TL0PICIDX.</param>
    /// <param name="pictureId">The first frame's picture id, which may be random.</param>
    /// <param name="baseLayerIndex">The TL0PICIDX before the first frame, which may be random.</param>
    public Vp8Packetizer(bool hasTemporalLayers = false, ushort pictureId = 0, byte baseLayerIndex = 0) =>
        (_hasTemporalLayers, _pictureId, _baseLayerIndex) = (hasTemporalLayers, (ushort)(pictureId - 1 & 0x7FFF), baseLayerIndex);

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        PacketRun.RequirePayloadLength(maxPayloadLength);
        _run = default;
        if (frame.IsEmpty) return false;
        _pictureId = (ushort)(_pictureId + 1 & 0x7FFF);
        if (description.TemporalId == 0) _baseLayerIndex++;
        _descriptor = new Vp8Descriptor
        {
            IsPartitionStart = true,
            IsNonReference = description.IsDiscardable,
            PictureId = _pictureId,
            IsLongPictureId = true,
            BaseLayerIndex = _hasTemporalLayers ? _baseLayerIndex : null,
            TemporalId = _hasTemporalLayers ? (byte)(description.TemporalId & 3) : null,
            IsLayerSync = _hasTemporalLayers && description.IsLayerSync,
        };
        _run = new PacketRun(frame.Length, maxPayloadLength - _descriptor.Length);
        return true;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker)
    {
        marker = false;
        if (_run.Remaining == 0) return 0;
        int start = frame.Length - _run.Remaining, size = _run.Take();
        int header = _descriptor.Write(destination);
        frame.Slice(start, size).CopyTo(destination[header..]);
        _descriptor = _descriptor with { IsPartitionStart = false };
        marker = _run.Remaining == 0;
        return header + size;
    }
}
