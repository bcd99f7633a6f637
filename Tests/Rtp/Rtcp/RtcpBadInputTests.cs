using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>RTCP that lies about counts and lengths: nothing throws, nothing is read beyond the packet, no loop runs long.</summary>
public sealed class RtcpBadInputTests
{
    // Constants as spans are read through reflection in code that is not optimised, which allocates.
    private static readonly bool[] s_arrived = [true, true, false, true];
    private static readonly ushort[] s_lost = [3, 4, 9, 100], s_metrics = [0x8001, 0, 0x8002];
    private static readonly uint[] s_sources = [1, 2];
    private static readonly long[] s_arrivals = [1, 2, RtcpWriter.NotReceived, 900, 5000, 5001];

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public void Walk_OnAnyBytes_TerminatesWithoutThrowing(byte type, byte count, byte[] body)
    {
        byte[] packet = new byte[4 + body.Length / 4 * 4];
        (packet[0], packet[1]) = ((byte)(0x80 | count & 0x3F), (byte)(200 + type % 8));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(body.Length / 4));
        body.AsSpan(0, packet.Length - 4).CopyTo(packet.AsSpan(4));
        RtcpWalk.TryWalk(packet);
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public void Walk_OnMutatedCompounds_TerminatesWithoutThrowing(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        byte[] compound = Compound();
        for (int i = random.Next(8); i >= 0; i--) compound[random.Next(compound.Length)] = (byte)random.Next(256);
        RtcpWalk.TryWalk(compound.AsSpan(0, random.Next(compound.Length) + 1));
    }

    [Test]
    public void TryRead_OfALengthBeyondTheDatagram_Fails()
    {
        ReadOnlySpan<byte> compound = [0x80, 201, 0, 2, 0, 0, 0, 1];
        Assert.That(RtcpPacket.TryRead(ref compound, out _), Is.False);
        Assert.That(compound.Length, Is.EqualTo(8), "it has not moved");
    }

    [TestCase((byte)0)]
    [TestCase((byte)9)]
    public void TryRead_OfPaddingThatIsNone_Fails(byte padding)          // RFC 3550 §6.4.1: a multiple of four, itself counted
    {
        ReadOnlySpan<byte> compound = [0xA0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, padding];
        Assert.That(RtcpPacket.TryRead(ref compound, out _), Is.False);
    }

    [Test]
    public void TryParse_OfAReportWithFewerBlocksThanItCounts_Fails()
    {
        ReadOnlySpan<byte> compound = [0x81, 201, 0, 1, 0, 0, 0, 1];
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket packet));
        Assert.That(RtcpReport.TryParse(packet, out _), Is.False);
    }

    [Test]
    public void TryParse_OfAGoodbyeWithFewerSourcesThanItCounts_Fails()
    {
        ReadOnlySpan<byte> compound = [0x82, 203, 0, 1, 0, 0, 0, 1];
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket packet));
        Assert.That(Goodbye.TryParse(packet, out _), Is.False);
    }

    // 65535 packets counted, with a run of zero, with too few chunks, and with chunks but no times.
    [TestCase("00000000")]
    [TestCase("1fff1fff")]
    [TestCase("3fff3fff")]
    public void TryParse_OfTransportWideFeedbackThatCountsTooMuch_Fails(string chunks)
    {
        byte[] packet = [0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, .. Convert.FromHexString(chunks)];
        ReadOnlySpan<byte> compound = packet;
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket read));
        Assert.That(RtcpFeedback.TryParse(read, out RtcpFeedback feedback));
        Assert.That(TransportWideFeedback.TryParse(feedback, out _), Is.False);
    }

    [Test]
    public void TryParse_OfCongestionControlFeedbackThatCountsTooMuch_Fails()
    {
        byte[] packet = [0x8B, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x40, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0];
        ReadOnlySpan<byte> compound = packet;
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket read));
        Assert.That(RtcpFeedback.TryParse(read, out RtcpFeedback feedback));
        Assert.That(CongestionControlFeedback.TryParse(feedback, out _), Is.False);
    }

    [Test]
    public void TryParse_OfAnEstimateWithFewerSourcesThanItCounts_Fails()
    {
        byte[] packet = [0x8F, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, (byte)'R', (byte)'E', (byte)'M', (byte)'B', 3, 0, 0, 1];
        ReadOnlySpan<byte> compound = packet;
        Assert.That(RtcpPacket.TryRead(ref compound, out RtcpPacket read));
        Assert.That(RtcpFeedback.TryParse(read, out RtcpFeedback feedback));
        Assert.That(ReceiverEstimatedMaxBitrate.TryParse(feedback, out _), Is.False);
    }

    [Test]
    public void Write_WithoutRoom_LeavesTheWholePacketOut()
    {
        byte[] small = new byte[30];
        RtcpWriter writer = new(small);
        Assert.That(writer.WritePictureLossIndication(1, 2));
        Assert.That(writer.WriteSenderReport(default, []), Is.False);
        Assert.That(writer.WriteReceiverReport(1, []));
        Assert.That(writer.Length, Is.EqualTo(20));
        Assert.That(RtcpWalk.TryWalk(small.AsSpan(0, writer.Length)));
    }

    [Test]
    public void ReadAndWrite_OfACompound_AllocateNothing()
    {
        byte[] compound = Compound();
        byte[] buffer = new byte[1500];
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            for (int i = 0; i < 100; i++)
            {
                ReadOnlySpan<byte> rest = compound;
                while (RtcpPacket.TryRead(ref rest, out RtcpPacket packet))
                {
                    if (RtcpReport.TryParse(packet, out RtcpReport report)) while (report.TryReadBlock(out _)) { }
                    if (!RtcpFeedback.TryParse(packet, out RtcpFeedback feedback)) continue;
                    if (TransportWideFeedback.TryParse(feedback, out TransportWideFeedback wide)) while (wide.TryRead(out _)) { }
                    if (GenericNack.TryParse(feedback, out GenericNack nack)) while (nack.TryRead(out _)) { }
                }
                Write(buffer);
            }
        }
    }

    private static byte[] Compound()
    {
        byte[] buffer = new byte[1500];
        return buffer[..Write(buffer)];
    }

    private static int Write(byte[] buffer)
    {
        RtcpWriter writer = new(buffer);
        writer.WriteSenderReport(new SenderInfo(1, 2, 3, 4, 5), [new ReportBlock(6, 7, 8, 9, 10, 11, 12)]);
        writer.WriteSourceDescription(1, "cname"u8, "0"u8);
        writer.WriteReceiverReferenceTime(1, 99);
        writer.WriteDelaysSinceLastReceiverReport(1, [new(2, 3, 4)]);
        writer.WriteRunLengths(1, ExtendedReportType.LossRunLength, 2, 3, s_arrived);
        writer.WriteGenericNack(1, 2, s_lost);
        writer.WriteFullIntraRequest(1, 2, 3);
        writer.WriteReceiverEstimatedMaxBitrate(1, 1_000_000, s_sources);
        writer.WriteMaxBitrateRequest(1, [new(2, 3000, 40)]);
        writer.WriteTransportWideFeedback(1, 2, 3, 4, s_arrivals);
        CongestionControlFeedbackWriter feedback = writer.BeginCongestionControlFeedback(1);
        feedback.TryAdd(2, 3, s_metrics);
        writer.End(ref feedback, 4);
        writer.WriteGoodbye(1, "bye"u8);
        return writer.Length;
    }
}
