namespace WebRtcStack.Rtp;

/// <summary>The VP9 payload descriptor in front of each payload (draft-ietf-payload-vp9-16 §4.2), its scalability structure apart.</summary>
public readonly record struct Vp9Descriptor
{
    /// <summary>The longest descriptor without scalability structure.</summary>
    public const int MaxLength = 8;

    private const byte PictureIdBit = 0x80, InterBit = 0x40, LayersBit = 0x20, FlexibleBit = 0x10, StartBit = 8, EndBit = 4, StructureBit = 2, NotReferenceBit = 1;

    /// <summary>P: whether the frame refers to earlier pictures.</summary>
    public bool IsInterPicture { get; init; }

    /// <summary>F: whether <see cref="References"/> tells to which.</summary>
    public bool IsFlexible { get; init; }

    /// <summary>B: whether a frame starts here.</summary>
    public bool IsFrameStart { get; init; }

    /// <summary>E: whether a frame ends here.</summary>
    public bool IsFrameEnd { get; init; }

    /// <summary>V: whether a scalability structure follows.</summary>
    public bool HasStructure { get; init; }

    /// <summary>Z: whether higher spatial layers do not need this frame.</summary>
    public bool IsNotReference { get; init; }

    /// <summary>PID: the picture's running number in 7 or 15 bits, or null.</summary>
    public ushort? PictureId { get; init; }

    /// <summary>Whether <see cref="PictureId"/> has 15 bits.</summary>
    public bool IsLongPictureId { get; init; }

    /// <summary>L: whether layer indices are present.</summary>
    public bool HasLayers { get; init; }

    /// <summary>TID: the temporal layer, 0 to 7.</summary>
    public byte TemporalId { get; init; }

    /// <summary>U: whether higher temporal layers can be taken up from here on.</summary>
    public bool IsSwitchingPoint { get; init; }

    /// <summary>SID: the spatial layer, 0 to 7.</summary>
    public byte SpatialId { get; init; }

    /// <summary>D: whether the frame needs the next lower spatial layer of its picture.</summary>
    public bool UsesLowerLayer { get; init; }

    /// <summary>TL0PICIDX: the running number of base-layer pictures; with layers and without flexible mode alone.</summary>
    public byte BaseLayerIndex { get; init; }

    /// <summary>P_DIFF: the pictures that it refers to; in flexible mode alone.</summary>
    public Vp9References References { get; init; }

    /// <summary>Whether the packet belongs to a key picture's base layer.</summary>
    public bool IsKeyFrame => !IsInterPicture && SpatialId == 0;

    /// <summary>Bytes of the descriptor as written, the scalability structure apart.</summary>
    public int Length => 1 + (PictureId is null ? 0 : IsLongPictureId ? 2 : 1) + (!HasLayers ? 0 : IsFlexible ? 1 : 2) +
        (IsFlexible && IsInterPicture ? Vp9ScalabilityStructure.CountOf(References) : 0);

    /// <summary>Reads the descriptor off a payload. False when it is cut off or invalid, or nothing follows it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="structureAt">Where the scalability structure starts, if there is one.</param>
    /// <param name="length">Where the frame's bytes start.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out Vp9Descriptor descriptor, out int structureAt, out int length)
    {
        descriptor = default;
        (structureAt, length) = (0, 0);
        Core.WireReader reader = new(payload);
        if (!reader.TryReadByte(out byte first)) return false;
        ushort? pictureId = null;
        bool isLong = false;
        if ((first & PictureIdBit) != 0)
        {
            if (!reader.TryReadByte(out byte high)) return false;
            isLong = (high & 0x80) != 0;
            byte low = 0;
            if (isLong && !reader.TryReadByte(out low)) return false;
            pictureId = (ushort)(isLong ? (high & 0x7F) << 8 | low : high);
        }
        bool isFlexible = (first & FlexibleBit) != 0, hasLayers = (first & LayersBit) != 0;
        byte layers = 0, baseLayer = 0;
        if (hasLayers && !reader.TryReadByte(out layers)) return false;
        if (hasLayers && !isFlexible && !reader.TryReadByte(out baseLayer)) return false;
        Vp9References references = default;
        if (isFlexible && (first & InterBit) != 0 && !TryReadReferences(ref reader, out references)) return false;
        structureAt = length = payload.Length - reader.Remaining;
        if ((first & StructureBit) != 0)
        {
            if (!Vp9ScalabilityStructure.TrySkip(reader.Rest, out int structure)) return false;
            length += structure;
        }
        descriptor = new Vp9Descriptor
        {
            IsInterPicture = (first & InterBit) != 0,
            IsFlexible = isFlexible,
            IsFrameStart = (first & StartBit) != 0,
            IsFrameEnd = (first & EndBit) != 0,
            HasStructure = (first & StructureBit) != 0,
            IsNotReference = (first & NotReferenceBit) != 0,
            PictureId = pictureId,
            IsLongPictureId = isLong,
            HasLayers = hasLayers,
            TemporalId = (byte)(layers >> 5),
            IsSwitchingPoint = (layers & 0x10) != 0,
            SpatialId = (byte)(layers >> 1 & 7),
            UsesLowerLayer = (layers & 1) != 0,
            BaseLayerIndex = baseLayer,
            References = references,
        };
        return length < payload.Length;
    }

    /// <summary>Writes the descriptor; a scalability structure follows it.</summary>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        destination[0] = (byte)((PictureId is null ? 0 : PictureIdBit) | (IsInterPicture ? InterBit : 0) | (HasLayers ? LayersBit : 0) |
            (IsFlexible ? FlexibleBit : 0) | (IsFrameStart ? StartBit : 0) | (IsFrameEnd ? EndBit : 0) | (HasStructure ? StructureBit : 0) |
            (IsNotReference ? NotReferenceBit : 0));
        int length = 1;
        if (PictureId is { } pictureId)
        {
            if (IsLongPictureId) destination[length++] = (byte)(0x80 | pictureId >> 8);
            destination[length++] = IsLongPictureId ? (byte)pictureId : (byte)(pictureId & 0x7F);
        }
        if (HasLayers) destination[length++] = (byte)(TemporalId << 5 | (IsSwitchingPoint ? 0x10 : 0) | (SpatialId & 7) << 1 | (UsesLowerLayer ? 1 : 0));
        if (HasLayers && !IsFlexible) destination[length++] = BaseLayerIndex;
        if (!IsFlexible || !IsInterPicture) return length;
        int count = Vp9ScalabilityStructure.CountOf(References);
        for (int i = 0; i < count; i++)
        {
            byte difference = i == 0 ? References.First : i == 1 ? References.Second : References.Third;
            destination[length++] = (byte)(difference << 1 | (i < count - 1 ? 1 : 0));
        }
        return length;
    }

    // Up to three P_DIFF, each with a bit that says whether another follows; 0 is invalid.
    private static bool TryReadReferences(ref Core.WireReader reader, out Vp9References references)
    {
        references = default;
        for (int i = 0; i < 3; i++)
        {
            if (!reader.TryReadByte(out byte octet) || octet < 2) return false;
            byte difference = (byte)(octet >> 1);
            references = i switch
            {
                0 => references with { First = difference },
                1 => references with { Second = difference },
                _ => references with { Third = difference },
            };
            if ((octet & 1) == 0) return true;
        }
        return false;
    }
}
