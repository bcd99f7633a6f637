using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Writes regular reports: SR or RR with SDES, goodbyes (RFC 3550 §6.4 to §6.6), and round trips for receivers (RFC 3611 §4.4, §4.5).</summary>
internal sealed class RtcpReporter(RtpSessionState state)
{
    private const int MaxReportBlocks = 31;             // the count has five bits
    private const int MaxReferences = 16;
    private const int SourceDescriptionRoom = 64;
    private readonly Queue<uint> _goodbyes = new();
    private readonly List<Reference> _references = [];

    /// <summary>Whether receivers' reference times are sent and answered (a=rtcp-xr:rcvr-rtt).</summary>
    public bool MeasuresAsReceiver { get; set; }

    public bool OwesGoodbye => _goodbyes.Count > 0;

    public void SayGoodbye(uint ssrc) => _goodbyes.Enqueue(ssrc);

    /// <summary>A receiver has told its reference time: the next report answers it.</summary>
    public void ReferenceArrived(uint ssrc, ulong ntpTime, Instant now)
    {
        Reference reference = new(ssrc, (uint)(ntpTime >> 16), now);
        for (int i = 0; i < _references.Count; i++)
        {
            if (_references[i].Ssrc != ssrc) continue;
            _references[i] = reference;
            return;
        }
        if (_references.Count < MaxReferences) _references.Add(reference);
    }

    /// <summary>Writes what begins every compound that is not of reduced size; a regular one has all reports.</summary>
    public void Write(ref RtcpWriter writer, bool isRegular, Instant now)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[MaxReportBlocks];
        int count = isRegular ? Collect(blocks, writer.Free, now) : 0;
        uint reporter = WriteSenders(ref writer, blocks[..count], isRegular, now);
        if (reporter == 0)
        {
            reporter = state.ReporterSsrc;
            writer.WriteReceiverReport(reporter, blocks[..count]);
            writer.WriteSourceDescription(reporter, state.Cname);
        }
        if (!isRegular) return;
        // Sources beyond the first report's 31 blocks get further reports, while there is room.
        while ((count = Collect(blocks, writer.Free, now)) > 0 && writer.WriteReceiverReport(reporter, blocks[..count])) { }
        if (MeasuresAsReceiver) WriteRoundTrips(ref writer, reporter, now);
    }

    public void WriteGoodbyes(ref RtcpWriter writer)
    {
        while (_goodbyes.Count > 0 && writer.WriteGoodbye(_goodbyes.Peek())) _goodbyes.Dequeue();
    }

    private int Collect(Span<ReportBlock> blocks, int free, Instant now)
    {
        int room = Math.Min((free - SourceDescriptionRoom - RtcpPacket.HeaderLength - 24) / ReportBlock.Length, blocks.Length), count = 0;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (!stream.HasNewPackets || !stream.Statistics.HasPackets) continue;
            if (count >= room) break;
            blocks[count++] = stream.Statistics.Report(stream.Ssrc, now);
            stream.HasNewPackets = false;
        }
        return count;
    }

    // Each source of ours that has sent reports as a sender (RFC 8108 §5.2); the first one carries the report blocks.
    private uint WriteSenders(ref RtcpWriter writer, scoped ReadOnlySpan<ReportBlock> blocks, bool isRegular, Instant now)
    {
        uint reporter = 0;
        foreach (RtpSendStream stream in state.SendStreams)
        {
            if (!stream.SentSinceReport) continue;
            if (!writer.WriteSenderReport(stream.Report(state.Clock.At(now), now), reporter == 0 ? blocks : default)) break;
            writer.WriteSourceDescription(stream.Ssrc, state.Cname, stream.MidExtensionId == 0 ? default : stream.Mid.Span);
            if (reporter == 0) reporter = stream.Ssrc;
            stream.SenderReports++;
            if (!isRegular) break;                       // RFC 4585 §3.1: a minimal compound needs but one
            stream.SentSinceReport = false;
        }
        return reporter;
    }

    private void WriteRoundTrips(ref RtcpWriter writer, uint reporter, Instant now)
    {
        if (reporter == state.ReporterSsrc && state.ReceiveStreams.Count > 0) writer.WriteReceiverReferenceTime(reporter, state.Clock.At(now));
        if (_references.Count == 0) return;
        Span<DelaySinceLastReceiverReport> answers = stackalloc DelaySinceLastReceiverReport[MaxReferences];
        for (int i = 0; i < _references.Count; i++)
        {
            Reference reference = _references[i];
            double delay = Math.Min((now - reference.At).TotalSeconds * 65536, uint.MaxValue);
            answers[i] = new DelaySinceLastReceiverReport(reference.Ssrc, reference.Time, (uint)delay);
        }
        if (writer.WriteDelaysSinceLastReceiverReport(reporter, answers[.._references.Count])) _references.Clear();
    }

    private readonly record struct Reference(uint Ssrc, uint Time, Instant At);
}
