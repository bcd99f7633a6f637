using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

public sealed class RtpSessionTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private readonly byte[] _buffer = new byte[1500];

    private static RtpSession Create(int seed) =>
        new(new RtpSessionOptions { Cname = "cname", NtpTimeAtOrigin = 0xE000_0000_0000_0000 }, RandomSource.Seeded((ulong)seed));

    private static RtpSection Section(string mid, byte payloadType)
    {
        RtpSection section = new() { Mid = mid, MidExtensionId = 4 };
        section.PayloadTypes = new RtpPayloadTypes([new RtpPayloadType(payloadType, 90_000) { Feedback = RtpFeedback.PictureLossIndication }]);
        return section;
    }

    private static byte[] Packet(uint ssrc, byte payloadType, ushort sequence, uint timestamp, string? mid = null)
    {
        byte[] packet = new byte[100];
        RtpHeaderWriter writer = new(packet, new RtpHeader(payloadType, sequence, timestamp, ssrc));
        if (mid is not null) writer.AddExtension(4, System.Text.Encoding.ASCII.GetBytes(mid));
        writer.Complete();
        return packet;
    }

    [Test]
    public void Receive_ByMid_AssignsTheSection()                     // RFC 9143 §9.2: mid before payload type
    {
        RtpSession session = Create(1);
        RtpSection a = Section("a", 96), b = Section("b", 96);
        session.AddSection(a);
        session.AddSection(b);
        Assert.Multiple(() =>
        {
            Assert.That(session.Receive(Packet(1, 96, 1, 0), s_start, out _), Is.Null, "two sections have the payload type");
            Assert.That(session.GetDropped(RtpDropReason.UnknownStream), Is.EqualTo(1));
            Assert.That(session.Receive(Packet(1, 96, 1, 0, "b"), s_start, out _)?.Section, Is.SameAs(b));
            Assert.That(session.Receive(Packet(1, 96, 2, 0), s_start, out _)?.Section, Is.SameAs(b), "the source is latched");
            Assert.That(session.Receive(Packet(2, 96, 2, 0, "a"), s_start, out _)?.Section, Is.SameAs(a));
            Assert.That(session.Receive(Packet(2, 97, 3, 0), s_start, out _), Is.Null);
            Assert.That(session.GetDropped(RtpDropReason.UnknownPayloadType), Is.EqualTo(1));
        });
    }

    [Test]
    public void Receive_ByPayloadType_AssignsTheOnlySectionThatHasIt()
    {
        RtpSession session = Create(1);
        RtpSection a = Section("a", 96);
        session.AddSection(a);
        session.AddSection(Section("b", 97));
        Assert.That(session.Receive(Packet(7, 96, 1, 0), s_start, out _)?.Section, Is.SameAs(a));
    }

    [Test]
    public void Transmit_OfAPacketLargerThanTheDatagram_DropsItAndSendsTheNext()
    {
        RtpSession session = Create(1);
        RtpSendStream stream = session.AddSendStream(1, 90_000);
        session.Send(stream, new RtpHeader(96, 1, 0, 0), MessageLease.CopyOf(new byte[1189]));
        session.Send(stream, new RtpHeader(96, 2, 0, 0), MessageLease.CopyOf(new byte[1188]));
        Assert.That(session.Transmit(_buffer.AsSpan(0, 1200), s_start, out _), Is.EqualTo(1200));
        Assert.That(session.GetDropped(RtpDropReason.TooLarge), Is.EqualTo(1));
    }

    [Test]
    public void Receive_OfTooManySources_IsBounded()
    {
        RtpSession session = new(new RtpSessionOptions { MaxReceiveStreams = 3 }, RandomSource.Seeded(1));
        session.AddSection(Section("a", 96));
        for (uint ssrc = 0; ssrc < 100; ssrc++) session.Receive(Packet(ssrc, 96, 1, 0), s_start, out _);
        Assert.That(session.ReceiveStreams, Has.Count.EqualTo(3));
        Assert.That(session.GetDropped(RtpDropReason.TooManyStreams), Is.EqualTo(97));
    }

    [Test]
    public void Statistics_CountLossAndWrap()                         // RFC 3550 appendix A.1, A.3
    {
        RtpSession session = Create(1);
        session.AddSection(Section("a", 96));
        RtpReceiveStream? stream = null;
        for (int i = 0; i < 1000; i++)
        {
            if (i % 10 == 5) continue;
            stream = session.Receive(Packet(1, 96, (ushort)(65_000 + i), 0), s_start, out _);
        }
        Assert.Multiple(() =>
        {
            Assert.That(stream!.Statistics.PacketsLost, Is.EqualTo(100));
            Assert.That(stream.Statistics.PacketsReceived, Is.EqualTo(900));
            Assert.That(stream.Statistics.ExtendedHighestSequenceNumber, Is.EqualTo(65_999));
        });
    }

    [Test]
    public void Reports_BetweenTwoSessions_GiveLossAndRoundTrip()     // RFC 3550 §6.4.1
    {
        RtpSession sender = Create(1), receiver = Create(2);
        receiver.AddSection(Section("a", 96));
        RtpSendStream stream = sender.AddSendStream(42, 90_000);
        Instant now = s_start;
        for (int i = 0; i < 3000; i++)
        {
            sender.Send(stream, new RtpHeader(96, (ushort)i, (uint)(i * 900), 0), MessageLease.CopyOf(new byte[100]));
            now += TimeSpan.FromMilliseconds(5);
            while (sender.Transmit(_buffer, now, out bool isRtcp) is > 0 and int length)
            {
                Instant arrival = now + TimeSpan.FromMilliseconds(5);
                if (isRtcp) receiver.ReceiveRtcp(_buffer.AsSpan(0, length), arrival);
                else if (i % 4 != 0) receiver.Receive(_buffer.AsSpan(0, length), arrival, out _);
            }
            now += TimeSpan.FromMilliseconds(5);
            receiver.AdvanceTo(now);
            while (receiver.Transmit(_buffer, now, out bool isRtcp) is > 0 and int length)
            {
                Assert.That(isRtcp);
                sender.ReceiveRtcp(_buffer.AsSpan(0, length), now + TimeSpan.FromMilliseconds(5));
            }
            sender.AdvanceTo(now);
        }
        Assert.Multiple(() =>
        {
            Assert.That(stream.LastReport.FractionLost / 256.0, Is.EqualTo(0.25).Within(0.05));
            Assert.That(stream.RoundTripTime?.TotalMilliseconds, Is.EqualTo(10).Within(1));
            Assert.That(stream.RoundTripTimeMeasurements, Is.GreaterThan(5));
            Assert.That(receiver.ReceiveStreams.Single().SenderReports, Is.GreaterThan(5));
        });
    }

    [Test]
    public void RequestKeyFrame_ReachesTheSenderOnce_AndIsThrottled() // RFC 4585 §6.3.1
    {
        RtpSession sender = Create(1), receiver = Create(2);
        receiver.AddSection(Section("a", 96));
        RtpSendStream sent = sender.AddSendStream(42, 90_000);
        RtpReceiveStream stream = receiver.Receive(Packet(42, 96, 1, 0), s_start, out _)!;
        receiver.RequestKeyFrame(stream);
        int first = receiver.Transmit(_buffer, s_start, out bool isRtcp);
        Assert.That(isRtcp);
        sender.ReceiveRtcp(_buffer.AsSpan(0, first), s_start);
        receiver.RequestKeyFrame(stream);
        Assert.That(receiver.Transmit(_buffer, s_start, out _), Is.Zero, "too early");
        Instant later = receiver.NextTimeout;
        receiver.AdvanceTo(later);
        int second = receiver.Transmit(_buffer, later, out _);
        sender.ReceiveRtcp(_buffer.AsSpan(0, second), later);
        int events = 0;
        while (sender.TryReadEvent(out RtpEvent e)) events += e.Kind == RtpEventKind.KeyFrameRequested ? 1 : 0;
        Assert.Multiple(() =>
        {
            Assert.That(sent.KeyFrameRequests, Is.EqualTo(2));
            Assert.That(events, Is.EqualTo(1), "one event until it is read");
            Assert.That(later, Is.LessThanOrEqualTo(s_start + TimeSpan.FromMilliseconds(500)));
        });
    }

    [Test]
    public void RemoveSendStream_SaysGoodbye()                        // RFC 3550 §6.6
    {
        RtpSession sender = Create(1), receiver = Create(2);
        receiver.AddSection(Section("a", 96));
        RtpSendStream stream = sender.AddSendStream(42, 90_000);
        sender.Send(stream, new RtpHeader(96, 1, 1, 0), MessageLease.CopyOf(new byte[10]));
        receiver.Receive(_buffer.AsSpan(0, sender.Transmit(_buffer, s_start, out _)), s_start, out _);
        sender.RemoveSendStream(stream);
        receiver.ReceiveRtcp(_buffer.AsSpan(0, sender.Transmit(_buffer, s_start, out bool isRtcp)), s_start);
        Assert.That(isRtcp);
        List<RtpEventKind> kinds = [];
        while (receiver.TryReadEvent(out RtpEvent e)) kinds.Add(e.Kind);
        Assert.That(kinds, Is.EqualTo(new[] { RtpEventKind.StreamAdded, RtpEventKind.StreamEnded }));
        Assert.That(receiver.ReceiveStreams, Is.Empty);
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void ReceiveRtcp_OnAnyBytes_Survives(byte[] bytes)
    {
        RtpSession session = Create(1);
        session.AddSendStream(42, 90_000);
        if (bytes.Length > 1) (bytes[0], bytes[1]) = ((byte)(bytes[0] & 0x3F | 0x80), (byte)(200 + bytes[1] % 8));
        session.ReceiveRtcp(bytes, s_start);
        session.ReceiveRtcp(bytes, s_start + TimeSpan.FromSeconds(1));
        while (session.TryReadEvent(out _)) { }
    }
}
