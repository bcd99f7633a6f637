using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Writes RTCP packets behind each other into the caller's span. What does not fit is left out as a whole packet.</summary>
/// <remarks>Each method returns whether its packet fitted.</remarks>
public ref partial struct RtcpWriter
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

    /// <summary>Bytes that still fit.</summary>
    public readonly int Free => _destination.Length - Length;

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
        return End(ref writer, RequireCount(blocks.Length), RtcpPacketType.SenderReport);
    }

    /// <summary>Writes a receiver report (RFC 3550 §6.4.2).</summary>
    /// <param name="ssrc">The reporter.</param>
    /// <param name="blocks">Up to 31 report blocks.</param>
    public bool WriteReceiverReport(uint ssrc, scoped ReadOnlySpan<ReportBlock> blocks)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        foreach (ReportBlock block in blocks) block.Write(ref writer);
        return End(ref writer, RequireCount(blocks.Length), RtcpPacketType.ReceiverReport);
    }

    /// <summary>Writes a source description with one CNAME (RFC 3550 §6.5.1).</summary>
    /// <param name="ssrc">The source.</param>
    /// <param name="cname">Its canonical name in UTF-8, up to 255 bytes.</param>
    /// <param name="mid">Its media section's identification tag (RFC 9143 §15), or empty.</param>
    public bool WriteSourceDescription(uint ssrc, scoped ReadOnlySpan<byte> cname, scoped ReadOnlySpan<byte> mid = default)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        int items = WriteItem(ref writer, SourceDescriptionItem.Cname, cname);
        if (!mid.IsEmpty) items += WriteItem(ref writer, SourceDescriptionItem.Mid, mid);
        writer.WriteZeros(4 - items % 4);                                    // §6.5: at least one zero ends the chunk
        return End(ref writer, 1, RtcpPacketType.SourceDescription);
    }

    /// <summary>Writes a goodbye of one source (RFC 3550 §6.6).</summary>
    /// <param name="ssrc">The source.</param>
    /// <param name="reason">Why, in UTF-8, up to 255 bytes; or empty.</param>
    public bool WriteGoodbye(uint ssrc, scoped ReadOnlySpan<byte> reason = default)
    {
        Require.InRange(reason.Length, 0, 255);
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        if (!reason.IsEmpty)
        {
            writer.WriteByte((byte)reason.Length);
            writer.WriteBytes(reason);
            writer.WriteZeros(-(reason.Length + 1) & 3);
        }
        return End(ref writer, 1, RtcpPacketType.Goodbye);
    }

    /// <summary>Writes an application-defined packet (RFC 3550 §6.7).</summary>
    /// <param name="ssrc">Who sends it.</param>
    /// <param name="subtype">A number from 0 to 31.</param>
    /// <param name="name">Four ASCII characters.</param>
    /// <param name="data">The data, a multiple of four bytes.</param>
    /// <exception cref="ArgumentException">The name or the data has another length.</exception>
    public bool WriteApplication(uint ssrc, byte subtype, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> data)
    {
        if (name.Length != 4) throw new ArgumentException("The name has four characters.", nameof(name));
        if (data.Length % 4 != 0) throw new ArgumentException("The data is a multiple of four bytes: pad it.", nameof(data));
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        writer.WriteBytes(name);
        writer.WriteBytes(data);
        return End(ref writer, RequireCount(subtype), RtcpPacketType.Application);
    }

    private static int WriteItem(ref WireWriter writer, SourceDescriptionItem item, scoped ReadOnlySpan<byte> text)
    {
        Require.InRange(text.Length, 0, 255);
        writer.WriteByte((byte)item);
        writer.WriteByte((byte)text.Length);
        writer.WriteBytes(text);
        return 2 + text.Length;
    }

    private static byte RequireCount(int count) => (byte)Require.InRange(count, 0, 31);

    private readonly WireWriter Begin()
    {
        WireWriter writer = new(_destination[Length..]);
        writer.WriteUInt32(0);                                               // the common header, once the length is known
        return writer;
    }

    private bool End(ref WireWriter writer, byte count, RtcpPacketType type)
    {
        if (writer.Overflowed) return false;
        Debug.Assert(writer.Length % 4 == 0, "an RTCP packet is a whole number of words");
        Span<byte> packet = writer.Written;
        packet[0] = (byte)(2 << 6 | count & 0x1F);
        packet[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(packet.Length / 4 - 1));
        Length += packet.Length;
        return true;
    }
}
