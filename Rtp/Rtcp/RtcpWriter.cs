using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Writes RTCP packets behind each other into the caller's span. What does not fit is left out as a whole packet.</summary>
public ref struct RtcpWriter
{
    private readonly Span<byte> _destination;

    /// <summary>Starts a compound at the front of <paramref name="destination"/>.</summary>
    public RtcpWriter(Span<byte> destination)
    {
        _destination = destination;
        Length = 0;
    }

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Writes a sender report (RFC 3550 §6.4.1).</summary>
    /// <param name="info">What it says of the sender.</param>
    /// <param name="blocks">Up to 31 report blocks.</param>
    public bool WriteSenderReport(scoped in SenderInfo info, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(info.Ssrc);
        writer.WriteUInt64(info.NtpTime);
        writer.WriteUInt32(info.RtpTime);
        writer.WriteUInt32(info.PacketCount);
        writer.WriteUInt32(info.OctetCount);
        foreach (ReportBlock block in blocks) block.Write(ref writer);
        return End(ref writer, (byte)blocks.Length, RtcpPacketType.SenderReport);
    }

    /// <summary>Writes a receiver report (RFC 3550 §6.4.2).</summary>
    /// <param name="ssrc">The reporter.</param>
    /// <param name="blocks">Up to 31 report blocks.</param>
    public bool WriteReceiverReport(uint ssrc, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        foreach (ReportBlock block in blocks) block.Write(ref writer);
        return End(ref writer, (byte)blocks.Length, RtcpPacketType.ReceiverReport);
    }

    /// <summary>Writes a source description with one CNAME (RFC 3550 §6.5.1).</summary>
    /// <param name="ssrc">The source.</param>
    /// <param name="cname">Its canonical name in UTF-8, up to 255 bytes.</param>
    public bool WriteSourceDescription(uint ssrc, scoped ReadOnlySpan<byte> cname)
    {
        Require.InRange(cname.Length, 0, 255);
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        writer.WriteByte(1);                                             // CNAME
        writer.WriteByte((byte)cname.Length);
        writer.WriteBytes(cname);
        writer.WriteZeros(4 - (cname.Length + 2) % 4);                   // §6.5: at least one zero ends the chunk
        return End(ref writer, 1, RtcpPacketType.SourceDescription);
    }

    /// <summary>Writes a goodbye of one source (RFC 3550 §6.6).</summary>
    public bool WriteGoodbye(uint ssrc)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        return End(ref writer, 1, RtcpPacketType.Goodbye);
    }

    /// <summary>Writes a picture loss indication (RFC 4585 §6.3.1).</summary>
    public bool WritePictureLossIndication(uint sender, uint media)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(sender);
        writer.WriteUInt32(media);
        return End(ref writer, RtcpFeedbackFormat.PictureLossIndication, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a full intra request (RFC 5104 §4.3.1).</summary>
    public bool WriteFullIntraRequest(uint sender, uint media, byte sequenceNumber)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(sender);
        writer.WriteUInt32(0);                                           // §4.3.1.2: the media source is not used
        writer.WriteUInt32(media);
        writer.WriteByte(sequenceNumber);
        writer.WriteZeros(3);
        return End(ref writer, RtcpFeedbackFormat.FullIntraRequest, RtcpPacketType.PayloadFeedback);
    }

    /// <summary>Writes a generic NACK (RFC 4585 §6.2.1), each entry naming up to 17 packets.</summary>
    /// <param name="sender">Who asks.</param>
    /// <param name="media">Whose packets are missed.</param>
    /// <param name="lost">Their sequence numbers in rising order.</param>
    public bool WriteGenericNack(uint sender, uint media, scoped ReadOnlySpan<ushort> lost)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(sender);
        writer.WriteUInt32(media);
        for (int i = 0; i < lost.Length;)
        {
            ushort first = lost[i++], mask = 0;
            for (; i < lost.Length && SerialNumber.Distance(first, lost[i]) is > 0 and <= 16 and int step; i++) mask |= (ushort)(1 << step - 1);
            writer.WriteUInt16(first);
            writer.WriteUInt16(mask);
        }
        return End(ref writer, RtcpFeedbackFormat.GenericNack, RtcpPacketType.TransportFeedback);
    }

    private readonly WireWriter Begin()
    {
        WireWriter writer = new(_destination[Length..]);
        writer.WriteUInt32(0);                                           // the common header, once the length is known
        return writer;
    }

    private bool End(ref WireWriter writer, byte count, RtcpPacketType type)
    {
        if (writer.Overflowed) return false;
        Span<byte> packet = writer.Written;
        packet[0] = (byte)(2 << 6 | count & 0x1F);
        packet[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(packet.Length / 4 - 1));
        Length += packet.Length;
        return true;
    }
}
