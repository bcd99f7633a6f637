using System.Linq;
using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class AssociationSimulationTests
{
    private static IEnumerable<int> Many => Seeds.Range(15);

    private static IEnumerable<int> Few => Seeds.Range(5);

    [TestCaseSource(nameof(Many))]
    public void Send_OverABadPath_DeliversReliableMessagesOnceAndInOrder(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.25);
        int[] perStream = new int[8];
        for (int i = 0; i < 60; i++)
        {
            ushort stream = (ushort)pair.Time.Random.Next(perStream.Length);
            int size = pair.Time.Random.Next(10) == 0 ? 60_000 : 8 + pair.Time.Random.Next(3000);
            SctpSendOptions options = new() { Unordered = stream == 7 };
            SctpSendResult result = left.Association.Send(stream, 53, Message(size, perStream[stream]++), options, pair.Time.Now);
            Assert.That(result, Is.EqualTo(SctpSendResult.Queued));
        }
        bool done = pair.RunUntil(() => right.Messages.Count == 60, TimeSpan.FromMinutes(10));
        Assert.That(done, $"{right.Messages.Count} of 60\n{pair.Time.Timeline}");
        pair.RunUntil(() => false, TimeSpan.FromSeconds(20));
        Assert.That(right.Messages, Has.Count.EqualTo(60));
        for (int stream = 0; stream < 8; stream++)
        {
            int[] numbers = [.. right.Messages.Where(m => m.Stream == stream).Select(m => Check(m.Bytes))];
            if (stream != 7) Assert.That(numbers, Is.Ordered);
            Assert.That(numbers, Is.EquivalentTo(Enumerable.Range(0, perStream[stream])));
        }
    }

    [TestCaseSource(nameof(Many))]
    public void Send_PartiallyReliable_DeliversAtMostOnceAndGoesOn(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.3);
        for (int i = 0; i < 100; i++)
        {
            SctpSendOptions options = new()
            {
                Unordered = i % 4 < 2,
                MaxRetransmits = i % 2 == 0 ? i % 3 : null,
                Lifetime = i % 2 == 1 ? TimeSpan.FromMilliseconds(50 + i) : null,
            };
            left.Association.Send((ushort)(i % 4), 53, Message(i % 10 == 0 ? 20_000 : 500, i), options, pair.Time.Now);
            pair.RunUntil(() => false, TimeSpan.FromMilliseconds(20));
        }
        left.Association.Send(0, 51, Message(5000, 1000), default, pair.Time.Now);
        left.Association.Send(3, 51, Message(5000, 1001), default, pair.Time.Now);
        bool done = pair.RunUntil(() => right.Messages.Count(m => m.Ppid == 51) == 2, TimeSpan.FromMinutes(10));
        Assert.That(done, pair.Time.Timeline);
        int[] numbers = [.. right.Messages.Where(m => m.Ppid == 53).Select(m => Check(m.Bytes))];
        Assert.That(numbers, Is.Unique);
        for (int stream = 2; stream < 4; stream++) Assert.That(numbers.Where(n => n % 4 == stream), Is.Ordered);
    }

    [TestCaseSource(nameof(Few))]
    public void Send_ThroughAnOutageOfAMinute_Recovers(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.02);
        for (int i = 0; i < 20; i++) left.Association.Send(1, 53, Message(10_000, i), default, pair.Time.Now);
        PathOptions good = pair.LeftToRight.Options;
        pair.RunUntil(() => right.Messages.Count > 3, TimeSpan.FromMinutes(1));
        pair.LeftToRight.Options = pair.RightToLeft.Options = good with { Loss = 1 };
        pair.RunUntil(() => false, TimeSpan.FromSeconds(60));
        pair.LeftToRight.Options = pair.RightToLeft.Options = good;
        Assert.That(pair.RunUntil(() => right.Messages.Count == 20, TimeSpan.FromMinutes(2)), pair.Time.Timeline);
    }

    [TestCaseSource(nameof(Few))]
    public void Shutdown_WithDataQueued_DeliversItFirst(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.2);
        for (int i = 0; i < 20; i++) left.Association.Send(1, 53, Message(10_000, i), default, pair.Time.Now);
        left.Association.Shutdown(pair.Time.Now);
        bool done = pair.RunUntil(() => left.Saw(SctpEventKind.Closed), TimeSpan.FromMinutes(5));
        Assert.That(done, pair.Time.Timeline);
        Assert.That(right.Messages, Has.Count.EqualTo(20));
        Assert.That(left.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    [TestCaseSource(nameof(Few))]
    public void ResetStreams_OverABadPath_StartsAnewFromZero(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.2);
        for (int i = 0; i < 5; i++) left.Association.Send(3, 53, Message(2000, i), default, pair.Time.Now);
        left.Association.ResetStreams([3]);
        Assert.That(left.Association.Send(3, 53, Message(10, 9), default, pair.Time.Now), Is.EqualTo(SctpSendResult.StreamUnavailable));
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.OutgoingStreamReset), TimeSpan.FromMinutes(5)), pair.Time.Timeline);
        Assert.That(right.Saw(SctpEventKind.IncomingStreamReset));
        for (int i = 5; i < 10; i++) left.Association.Send(3, 53, Message(2000, i), default, pair.Time.Now);
        Assert.That(pair.RunUntil(() => right.Messages.Count == 10, TimeSpan.FromMinutes(5)), pair.Time.Timeline);
        Assert.That(right.Messages.Select(m => Check(m.Bytes)), Is.Ordered);
    }

    [Test]
    public void Send_At100MegabitsAnd20Milliseconds_FillsThePath()
    {
        VirtualTime time = new(1);
        SctpOptions options = new() { MaxSendBuffer = 64 << 20, PeerMaxMessageSize = 1 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random) { Keeps = false };
        left.Association.Associate(time.Now);
        right.Association.Associate(time.Now);
        LayerPair pair = new(time, left, right, new PathOptions { Delay = TimeSpan.FromMilliseconds(10), Rate = 100_000_000 });
        pair.RunUntil(() => left.Saw(SctpEventKind.Established), TimeSpan.FromSeconds(5));
        byte[] message = new byte[60_000];
        const long Total = 50_000_000;
        Instant start = time.Now;
        for (long sent = 0; sent < Total; sent += message.Length) left.Association.Send(1, 53, message, default, time.Now);
        bool done = pair.RunUntil(() => right.ReceivedBytes >= Total, TimeSpan.FromMinutes(1));
        double megabits = right.ReceivedBytes * 8 / (time.Now - start).TotalSeconds / 1e6;
        SctpStatistics statistics = left.Association.GetStatistics();
        TestContext.Out.WriteLine($"{megabits:F1} Mbit/s {statistics}");
        Assert.That(done);
        Assert.That(megabits, Is.GreaterThan(80), statistics.ToString());
    }

    [TestCaseSource(nameof(Few))]
    public void Mtu_LoweredInFlight_HoldsForWhatIsNew(int seed)
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(seed, worst: 0.2);
        left.Association.Send(1, 53, Message(50_000, 0), default, pair.Time.Now);
        pair.RunUntil(() => left.Association.GetStatistics().BytesInFlight > 0, TimeSpan.FromSeconds(1));
        left.Association.Mtu = 600;
        Assert.That(pair.RunUntil(() => right.Messages.Count == 1, TimeSpan.FromMinutes(5)), pair.Time.Timeline);
        left.Association.Send(1, 53, Message(50_000, 1), default, pair.Time.Now);
        SimulatedPath path = pair.LeftToRight;
        path.Options = path.Options with { Mtu = 600 };
        Assert.That(pair.RunUntil(() => right.Messages.Count == 2, TimeSpan.FromMinutes(5)), pair.Time.Timeline);
    }

    [Test]
    public void Send_BeyondTheReadersPace_WaitsAndGoesOn()
    {
        VirtualTime time = new(2);
        SctpOptions options = new() { ReceiveWindow = 16 * 1024, MaxMessageSize = 1024 };
        using SctpAssociation left = new(options, time.Random), right = new(options, time.Random);
        byte[] buffer = new byte[1200];
        left.Associate(time.Now);
        right.Associate(time.Now);
        Instant now = time.Now;
        Exchange(left, right, buffer, ref now, TimeSpan.FromSeconds(1));
        for (int i = 0; i < 300; i++) Assert.That(left.Send(1, 53, new byte[1024], default, now), Is.EqualTo(SctpSendResult.Queued));
        Exchange(left, right, buffer, ref now, TimeSpan.FromSeconds(90));
        Assert.That(left.State, Is.EqualTo(SctpAssociationState.Established), "a peer that does not read is not dead");
        int read = 0;
        while (read < 300)
        {
            int before = read;
            for (; right.TryReceive(out SctpMessage message); read++) message.Payload.Dispose();
            Exchange(left, right, buffer, ref now, TimeSpan.FromSeconds(30));
            Assert.That(read, Is.GreaterThan(before).Or.EqualTo(300));
        }
    }

    internal static void Exchange(SctpAssociation left, SctpAssociation right, byte[] buffer, ref Instant now, TimeSpan duration)
    {
        Instant end = now + duration;
        while (true)
        {
            bool busy = true;
            while (busy)
            {
                busy = false;
                while (left.Transmit(buffer, now) is > 0 and int length) (busy, _) = (true, Deliver(right, buffer, length, now));
                while (right.Transmit(buffer, now) is > 0 and int length) (busy, _) = (true, Deliver(left, buffer, length, now));
            }
            Instant next = Instant.Min(left.NextTimeout, right.NextTimeout);
            if (next > end) break;
            now = Instant.Max(now, next);
            left.AdvanceTo(now);
            right.AdvanceTo(now);
        }
        now = end;
    }

    private static bool Deliver(SctpAssociation to, byte[] buffer, int length, Instant now)
    {
        to.Receive(buffer.AsSpan(0, length), now);
        return true;
    }

    private static (LayerPair Pair, SctpEndpoint Left, SctpEndpoint Right) Connect(int seed, double worst)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { MaxInitRetransmits = 50, MaxRetransmits = 50, ZeroChecksum = seed % 4 < 2 };
        SctpEndpoint left = new(options with { Interleaving = seed % 2 == 0 }, time.Random), right = new(options, time.Random);
        PathOptions path = PathOptions.Draw(time.Random, worst);
        LayerPair pair = new(time, left, right, path);
        left.Association.Associate(time.Now);
        TimeSpan late = TimeSpan.FromMilliseconds(time.Random.Next(2) * time.Random.Next(2000));
        time.Schedule(late, () =>
        {
            right.Association.Associate(time.Now);
            pair.Pump();
        });
        bool done = pair.RunUntil(
            () => left.Saw(SctpEventKind.Established) && right.Saw(SctpEventKind.Established), TimeSpan.FromMinutes(10));
        Assert.That(done, $"setup\n{time.Timeline}");
        return (pair, left, right);
    }

    private static byte[] Message(int size, int number)
    {
        byte[] bytes = new byte[size];
        for (int i = 8; i < size; i++) bytes[i] = (byte)(i * 7 + number);
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), size);
        return bytes;
    }

    private static int Check(byte[] bytes)
    {
        int number = BinaryPrimitives.ReadInt32BigEndian(bytes);
        Assert.That(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)), Is.EqualTo(bytes.Length));
        for (int i = 8; i < bytes.Length; i++)
        {
            if (bytes[i] != (byte)(i * 7 + number)) Assert.Fail($"byte {i} of message {number}");
        }
        return number;
    }
}
