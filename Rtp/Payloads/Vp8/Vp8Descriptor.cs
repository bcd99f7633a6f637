namespace WebRtcStack.Rtp;

/// <summary>The VP8 payload descriptor in front of each payload (RFC 7741 §4.2).</summary>
public readonly record struct Vp8Descriptor
{
    /// <summary>The longest descriptor.</summary>
    public const int MaxLength = 6;

    private const byte Extended = 0x80, NonReference = 0x20, PartitionStart = 0x10;
    private const byte HasPictureId = 0x80, HasBaseLayerIndex = 0x40, HasTemporalId = 0x20, HasKeyIndex = 0x10;

    /// <summary>N: whether no other frame needs this one.</summary>
    public bool IsNonReference { get; init; }

    /// <summary>S: whether a partition starts here.</summary>
    public bool IsPartitionStart { get; init; }

    /// <summary>PID: the partition, 0 to 7.</summary>
    public byte Partition { get; init; }

    /// <summary>PictureID: the frame's running number in 7 or 15 bits, or null.</summary>
    public ushort? PictureId { get; init; }

    /// <summary>Whether <see cref="PictureId"/> has 15 bits.</summary>
    public bool IsLongPictureId { get; init; }

    /// <summary>TL0PICIDX: the running number of base-layer frames, or null.</summary>
    public byte? BaseLayerIndex { get; init; }

    /// <summary>TID: the temporal layer, 0 to 3, or null.</summary>
    public byte? TemporalId { get; init; }

    /// <summary>Y: whether the frame needs the base layer alone.</summary>
    public bool IsLayerSync { get; init; }

    /// <summary>KEYIDX: the running number of key frames, 0 to 31, or null.</summary>
    public byte? KeyIndex { get; init; }

    /// <summary>Bytes of the descriptor as written.</summary>
    public int Length => !IsExtended ? 1
        : 2 + (PictureId is null ? 0 : IsLongPictureId ? 2 : 1) + (BaseLayerIndex is null ? 0 : 1) + (TemporalId is null && KeyIndex is null ? 0 : 1);

    /// <summary>Whether the frame's first byte is the first of the payload.</summary>
    public bool IsFrameStart => IsPartitionStart && Partition == 0;

    private bool IsExtended => PictureId is not null || BaseLayerIndex is not null || TemporalId is not null || KeyIndex is not null;

    /// <summary>Reads the descriptor off a payload. False when it is cut off, or nothing follows it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="length">Where the frame's bytes start.</param>
    public static bool TryRead(ReadOnlySpan<byte> payload, out Vp8Descriptor descriptor, out int length)
    {
        descriptor = default;
        length = 1;
        if (payload.Length < 2) return false;
        byte first = payload[0], control = 0;
        if ((first & Extended) != 0) control = payload[length++];
        ushort? pictureId = null;
        bool isLong = false;
        if ((control & HasPictureId) != 0)
        {
            if (length >= payload.Length) return false;
            isLong = (payload[length] & 0x80) != 0;
            pictureId = (ushort)(payload[length++] & 0x7F);
            if (isLong)
            {
                if (length >= payload.Length) return false;
                pictureId = (ushort)(pictureId << 8 | payload[length++]);
            }
        }
        byte? baseLayer = null, temporal = null, key = null;
        bool isSync = false;
        if ((control & HasBaseLayerIndex) != 0)
        {
            if (length >= payload.Length) return false;
            baseLayer = payload[length++];
        }
        if ((control & (HasTemporalId | HasKeyIndex)) != 0)
        {
            if (length >= payload.Length) return false;
            byte octet = payload[length++];
            isSync = (octet & 0x20) != 0;
            if ((control & HasTemporalId) != 0) temporal = (byte)(octet >> 6);
            if ((control & HasKeyIndex) != 0) key = (byte)(octet & 0x1F);
        }
        descriptor = new Vp8Descriptor
        {
            IsNonReference = (first & NonReference) != 0,
            IsPartitionStart = (first & PartitionStart) != 0,
            Partition = (byte)(first & 7),
            PictureId = pictureId,
            IsLongPictureId = isLong,
            BaseLayerIndex = baseLayer,
            TemporalId = temporal,
            IsLayerSync = isSync,
            KeyIndex = key,
        };
        return length < payload.Length;
    }

    /// <summary>Writes the descriptor.</summary>
    /// <returns>Bytes written; 0 when it does not fit.</returns>
    public int Write(Span<byte> destination)
    {
        if (destination.Length < Length) return 0;
        bool hasOctet = TemporalId is not null || KeyIndex is not null;
        destination[0] = (byte)((IsExtended ? Extended : 0) | (IsNonReference ? NonReference : 0) | (IsPartitionStart ? PartitionStart : 0) | Partition & 7);
        if (!IsExtended) return 1;
        destination[1] = (byte)((PictureId is null ? 0 : HasPictureId) | (BaseLayerIndex is null ? 0 : HasBaseLayerIndex) |
            (TemporalId is null ? 0 : HasTemporalId) | (KeyIndex is null ? 0 : HasKeyIndex));
        int length = 2;
        if (PictureId is { } pictureId)
        {
            if (IsLongPictureId) destination[length++] = (byte)(0x80 | pictureId >> 8);
            destination[length++] = IsLongPictureId ? (byte)pictureId : (byte)(pictureId & 0x7F);
        }
        if (BaseLayerIndex is { } baseLayer) destination[length++] = baseLayer;
        if (hasOctet) destination[length++] = (byte)((TemporalId ?? 0) << 6 | (IsLayerSync ? 0x20 : 0) | (KeyIndex ?? 0) & 0x1F);
        return length;
    }
}
