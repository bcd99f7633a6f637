using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Reads everything that a compound holds with every typed reader, and counts the readings.</summary>
internal static class RtcpWalk
{
    /// <summary>Walks a compound; false when its end is malformed. What it holds is told to <paramref name="seen"/> by name.</summary>
    public static bool TryWalk(ReadOnlySpan<byte> compound, Action<string>? seen = null)
    {
        while (!compound.IsEmpty)
        {
            if (!RtcpPacket.TryRead(ref compound, out RtcpPacket packet)) return false;
            string? name = Walk(packet);
            seen?.Invoke(name ?? $"unread {(int)packet.Type}/{packet.Count}");
        }
        return true;
    }

    private static string? Walk(scoped in RtcpPacket packet)
    {
        if (RtcpReport.TryParse(packet, out RtcpReport report))
        {
            while (report.TryReadBlock(out _)) { }
            return report.HasSenderInfo ? "SR" : "RR";
        }
        if (SourceDescriptionReader.TryParse(packet, out SourceDescriptionReader items))
        {
            while (items.TryRead(out _, out _, out _)) { }
            return "SDES";
        }
        if (Goodbye.TryParse(packet, out Goodbye goodbye))
        {
            while (goodbye.TryReadSource(out _)) { }
            return "BYE";
        }
        if (ApplicationPacket.TryParse(packet, out _)) return "APP";
        if (ExtendedReport.TryParse(packet, out ExtendedReport extended)) return WalkExtended(extended);
        return RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) ? WalkFeedback(feedback) : null;
    }

    private static string WalkExtended(ExtendedReport extended)
    {
        string name = "XR";
        while (extended.TryReadBlock(out ExtendedReportBlock block))
        {
            name += $" {(int)block.Type}";
            ReceiverReferenceTime.TryRead(block, out _);
            WireReader answers = new(block.Contents);
            while (DelaySinceLastReceiverReport.TryRead(ref answers, out _)) { }
            if (RunLengthReport.TryParse(block, out RunLengthReport runs)) while (runs.TryRead(out _, out _)) { }
            if (ReceiptTimes.TryParse(block, out ReceiptTimes times)) while (times.TryRead(out _, out _)) { }
            StatisticsSummary.TryRead(block, out _);
            VoipMetrics.TryRead(block, out _);
        }
        return name;
    }

    private static string? WalkFeedback(in RtcpFeedback feedback)
    {
        if (GenericNack.TryParse(feedback, out GenericNack nack))
        {
            while (nack.TryRead(out _)) { }
            return "NACK";
        }
        if (TransportWideFeedback.TryParse(feedback, out TransportWideFeedback wide))
        {
            while (wide.TryRead(out _)) { }
            return "TWCC";
        }
        if (CongestionControlFeedback.TryParse(feedback, out CongestionControlFeedback congestion))
        {
            while (congestion.TryRead(out _)) { }
            return "CCFB";
        }
        if (ReceiverEstimatedMaxBitrate.TryParse(feedback, out ReceiverEstimatedMaxBitrate estimate))
        {
            while (estimate.TryReadSource(out _)) { }
            return "REMB";
        }
        if (ReferencePictureSelection.TryParse(feedback, out _)) return "RPSI";
        WireReader reader = new(feedback.Information);
        while (SliceLoss.TryRead(ref reader, out _)) { }
        reader = new WireReader(feedback.Information);
        while (FullIntraRequest.TryRead(ref reader, out _)) { }
        reader = new WireReader(feedback.Information);
        while (LayerRefreshRequest.TryRead(ref reader, out _)) { }
        reader = new WireReader(feedback.Information);
        while (MaxBitrateEntry.TryRead(ref reader, out _)) { }
        return (feedback.Type, feedback.Format) switch
        {
            (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.PictureLossIndication) => "PLI",
            (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.SliceLossIndication) => "SLI",
            (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.FullIntraRequest) => "FIR",
            (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.LayerRefreshRequest) => "LRR",
            (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.MaxBitrateRequest) => "TMMBR",
            (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.MaxBitrateNotification) => "TMMBN",
            _ => null,
        };
    }
}
