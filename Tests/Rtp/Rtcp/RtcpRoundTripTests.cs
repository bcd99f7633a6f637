using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Each packet is written, read, and is what it was.</summary>
public sealed class RtcpRoundTripTests
{
    private readonly byte[] _buffer = new byte[4000];

    private RtcpPacket Single(int length)
    {
        ReadOnlySpan<byte> compound = _buffer.AsSpan(0, length);
        Assert.That(length % 4, Is.Zero);
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket packet));
        Assert.That(compound.IsEmpty);
        return packet;
    }

    private RtcpFeedback Feedback(int length)
    {
        Assert.That(RtcpFeedback.TryParse(Single(length), out RtcpFeedback feedback));
        Assert.That(feedback.Sender, Is.EqualTo(7));
        return feedback;
    }

    private ExtendedReportBlock Block(int length)
    {
        Assert.That(ExtendedReport.TryParse(Single(length), out ExtendedReport report));
        Assert.That(report.Ssrc, Is.EqualTo(7));
        Assert.That(report.TryReadBlock(out ExtendedReportBlock block));
        ExtendedReport rest = report;
        Assert.That(rest.TryReadBlock(out _), Is.False);
        return block;
    }

    [FsCheck.NUnit.Property]
    public void Reports_AreReadAsWritten(uint ssrc, ulong ntp, uint rtp, uint packets, uint octets, byte fraction, int lost, uint highest, uint jitter, bool isSender, byte count)
    {
        ReportBlock block = new(ssrc + 1, fraction, lost % 0x80_0000, highest, jitter, rtp, packets);      // RFC 3550 §6.4
        ReportBlock[] blocks = [.. Enumerable.Repeat(block, count % 32)];
        SenderInfo info = new(ssrc, ntp, rtp, packets, octets);
        RtcpWriter writer = new(_buffer);
        Assert.That(isSender ? writer.WriteSenderReport(info, blocks) : writer.WriteReceiverReport(ssrc, blocks));
        Assert.That(RtcpReport.TryParse(Single(writer.Length), out RtcpReport report));
        Assert.That(report.Ssrc, Is.EqualTo(ssrc));
        Assert.That(report.HasSenderInfo, Is.EqualTo(isSender));
        if (isSender) Assert.That(report.SenderInfo, Is.EqualTo(info));
        foreach (ReportBlock expected in blocks)
        {
            Assert.That(report.TryReadBlock(out ReportBlock read));
            Assert.That(read, Is.EqualTo(expected));
        }
        Assert.That(report.TryReadBlock(out _), Is.False);
    }

    [Test]
    public void SourceDescriptions_OfEveryLength_AreReadAsWritten([Range(0, 9)] int cname, [Range(0, 5)] int mid)    // RFC 3550 §6.5
    {
        byte[] name = [.. Enumerable.Range(0, cname).Select(i => (byte)('a' + i))], tag = [.. Enumerable.Range(0, mid).Select(i => (byte)('0' + i))];
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteSourceDescription(7, name, tag));
        Assert.That(SourceDescriptionReader.TryParse(Single(writer.Length), out SourceDescriptionReader reader));
        Assert.That(reader.TryRead(out uint source, out SourceDescriptionItem item, out ReadOnlySpan<byte> text));
        Assert.That((source, item, text.ToArray()), Is.EqualTo((7u, SourceDescriptionItem.Cname, name)));
        if (mid > 0)
        {
            Assert.That(reader.TryRead(out source, out item, out text));
            Assert.That((source, item, text.ToArray()), Is.EqualTo((7u, SourceDescriptionItem.Mid, tag)));
        }
        Assert.That(reader.TryRead(out _, out _, out _), Is.False);
    }

    [Test]
    public void SourceDescription_OfSeveralSources_IsRead()              // RFC 3550 §6.5: chunks start on words
    {
        byte[] packet = [0x82, 202, 0, 6, 0, 0, 0, 1, 1, 1, (byte)'a', 0, 0, 0, 0, 2, 1, 2, (byte)'b', (byte)'c', 12, 1, (byte)'h', 0, 0, 0, 0, 0];
        ReadOnlySpan<byte> compound = packet;
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket read));
        Assert.That(SourceDescriptionReader.TryParse(read, out SourceDescriptionReader reader));
        List<string> items = [];
        while (reader.TryRead(out uint source, out SourceDescriptionItem item, out ReadOnlySpan<byte> text))
            items.Add($"{source} {item} {System.Text.Encoding.UTF8.GetString(text)}");
        Assert.That(items, Is.EqualTo(new[] { "1 Cname a", "2 Cname bc", "2 RtpStreamId h" }));
    }

    [Test]
    public void Goodbye_IsReadAsWritten([Values("", "a", "bye", "four", "longer")] string reason)    // RFC 3550 §6.6
    {
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteGoodbye(42, System.Text.Encoding.UTF8.GetBytes(reason)));
        Assert.That(Goodbye.TryParse(Single(writer.Length), out Goodbye goodbye));
        Assert.That(goodbye.TryReadSource(out uint ssrc));
        Assert.That((ssrc, System.Text.Encoding.UTF8.GetString(goodbye.Reason)), Is.EqualTo((42u, reason)));
        Assert.That(goodbye.TryReadSource(out _), Is.False);
    }

    [Test]
    public void Application_IsReadAsWritten()                            // RFC 3550 §6.7
    {
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteApplication(7, 3, "abcd"u8, [1, 2, 3, 4]));
        Assert.That(ApplicationPacket.TryParse(Single(writer.Length), out ApplicationPacket packet));
        Assert.That((packet.Ssrc, packet.Subtype, packet.Name.ToArray(), packet.Data.ToArray()), Is.EqualTo((7u, (byte)3, "abcd"u8.ToArray(), new byte[] { 1, 2, 3, 4 })));
    }

    [FsCheck.NUnit.Property]
    public void GenericNack_NamesWhatIsMissed(ushort first, byte[] steps)    // RFC 4585 §6.2.1
    {
        List<ushort> lost = [];
        ushort next = first;
        foreach (byte step in steps.Take(200)) lost.Add(next += (ushort)(step % 40 + 1));
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteGenericNack(7, 9, lost.ToArray()));
        Assert.That(GenericNack.TryParse(Feedback(writer.Length), out GenericNack nack));
        List<ushort> read = [];
        while (nack.TryRead(out ushort sequence)) read.Add(sequence);
        Assert.That(read, Is.EqualTo(lost));
    }

    [FsCheck.NUnit.Property]
    public void MaxBitrates_AreReadAsWritten_OrJustBelow(uint ssrc, ulong rate, ushort overhead, bool isRequest)    // RFC 5104 §4.2
    {
        MaxBitrateEntry entry = new(ssrc, rate, overhead % 512);
        RtcpWriter writer = new(_buffer);
        Assert.That(isRequest ? writer.WriteMaxBitrateRequest(7, [entry, entry]) : writer.WriteMaxBitrateNotification(7, [entry, entry]));
        RtcpFeedback feedback = Feedback(writer.Length);
        Assert.That(feedback.Format, Is.EqualTo(isRequest ? 3 : 4));
        WireReader reader = new(feedback.Information);
        for (int i = 0; i < 2; i++)
        {
            Assert.That(MaxBitrateEntry.TryRead(ref reader, out MaxBitrateEntry read));
            Assert.That(read with { BitsPerSecond = rate }, Is.EqualTo(entry));
            Assert.That(read.BitsPerSecond, Is.LessThanOrEqualTo(rate).And.GreaterThanOrEqualTo(rate - (rate >> 16)));
        }
    }

    [FsCheck.NUnit.Property]
    public void ReceiverEstimate_IsReadAsWritten_OrJustBelow(ulong rate, uint[] sources)    // draft-alvestrand-rmcat-remb-03 §2.2
    {
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteReceiverEstimatedMaxBitrate(7, rate, sources));
        Assert.That(ReceiverEstimatedMaxBitrate.TryParse(Feedback(writer.Length), out ReceiverEstimatedMaxBitrate estimate));
        Assert.That(estimate.BitsPerSecond, Is.LessThanOrEqualTo(rate).And.GreaterThanOrEqualTo(rate - (rate >> 17)));
        List<uint> read = [];
        while (estimate.TryReadSource(out uint source)) read.Add(source);
        Assert.That(read, Is.EqualTo(sources));
    }

    [FsCheck.NUnit.Property]
    public void PictureFeedback_IsReadAsWritten(uint media, byte sequence, byte type, byte target, byte current, byte[] bits)
    {
        RtcpWriter pli = new(_buffer);                                       // RFC 4585 §6.3.1
        Assert.That(pli.WritePictureLossIndication(7, media));
        Assert.That(Feedback(pli.Length).Media, Is.EqualTo(media));

        RtcpWriter fir = new(_buffer);                                       // RFC 5104 §4.3.1
        Assert.That(fir.WriteFullIntraRequest(7, media, sequence));
        WireReader reader = new(Feedback(fir.Length).Information);
        Assert.That(FullIntraRequest.TryRead(ref reader, out FullIntraRequest request));
        Assert.That(request, Is.EqualTo(new FullIntraRequest(media, sequence)));

        RtcpWriter sli = new(_buffer);                                       // RFC 4585 §6.3.2
        SliceLoss loss = new(media.GetHashCode() & 0x1FFF, sequence * 17, type % 64);
        Assert.That(sli.WriteSliceLossIndication(7, media, [loss]));
        reader = new WireReader(Feedback(sli.Length).Information);
        Assert.That(SliceLoss.TryRead(ref reader, out SliceLoss read));
        Assert.That(read, Is.EqualTo(loss));

        RtcpWriter lrr = new(_buffer);                                       // draft-ietf-avtext-lrr-07 §3
        LayerRefreshRequest layers = new(media, sequence, (byte)(type % 128), new RefreshLayer((byte)(target % 8), target),
            current % 2 == 0 ? null : new RefreshLayer((byte)(current % 8), current));
        Assert.That(lrr.WriteLayerRefreshRequest(7, layers));
        reader = new WireReader(Feedback(lrr.Length).Information);
        Assert.That(LayerRefreshRequest.TryRead(ref reader, out LayerRefreshRequest refresh));
        Assert.That(refresh, Is.EqualTo(layers));

        RtcpWriter rpsi = new(_buffer);                                      // RFC 4585 §6.3.3
        byte[] string_ = [1, .. bits.Take(250)];
        Assert.That(rpsi.WriteReferencePictureSelection(7, media, (byte)(type % 128), string_, sequence % 8));
        Assert.That(ReferencePictureSelection.TryParse(Feedback(rpsi.Length), out ReferencePictureSelection selection));
        Assert.That((selection.PayloadType, selection.UnusedBits, selection.BitString.ToArray()), Is.EqualTo(((byte)(type % 128), sequence % 8, string_)));
    }

    [TestCase(2, 3, 1, 3, true)]
    [TestCase(2, 3, 2, 3, false)]
    [TestCase(2, 3, 3, 2, false)]
    public void LayerRefreshRequest_IsAnUpgrade_OnlyUpwards(byte targetTemporal, byte target, byte currentTemporal, byte current, bool expected) =>
        Assert.That(new LayerRefreshRequest(1, 1, 96, new RefreshLayer(targetTemporal, target), new RefreshLayer(currentTemporal, current)).IsUpgrade, Is.EqualTo(expected));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void TransportWideFeedback_IsReadAsWritten(ushort first, int start, short[] steps, byte kind)    // draft-holmer §3.1
    {
        // Gaps, small and large steps in proportions that make all kinds of chunks.
        long time = (long)start * 256;
        List<long> arrivals = [];
        foreach (short step in steps)
        {
            int repeat = kind % 3 == 0 ? Math.Abs((int)step) % 40 + 1 : 1;
            for (int i = 0; i < repeat; i++)
            {
                if (step % 5 == 0)
                {
                    arrivals.Add(RtcpWriter.NotReceived);
                    continue;
                }
                time += kind % 2 == 0 ? Math.Abs((int)step) % 256 : step;
                arrivals.Add(time);
            }
        }
        RtcpWriter writer = new(_buffer);
        int covered = writer.WriteTransportWideFeedback(7, 9, 200, first, arrivals.ToArray());
        if (covered == 0)
        {
            Assert.That(arrivals.All(arrival => arrival == RtcpWriter.NotReceived));
            return;
        }
        Assert.That(TransportWideFeedback.TryParse(Feedback(writer.Length), out TransportWideFeedback feedback));
        Assert.That((feedback.BaseSequenceNumber, feedback.PacketStatusCount, feedback.FeedbackPacketCount), Is.EqualTo((first, covered, (byte)200)));
        const long Modulus = 256L << 24;
        for (int i = 0; i < covered; i++)
        {
            Assert.That(feedback.TryRead(out TransportWideStatus status));
            Assert.That(status.SequenceNumber, Is.EqualTo((ushort)(first + i)));
            Assert.That(status.IsReceived, Is.EqualTo(arrivals[i] != RtcpWriter.NotReceived));
            if (status.IsReceived) Assert.That((status.ArrivalTime!.Value - arrivals[i]) % Modulus, Is.Zero);
        }
        Assert.That(feedback.TryRead(out _), Is.False);
    }

    [Test]
    public void TransportWideFeedback_WithoutRoom_CoversWhatFits()
    {
        long[] arrivals = [.. Enumerable.Range(0, 1000).Select(i => (long)i * 300)];      // every delta is a large one
        byte[] small = new byte[200];
        RtcpWriter writer = new(small);
        int covered = writer.WriteTransportWideFeedback(7, 9, 0, 0, arrivals);
        Assert.That(covered, Is.InRange(70, 90));
        Assert.That(writer.Length, Is.LessThanOrEqualTo(200));
        Assert.That(RtcpWalk.TryWalk(small.AsSpan(0, writer.Length)));
    }

    [Test]
    public void TransportWideFeedback_ExamplesOfTheDraft_AreRead()       // §3.1.3, §3.1.4
    {
        PacketChunk run = new(0x00DD), vector = new(0b1001111100011100), twoBits = new(0b1100110101010000);
        Assert.That((run.Count, run.Take()), Is.EqualTo((221, 0)));
        Assert.That(string.Concat(Enumerable.Range(0, 14).Select(_ => vector.Take())), Is.EqualTo("01111100011100"));
        Assert.That(string.Concat(Enumerable.Range(0, 7).Select(_ => twoBits.Take())), Is.EqualTo("0311100"));
    }

    [FsCheck.NUnit.Property]
    public void CongestionControlFeedback_IsReadAsWritten(uint ssrc, ushort first, ushort[] metrics, uint time)    // RFC 8888 §3.1
    {
        RtcpWriter writer = new(_buffer);
        CongestionControlFeedbackWriter feedback = writer.BeginCongestionControlFeedback(7);
        ushort[] written = [.. metrics.Select(metric => (metric & 0x8000) == 0 ? (ushort)0 : metric)];
        Assert.That(feedback.TryAdd(ssrc, first, written));
        Assert.That(feedback.TryAdd(ssrc + 1, first, []));
        Assert.That(feedback.TryAdd(ssrc + 2, (ushort)(first + 1), written));
        Assert.That(writer.End(ref feedback, time));
        Assert.That(CongestionControlFeedback.TryParse(Feedback(writer.Length), out CongestionControlFeedback read));
        Assert.That(read.ReportTimestamp, Is.EqualTo(time));
        for (int i = 0; i < written.Length * 2; i++)
        {
            int at = i % written.Length, second = i / written.Length;
            Assert.That(read.TryRead(out CongestionControlStatus status));
            Assert.That((status.Ssrc, status.SequenceNumber), Is.EqualTo((ssrc + (uint)second * 2, (ushort)(first + second + at))));
            Assert.That(status.IsReceived, Is.EqualTo(written[at] != 0));
            if (status.ArrivalOffset is { } offset) Assert.That(offset, Is.EqualTo(written[at] & 0x1FFF));
        }
        Assert.That(read.TryRead(out _), Is.False);
    }

    [Test]
    public void CongestionControlMetric_OfTimes_IsThatOfTheStandard()    // RFC 8888 §3.1
    {
        Assert.Multiple(() =>
        {
            Assert.That(CongestionControlFeedbackWriter.Received(TimeSpan.FromSeconds(0.5)), Is.EqualTo(0x8000 | 512));
            Assert.That(CongestionControlFeedbackWriter.Received(TimeSpan.FromSeconds(20), 3), Is.EqualTo(0xE000 | 0x1FFE));
            Assert.That(CongestionControlFeedbackWriter.Received(TimeSpan.FromSeconds(-1)), Is.EqualTo(0x8000 | 0x1FFF));
        });
    }

    [FsCheck.NUnit.Property]
    public void ExtendedReports_AreReadAsWritten(ulong ntp, uint a, uint b, uint c, ushort first, byte[] bytes, bool flag)    // RFC 3611 §4
    {
        RtcpWriter writer = new(_buffer);
        Assert.That(writer.WriteReceiverReferenceTime(7, ntp));
        Assert.That(ReceiverReferenceTime.TryRead(Block(writer.Length), out ulong time));
        Assert.That(time, Is.EqualTo(ntp));

        writer = new RtcpWriter(_buffer);
        Assert.That(writer.WriteDelaysSinceLastReceiverReport(7, [new(a, b, c), new(c, a, b)]));
        WireReader answers = new(Block(writer.Length).Contents);
        Assert.That(DelaySinceLastReceiverReport.TryRead(ref answers, out DelaySinceLastReceiverReport one));
        Assert.That(DelaySinceLastReceiverReport.TryRead(ref answers, out DelaySinceLastReceiverReport two));
        Assert.That((one, two, answers.IsEmpty), Is.EqualTo((new DelaySinceLastReceiverReport(a, b, c), new DelaySinceLastReceiverReport(c, a, b), true)));

        bool[] bits = [.. bytes.SelectMany(value => Enumerable.Repeat(value % 2 == 0, value % 30 + 1))];
        writer = new RtcpWriter(_buffer);
        Assert.That(writer.WriteRunLengths(7, flag ? ExtendedReportType.LossRunLength : ExtendedReportType.DuplicateRunLength, a, first, bits));
        Assert.That(RunLengthReport.TryParse(Block(writer.Length), out RunLengthReport runs));
        Assert.That((runs.Ssrc, runs.First, runs.End), Is.EqualTo((a, first, (ushort)(first + bits.Length))));
        for (int i = 0; i < bits.Length; i++)
        {
            Assert.That(runs.TryRead(out ushort sequence, out bool bit));
            Assert.That((sequence, bit), Is.EqualTo(((ushort)(first + i), bits[i])));
        }
        Assert.That(runs.TryRead(out _, out _), Is.False);

        uint[] times = [.. bytes.Select(value => value * a)];
        writer = new RtcpWriter(_buffer);
        Assert.That(writer.WriteReceiptTimes(7, b, first, times));
        Assert.That(ReceiptTimes.TryParse(Block(writer.Length), out ReceiptTimes receipt));
        foreach (uint expected in times)
        {
            Assert.That(receipt.TryRead(out _, out uint read));
            Assert.That(read, Is.EqualTo(expected));
        }
        Assert.That(receipt.TryRead(out _, out _), Is.False);

        StatisticsSummary summary = new()
        {
            Ssrc = a, First = first, End = (ushort)(first + 9), Lost = flag ? b : null, Duplicates = c, Jitter = flag ? null : new SummaryRange(a, b, c, a),
            HopLimitKind = SummaryHopLimit.IPv6, HopLimit = new SummaryRange(1, 255, 3, 4),
        };
        writer = new RtcpWriter(_buffer);
        Assert.That(writer.WriteStatisticsSummary(7, summary));
        Assert.That(StatisticsSummary.TryRead(Block(writer.Length), out StatisticsSummary readSummary));
        Assert.That(readSummary, Is.EqualTo(summary));

        VoipMetrics metrics = new()
        {
            Ssrc = a, LossRate = 1, DiscardRate = 2, BurstDensity = 3, GapDensity = 4, BurstDuration = 5, GapDuration = 6, RoundTripDelay = 7, EndSystemDelay = 8,
            SignalLevel = -9, NoiseLevel = 10, ResidualEchoReturnLoss = 11, GapThreshold = 16, RFactor = 12, ExternalRFactor = 13, ListeningQuality = 14,
            ConversationalQuality = 15, ReceiverConfiguration = 0xB0, JitterBufferNominal = first, JitterBufferMaximum = 17, JitterBufferAbsoluteMaximum = 18,
        };
        writer = new RtcpWriter(_buffer);
        Assert.That(writer.WriteVoipMetrics(7, metrics));
        Assert.That(VoipMetrics.TryRead(Block(writer.Length), out VoipMetrics readMetrics));
        Assert.That(readMetrics, Is.EqualTo(metrics));
    }

    [Test]
    public void RunLengths_WithThinning_NameTheMultiples()               // RFC 3611 §4.1
    {
        byte[] packet = [0x80, 207, 0, 5, 0, 0, 0, 7, 1, 2, 0, 3, 0, 0, 0, 9, 0, 5, 0, 14, 0x40, 2, 0, 0];
        ReadOnlySpan<byte> compound = packet;
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket read));
        Assert.That(ExtendedReport.TryParse(read, out ExtendedReport report));
        Assert.That(report.TryReadBlock(out ExtendedReportBlock block));
        Assert.That(RunLengthReport.TryParse(block, out RunLengthReport runs));
        List<ushort> named = [];
        while (runs.TryRead(out ushort sequence, out bool arrived)) if (arrived) named.Add(sequence);
        Assert.That(named, Is.EqualTo(new ushort[] { 8, 12 }));
    }
}
