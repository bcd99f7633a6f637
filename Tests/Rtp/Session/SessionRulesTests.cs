using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Rules of RTCP's timing, of sources that collide or flood, and of media that belongs together.</summary>
public sealed class SessionRulesTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private readonly byte[] _buffer = new byte[1500];

    private static byte[] Packet(uint ssrc, ushort sequence, uint timestamp = 0, byte payloadType = SessionPair.Video, string? mid = "0")
    {
        byte[] packet = new byte[60];
        RtpHeaderWriter writer = new(packet, new RtpHeader(payloadType, sequence, timestamp, ssrc));
        if (mid is not null) writer.AddExtension(1, System.Text.Encoding.ASCII.GetBytes(mid));
        return packet[..(writer.Complete() + 10)];
    }

    private static RtpSection Section(string mid, byte payloadType = SessionPair.Video, RtpFeedback feedback = RtpFeedback.None) => new()
    {
        Mid = mid, MidExtensionId = 1, PayloadTypes = new RtpPayloadTypes([new RtpPayloadType(payloadType, 90_000) { Feedback = feedback }]),
    };

    private static RtpSession Create(RtpSessionOptions? options = null) => new(options ?? new RtpSessionOptions { Cname = "c" }, RandomSource.Seeded(1));

    [Test]
    public void Rtcp_TakesNoMoreThanItsShare_WhateverIsLost()            // RFC 3550 §6.2: 5 % of the session
    {
        SessionPair pair = new(1, new PathOptions { Loss = 0.3, Delay = TimeSpan.FromMilliseconds(50) }, options: new RtpSessionOptions { BandwidthBitsPerSecond = 1_000_000 });
        long bytes = 0;
        int compounds = 0;
        pair.FeedbackSent = (compound, _) =>
        {
            bytes += compound.Length + 28;
            compounds++;
        };
        pair.SendVideo(3000);
        pair.RunFor(TimeSpan.FromSeconds(20));
        TestContext.Out.WriteLine($"{compounds} compounds, {bytes * 8 / 20} bit/s");
        Assert.That(bytes * 8 / 20, Is.LessThan(1_000_000 * 0.05 * 1.5));
        Assert.That(compounds, Is.GreaterThan(100));
    }

    [Test]
    public void RegularReports_ComeAtTheirMeanInterval_FromTheFirstOnEarlier()      // RFC 3550 §6.3.1, RFC 4585 §3.5.3
    {
        SessionPair pair = new(1, new PathOptions(), RtpFeedback.None);
        pair.Section.TransportSequenceExtensionId = 0;
        List<Instant> reports = [];
        pair.FeedbackSent = (_, now) => reports.Add(now);
        pair.SendVideo(6000);
        pair.RunFor(TimeSpan.FromSeconds(39));
        double mean = (reports[^1] - reports[0]).TotalSeconds / (reports.Count - 1);
        double[] gaps = [.. reports.Zip(reports.Skip(1), (a, b) => (b - a).TotalSeconds)];
        TestContext.Out.WriteLine($"{reports.Count} reports, {mean:F2} s apart ({gaps.Min():F2} to {gaps.Max():F2})");
        Assert.That(mean, Is.EqualTo(1 / 1.21828).Within(0.15));
        Assert.That(gaps.Min(), Is.GreaterThan(0.4));
        Assert.That(gaps.Max(), Is.LessThan(1.3));
    }

    [TestCase(true, "PLI")]
    [TestCase(false, "RR,SDES,PLI")]
    public void Feedback_OfReducedSize_HasNoReports(bool reduced, string expected)      // RFC 5506, RFC 4585 §3.1
    {
        RtpSession session = Create();
        session.UsesReducedSize = reduced;
        session.AddSection(Section("0", feedback: RtpFeedback.PictureLossIndication));
        session.RequestKeyFrame(session.Receive(Packet(5, 1), s_start, out _)!);
        List<string> kinds = [];
        int length = session.Transmit(_buffer, s_start, out bool isRtcp);
        Assert.That(isRtcp);
        Assert.That(RtcpWalk.TryWalk(_buffer.AsSpan(0, length), kinds.Add));
        Assert.That(string.Join(",", kinds), Is.EqualTo(expected));
    }

    [Test]
    public void KeyFrame_WhereOnlyFirIsNegotiated_IsAskedForByFir_AndARepetitionCountsOnce()      // RFC 5104 §4.3.1
    {
        RtpSession receiver = Create(), sender = Create();
        receiver.UsesReducedSize = true;
        receiver.AddSection(Section("0", feedback: RtpFeedback.FullIntraRequest));
        RtpSendStream stream = sender.AddSendStream(5, 90_000);
        receiver.RequestKeyFrame(receiver.Receive(Packet(5, 1), s_start, out _)!);
        int length = receiver.Transmit(_buffer, s_start, out _);
        for (int i = 0; i < 3; i++) sender.ReceiveRtcp(_buffer.AsSpan(0, length), s_start);
        Assert.That(stream.FullIntraRequests, Is.EqualTo(1));
        Assert.That(sender.TryReadEvent(out RtpEvent e));
        Assert.That((e.Kind, e.SendStream), Is.EqualTo((RtpEventKind.KeyFrameRequested, stream)));
        Assert.That(sender.TryReadEvent(out _), Is.False);
    }

    [Test]
    public void Collision_OfSources_GivesUsAnother_AndALoopDoesNot()     // RFC 3550 §8.2
    {
        RtpSession session = Create();
        session.AddSection(Section("0"));
        RtpSendStream stream = session.AddSendStream(42, 90_000);
        session.Send(stream, new RtpHeader(96, 1, 1, 0), MessageLease.CopyOf(new byte[10]));
        session.Transmit(_buffer, s_start, out _);
        Assert.That(session.Receive(Packet(42, 7), s_start, out _), Is.Not.Null, "theirs from now on");
        Assert.That(stream.Ssrc, Is.Not.EqualTo(42));
        Assert.That(session.TryReadEvent(out RtpEvent e) && e.Kind == RtpEventKind.SourceChanged);
        List<string> kinds = [];
        int length = session.Transmit(_buffer, s_start, out bool isRtcp);
        Assert.That(isRtcp && RtcpWalk.TryWalk(_buffer.AsSpan(0, length), kinds.Add) && kinds.Contains("BYE"));
        uint changed = stream.Ssrc;
        Assert.That(session.Receive(Packet(changed, 8), s_start, out _), Is.Null, "what we sent comes back");
        Assert.That(stream.Ssrc, Is.EqualTo(changed));
        Assert.That(session.GetDropped(RtpDropReason.LoopedSource), Is.EqualTo(1));
    }

    [Test]
    public void SourceFlood_IsBounded_AndSilentOnesMakeRoom()
    {
        RtpSession session = Create(new RtpSessionOptions { MaxReceiveStreams = 16 });
        session.AddSection(Section("0"));
        for (uint ssrc = 0; ssrc < 10_000; ssrc++) session.Receive(Packet(ssrc, 1), s_start, out _);
        Assert.That(session.ReceiveStreams, Has.Count.EqualTo(16));
        Assert.That(session.GetDropped(RtpDropReason.TooManyStreams), Is.EqualTo(9984));
        Instant later = s_start + TimeSpan.FromSeconds(11);
        Assert.That(session.Receive(Packet(3, 2), later, out _), Is.Not.Null);
        Assert.That(session.Receive(Packet(77_777, 1), later, out _), Is.Not.Null);
        Assert.That(session.ReceiveStreams.Select(stream => stream.Ssrc), Does.Contain(3u).And.Contain(77_777u));
        Assert.That(session.ReceiveStreams, Has.Count.EqualTo(16));
    }

    [Test]
    public void Mid_ThatIsUnknown_TakesThePacketNowhere_AndANewerOneMovesTheSource()      // RFC 9143 §9.2
    {
        RtpSession session = Create();
        RtpSection a = Section("0"), b = Section("1");
        session.AddSection(a);
        session.AddSection(b);
        Assert.That(session.Receive(Packet(1, 10, mid: "9"), s_start, out _), Is.Null);
        Assert.That(session.Receive(Packet(1, 10, mid: "0"), s_start, out _)?.Section, Is.SameAs(a));
        Assert.That(session.Receive(Packet(1, 9, mid: "1"), s_start, out _)?.Section, Is.SameAs(a), "older than the last update");
        Assert.That(session.Receive(Packet(1, 11, mid: "1"), s_start, out _)?.Section, Is.SameAs(b));
        Assert.That(session.Receive(Packet(1, 12, mid: "9"), s_start, out _), Is.Null);
        Assert.That(session.Receive(Packet(1, 13, mid: null), s_start, out _)?.Section, Is.SameAs(b), "latched");
    }

    [Test]
    public void SourceDescription_WithMid_MovesTheSource()               // RFC 9143 §9.2
    {
        RtpSession session = Create();
        RtpSection a = Section("0"), b = Section("1");
        session.AddSection(a);
        session.AddSection(b);
        RtpReceiveStream stream = session.Receive(Packet(1, 10), s_start, out _)!;
        RtcpWriter writer = new(_buffer);
        writer.WriteReceiverReport(1, []);
        writer.WriteSourceDescription(1, "name"u8, "1"u8);
        session.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), s_start);
        Assert.That((stream.Section, stream.Cname), Is.EqualTo((b, "name")));
    }

    [Test]
    public void Streams_OfOneSender_AreBroughtIntoStep()                 // RFC 3550 §6.4.1, §6.5.1
    {
        RtpSession session = Create();
        session.AddSection(Section("0", 96));
        session.AddSection(Section("1", 97));
        RtpReceiveStream audio = session.Receive(Packet(1, 1, 1000, 96, "0"), s_start, out _)!;
        RtpReceiveStream video = session.Receive(Packet(2, 1, 50_000, 97, "1"), s_start + TimeSpan.FromMilliseconds(120), out _)!;
        Assert.That(audio.TryGetSkew(video, out _), Is.False, "nothing is known of the sender's clock");
        ulong ntp = 0xE000_0000_0000_0000;
        RtcpWriter writer = new(_buffer);
        writer.WriteSenderReport(new SenderInfo(1, ntp, 1000, 1, 10), []);
        writer.WriteSourceDescription(1, "cname"u8);
        writer.WriteSenderReport(new SenderInfo(2, ntp + (1UL << 31), 50_000 + 45_000, 1, 10), []);
        writer.WriteSourceDescription(2, "cname"u8);
        session.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), s_start);
        Assert.That(video.TryGetSkew(audio, out TimeSpan skew));
        Assert.That(skew.TotalMilliseconds, Is.EqualTo(120).Within(0.1), "captured together, it came 120 ms later");
        Assert.That(audio.TryGetSenderTime(1000 + 90_000, out ulong time));
        Assert.That(time, Is.EqualTo(ntp + (1UL << 32)));
    }

    [Test]
    public void Timestamps_ThatJump_DoNotUpsetTheJitter()
    {
        RtpSession session = Create();
        session.AddSection(Section("0"));
        RtpReceiveStream? stream = null;
        for (ushort i = 0; i < 1000; i++)
            stream = session.Receive(Packet(1, i, (uint)(i * 900) + (i == 500 ? 0x8000_0000u : 0)), s_start + TimeSpan.FromMilliseconds(i * 10), out _);
        Assert.That(double.IsFinite(stream!.Statistics.JitterSeconds));
        Assert.That(stream.Statistics.JitterSeconds, Is.LessThan(1));
    }

    [Test]
    public void LongSession_AllocatesNothing()
    {
        RtpSession sender = Create(), receiver = Create();
        (sender.UsesReducedSize, receiver.UsesReducedSize) = (true, true);
        RtpSection section = Section("0", feedback: RtpFeedback.Nack | RtpFeedback.TransportWide);
        section.TransportSequenceExtensionId = 4;
        receiver.AddSection(section);
        RtpSendStream stream = sender.AddSendStream(1, 90_000, 2);
        (stream.PayloadTypes, stream.Mid, stream.MidExtensionId, stream.TransportSequenceExtensionId) =
            (new RtpPayloadTypes([new RtpPayloadType(SessionPair.Video, 90_000) { Feedback = RtpFeedback.Nack }, new RtpPayloadType(97, 90_000) { Repairs = SessionPair.Video }]), "0"u8.ToArray(), 1, 4);
        section.PayloadTypes = stream.PayloadTypes;
        Instant now = s_start;
        ushort sequence = 0;
        for (int i = 0; i < 5000; i++) Step();
        long best = long.MaxValue;
        for (int round = 0; round < 5 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500; i++) Step();
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero, "bytes for 500 packets, with losses, repairs, feedback and reports");
        Assert.That(stream.RetransmittedPackets, Is.GreaterThan(50));

        void Step()
        {
            sender.Send(stream, new RtpHeader(SessionPair.Video, sequence++, sequence * 300u, 0), MessageLease.Rent(1000));
            Move(sender, receiver, sequence % 50 == 0);
            Move(receiver, sender, false);
            now += TimeSpan.FromMilliseconds(4);
            sender.AdvanceTo(now);
            receiver.AdvanceTo(now);
        }

        void Move(RtpSession from, RtpSession to, bool loses)
        {
            while (from.Transmit(_buffer, now, out bool isRtcp) is > 0 and int length)
            {
                if (isRtcp) to.ReceiveRtcp(_buffer.AsSpan(0, length), now);
                else if (!loses) to.Receive(_buffer.AsSpan(0, length), now, out _);
                loses = false;
            }
            while (from.TryReadEvent(out _)) { }
        }
    }
}
