using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A sender or receiver report as a view into its bytes (RFC 3550 §6.4).</summary>
public ref struct RtcpReport
{
    private WireReader _blocks;
    private int _remaining;

    /// <summary>Who reports.</summary>
    public uint Ssrc { get; private init; }

    /// <summary>Whether it is a sender report.</summary>
    public bool HasSenderInfo { get; private init; }

    /// <summary>What a sender report says of the sender; the default value in a receiver report.</summary>
    public SenderInfo SenderInfo { get; private init; }

    /// <summary>Reads a report. False when it is of another type, too short, or has fewer blocks than it counts.</summary>
    public static bool TryParse(scoped in RtcpPacket packet, out RtcpReport report)
    {
        report = default;
        WireReader reader = new(packet.Body);
        SenderInfo info = default;
        uint ssrc;
        if (packet.Type == RtcpPacketType.SenderReport)
        {
            if (!SenderInfo.TryRead(ref reader, out info)) return false;
            ssrc = info.Ssrc;
        }
        else if (packet.Type != RtcpPacketType.ReceiverReport || !reader.TryReadUInt32(out ssrc))
        {
            return false;
        }
        if (reader.Remaining < packet.Count * ReportBlock.Length) return false;
        report = new RtcpReport
        {
            Ssrc = ssrc, HasSenderInfo = packet.Type == RtcpPacketType.SenderReport, SenderInfo = info, _blocks = reader, _remaining = packet.Count,
        };
        return true;
    }

    /// <summary>Reads the next report block. False after the last.</summary>
    public bool TryReadBlock(out ReportBlock block)
    {
        block = default;
        return _remaining-- > 0 && ReportBlock.TryRead(ref _blocks, out block);
    }
}
