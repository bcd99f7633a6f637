using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>
/// For any seed and path: everything arrives once and in order, nothing hangs, what is counted as in flight and queued is
/// consistent at every step, and nothing is left when all is acknowledged.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SenderPropertyTests
{
    private static IEnumerable<TestCaseData> Worlds
    {
        get
        {
            foreach (int seed in Seeds.Range(5))
            {
                foreach (SctpCongestionControl control in new[] { SctpCongestionControl.Cubic, SctpCongestionControl.Rfc9260 })
                    yield return new TestCaseData(seed, control);
            }
        }
    }

    [TestCaseSource(nameof(Worlds))]
    public void Send_OverAPathThatChanges_DeliversAllAndKeepsItsBooks(int seed, SctpCongestionControl control)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new()
        {
            CongestionControl = control,
            Pacing = time.Random.Next(4) != 0,
            MaxMtu = time.Random.Next(2) * 1472,
            RandomLossTolerance = time.Random.Next(2) * 0.04,
            ZeroChecksum = time.Random.Next(2) == 0,
            MaxInitRetransmits = 100,
            MaxRetransmits = 100,
            MaxSendBuffer = 1 << 26,
            MaxMessageSize = 1 << 20,
            PeerMaxMessageSize = 1 << 20,
        };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, Draw(time.Random), datagramSize: 1500);
        left.Association.Associate(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(
            pair.RunUntil(() => left.Saw(SctpEventKind.Established) && right.Saw(SctpEventKind.Established), TimeSpan.FromMinutes(20)), time.Timeline);

        int sent = 0;
        for (int burst = 0; burst < 12; burst++)
        {
            int messages = time.Random.Next(12);
            for (int i = 0; i < messages; i++)
            {
                byte[] message = new byte[4 + time.Random.Next(time.Random.Next(6) == 0 ? 100_000 : 2000)];
                BinaryPrimitives.WriteInt32BigEndian(message, sent);
                if (left.Association.Send(1, 53, message, default, time.Now) == SctpSendResult.Queued) sent++;
            }
            Change(pair, time.Random);
            Instant end = time.Now + TimeSpan.FromMilliseconds(time.Random.Next(3000));
            pair.RunUntil(() => Check(left, options) && time.Now > end, TimeSpan.FromMilliseconds(3000));
        }
        pair.LeftToRight.Options = pair.RightToLeft.Options = pair.LeftToRight.Options with { Loss = Math.Min(0.3, pair.LeftToRight.Options.Loss) };
        bool done = pair.RunUntil(() => Check(left, options) && right.Messages.Count == sent, TimeSpan.FromMinutes(30));
        Assert.That(done, $"{right.Messages.Count} of {sent}\n{left.Association.GetStatistics()}\n{time.Timeline}");
        for (int i = 0; i < sent; i++) Assert.That(BinaryPrimitives.ReadInt32BigEndian(right.Messages[i].Bytes), Is.EqualTo(i));

        Assert.That(
            pair.RunUntil(() => left.Association.GetStatistics().BytesInFlight == 0, TimeSpan.FromMinutes(30)), left.Association.GetStatistics().ToString());
        SctpStatistics after = left.Association.GetStatistics();
        Assert.Multiple(() =>
        {
            Assert.That(left.Association.TotalBufferedAmount, Is.Zero);
            Assert.That(left.Association.HeldBytes, Is.Zero, "every lease went back to the pool");
            Assert.That(right.Association.Inbound.HeldBytes, Is.Zero);
            Assert.That(after.CongestionWindow, Is.GreaterThanOrEqualTo(after.Mtu));
        });
    }

    [TestCaseSource(nameof(Worlds))]
    public void Send_ThroughAnOutage_Recovers(int seed, SctpCongestionControl control)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { CongestionControl = control, MaxRetransmits = 100, MaxSendBuffer = 1 << 26 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random) { Keeps = true };
        PathOptions good = new() { Delay = TimeSpan.FromMilliseconds(5 + time.Random.Next(100)), Rate = 20_000_000, Loss = 0.01 };
        LayerPair pair = new(time, left, right, good);
        left.Association.Associate(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established), TimeSpan.FromMinutes(1)));
        byte[] message = new byte[50_000];
        for (int i = 0; i < 60; i++) left.Association.Send(1, 53, message, default, time.Now);
        pair.RunUntil(() => right.Messages.Count > 5, TimeSpan.FromMinutes(1));
        pair.LeftToRight.Options = pair.RightToLeft.Options = good with { Loss = 1 };
        TimeSpan outage = TimeSpan.FromSeconds(1 + time.Random.Next(60));
        pair.RunUntil(() => false, outage);
        pair.LeftToRight.Options = pair.RightToLeft.Options = good;
        Instant back = time.Now;
        long before = right.ReceivedBytes;
        pair.RunUntil(() => right.ReceivedBytes > before, TimeSpan.FromMinutes(1));
        Assert.That(time.Now - back, Is.LessThan(TimeSpan.FromSeconds(15)), $"after {outage}, RTO.Max is 10 s: {left.Association.GetStatistics()}");
        Assert.That(pair.RunUntil(() => right.Messages.Count == 60, TimeSpan.FromMinutes(2)), left.Association.GetStatistics().ToString());
    }

    // Operations in any order against one association whose peer is another one: the books agree after each of them.
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public Property Operations_InAnyOrder_KeepTheBooks() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>().Generator.Resize(200).ToArbitrary(), operations =>
        {
            RandomSource random = RandomSource.Seeded((ulong)operations.Length);
            SctpOptions options = new() { MaxRetransmits = 1000, MaxMtu = 1472 };
            SctpEndpoint left = new(options, random), right = new(options, random);
            byte[] packet = new byte[1500];
            Instant now = new(TimeSpan.TicksPerSecond);
            left.Association.Associate(now);
            for (int i = 0; i < 4; i++) Move(left, right, packet, now, keepEvery: 1);
            int sent = 0;
            foreach (byte operation in operations)
            {
                switch (operation % 5)
                {
                    case 0 or 1:
                        byte[] message = new byte[4 + operation * 16];
                        BinaryPrimitives.WriteInt32BigEndian(message, sent);
                        if (left.Association.Send(1, 53, message, default, now) == SctpSendResult.Queued) sent++;
                        break;
                    case 2:
                        Move(left, right, packet, now, keepEvery: 1);
                        break;
                    case 3:
                        Move(left, right, packet, now, keepEvery: 2 + operation % 3);
                        break;
                    default:
                        now += TimeSpan.FromMilliseconds(operation);
                        left.AdvanceTo(now);
                        right.AdvanceTo(now);
                        break;
                }
                Check(left, options);
            }
            for (int i = 0; i < 3000 && right.Messages.Count < sent; i++)
            {
                Move(left, right, packet, now, keepEvery: 1);
                now = Instant.Max(now, Instant.Min(left.NextTimeout, right.NextTimeout));
                left.AdvanceTo(now);
                right.AdvanceTo(now);
            }
            Assert.That(right.Messages, Has.Count.EqualTo(sent));
        });

    private static void Move(SctpEndpoint left, SctpEndpoint right, byte[] packet, Instant now, int keepEvery)
    {
        bool busy = true;
        for (int i = 1; busy; i++)
        {
            Assert.That(i, Is.LessThan(10_000), $"it never ends: {left.Association.GetStatistics()}");
            busy = false;
            if (left.Transmit(packet, now) is > 0 and int forward)
            {
                busy = true;
                if (i % keepEvery == 0 || keepEvery == 1) right.Receive(packet.AsSpan(0, forward), now);
            }
            if (right.Transmit(packet, now) is > 0 and int back)
            {
                busy = true;
                if (i % keepEvery == 0 || keepEvery == 1) left.Receive(packet.AsSpan(0, back), now);
            }
            right.DrainEvents();
            left.DrainEvents();
        }
    }

    // What must hold at every step.
    private static bool Check(SctpEndpoint endpoint, SctpOptions options)
    {
        SctpStatistics now = endpoint.Association.GetStatistics();
        RetransmissionQueue outstanding = endpoint.Association.Outstanding;
        if (Fault(now) is { } wrong) Assert.Fail($"{wrong}: {now}");
        long flight = 0;
        int inFlight = 0, lost = 0, acknowledged = 0;
        for (uint tsn = outstanding.CumulativeAck + 1; tsn != outstanding.NextTsn; tsn++)
        {
            ref OutstandingChunk chunk = ref outstanding[tsn];
            if (chunk.Fate == ChunkFate.InFlight) (flight, inFlight) = (flight + chunk.Length, inFlight + 1);
            if (chunk.Fate == ChunkFate.Lost) lost++;
            if (chunk.Fate == ChunkFate.Acknowledged) acknowledged++;
        }
        if (flight != outstanding.FlightBytes || inFlight != outstanding.FlightCount || lost != outstanding.LostCount || acknowledged != outstanding.GapAcknowledged)
            Assert.Fail($"the books: {flight} {inFlight} {lost} {acknowledged}, {now}");
        if (inFlight + lost > 0 && endpoint.Association.State == SctpAssociationState.Established && endpoint.NextTimeout.IsNever)
            Assert.Fail($"nothing would ever happen: {now}");
        if (endpoint.Association.TotalBufferedAmount > options.MaxSendBuffer) Assert.Fail("the send buffer has a limit");
        return true;
    }

    private static string? Fault(in SctpStatistics statistics) => statistics switch
    {
        { CongestionWindow: < 1172 } => "the congestion window is below a packet",
        { BytesInFlight: < 0 } => "less than nothing is in flight",
        { PeerReceiveWindow: < 0 } => "the peer's window is negative",
        { Mtu: < 1172 or > 1472 } => "the MTU left its range",
        _ => null,
    };

    private static PathOptions Draw(RandomSource random) => new()
    {
        Delay = TimeSpan.FromMilliseconds(random.Next(150)),
        Jitter = TimeSpan.FromMilliseconds(random.Next(20)),
        Loss = random.NextDouble() * 0.3,
        Reordering = random.NextDouble() * 0.3,
        ReorderingDelay = TimeSpan.FromMilliseconds(random.Next(100)),
        Duplication = random.NextDouble() * 0.2,
        Rate = random.Next(3) == 0 ? 2_000_000 + random.Next(20_000_000) : 0,
        QueueBytes = 10_000 + random.Next(100_000),
        Mtu = 1172 + random.Next(400),
    };

    // Another path, another MTU, or none at all for a while.
    private static void Change(LayerPair pair, RandomSource random)
    {
        PathOptions next = Draw(random);
        if (random.Next(6) == 0) next = next with { Loss = 1 };
        pair.LeftToRight.Options = next;
        pair.RightToLeft.Options = next with { Mtu = 1172 + random.Next(400) };
    }
}
