using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What the TTL or hop limit values of a statistics summary are (RFC 3611 §4.6).</summary>
public enum SummaryHopLimit : byte
{
    /// <summary>There are none.</summary>
    None = 0,

    /// <summary>IPv4 TTL.</summary>
    IPv4 = 1,

    /// <summary>IPv6 hop limit.</summary>
    IPv6 = 2,
}

/// <summary>The least, the greatest, the mean and the standard deviation of something.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Maximum">The greatest.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation.</param>
public readonly record struct SummaryRange(uint Minimum, uint Maximum, uint Mean, uint Deviation);

/// <summary>A statistics summary (RFC 3611 §4.6). What is null was not reported.</summary>
public readonly record struct StatisticsSummary
{
    /// <summary>The source that is reported on.</summary>
    public uint Ssrc { get; init; }

    /// <summary>The first sequence number.</summary>
    public ushort First { get; init; }

    /// <summary>The sequence number behind the last.</summary>
    public ushort End { get; init; }

    /// <summary>Packets lost.</summary>
    public uint? Lost { get; init; }

    /// <summary>Packets that came more than once.</summary>
    public uint? Duplicates { get; init; }

    /// <summary>Interarrival jitter in timestamp units.</summary>
    public SummaryRange? Jitter { get; init; }

    /// <summary>What <see cref="HopLimit"/> is.</summary>
    public SummaryHopLimit HopLimitKind { get; init; }

    /// <summary>TTL or hop limit, 0 to 255.</summary>
    public SummaryRange HopLimit { get; init; }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |     BT=6      |L|D|J|ToH|rsvd.|       block length = 9        |

    /// <summary>Reads a block. False when it is of another type, or too short.</summary>
    public static bool TryRead(scoped in ExtendedReportBlock block, out StatisticsSummary summary)
    {
        summary = default;
        WireReader reader = new(block.Contents);
        if (block.Type != ExtendedReportType.StatisticsSummary || !reader.TryReadUInt32(out uint ssrc) || !reader.TryReadUInt16(out ushort first) ||
            !reader.TryReadUInt16(out ushort end) || !reader.TryReadUInt32(out uint lost) || !reader.TryReadUInt32(out uint duplicates) ||
            !reader.TryReadUInt32(out uint least) || !reader.TryReadUInt32(out uint greatest) || !reader.TryReadUInt32(out uint mean) ||
            !reader.TryReadUInt32(out uint deviation) || !reader.TryReadUInt32(out uint hops)) return false;
        byte flags = block.TypeSpecific;
        summary = new StatisticsSummary
        {
            Ssrc = ssrc, First = first, End = end, Lost = (flags & 0x80) != 0 ? lost : null, Duplicates = (flags & 0x40) != 0 ? duplicates : null,
            Jitter = (flags & 0x20) != 0 ? new SummaryRange(least, greatest, mean, deviation) : null,
            HopLimitKind = (SummaryHopLimit)(flags >> 3 & 3), HopLimit = new SummaryRange(hops >> 24, hops >> 16 & 255, hops >> 8 & 255, hops & 255),
        };
        return true;
    }

    internal byte Flags => (byte)((Lost is null ? 0 : 0x80) | (Duplicates is null ? 0 : 0x40) | (Jitter is null ? 0 : 0x20) | ((int)HopLimitKind & 3) << 3);

    internal void Write(ref WireWriter writer)
    {
        SummaryRange jitter = Jitter ?? default;
        writer.WriteUInt32(Ssrc);
        writer.WriteUInt16(First);
        writer.WriteUInt16(End);
        writer.WriteUInt32(Lost ?? 0);
        writer.WriteUInt32(Duplicates ?? 0);
        writer.WriteUInt32(jitter.Minimum);
        writer.WriteUInt32(jitter.Maximum);
        writer.WriteUInt32(jitter.Mean);
        writer.WriteUInt32(jitter.Deviation);
        writer.WriteUInt32(HopLimit.Minimum << 24 | (HopLimit.Maximum & 255) << 16 | (HopLimit.Mean & 255) << 8 | HopLimit.Deviation & 255);
    }
}

/// <summary>VoIP metrics (RFC 3611 §4.7); rates and densities are in 1/256, durations and delays in milliseconds, 127 stands for "unavailable" in signed and quality fields.</summary>
public readonly record struct VoipMetrics
{
    /// <summary>The source that is reported on.</summary>
    public uint Ssrc { get; init; }

    /// <summary>The fraction of packets lost since reception began.</summary>
    public byte LossRate { get; init; }

    /// <summary>The fraction of packets that came too late or too early to be played.</summary>
    public byte DiscardRate { get; init; }

    /// <summary>The fraction of packets lost or discarded within bursts.</summary>
    public byte BurstDensity { get; init; }

    /// <summary>The fraction of packets lost or discarded within the gaps between bursts.</summary>
    public byte GapDensity { get; init; }

    /// <summary>The mean duration of bursts.</summary>
    public ushort BurstDuration { get; init; }

    /// <summary>The mean duration of gaps.</summary>
    public ushort GapDuration { get; init; }

    /// <summary>The latest round-trip time.</summary>
    public ushort RoundTripDelay { get; init; }

    /// <summary>The latest estimate of the end system's delay.</summary>
    public ushort EndSystemDelay { get; init; }

    /// <summary>The signal level in dBm0.</summary>
    public sbyte SignalLevel { get; init; }

    /// <summary>The noise level in dBm0.</summary>
    public sbyte NoiseLevel { get; init; }

    /// <summary>The residual echo return loss in dB.</summary>
    public byte ResidualEchoReturnLoss { get; init; }

    /// <summary>The gap threshold, usually 16.</summary>
    public byte GapThreshold { get; init; }

    /// <summary>The R factor, 0 to 100.</summary>
    public byte RFactor { get; init; }

    /// <summary>The external R factor, 0 to 100.</summary>
    public byte ExternalRFactor { get; init; }

    /// <summary>The listening quality MOS times ten.</summary>
    public byte ListeningQuality { get; init; }

    /// <summary>The conversational quality MOS times ten.</summary>
    public byte ConversationalQuality { get; init; }

    /// <summary>How losses are concealed and the jitter buffer works, as bits (§4.7.6).</summary>
    public byte ReceiverConfiguration { get; init; }

    /// <summary>The nominal delay of the jitter buffer.</summary>
    public ushort JitterBufferNominal { get; init; }

    /// <summary>The current maximum delay of the jitter buffer.</summary>
    public ushort JitterBufferMaximum { get; init; }

    /// <summary>The maximum delay that the jitter buffer can reach.</summary>
    public ushort JitterBufferAbsoluteMaximum { get; init; }

    /// <summary>Reads a block. False when it is of another type, or too short.</summary>
    public static bool TryRead(scoped in ExtendedReportBlock block, out VoipMetrics metrics)
    {
        metrics = default;
        if (block.Type != ExtendedReportType.VoipMetrics || block.Contents.Length < 32) return false;
        ReadOnlySpan<byte> bytes = block.Contents;
        WireReader words = new(bytes);
        words.TryReadUInt32(out uint ssrc);
        words.TrySkip(4);
        words.TryReadUInt16(out ushort burst);
        words.TryReadUInt16(out ushort gap);
        words.TryReadUInt16(out ushort roundTrip);
        words.TryReadUInt16(out ushort endSystem);
        words = new WireReader(bytes[26..]);
        words.TryReadUInt16(out ushort nominal);
        words.TryReadUInt16(out ushort maximum);
        words.TryReadUInt16(out ushort absolute);
        metrics = new VoipMetrics
        {
            Ssrc = ssrc, LossRate = bytes[4], DiscardRate = bytes[5], BurstDensity = bytes[6], GapDensity = bytes[7],
            BurstDuration = burst, GapDuration = gap, RoundTripDelay = roundTrip, EndSystemDelay = endSystem,
            SignalLevel = (sbyte)bytes[16], NoiseLevel = (sbyte)bytes[17], ResidualEchoReturnLoss = bytes[18], GapThreshold = bytes[19],
            RFactor = bytes[20], ExternalRFactor = bytes[21], ListeningQuality = bytes[22], ConversationalQuality = bytes[23],
            ReceiverConfiguration = bytes[24], JitterBufferNominal = nominal, JitterBufferMaximum = maximum, JitterBufferAbsoluteMaximum = absolute,
        };
        return true;
    }

    internal void Write(ref WireWriter writer)
    {
        writer.WriteUInt32(Ssrc);
        writer.WriteBytes([LossRate, DiscardRate, BurstDensity, GapDensity]);
        writer.WriteUInt16(BurstDuration);
        writer.WriteUInt16(GapDuration);
        writer.WriteUInt16(RoundTripDelay);
        writer.WriteUInt16(EndSystemDelay);
        writer.WriteBytes([(byte)SignalLevel, (byte)NoiseLevel, ResidualEchoReturnLoss, GapThreshold]);
        writer.WriteBytes([RFactor, ExternalRFactor, ListeningQuality, ConversationalQuality, ReceiverConfiguration, 0]);
        writer.WriteUInt16(JitterBufferNominal);
        writer.WriteUInt16(JitterBufferMaximum);
        writer.WriteUInt16(JitterBufferAbsoluteMaximum);
    }
}
