using BenchmarkDotNet.Attributes;
using WebRtcStack.Rtp;

namespace WebRtcStack.Benchmarks.Rtp;

/// <summary>A compound of RTCP written and read, and transport-wide feedback on 200 packets (draft-holmer-rmcat-transport-wide-cc-extensions-01).</summary>
[MemoryDiagnoser]
public class RtcpBenchmark
{
    public const int FeedbackPackets = 200;
    private readonly byte[] _compound = new byte[500], _feedback = new byte[1200];
    private readonly ReportBlock[] _blocks = [new(2, 3, 4, 5, 6, 7, 8), new(3, 3, 4, 5, 6, 7, 8)];
    private readonly ushort[] _lost = [10, 11, 17, 60];
    private readonly long[] _arrivals = [.. Enumerable.Range(0, FeedbackPackets).Select(i => i % 40 == 39 ? RtcpWriter.NotReceived : i * 7L + i % 3)];
    private int _feedbackLength;

    public int CompoundLength { get; private set; }

    [GlobalSetup]
    public void Setup() => (CompoundLength, _feedbackLength) = (WriteCompound(), WriteFeedback());

    [Benchmark]
    public int WriteCompound()
    {
        RtcpWriter writer = new(_compound);
        writer.WriteSenderReport(new SenderInfo(1, 2, 3, 4, 5), _blocks);
        writer.WriteSourceDescription(1, "aBcDeFgHiJkLmNoP"u8);
        writer.WriteGenericNack(1, 2, _lost);
        writer.WritePictureLossIndication(1, 2);
        return writer.Length;
    }

    [Benchmark]
    public int ReadCompound()
    {
        ReadOnlySpan<byte> compound = _compound.AsSpan(0, CompoundLength);
        int read = 0;
        while (RtcpPacket.TryRead(ref compound, out RtcpPacket packet))
        {
            if (RtcpReport.TryParse(packet, out RtcpReport report))
            {
                while (report.TryReadBlock(out _)) read++;
            }
            else if (SourceDescriptionReader.TryParse(packet, out SourceDescriptionReader items))
            {
                while (items.TryRead(out _, out _, out _)) read++;
            }
            else if (RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) && GenericNack.TryParse(feedback, out GenericNack nack))
            {
                while (nack.TryRead(out _)) read++;
            }
        }
        return read;
    }

    [Benchmark]
    public int WriteFeedback()
    {
        RtcpWriter writer = new(_feedback);
        return writer.WriteTransportWideFeedback(1, 2, 3, 4, _arrivals) == _arrivals.Length ? writer.Length : throw new InvalidOperationException("It does not fit.");
    }

    [Benchmark]
    public int ReadFeedback()
    {
        ReadOnlySpan<byte> compound = _feedback.AsSpan(0, _feedbackLength);
        int received = 0;
        if (!RtcpPacket.TryRead(ref compound, out RtcpPacket packet) || !RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) ||
            !TransportWideFeedback.TryParse(feedback, out TransportWideFeedback parsed)) return 0;
        while (parsed.TryRead(out TransportWideStatus status)) received += status.IsReceived ? 1 : 0;
        return received;
    }
}
