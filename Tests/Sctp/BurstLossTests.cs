using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>A short path that loses packets in rows, as the full buffer of a socket does whose reader is not scheduled.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BurstLossTests
{
    private const int Messages = 40;
    private const int MessageSize = 100_000;

    private static IEnumerable<TestCaseData> Worlds
    {
        get
        {
            foreach (int seed in Seeds.Range(4))
            {
                foreach (int packets in new[] { 3, 8, 90 }) yield return new TestCaseData(seed, packets);
            }
        }
    }

    // RFC 8985 §7.1: what bursts of losses leave behind is repaired within round trips, not by timeouts that double.
    [TestCaseSource(nameof(Worlds))]
    public void Send_WhereBurstsAreLost_DoesNotCrawl(int seed, int queue)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { MaxSendBuffer = 1 << 26, PeerMaxMessageSize = 1 << 20, ReceiveWindow = 8 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random) { Keeps = false };
        PathOptions good = new() { Delay = TimeSpan.FromMilliseconds(0.2), Rate = 200_000_000, QueueBytes = queue * 1200 };
        LayerPair pair = new(time, left, right, good);
        left.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established), TimeSpan.FromSeconds(10)));
        byte[] message = new byte[MessageSize];
        for (int i = 0; i < Messages; i++) left.Association.Send((ushort)(i % 3), 53, message, default, time.Now);
        Instant start = time.Now;
        Break(pair, good);
        bool done = pair.RunUntil(() => right.ReceivedBytes == Messages * MessageSize, TimeSpan.FromSeconds(2));
        SctpStatistics statistics = left.Association.GetStatistics();
        TestContext.Out.WriteLine($"seed {seed}, queue {queue}: {(time.Now - start).TotalMilliseconds:F0} ms, {statistics}");
        Assert.That(done, statistics.ToString());
    }

    // Up to 100 ms of a good path, then up to 30 ms of none, and so on.
    private static void Break(LayerPair pair, PathOptions good)
    {
        VirtualTime time = pair.Time;
        pair.LeftToRight.Options = pair.RightToLeft.Options = good;
        time.Schedule(TimeSpan.FromMilliseconds(10 + time.Random.Next(90)), () =>
        {
            pair.LeftToRight.Options = pair.RightToLeft.Options = good with { Loss = 1 };
            time.Schedule(TimeSpan.FromMilliseconds(2 + time.Random.Next(30)), () => Break(pair, good));
        });
    }
}
