using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

public ref partial struct RtcpWriter
{
    /// <summary>Writes an extended report with a receiver's reference time (RFC 3611 §4.4).</summary>
    public bool WriteReceiverReferenceTime(uint ssrc, ulong ntpTime)
    {
        WireWriter writer = BeginBlock(ssrc, ExtendedReportType.ReceiverReferenceTime, 0, 8);
        writer.WriteUInt64(ntpTime);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    /// <summary>Writes an extended report with the answers to receivers' reference times (DLRR, RFC 3611 §4.5).</summary>
    public bool WriteDelaysSinceLastReceiverReport(uint ssrc, scoped ReadOnlySpan<DelaySinceLastReceiverReport> answers)
    {
        WireWriter writer = BeginBlock(ssrc, ExtendedReportType.DelaySinceLastReceiverReport, 0, answers.Length * 12);
        foreach (DelaySinceLastReceiverReport answer in answers) answer.Write(ref writer);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    /// <summary>Writes an extended report with a loss or duplicate RLE block (RFC 3611 §4.1, §4.2).</summary>
    /// <param name="ssrc">Who reports.</param>
    /// <param name="type">Which of the two.</param>
    /// <param name="source">The source that is reported on.</param>
    /// <param name="first">The first sequence number.</param>
    /// <param name="bits">For each packet, whether it has arrived; in duplicate RLE, whether it has arrived exactly once. Up to 65534.</param>
    public bool WriteRunLengths(uint ssrc, ExtendedReportType type, uint source, ushort first, scoped ReadOnlySpan<bool> bits)
    {
        if (type is not (ExtendedReportType.LossRunLength or ExtendedReportType.DuplicateRunLength))
            throw new ArgumentException("Only loss and duplicate RLE blocks have run lengths.", nameof(type));
        Require.InRange(bits.Length, 0, ushort.MaxValue - 1);
        int chunks = 0;
        for (ReadOnlySpan<bool> rest = bits; !rest.IsEmpty; chunks++) rest = rest[TakeChunk(rest, out _)..];
        WireWriter writer = BeginBlock(ssrc, type, 0, 8 + (chunks + 1) / 2 * 4);
        writer.WriteUInt32(source);
        writer.WriteUInt16(first);
        writer.WriteUInt16((ushort)(first + bits.Length));
        while (!bits.IsEmpty)
        {
            bits = bits[TakeChunk(bits, out ushort chunk)..];
            writer.WriteUInt16(chunk);
        }
        writer.WriteZeros(chunks % 2 * 2);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    /// <summary>Writes an extended report with packet receipt times (RFC 3611 §4.3).</summary>
    /// <param name="ssrc">Who reports.</param>
    /// <param name="source">The source that is reported on.</param>
    /// <param name="first">The first sequence number.</param>
    /// <param name="times">The receipt time of each packet, in units of the source's RTP clock.</param>
    public bool WriteReceiptTimes(uint ssrc, uint source, ushort first, scoped ReadOnlySpan<uint> times)
    {
        Require.InRange(times.Length, 0, 16_000);
        WireWriter writer = BeginBlock(ssrc, ExtendedReportType.ReceiptTimes, 0, 8 + times.Length * 4);
        writer.WriteUInt32(source);
        writer.WriteUInt16(first);
        writer.WriteUInt16((ushort)(first + times.Length));
        foreach (uint time in times) writer.WriteUInt32(time);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    /// <summary>Writes an extended report with a statistics summary (RFC 3611 §4.6).</summary>
    public bool WriteStatisticsSummary(uint ssrc, scoped in StatisticsSummary summary)
    {
        WireWriter writer = BeginBlock(ssrc, ExtendedReportType.StatisticsSummary, summary.Flags, 36);
        summary.Write(ref writer);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    /// <summary>Writes an extended report with VoIP metrics (RFC 3611 §4.7).</summary>
    public bool WriteVoipMetrics(uint ssrc, scoped in VoipMetrics metrics)
    {
        WireWriter writer = BeginBlock(ssrc, ExtendedReportType.VoipMetrics, 0, 32);
        metrics.Write(ref writer);
        return End(ref writer, 0, RtcpPacketType.ExtendedReport);
    }

    // §4.1.1, §4.1.2: a run of up to 2^14 - 1 equal bits, or a vector of 15.
    private static int TakeChunk(scoped ReadOnlySpan<bool> bits, out ushort chunk)
    {
        int run = 1;
        while (run < bits.Length && run < 0x3FFF && bits[run] == bits[0]) run++;
        if (run >= Math.Min(bits.Length, 15))
        {
            chunk = (ushort)((bits[0] ? 0x4000 : 0) | run);
            return run;
        }
        int word = 1;
        for (int i = 0; i < 15; i++) word = word << 1 | (i < bits.Length && bits[i] ? 1 : 0);
        chunk = (ushort)word;
        return Math.Min(bits.Length, 15);
    }

    private readonly WireWriter BeginBlock(uint ssrc, ExtendedReportType type, byte specific, int contents)
    {
        WireWriter writer = Begin();
        writer.WriteUInt32(ssrc);
        writer.WriteByte((byte)type);
        writer.WriteByte(specific);
        writer.WriteUInt16((ushort)(contents / 4));
        return writer;
    }
}
