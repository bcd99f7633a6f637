using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

public ref partial struct RtcpWriter
{
    /// <summary>Writes a picture loss indication (RFC 4585 §6.3.1).</summary>
    public bool WritePictureLossIndication(uint sender, uint media)
    {
        WireWriter writer = BeginFeedback(sender, media);
        return End(ref writer, RtcpFeedbackFormat.PictureLossIndication, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a slice loss indication (RFC 4585 §6.3.2).</summary>
    public bool WriteSliceLossIndication(uint sender, uint media, scoped ReadOnlySpan<SliceLoss> losses)
    {
        WireWriter writer = BeginFeedback(sender, media);
        foreach (SliceLoss loss in losses) loss.Write(ref writer);
        return End(ref writer, RtcpFeedbackFormat.SliceLossIndication, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a reference picture selection indication (RFC 4585 §6.3.3).</summary>
    /// <param name="sender">Who asks.</param>
    /// <param name="media">Who is asked.</param>
    /// <param name="payloadType">The payload type that gives the bit string its meaning.</param>
    /// <param name="bitString">The bit string, up to 255 bytes.</param>
    /// <param name="unusedBits">Bits at its end that do not belong to it, 0 to 7.</param>
    public bool WriteReferencePictureSelection(uint sender, uint media, byte payloadType, scoped ReadOnlySpan<byte> bitString, int unusedBits = 0)
    {
        Require.InRange(unusedBits, 0, 7);
        Require.InRange(bitString.Length, 1, 255);
        int padding = -(2 + bitString.Length) & 3;
        WireWriter writer = BeginFeedback(sender, media);
        writer.WriteByte((byte)(padding * 8 + unusedBits));
        writer.WriteByte((byte)(payloadType & 0x7F));
        writer.WriteBytes(bitString);
        writer.WriteZeros(padding);
        return End(ref writer, RtcpFeedbackFormat.ReferencePictureSelection, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a full intra request (RFC 5104 §4.3.1) of one source; the media source of the header is not used (§4.3.1.2).</summary>
    public bool WriteFullIntraRequest(uint sender, uint media, byte sequenceNumber)
    {
        WireWriter writer = BeginFeedback(sender, 0);
        new FullIntraRequest(media, sequenceNumber).Write(ref writer);
        return End(ref writer, RtcpFeedbackFormat.FullIntraRequest, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a layer refresh request (draft-ietf-avtext-lrr-07 §3); the media source of the header is not used.</summary>
    public bool WriteLayerRefreshRequest(uint sender, scoped in LayerRefreshRequest request)
    {
        WireWriter writer = BeginFeedback(sender, 0);
        request.Write(ref writer);
        return End(ref writer, RtcpFeedbackFormat.LayerRefreshRequest, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a receiver estimated maximum bit rate (draft-alvestrand-rmcat-remb-03 §2.2).</summary>
    /// <param name="sender">Who estimates.</param>
    /// <param name="bitsPerSecond">The rate; what is written is not above it.</param>
    /// <param name="sources">The sources that it is for, up to 255.</param>
    public bool WriteReceiverEstimatedMaxBitrate(uint sender, ulong bitsPerSecond, scoped ReadOnlySpan<uint> sources)
    {
        Require.InRange(sources.Length, 0, 255);
        (uint mantissa, int exponent) = BitrateField.Compress(bitsPerSecond, ReceiverEstimatedMaxBitrate.MantissaBits);
        WireWriter writer = BeginFeedback(sender, 0);
        writer.WriteUInt32(ReceiverEstimatedMaxBitrate.Identifier);
        writer.WriteByte((byte)sources.Length);
        writer.WriteUInt24((uint)exponent << ReceiverEstimatedMaxBitrate.MantissaBits | mantissa);
        foreach (uint source in sources) writer.WriteUInt32(source);
        return End(ref writer, RtcpFeedbackFormat.ApplicationLayer, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a generic NACK (RFC 4585 §6.2.1), each entry naming up to 17 packets.</summary>
    /// <param name="sender">Who asks.</param>
    /// <param name="media">Whose packets are missed.</param>
    /// <param name="lost">Their sequence numbers in rising order.</param>
    public bool WriteGenericNack(uint sender, uint media, scoped ReadOnlySpan<ushort> lost)
    {
        WireWriter writer = BeginFeedback(sender, media);
        for (int i = 0; i < lost.Length;)
        {
            ushort first = lost[i++], mask = 0;
            for (; i < lost.Length && SerialNumber.Distance(first, lost[i]) is > 0 and <= 16 and int step; i++) mask |= (ushort)(1 << step - 1);
            writer.WriteUInt16(first);
            writer.WriteUInt16(mask);
        }
        return End(ref writer, RtcpFeedbackFormat.GenericNack, RtcpPacketType.TransportFeedback);
    }

    /// <summary>Writes a temporary maximum media stream bit rate request (TMMBR, RFC 5104 §4.2.1).</summary>
    public bool WriteMaxBitrateRequest(uint sender, scoped ReadOnlySpan<MaxBitrateEntry> entries) =>
        WriteMaxBitrates(sender, entries, RtcpFeedbackFormat.MaxBitrateRequest);

    /// <summary>Writes a temporary maximum media stream bit rate notification (TMMBN, RFC 5104 §4.2.2): the limits that hold, or none.</summary>
    public bool WriteMaxBitrateNotification(uint sender, scoped ReadOnlySpan<MaxBitrateEntry> entries) =>
        WriteMaxBitrates(sender, entries, RtcpFeedbackFormat.MaxBitrateNotification);

    private bool WriteMaxBitrates(uint sender, scoped ReadOnlySpan<MaxBitrateEntry> entries, byte format)
    {
        WireWriter writer = BeginFeedback(sender, 0);                        // §4.2.1.2: the media source is not used
        foreach (MaxBitrateEntry entry in entries) entry.Write(ref writer);
        return End(ref writer, format, RtcpPacketType.TransportFeedback);
    }

    private readonly WireWriter BeginFeedback(uint sender, uint media)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(sender);
        writer.WriteUInt32(media);
        return writer;
    }
}
