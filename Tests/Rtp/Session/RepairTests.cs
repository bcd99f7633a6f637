using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>NACK and retransmission (RFC 4585 §6.2.1, RFC 4588) over paths that lose, delay, reorder and duplicate.</summary>
public sealed class RepairTests
{
    private const int Packets = 1000;

    private static IEnumerable<int> Seeds() => Simulation.Seeds.Range(12);

    [Test]
    public void Loss_OfUpToATenth_IsRepaired_AndNothingIsAskedForTwiceWithinARoundTrip([ValueSource(nameof(Seeds))] int seed, [Values] bool withRepair)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        PathOptions path = new()
        {
            Delay = TimeSpan.FromMilliseconds(5 + random.Next(96)), Jitter = TimeSpan.FromMilliseconds(random.Next(10)), Loss = random.NextDouble() * 0.1,
            Reordering = random.NextDouble() * 0.05, Duplication = random.NextDouble() * 0.05,
        };
        TimeSpan roundTrip = path.Delay + path.Delay;
        SessionPair pair = new(seed, path, withRepair: withRepair);
        pair.Sender.RepeatsPackets = !withRepair;
        Dictionary<ushort, Instant> asked = [];
        int requests = 0, early = 0;
        pair.FeedbackSent = (compound, now) =>
        {
            foreach (ushort sequence in NackedIn(compound))
            {
                requests++;
                if (asked.TryGetValue(sequence, out Instant last) && now - last < roundTrip) early++;
                asked[sequence] = now;
            }
        };
        pair.SendVideo(Packets);
        pair.RunFor(TimeSpan.FromSeconds(Packets / 5 * 0.033 + 4));
        List<ushort> arrived = pair.Arrived.Single().Value;
        // What is lost before the first packet, or behind the last, cannot be missed.
        ushort first = arrived[0], last = arrived.MaxBy(sequence => (ushort)(sequence - first));
        int span = (ushort)(last - first) + 1;
        TestContext.Out.WriteLine($"{path.Loss:P1} loss, round trip {roundTrip.TotalMilliseconds} ms: {asked.Count} asked for by {requests} requests, {pair.Stream.RetransmittedPackets} sent again");
        Assert.Multiple(() =>
        {
            Assert.That(arrived.Distinct().Count(), Is.EqualTo(span), "every packet is there");
            Assert.That(arrived, Has.Count.EqualTo(span), "and none twice");
            Assert.That(early, Is.Zero, "asked for again within a round trip");
            Assert.That(requests, Is.LessThan(Packets * 0.35), "no storm");
            Assert.That(pair.Receiver.ReceiveStreams.Single(stream => stream.Ssrc == SessionPair.Ssrc).PacketsGivenUp, Is.Zero);
        });
    }

    [Test]
    public void Loss_WithoutARetransmissionStream_IsRepairedByTheSamePacket()      // RFC 3711 §9.1: byte for byte
    {
        SessionPair pair = new(3, new PathOptions { Loss = 0.05 }, withRepair: false);
        pair.Sender.RepeatsPackets = true;
        pair.SendVideo(Packets);
        pair.RunFor(TimeSpan.FromSeconds(10));
        List<ushort> arrived = pair.Arrived.Single().Value;
        Assert.That(arrived, Has.Count.EqualTo(Packets).Within(3));
        Assert.That(arrived.Distinct().Count(), Is.EqualTo(arrived.Count));
        Assert.That(pair.Stream.RetransmittedPackets, Is.GreaterThan(30));
    }

    [Test]
    public void Loss_WhereNothingMayBeRepeated_IsNotAnswered()           // RFC 7714 §10.1: no stream for it, and AEAD
    {
        SessionPair pair = new(3, new PathOptions { Loss = 0.05 }, withRepair: false);
        pair.SendVideo(Packets);
        pair.RunFor(TimeSpan.FromSeconds(10));
        Assert.That(pair.Stream.RetransmittedPackets, Is.Zero);
        Assert.That(pair.Sender.GetDropped(RtpDropReason.UnknownNack), Is.GreaterThan(30));
    }

    [Test]
    public void Reordering_WithinTheTolerance_IsNotAskedFor()
    {
        SessionPair pair = new(5, new PathOptions { Reordering = 0.2, ReorderingDelay = TimeSpan.FromMilliseconds(8) });
        pair.SendVideo(Packets);
        pair.RunFor(TimeSpan.FromSeconds(10));
        Assert.That(pair.Stream.PacketsNacked, Is.Zero);
        Assert.That(pair.Arrived.Single().Value, Has.Count.EqualTo(Packets));
    }

    [Test]
    public void Reordering_BeyondTheTolerance_IsLearnt()
    {
        SessionPair pair = new(5, new PathOptions { Reordering = 0.2, ReorderingDelay = TimeSpan.FromMilliseconds(40) });
        pair.SendVideo(Packets);
        pair.RunFor(TimeSpan.FromSeconds(10));
        ulong nacked = pair.Stream.PacketsNacked;
        pair.SendVideo(Packets, first: unchecked((ushort)(65_000 + Packets)));
        pair.RunFor(TimeSpan.FromSeconds(10));
        Assert.That(pair.Stream.PacketsNacked - nacked, Is.LessThan(Packets * 0.2 * 0.7), "of those that are overtaken");
        Assert.That(pair.Arrived.Single().Value, Has.Count.EqualTo(Packets * 2));
    }

    [Test]
    public void NackFlood_IsAnsweredOnceInARoundTrip()
    {
        SessionPair pair = new(7, new PathOptions());
        pair.SendVideo(100);
        pair.RunFor(TimeSpan.FromSeconds(1));
        byte[] flood = new byte[1200];
        RtcpWriter writer = new(flood);
        ushort[] all = [.. Enumerable.Range(0, 100).Select(i => (ushort)(65_000 + i))];
        writer.WriteGenericNack(1, SessionPair.Ssrc, all);
        for (int i = 0; i < 50; i++) pair.Sender.ReceiveRtcp(flood.AsSpan(0, writer.Length), pair.Time.Now);
        byte[] buffer = new byte[1500];
        int sent = 0;
        while (pair.Sender.Transmit(buffer, pair.Time.Now, out bool isRtcp) > 0) sent += isRtcp ? 0 : 1;
        Assert.That(sent, Is.EqualTo(100));
        Assert.That(pair.Sender.GetDropped(RtpDropReason.RepeatedNack), Is.EqualTo(4900));
        for (int i = 0; i < 1000; i++)
        {
            pair.RunFor(TimeSpan.FromMilliseconds(1));
            pair.Sender.ReceiveRtcp(flood.AsSpan(0, writer.Length), pair.Time.Now);
        }
        Assert.That(pair.Stream.RetransmittedPackets, Is.LessThanOrEqualTo(100 * 10), "and ten times at most");
    }

    [Test]
    public void Nack_OfPacketsNeverSent_IsCountedAndIgnored()
    {
        SessionPair pair = new(7, new PathOptions());
        pair.SendVideo(10);
        pair.RunFor(TimeSpan.FromSeconds(1));
        byte[] lie = new byte[100];
        RtcpWriter writer = new(lie);
        writer.WriteGenericNack(1, SessionPair.Ssrc, [1, 2, 3]);
        writer.WriteGenericNack(1, 999, [1, 2, 3]);
        pair.Sender.ReceiveRtcp(lie.AsSpan(0, writer.Length), pair.Time.Now);
        Assert.That(pair.Sender.GetDropped(RtpDropReason.UnknownNack), Is.EqualTo(3));
    }

    [Test]
    public void History_IsBoundedByTimeAndBytes()
    {
        RtpSessionOptions options = new() { MaxHistoryTime = TimeSpan.FromMilliseconds(500), MaxHistoryBytes = 20_000 };
        PacketHistory history = new(options);
        Instant now = new(0);
        for (ushort i = 0; i < 100; i++) history.Add(new SentMedia { Header = new RtpHeader(96, i, 0, 1), Payload = MessageLease.Rent(1000), SentAt = now }, now);
        Assert.That(history.TryFind(79, out _), Is.False);
        Assert.That(history.TryFind(80, out _), Is.True);
        history.Trim(now + TimeSpan.FromSeconds(1));
        Assert.That(history.TryFind(99, out _), Is.False);
    }

    [Test]
    public void GapThatIsTooLarge_IsANewStart_AndAsksForNothing()
    {
        NackTracker tracker = new(new RtpSessionOptions());
        Instant now = new(0);
        tracker.Arrived(1, now, false, out _);
        tracker.Arrived(5000, now, false, out _);
        Assert.That(tracker.Count, Is.Zero);
        Assert.That(tracker.NextAt.IsNever);
    }

    [Test]
    public void Retransmission_OfPaddingAlone_IsDropped()                // as probes of the bandwidth are
    {
        SessionPair pair = new(1, new PathOptions());
        pair.SendVideo(5);
        pair.RunFor(TimeSpan.FromSeconds(1));
        byte[] packet = new byte[40];
        int header = new RtpHeaderWriter(packet, new RtpHeader(SessionPair.Repair, 9, 0, SessionPair.RepairSsrc)).Complete();
        int length = RtpHeaderWriter.Pad(packet, header, 20);
        Assert.That(pair.Receiver.Receive(packet.AsSpan(0, length), pair.Time.Now, out _), Is.Null);
        Assert.That(pair.Receiver.GetDropped(RtpDropReason.EmptyRetransmission), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Seeds))]
    public void Simulcast_OfThreeRids_IsToldApartAndRepaired(int seed)   // RFC 8852: rid, and the repaired rid
    {
        SessionPair pair = new(seed, new PathOptions { Loss = 0.05 });
        string[] rids = ["hi", "mid", "lo"];
        for (int i = 0; i < rids.Length; i++) pair.SendVideo(300, pair.AddStream((uint)(100 + 2 * i), (uint)(101 + 2 * i), rids[i]));
        pair.RunFor(TimeSpan.FromSeconds(8));
        Assert.That(pair.Arrived.Keys.Select(stream => stream.Rid), Is.EquivalentTo(rids));
        foreach ((RtpReceiveStream stream, List<ushort> arrived) in pair.Arrived)
        {
            Assert.That(arrived, Has.Count.EqualTo(300).Within(3), stream.Rid);
            Assert.That(arrived.Distinct().Count(), Is.EqualTo(arrived.Count));
        }
        Assert.That(pair.Receiver.GetDropped(RtpDropReason.UnknownRetransmission), Is.LessThan(5));
    }

    private static IEnumerable<ushort> NackedIn(byte[] compound)
    {
        List<ushort> named = [];
        ReadOnlySpan<byte> rest = compound;
        while (RtcpPacket.TryRead(ref rest, out RtcpPacket packet))
        {
            if (!WebRtcStack.Rtp.RtcpFeedback.TryParse(packet, out RtcpFeedback feedback) || !GenericNack.TryParse(feedback, out GenericNack nack)) continue;
            while (nack.TryRead(out ushort sequence)) named.Add(sequence);
        }
        return named;
    }
}
