namespace WebRtcStack.Rtp;

/// <summary>How a VP9 stream is described (draft-ietf-payload-vp9-16 §4.2).</summary>
public sealed record Vp9PacketizerOptions
{
    /// <summary>Whether each packet names the pictures that it refers to. Default: not.</summary>
    public bool IsFlexible { get; init; }

    /// <summary>Whether packets carry their layers. Default: not, for streams without layers.</summary>
    public bool HasLayers { get; init; }

    /// <summary>The structure that goes with key frames, or null.</summary>
    public Vp9ScalabilityStructure? Structure { get; init; }

    /// <summary>The first picture's id, which may be random.</summary>
    public ushort PictureId { get; init; }

    /// <summary>The TL0PICIDX before the first picture, which may be random.</summary>
    public byte BaseLayerIndex { get; init; }
}

/// <summary>From VP9 frames to payloads (draft-ietf-payload-vp9-16 §4.3): pieces of equal size, with 15-bit picture ids.</summary>
/// <remarks>Each spatial layer of a picture is given as a frame, the lowest first.</remarks>
public sealed class Vp9Packetizer : IRtpPacketizer
{
    private readonly Vp9PacketizerOptions _options;
    private ushort _pictureId;
    private byte _baseLayerIndex;
    private bool _isNewPicture = true, _isLastOfPicture;
    private int _structureLength, _maxLength;
    private Vp9Descriptor _descriptor;
    private PacketRun _run;

    /// <summary>Creates a packetizer.</summary>
    public Vp9Packetizer(Vp9PacketizerOptions? options = null)
    {
        _options = options ?? new Vp9PacketizerOptions();
        (_pictureId, _baseLayerIndex) = ((ushort)(_options.PictureId - 1 & 0x7FFF), _options.BaseLayerIndex);
    }

    /// <inheritdoc/>
    public bool TryBegin(ReadOnlySpan<byte> frame, in FrameDescription description, int maxPayloadLength)
    {
        _maxLength = PacketRun.RequirePayloadLength(maxPayloadLength);
        _run = default;
        if (frame.IsEmpty) return false;
        bool isKey = Vp9Bitstream.IsKeyFrame(frame);
        bool isKeyPicture = isKey && description.SpatialId == 0;
        _structureLength = isKeyPicture && _options.Structure is { } structure ? structure.Length : 0;
        if (_structureLength > maxPayloadLength / 2) return false;
        if (_isNewPicture || description.SpatialId == 0)
        {
            _pictureId = (ushort)(_pictureId + 1 & 0x7FFF);
            if (description.TemporalId == 0) _baseLayerIndex++;
        }
        _isNewPicture = _isLastOfPicture = description.IsLastOfPicture;
        _descriptor = new Vp9Descriptor
        {
            IsInterPicture = !isKey && (!_options.IsFlexible || description.References.First != 0),
            IsFlexible = _options.IsFlexible,
            IsFrameStart = true,
            HasStructure = _structureLength > 0,
            IsNotReference = description.IsDiscardable,
            PictureId = _pictureId,
            IsLongPictureId = true,
            HasLayers = _options.HasLayers,
            TemporalId = (byte)(description.TemporalId & 7),
            IsSwitchingPoint = description.IsLayerSync,
            SpatialId = (byte)(description.SpatialId & 7),
            UsesLowerLayer = description.UsesLowerLayer,
            BaseLayerIndex = _baseLayerIndex,
            References = description.References,
        };
        _run = new PacketRun(frame.Length + _structureLength, _maxLength - _descriptor.Length);
        return true;
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> frame, Span<byte> destination, out bool marker)
    {
        marker = false;
        if (_run.Remaining == 0) return 0;
        int start = Math.Max(0, frame.Length - _run.Remaining), size = _run.Take();
        _descriptor = _descriptor with { IsFrameEnd = _run.Remaining == 0 };
        int length = _descriptor.Write(destination);
        if (_descriptor.HasStructure)
        {
            length += _options.Structure!.Write(destination[length..]);
            size -= _structureLength;
        }
        frame.Slice(start, size).CopyTo(destination[length..]);
        _descriptor = _descriptor with { IsFrameStart = false, HasStructure = false };
        marker = _run.Remaining == 0 && _isLastOfPicture;
        return length + size;
    }
}
