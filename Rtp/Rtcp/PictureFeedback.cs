using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>An entry of a slice loss indication (RFC 4585 §6.3.2.2).</summary>
/// <param name="First">The address of the first macroblock that is lost, 13 bits.</param>
/// <param name="Number">How many macroblocks are lost, 13 bits.</param>
/// <param name="PictureId">The six least significant bits of the picture's identifier.</param>
public readonly record struct SliceLoss(int First, int Number, int PictureId)
{
    /// <summary>Reads the next entry of a feedback's information. False after the last.</summary>
    public static bool TryRead(scoped ref WireReader reader, out SliceLoss loss)
    {
        bool found = reader.TryReadUInt32(out uint word);
        loss = new SliceLoss((int)(word >> 19), (int)(word >> 6 & 0x1FFF), (int)(word & 0x3F));
        return found;
    }

    internal void Write(ref WireWriter writer) => writer.WriteUInt32((uint)(First & 0x1FFF) << 19 | (uint)(Number & 0x1FFF) << 6 | (uint)PictureId & 0x3F);
}

/// <summary>A reference picture selection indication as a view into its bytes (RFC 4585 §6.3.3.2).</summary>
public readonly ref struct ReferencePictureSelection
{
    /// <summary>The payload type that gives the bit string its meaning.</summary>
    public byte PayloadType { get; private init; }

    /// <summary>The bit string, as the codec defines it.</summary>
    public ReadOnlySpan<byte> BitString { get; private init; }

    /// <summary>Bits at the end of <see cref="BitString"/> that do not belong to it, 0 to 7.</summary>
    public int UnusedBits { get; private init; }

    /// <summary>Reads the indication. False when the feedback is another, or counts more padding than it has bits.</summary>
    public static bool TryParse(scoped in RtcpFeedback feedback, out ReferencePictureSelection selection)
    {
        selection = default;
        WireReader reader = new(feedback.Information);
        if (!feedback.Is(RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.ReferencePictureSelection) ||
            !reader.TryReadByte(out byte padding) || !reader.TryReadByte(out byte payloadType) || padding > reader.Remaining * 8) return false;
        selection = new ReferencePictureSelection
        {
            PayloadType = (byte)(payloadType & 0x7F), BitString = reader.Rest[..(reader.Remaining - padding / 8)], UnusedBits = padding & 7,
        };
        return true;
    }
}

/// <summary>An entry of a full intra request (RFC 5104 §4.3.1.1).</summary>
/// <param name="Ssrc">The media sender that is asked.</param>
/// <param name="SequenceNumber">The command's number; a repetition has the same.</param>
public readonly record struct FullIntraRequest(uint Ssrc, byte SequenceNumber)
{
    /// <summary>Reads the next entry of a feedback's information. False after the last.</summary>
    public static bool TryRead(scoped ref WireReader reader, out FullIntraRequest request)
    {
        request = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadByte(out byte sequence) || !ahead.TrySkip(3)) return false;
        request = new FullIntraRequest(ssrc, sequence);
        reader = ahead;
        return true;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt32(Ssrc);
        writer.WriteByte(SequenceNumber);
        writer.WriteZeros(3);
    }
}

/// <summary>A layer of a scalable stream, as layer refresh requests name it (draft-ietf-avtext-lrr-07 §3).</summary>
/// <param name="TemporalId">The temporal layer, 0 to 7.</param>
/// <param name="LayerId">The spatial or quality layer, as the payload format defines it.</param>
public readonly record struct RefreshLayer(byte TemporalId, byte LayerId);

/// <summary>An entry of a layer refresh request (draft-ietf-avtext-lrr-07 §3).</summary>
/// <param name="Ssrc">The media sender that is asked.</param>
/// <param name="SequenceNumber">The command's number; a repetition has the same.</param>
/// <param name="PayloadType">The payload type that gives the layers their meaning.</param>
/// <param name="Target">The layer that is asked for.</param>
/// <param name="Current">The layer that is decoded now; null asks for all layers up to the target.</param>
public readonly record struct LayerRefreshRequest(uint Ssrc, byte SequenceNumber, byte PayloadType, RefreshLayer Target, RefreshLayer? Current)
{
    /// <summary>Whether the target lies above the current layer; other requests are to be discarded (§3).</summary>
    public bool IsUpgrade => Current is not { } current ||
        (Target.TemporalId >= current.TemporalId && Target.LayerId >= current.LayerId && Target != current);

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                              SSRC                             |
    // | Seq nr.       |C| Payload Type| Reserved                      |
    // | RES     | TTID| TLID          | RES     | CTID| CLID          |

    /// <summary>Reads the next entry of a feedback's information. False after the last.</summary>
    public static bool TryRead(scoped ref WireReader reader, out LayerRefreshRequest request)
    {
        request = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadByte(out byte sequence) || !ahead.TryReadByte(out byte type) ||
            !ahead.TrySkip(2) || !ahead.TryReadUInt32(out uint layers)) return false;
        RefreshLayer? current = (type & 0x80) == 0 ? null : new RefreshLayer((byte)(layers >> 8 & 7), (byte)layers);
        request = new LayerRefreshRequest(ssrc, sequence, (byte)(type & 0x7F), new RefreshLayer((byte)(layers >> 24 & 7), (byte)(layers >> 16)), current);
        reader = ahead;
        return true;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt32(Ssrc);
        writer.WriteByte(SequenceNumber);
        writer.WriteByte((byte)(PayloadType & 0x7F | (Current is null ? 0 : 0x80)));
        writer.WriteZeros(2);
        writer.WriteByte((byte)(Target.TemporalId & 7));
        writer.WriteByte(Target.LayerId);
        writer.WriteByte((byte)((Current?.TemporalId ?? 0) & 7));
        writer.WriteByte(Current?.LayerId ?? 0);
    }
}
