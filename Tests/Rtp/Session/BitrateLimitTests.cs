using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>TMMBR and TMMBN (RFC 5104 §4.2): requests are answered with the limits that hold, and told to the application and to congestion control.</summary>
public sealed class BitrateLimitTests
{
    private readonly byte[] _buffer = new byte[1200];

    [Test]                                                                // §4.2.1.2, §4.2.2
    public void Request_IsAnswered_AndToldToWhoSends()
    {
        SessionPair pair = new(1, new PathOptions());
        CongestionFeedbackTests.Recorder controller = new();
        pair.Sender.CongestionController = controller;
        pair.SendVideo(10);
        pair.RunFor(TimeSpan.FromSeconds(1));
        Ask(pair, 77, new MaxBitrateEntry(SessionPair.Ssrc, 250_000, 40));
        Assert.That(pair.Stream.MaxBitrate, Is.EqualTo(250_000));
        Assert.That(pair.Stream.MaxBitrateOverheadBytes, Is.EqualTo(40));
        Assert.That(controller.Limits, Is.EqualTo(new (uint, long?, int)[] { (SessionPair.Ssrc, 250_000, 40) }));
        List<RtpEvent> events = [];
        while (pair.Sender.TryReadEvent(out RtpEvent e)) events.Add(e);
        Assert.That(events, Has.One.Matches<RtpEvent>(e => e.Kind == RtpEventKind.MaxBitrateRequested && e.SendStream == pair.Stream));
        Assert.That(Notification(pair), Is.EqualTo(new[] { new MaxBitrateEntry(77, 250_000, 40) }));
        Assert.That(Notification(pair), Is.Null, "once");

        Ask(pair, 77, new MaxBitrateEntry(SessionPair.Ssrc, 250_000, 40));
        pair.Sender.AdvanceTo(pair.Time.Now + TimeSpan.FromSeconds(1));
        Assert.That(Notification(pair), Has.Length.EqualTo(1), "a repetition is answered too: the answer may have been lost");
        Goodbye(pair, 77);
        Assert.That(pair.Stream.MaxBitrate, Is.Null);
        pair.Sender.AdvanceTo(pair.Time.Now + TimeSpan.FromSeconds(2));
        Assert.That(Notification(pair), Is.Empty, "§4.2.2.1: an empty set when none holds");
    }

    [Test]                                                                // §3.5.4.2, with the figures of its example
    public void Requests_OfSeveralReceivers_AreBoundByTheLowestEdge()
    {
        SessionPair pair = new(2, new PathOptions());
        pair.SendVideo(5);
        pair.RunFor(TimeSpan.FromSeconds(1));
        Ask(pair, 1, new MaxBitrateEntry(SessionPair.Ssrc, 350_000, 20));
        Ask(pair, 2, new MaxBitrateEntry(SessionPair.Ssrc, 380_000, 40));
        Ask(pair, 3, new MaxBitrateEntry(SessionPair.Ssrc, 500_000, 20));
        pair.Sender.AdvanceTo(pair.Time.Now + TimeSpan.FromSeconds(1));
        MaxBitrateEntry[] limits = Notification(pair)!;
        // Above 187.5 packets a second the second one leaves less for media; the third never does.
        Assert.That(limits.Select(limit => limit.Ssrc), Is.EqualTo(new uint[] { 1, 2 }));
        Assert.That(pair.Stream.MaxBitrate, Is.EqualTo(350_000).Within(4), "17 bits of mantissa");
    }

    [Test]
    public void Requests_OfMoreOwnersThanThereIsRoomFor_AreBounded()
    {
        SessionPair pair = new(3, new PathOptions());
        pair.SendVideo(5);
        pair.RunFor(TimeSpan.FromSeconds(1));
        for (uint owner = 1; owner <= 1000; owner++) Ask(pair, owner, new MaxBitrateEntry(SessionPair.Ssrc, 1_000_000 + owner * 1000, (int)(owner % 500)));
        Ask(pair, 5, new MaxBitrateEntry(0xDEAD, 1, 1));
        pair.Sender.AdvanceTo(pair.Time.Now + TimeSpan.FromSeconds(1));
        Assert.That(Notification(pair)!.Length, Is.InRange(1, 16));
    }

    [Test]                                                                // §4.2.1.2, §4.2.2: asked for until it is heard, also where a fifth of all is lost
    public void RequestMaxBitrate_OverALossyPath_HoldsInTheEnd([ValueSource(nameof(SeedRange))] int seed)
    {
        SessionPair pair = new(seed, new PathOptions { Delay = TimeSpan.FromMilliseconds(20), Loss = 0.2 }, RtpFeedback.MaxBitrate);
        int requests = 0;
        pair.FeedbackSent = (compound, _) => requests += Count(compound, RtcpFeedbackFormat.MaxBitrateRequest);
        pair.SendVideo(2000);
        pair.RunFor(TimeSpan.FromSeconds(1));
        RtpReceiveStream received = pair.Receiver.ReceiveStreams.Single();
        pair.Receiver.RequestMaxBitrate(received, 300_000, pair.Time.Now);
        pair.RunFor(TimeSpan.FromSeconds(6));
        Assert.That((pair.Stream.MaxBitrate, received.RequestedMaxBitrate, received.NotifiedMaxBitrate), Is.EqualTo((300_000L, 300_000L, 300_000L)));
        Assert.That(pair.Stream.MaxBitrateOverheadBytes, Is.InRange(28 + 12, 28 + 40), "IP, UDP and RTP with its extensions");
        int told = requests;
        Assert.That(told, Is.InRange(1, 10));
        pair.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(requests, Is.EqualTo(told), "not once more when it was heard");
        pair.Receiver.RequestMaxBitrate(received, null, pair.Time.Now);
        pair.RunFor(TimeSpan.FromSeconds(6));
        Assert.That((pair.Stream.MaxBitrate, received.RequestedMaxBitrate, received.NotifiedMaxBitrate), Is.EqualTo(((long?)null, (long?)null, (long?)null)), "taken back");
        Assert.That(() => pair.Receiver.RequestMaxBitrate(received, -1, pair.Time.Now), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]                                                                // §4.2.2.1: the contents of each notification decide on what follows
    public void RequestMaxBitrate_IsRepeated_WhileTheSourceDoesNotKnowIt()
    {
        SessionPair pair = new(1, new PathOptions(), RtpFeedback.MaxBitrate);
        List<Instant> asked = [];
        pair.FeedbackSent = (compound, at) => asked.AddRange(Enumerable.Repeat(at, Count(compound, RtcpFeedbackFormat.MaxBitrateRequest)));
        pair.SendVideo(50);
        pair.RunFor(TimeSpan.FromSeconds(1));
        RtpReceiveStream received = pair.Receiver.ReceiveStreams.Single();
        pair.Receiver.RequestMaxBitrate(received, 300_000, pair.Time.Now);
        pair.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(asked, Has.Count.EqualTo(1));
        Notify(pair, new MaxBitrateEntry(99, 100_000, 40));
        pair.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(asked, Has.Count.EqualTo(1), "another's limit is below ours");
        Assert.That(received.NotifiedMaxBitrate, Is.EqualTo(100_000).Within(2));
        Notify(pair);
        pair.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(asked, Has.Count.EqualTo(2), "now ours would bind");
        for (int i = 0; i < 1000; i++)
        {
            Notify(pair);                                                 // a source that does not want to know
            pair.RunFor(TimeSpan.FromMilliseconds(10));
        }
        Assert.That(asked, Has.Count.LessThanOrEqualTo(40), "no storm");
        Assert.That(asked.Zip(asked.Skip(1), (one, next) => (next - one).TotalMilliseconds), Is.All.GreaterThanOrEqualTo(499));
    }

    [Test]
    public void RequestMaxBitrate_WithoutNegotiation_IsNotSent()
    {
        SessionPair pair = new(1, new PathOptions());
        int requests = 0;
        pair.FeedbackSent = (compound, _) => requests += Count(compound, RtcpFeedbackFormat.MaxBitrateRequest);
        pair.SendVideo(50);
        pair.RunFor(TimeSpan.FromSeconds(1));
        pair.Receiver.RequestMaxBitrate(pair.Receiver.ReceiveStreams.Single(), 300_000, pair.Time.Now);
        pair.RunFor(TimeSpan.FromSeconds(3));
        Assert.That(requests, Is.Zero);
        Assert.That(pair.Stream.MaxBitrate, Is.Null);
    }

    // What a receiver may send on top of its packets' headers never exceeds any of the limits: the set is their lower edge.
    [Test]
    public void BoundingSet_OfAnyLimits_IsTheirLowerEdge([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        BitrateLimits limits = new();
        List<MaxBitrateEntry> asked = [];
        for (uint owner = 0; owner < random.Next(1, 16); owner++)
        {
            asked.Add(new MaxBitrateEntry(owner, (ulong)random.Next(1, 2_000_000), random.Next(0, 512)));
            limits.Request(owner, asked[^1]);
        }
        MaxBitrateEntry[] bounding = limits.BoundingSet.ToArray();
        for (double rate = 0; rate < 2000; rate += 10)
        {
            double all = asked.Min(limit => Math.Max(0, limit.BitsPerSecond - 8 * rate * limit.OverheadBytes));
            double bound = bounding.Min(limit => Math.Max(0, limit.BitsPerSecond - 8 * rate * limit.OverheadBytes));
            Assert.That(bound, Is.EqualTo(all).Within(1e-6), $"at {rate} packets/s");
        }
    }

    private static IEnumerable<int> SeedRange() => Seeds.Range(30);

    private void Ask(SessionPair pair, uint owner, MaxBitrateEntry entry)
    {
        RtcpWriter writer = new(_buffer);
        writer.WriteMaxBitrateRequest(owner, [entry]);
        pair.Sender.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), pair.Time.Now);
    }

    private void Goodbye(SessionPair pair, uint owner)
    {
        RtcpWriter writer = new(_buffer);
        writer.WriteGoodbye(owner);
        pair.Sender.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), pair.Time.Now);
    }

    private void Notify(SessionPair pair, params MaxBitrateEntry[] entries)
    {
        RtcpWriter writer = new(_buffer);
        writer.WriteMaxBitrateNotification(SessionPair.Ssrc, entries);
        pair.Receiver.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), pair.Time.Now);
        pair.Pump();
    }

    private static int Count(ReadOnlySpan<byte> compound, byte format)
    {
        int count = 0;
        while (RtcpPacket.TryRead(ref compound, out RtcpPacket packet))
            count += RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) && feedback.Is(RtcpPacketType.TransportFeedback, format) ? 1 : 0;
        return count;
    }

    private MaxBitrateEntry[]? Notification(SessionPair pair)
    {
        while (pair.Sender.Transmit(_buffer, pair.Time.Now, out bool isRtcp) is > 0 and int length)
        {
            ReadOnlySpan<byte> compound = _buffer.AsSpan(0, length);
            while (isRtcp && RtcpPacket.TryRead(ref compound, out RtcpPacket packet))
            {
                if (!RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) || !feedback.Is(RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.MaxBitrateNotification)) continue;
                Assert.That(feedback.Sender, Is.EqualTo(SessionPair.Ssrc));
                List<MaxBitrateEntry> entries = [];
                WireReader reader = new(feedback.Information);
                while (MaxBitrateEntry.TryRead(ref reader, out MaxBitrateEntry entry)) entries.Add(entry);
                return [.. entries];
            }
        }
        return null;
    }
}
