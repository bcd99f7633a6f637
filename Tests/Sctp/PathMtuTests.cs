using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>The search for the path's MTU (RFC 8899) over paths that swallow what is too large.</summary>
[TestFixture]
public class PathMtuTests
{
    private static (LayerPair Pair, SctpEndpoint Left, SctpEndpoint Right) Connect(int mtu, int most = 1472, double loss = 0)
    {
        VirtualTime time = new(mtu);
        SctpOptions options = new() { MaxMtu = most, MaxSendBuffer = 1 << 26, PeerMaxMessageSize = 1 << 20, MaxMessageSize = 1 << 20, MaxRetransmits = 50 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions { Mtu = mtu, Rate = 50_000_000, Loss = loss }, datagramSize: 1500);
        left.Association.Associate(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established) && right.Saw(SctpEventKind.Established), TimeSpan.FromMinutes(1)));
        return (pair, left, right);
    }

    [TestCase(1172)]
    [TestCase(1280)]
    [TestCase(1401)]
    [TestCase(1472)]
    [TestCase(9000)]
    public void Search_OnAPathOfAnMtu_FindsIt(int mtu)                // RFC 8899 §5.3
    {
        (LayerPair pair, SctpEndpoint left, _) = Connect(mtu);
        pair.RunUntil(() => false, TimeSpan.FromMinutes(1));
        Assert.That(left.Association.Mtu, Is.InRange(Math.Min(mtu, 1472) - 11, Math.Min(mtu, 1472)));
        Assert.That(left.Saw(SctpEventKind.MtuChanged), Is.EqualTo(mtu > 1172 + 8));
        Assert.That(left.Association.GetStatistics().CongestionWindow, Is.GreaterThanOrEqualTo(10 * 1172), "§4.1: a lost probe is no congestion");
    }

    [Test]
    public void Search_Over30PercentLoss_NeverExceedsThePath()
    {
        (LayerPair pair, SctpEndpoint left, _) = Connect(1372, loss: 0.3);
        pair.RunUntil(() => false, TimeSpan.FromMinutes(2));
        Assert.That(left.Association.Mtu, Is.InRange(1172, 1372));
    }

    [Test]
    public void BlackHole_InMidTransfer_IsFoundAndTheSearchBeginsAnew()       // RFC 8899 §4.4, §5.2
    {
        (LayerPair pair, SctpEndpoint left, SctpEndpoint right) = Connect(1472);
        pair.RunUntil(() => left.Association.Mtu > 1400, TimeSpan.FromMinutes(1));
        Assert.That(left.Association.Mtu, Is.GreaterThan(1400));
        byte[] message = new byte[500_000];
        for (int i = 0; i < 20; i++) left.Association.Send(1, 53, message, default, pair.Time.Now);
        pair.RunUntil(() => right.ReceivedBytes >= 2_000_000, TimeSpan.FromMinutes(1));
        long largest = pair.LeftToRight.Lost;
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Mtu = 1200 };
        Instant start = pair.Time.Now;
        Assert.That(pair.RunUntil(() => right.Messages.Count == 20, TimeSpan.FromMinutes(1)), left.Association.GetStatistics().ToString());
        TestContext.Out.WriteLine($"the rest took {pair.Time.Now - start}, lost {pair.LeftToRight.Lost - largest} packets, {left.Association.GetStatistics()}");
        Assert.That(pair.Time.Now - start, Is.LessThan(TimeSpan.FromSeconds(6)));
        pair.RunUntil(() => false, TimeSpan.FromMinutes(1));
        Assert.That(left.Association.Mtu, Is.InRange(1172, 1200));
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Mtu = 9000 };
        pair.RunUntil(() => false, TimeSpan.FromMinutes(11));         // PMTU_RAISE_TIMER
        Assert.That(left.Association.Mtu, Is.GreaterThan(1460));
    }

    [Test]
    public void Transmit_AboveTheBase_CutsNoChunkThatTheBaseCannotCarry()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxMtu = 1472 });
        AnswerProbes(peer);
        Assert.That(peer.Association.Mtu, Is.EqualTo(1472));
        peer.Association.Send(1, 53, new byte[8000], default, peer.Now);
        List<byte[]> packets = peer.Read();
        Assert.That(packets.Max(p => p.Length), Is.GreaterThan(1440), "packets are filled up");
        List<int> lengths = [];
        foreach (byte[] packet in packets)
        {
            WireReader reader = new(packet.AsSpan(12));
            while (Chunk.TryRead(ref reader, out Chunk chunk)) lengths.Add(chunk.Value.Length + 4);
        }
        Assert.That(lengths.Max(), Is.LessThanOrEqualTo(1172 - 12));
    }

    [Test]
    public void Mtu_OfTheLayer_BoundsWhatIsAsked()
    {
        RawPeer peer = RawPeer.Connected();
        Assert.That(peer.ReadChunks(), Is.Empty, "no search unless asked for");
        peer.Send(RawPeer.Chunk(132, 0, new byte[100]), RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3, 42));      // RFC 4820 §3
        Assert.That(peer.Association.TryReceive(out SctpMessage message));
        message.Payload.Dispose();
        Assert.That(peer.Association.Drops[SctpDropReason.UnknownChunk], Is.Zero);
    }

    private static void AnswerProbes(RawPeer peer)
    {
        for (int i = 0; i < 5; i++)
        {
            peer.Advance(TimeSpan.FromSeconds(1));
            foreach ((byte type, _, byte[] value) in peer.ReadChunks())
            {
                if (type == 4) peer.Send(RawPeer.Chunk(5, 0, value));
            }
        }
    }
}
