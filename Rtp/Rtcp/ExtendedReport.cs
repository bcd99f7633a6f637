using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The report blocks of extended reports (RFC 3611 §4).</summary>
public enum ExtendedReportType : byte
{
    /// <summary>Loss RLE (§4.1).</summary>
    LossRunLength = 1,

    /// <summary>Duplicate RLE (§4.2).</summary>
    DuplicateRunLength = 2,

    /// <summary>Packet receipt times (§4.3).</summary>
    ReceiptTimes = 3,

    /// <summary>Receiver reference time (§4.4).</summary>
    ReceiverReferenceTime = 4,

    /// <summary>DLRR (§4.5).</summary>
    DelaySinceLastReceiverReport = 5,

    /// <summary>Statistics summary (§4.6).</summary>
    StatisticsSummary = 6,

    /// <summary>VoIP metrics (§4.7).</summary>
    VoipMetrics = 7,
}

/// <summary>One block of an extended report, as a view into its bytes (RFC 3611 §3).</summary>
public readonly ref struct ExtendedReportBlock
{
    /// <summary>What it reports.</summary>
    public ExtendedReportType Type { get; internal init; }

    /// <summary>Eight bits that the type gives their meaning.</summary>
    public byte TypeSpecific { get; internal init; }

    /// <summary>What follows the block's header.</summary>
    public ReadOnlySpan<byte> Contents { get; internal init; }
}

/// <summary>Walks the blocks of an extended report (RFC 3611 §2).</summary>
public ref struct ExtendedReport
{
    private WireReader _blocks;

    /// <summary>Who reports.</summary>
    public uint Ssrc { get; private set; }

    /// <summary>Reads an extended report. False when the packet is of another type, or too short.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out ExtendedReport report)
    {
        report = default;
        WireReader reader = new(packet.Body);
        if (packet.Type != RtcpPacketType.ExtendedReport || !reader.TryReadUInt32(out uint ssrc)) return false;
        report.Ssrc = ssrc;
        report._blocks = reader;
        return true;
    }

    //  0                   1                   2                   3
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |      BT       | type-specific |         block length          |

    /// <summary>Reads the next block. False after the last, or where the rest is malformed.</summary>
    public bool TryReadBlock(out ExtendedReportBlock block)
    {
        block = default;
        if (!_blocks.TryReadByte(out byte type) || !_blocks.TryReadByte(out byte specific) ||
            !_blocks.TryReadUInt16(out ushort words) || !_blocks.TryReadBytes(words * 4, out ReadOnlySpan<byte> contents))
        {
            _blocks = default;
            return false;
        }
        block = new ExtendedReportBlock { Type = (ExtendedReportType)type, TypeSpecific = specific, Contents = contents };
        return true;
    }
}
