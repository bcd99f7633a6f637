using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>FORWARD TSN on paths that lose it: what is given up must not wait for timeouts that double.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SkippingTests
{
    private const int Messages = 100;

    private static IEnumerable<TestCaseData> Worlds
    {
        get
        {
            foreach (int seed in Seeds.Range(2))
            {
                foreach (bool interleaving in new[] { false, true })
                {
                    foreach (bool unordered in new[] { false, true })
                    {
                        foreach (int? retransmits in new int?[] { 0, 1, null }) yield return new TestCaseData(seed, interleaving, unordered, retransmits);
                    }
                }
            }
        }
    }

    // RFC 3758 §3.5: a fifth of all packets is lost in both directions.
    [TestCaseSource(nameof(Worlds))]
    public void Send_PartiallyReliable_IsOverSoonAfterTheLastMessage(int seed, bool interleaving, bool unordered, int? retransmits)
    {
        VirtualTime time = new(seed);
        SctpOptions options = new() { Interleaving = interleaving, SackDelay = TimeSpan.FromMilliseconds(20) };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random) { Keeps = false };
        PathOptions path = new() { Delay = TimeSpan.FromMilliseconds(1) };
        LayerPair pair = new(time, left, right, path);
        left.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(SctpEventKind.Established), TimeSpan.FromSeconds(10)));
        pair.LeftToRight.Options = pair.RightToLeft.Options = path with { Loss = 0.2 };
        SctpSendOptions how = new() { Unordered = unordered, MaxRetransmits = retransmits, Lifetime = retransmits is null ? TimeSpan.FromMilliseconds(5) : null };
        byte[] message = new byte[4000];
        for (int i = 0; i < Messages; i++)
        {
            left.Association.Send(1, 53, message.AsSpan(0, i % 4 == 0 ? 4000 : 300), how, time.Now);
            pair.RunUntil(() => false, TimeSpan.FromMilliseconds(2));
        }
        Instant start = time.Now;
        Assert.That(pair.RunUntil(() => left.Association.Outstanding.Count == 0 && left.Association.TotalBufferedAmount == 0, TimeSpan.FromSeconds(10)));
        SctpStatistics statistics = left.Association.GetStatistics();
        TestContext.Out.WriteLine($"{(time.Now - start).TotalMilliseconds:F0} ms after the last message; {statistics}");
        Assert.That(statistics.MessagesAbandoned, Is.GreaterThan(0));
        Assert.That(statistics.Timeouts, Is.LessThanOrEqualTo(2));
        Assert.That(time.Now - start, Is.LessThan(TimeSpan.FromSeconds(2.5)));
    }

    // RFC 8985 §7.3, RFC 3758 §3.6: the peer answers a FORWARD TSN at once, so it does what a probe is for.
    [Test]
    public void AdvanceTo_WhereNothingMayGoAgain_ProbesByForwardTsn()
    {
        RawPeer peer = Measured(TimeSpan.FromMilliseconds(10));
        peer.Association.Send(1, 53, new byte[100], new SctpSendOptions { MaxRetransmits = 0 }, peer.Now);
        Assert.That(Types(peer), Is.EqualTo(new byte[] { 0 }));
        Instant sent = peer.Now;
        for (int probe = 0; probe < 3; probe++) Assert.That(NextPacket(peer), Is.EqualTo(new byte[] { 192 }), $"probe {probe}");
        Assert.That(peer.Now - sent, Is.LessThan(TimeSpan.FromMilliseconds(300)));
        Assert.That(peer.Association.GetStatistics().Timeouts, Is.Zero);
        Assert.That(peer.Association.GetStatistics().Retransmissions, Is.Zero);
    }

    // A SACK that came a round trip after FORWARD TSN and does not cover it: that was lost (RFC 3758 §3.5 C3).
    [Test]
    public void Receive_OfSackThatIgnoresForwardTsn_SendsItAgain()
    {
        RawPeer peer = Measured(TimeSpan.FromMilliseconds(10));
        SctpSendOptions once = new() { MaxRetransmits = 0 };
        peer.Association.Send(1, 53, new byte[100], once, peer.Now);
        Assert.That(Types(peer), Is.EqualTo(new byte[] { 0 }));
        Assert.That(NextPacket(peer), Is.EqualTo(new byte[] { 192 }));
        byte[] sack = RawPeer.Sack(peer.PeerInitialTsn, 1 << 20);
        peer.Send(sack);
        Assert.That(Types(peer), Is.Empty, "it may still be on its way");
        peer.Advance(TimeSpan.FromMilliseconds(15));
        peer.Send(sack);
        Assert.That(Types(peer), Is.EqualTo(new byte[] { 192 }));
    }

    // RFC 8985 §7.3: of what is in flight the last chunk that may be sent again is the probe; the others stay alone.
    [Test]
    public void AdvanceTo_WhereTheLastChunkMayNotGoAgain_ProbesWithOneBefore()
    {
        RawPeer peer = Measured(TimeSpan.FromMilliseconds(10));
        peer.Association.Send(1, 53, new byte[100], default, peer.Now);
        peer.Association.Send(1, 53, new byte[100], new SctpSendOptions { MaxRetransmits = 0 }, peer.Now);
        Assert.That(Types(peer), Is.EqualTo(new byte[] { 0, 0 }));
        Assert.That(NextPacket(peer), Is.EqualTo(new byte[] { 0 }));
        Assert.That(peer.Association.GetStatistics().MessagesAbandoned, Is.Zero);
    }

    // RFC 7496 §3.3: a full buffer makes room for what is more important, the least important first, and only where that suffices.
    [Test]
    public void Send_OfAnImportantMessageIntoAFullBuffer_GivesUpTheLeastImportant()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxSendBuffer = 100_000 });
        SctpAssociation association = peer.Association;
        SctpSendResult Send(int size, uint? importance) => association.Send(1, 53, new byte[size], new SctpSendOptions { Importance = importance }, peer.Now);
        Assert.That(Send(40_000, null), Is.EqualTo(SctpSendResult.Queued));
        peer.Read();                                                  // it has begun
        foreach (uint importance in new uint[] { 5, 9, 7 }) Assert.That(Send(20_000, importance), Is.EqualTo(SctpSendResult.Queued));
        Assert.That(Send(1000, null), Is.EqualTo(SctpSendResult.BufferFull), "it has no claim");
        Assert.That(Send(1000, 9), Is.EqualTo(SctpSendResult.BufferFull), "nothing is less important");
        Assert.That(Send(50_000, 6), Is.EqualTo(SctpSendResult.BufferFull), "not even all that is less important would do");
        Assert.That(association.GetStatistics().MessagesAbandoned, Is.Zero);
        Assert.That(Send(15_000, 6), Is.EqualTo(SctpSendResult.Queued));
        Assert.That(association.GetStatistics().MessagesAbandoned, Is.EqualTo(1));
        Assert.That(Send(25_000, 6), Is.EqualTo(SctpSendResult.Queued));
        Assert.That((association.GetStatistics().MessagesAbandoned, association.HeldBytes), Is.EqualTo((2, 100_000)));
        Assert.That(association.BufferedAmount(1), Is.EqualTo(100_000 - association.GetStatistics().BytesInFlight));
    }

    // Connected, with one chunk acknowledged after the round trip.
    private static RawPeer Measured(TimeSpan roundTrip)
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { SackDelay = TimeSpan.FromMilliseconds(20) });
        peer.Association.Send(1, 53, new byte[100], default, peer.Now);
        peer.Read();
        peer.Advance(roundTrip);
        peer.Send(RawPeer.Sack(peer.PeerInitialTsn, 1 << 20));
        return peer;
    }

    private static byte[] Types(RawPeer peer) => [.. peer.ReadChunks().Select(c => c.Type)];

    private static byte[] NextPacket(RawPeer peer)
    {
        while (true)
        {
            peer.Now = Instant.Max(peer.Now, peer.Association.NextTimeout);
            peer.Association.AdvanceTo(peer.Now);
            if (Types(peer) is { Length: > 0 } types) return types;
        }
    }
}
