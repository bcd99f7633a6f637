using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A report block: how one source is received (RFC 3550 §6.4.1).</summary>
/// <param name="Ssrc">The source that is reported on.</param>
/// <param name="FractionLost">Packets lost since the last report, in 1/256 of those expected.</param>
/// <param name="CumulativeLost">Packets lost since the start; negative with duplicates. 24 bits on the wire.</param>
/// <param name="HighestSequenceNumber">The extended highest sequence number received.</param>
/// <param name="Jitter">Interarrival jitter in timestamp units.</param>
/// <param name="LastSenderReport">The middle 32 bits of the NTP time of the last SR, or 0.</param>
/// <param name="DelaySinceLastSenderReport">Time since that SR arrived, in 1/65536 s.</param>
public readonly record struct ReportBlock(
    uint Ssrc, byte FractionLost, int CumulativeLost, uint HighestSequenceNumber, uint Jitter, uint LastSenderReport, uint DelaySinceLastSenderReport)
{
    /// <summary>Bytes of a block.</summary>
    public const int Length = 24;

    /// <summary>Reads a block. False when there are not enough bytes.</summary>
    public static bool TryRead(scoped ref WireReader reader, out ReportBlock block)
    {
        block = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadByte(out byte fraction) || !ahead.TryReadUInt24(out uint lost) ||
            !ahead.TryReadUInt32(out uint highest) || !ahead.TryReadUInt32(out uint jitter) ||
            !ahead.TryReadUInt32(out uint lastReport) || !ahead.TryReadUInt32(out uint delay)) return false;
        block = new ReportBlock(ssrc, fraction, (int)(lost << 8) >> 8, highest, jitter, lastReport, delay);
        reader = ahead;
        return true;
    }

    /// <summary>Writes the block.</summary>
    public void Write(ref WireWriter writer)
    {
        writer.WriteUInt32(Ssrc);
        writer.WriteByte(FractionLost);
        writer.WriteUInt24((uint)Math.Min(Math.Max(CumulativeLost, -0x80_0000), 0x7F_FFFF));
        writer.WriteUInt32(HighestSequenceNumber);
        writer.WriteUInt32(Jitter);
        writer.WriteUInt32(LastSenderReport);
        writer.WriteUInt32(DelaySinceLastSenderReport);
    }
}

/// <summary>What a sender report says of the sender (RFC 3550 §6.4.1).</summary>
/// <param name="Ssrc">The sender.</param>
/// <param name="NtpTime">Seconds since 1900 in 32.32 fixed point.</param>
/// <param name="RtpTime">The same instant in timestamp units.</param>
/// <param name="PacketCount">Packets sent since the start.</param>
/// <param name="OctetCount">Payload bytes sent since the start.</param>
public readonly record struct SenderInfo(uint Ssrc, ulong NtpTime, uint RtpTime, uint PacketCount, uint OctetCount)
{
    /// <summary>Reads the start of an SR's body; report blocks follow.</summary>
    public static bool TryRead(scoped ref WireReader reader, out SenderInfo info)
    {
        info = default;
        WireReader ahead = reader;
        if (!ahead.TryReadUInt32(out uint ssrc) || !ahead.TryReadUInt64(out ulong ntp) || !ahead.TryReadUInt32(out uint rtp) ||
            !ahead.TryReadUInt32(out uint packets) || !ahead.TryReadUInt32(out uint octets)) return false;
        info = new SenderInfo(ssrc, ntp, rtp, packets, octets);
        reader = ahead;
        return true;
    }
}
