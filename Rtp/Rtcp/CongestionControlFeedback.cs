using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>What congestion control feedback says of one packet (RFC 8888 §3.1).</summary>
/// <param name="Ssrc">The packet's source.</param>
/// <param name="SequenceNumber">Its sequence number.</param>
/// <param name="IsReceived">Whether it has arrived.</param>
/// <param name="Ecn">Its ECN mark, 0 to 3.</param>
/// <param name="ArrivalOffset">How long before the report's time it arrived, in 1/1024 s; null when that is not known, or was too long ago.</param>
public readonly record struct CongestionControlStatus(uint Ssrc, ushort SequenceNumber, bool IsReceived, byte Ecn, int? ArrivalOffset);

/// <summary>Walks congestion control feedback (RFC 8888 §3.1).</summary>
public ref struct CongestionControlFeedback
{
    internal const int MaxReports = 16_384;                                  // §3.1: a quarter of the number space
    internal const int ReceivedBit = 0x8000;
    internal const int OffsetMask = 0x1FFF;
    internal const int OverRange = 0x1FFE, Unavailable = 0x1FFF;

    private WireReader _blocks;
    private WireReader _metrics;
    private uint _ssrc;
    private ushort _next;

    /// <summary>The time that the report is about: the middle 32 bits of an NTP time (RFC 3550 §4).</summary>
    public uint ReportTimestamp { get; private set; }

    /// <summary>Reads the feedback. False when it is another, or its blocks are not what they count.</summary>
    public static bool TryParse(scoped in RtcpFeedback feedback, out CongestionControlFeedback parsed)
    {
        parsed = default;
        if (!feedback.Is(RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.CongestionControl)) return false;
        ReadOnlySpan<byte> blocks = feedback.Body[..^4];                     // a feedback has at least these four bytes
        WireReader reader = new(blocks);
        while (!reader.IsEmpty)
        {
            if (!TryReadBlock(ref reader, out _, out _, out _)) return false;
        }
        parsed._blocks = new WireReader(blocks);
        parsed.ReportTimestamp = BinaryPrimitives.ReadUInt32BigEndian(feedback.Body[blocks.Length..]);
        return true;
    }

    /// <summary>Reads what is said of the next packet. False after the last.</summary>
    public bool TryRead(out CongestionControlStatus status)
    {
        status = default;
        while (_metrics.IsEmpty)
        {
            if (!TryReadBlock(ref _blocks, out _ssrc, out _next, out ReadOnlySpan<byte> metrics)) return false;
            _metrics = new WireReader(metrics);
        }
        _metrics.TryReadUInt16(out ushort metric);
        bool received = (metric & ReceivedBit) != 0;
        int offset = metric & OffsetMask;
        status = new CongestionControlStatus(
            _ssrc, _next++, received, received ? (byte)(metric >> 13 & 3) : (byte)0, received && offset < OverRange ? offset : null);
        return true;
    }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                   SSRC of nth RTP Stream                      |
    // |          begin_seq            |          num_reports          |
    // |R|ECN|  Arrival time offset    | ...                           |
    private static bool TryReadBlock(scoped ref WireReader reader, out uint ssrc, out ushort first, out ReadOnlySpan<byte> metrics)
    {
        (ssrc, first) = (0, 0);
        metrics = default;
        return reader.TryReadUInt32(out ssrc) && reader.TryReadUInt16(out first) && reader.TryReadUInt16(out ushort count) && count <= MaxReports &&
            reader.TryReadBytes(count * 2, out metrics) && reader.TrySkip(count % 2 * 2);
    }
}

/// <summary>Writes congestion control feedback, source by source (RFC 8888 §3.1); see <see cref="RtcpWriter.BeginCongestionControlFeedback"/>.</summary>
public ref struct CongestionControlFeedbackWriter
{
    internal WireWriter Writer;
    private bool _overflowed;

    /// <summary>The metric of a packet that has not arrived.</summary>
    public const ushort NotReceived = 0;

    /// <summary>How many packets of one more source fit.</summary>
    public readonly int Room => _overflowed ? 0 : Math.Max(0, Math.Min((Writer.Free - 8 - 4) / 4 * 2, CongestionControlFeedback.MaxReports));

    /// <summary>The metric of a packet that has arrived.</summary>
    /// <param name="beforeReport">How long before the report's time it arrived.</param>
    /// <param name="ecn">Its ECN mark, 0 to 3.</param>
    public static ushort Received(TimeSpan beforeReport, byte ecn = 0)
    {
        long offset = beforeReport < TimeSpan.Zero
            ? CongestionControlFeedback.Unavailable
            : Math.Min(beforeReport.Ticks * 1024 / TimeSpan.TicksPerSecond, CongestionControlFeedback.OverRange);
        return (ushort)(CongestionControlFeedback.ReceivedBit | (ecn & 3) << 13 | (int)offset);
    }

    /// <summary>Adds a source. False when it does not fit, and nothing was added.</summary>
    /// <param name="ssrc">The source.</param>
    /// <param name="first">The sequence number of the first packet.</param>
    /// <param name="metrics">What is said of each packet from the first on.</param>
    public bool TryAdd(uint ssrc, ushort first, scoped ReadOnlySpan<ushort> metrics)
    {
        if (metrics.Length > Room) return false;
        Writer.WriteUInt32(ssrc);
        Writer.WriteUInt16(first);
        Writer.WriteUInt16((ushort)metrics.Length);
        foreach (ushort metric in metrics) Writer.WriteUInt16(metric);
        Writer.WriteZeros(metrics.Length % 2 * 2);
        return true;
    }

    internal void Fail() => _overflowed = true;
}

public ref partial struct RtcpWriter
{
    /// <summary>Begins congestion control feedback (RFC 8888 §3.1); nothing else is written until it has ended.</summary>
    public readonly CongestionControlFeedbackWriter BeginCongestionControlFeedback(uint sender)
    {
        CongestionControlFeedbackWriter feedback = new() { Writer = Begin() };
        feedback.Writer.WriteUInt32(sender);
        if (feedback.Writer.Overflowed) feedback.Fail();
        return feedback;
    }

    /// <summary>Ends congestion control feedback.</summary>
    /// <param name="feedback">What was begun.</param>
    /// <param name="reportTimestamp">The time that the report is about: the middle 32 bits of an NTP time.</param>
    public bool End(ref CongestionControlFeedbackWriter feedback, uint reportTimestamp)
    {
        feedback.Writer.WriteUInt32(reportTimestamp);
        return End(ref feedback.Writer, RtcpFeedbackFormat.CongestionControl, RtcpPacketType.TransportFeedback);
    }
}
