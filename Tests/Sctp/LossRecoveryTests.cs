using System.Linq;
using System.Buffers.Binary;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

/// <summary>What is sent again, when, and what that does to the congestion window, against a peer whose every SACK is written here.</summary>
[TestFixture]
public class LossRecoveryTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(100);

    private static readonly SctpOptions s_plain = new() { RandomLossTolerance = 0, Pacing = false, MaxBurst = 1000 };

    private static SctpStatistics Statistics(RawPeer peer) => peer.Association.GetStatistics();

    private static uint Tsn((byte Type, byte Flags, byte[] Value) chunk) => BinaryPrimitives.ReadUInt32BigEndian(chunk.Value);

    private static List<uint> SentTsns(RawPeer peer) => [.. peer.ReadChunks().Where(c => c.Type == 0).Select(Tsn)];

    private static byte[] Sack(uint cumulative, ushort[] gaps, params uint[] duplicates) => RawPeer.Chunk(3, 0, [
        .. RawPeer.U32(cumulative), .. RawPeer.U32(1 << 20), .. RawPeer.U16((ushort)(gaps.Length / 2)), .. RawPeer.U16((ushort)duplicates.Length),
        .. gaps.SelectMany(RawPeer.U16), .. duplicates.SelectMany(RawPeer.U32)]);

    /// <summary>A peer with a round trip of 100 ms measured, and <paramref name="count"/> chunks of 1000 bytes just sent to it.</summary>
    private static (RawPeer Peer, uint First) InFlight(int count, SctpSendOptions options = default, SctpOptions? association = null)
    {
        RawPeer peer = RawPeer.Connected(association ?? new SctpOptions { Pacing = false, MaxBurst = 1000 });
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        uint first = SentTsns(peer)[0];
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 1, []));
        Assert.That(Statistics(peer).SmoothedRoundTripTime, Is.EqualTo(s_roundTrip));
        for (int i = 0; i < count; i++) peer.Association.Send(1, 53, new byte[1000], options, peer.Now);
        List<uint> sent = SentTsns(peer);
        Assert.That(sent, Has.Count.EqualTo(count));
        return (peer, sent[0]);
    }

    [Test]
    public void Receive_OfOneGap_WaitsAQuarterOfARoundTrip()          // RFC 8985 §6.2: the reordering window
    {
        (RawPeer peer, uint first) = InFlight(3);
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 2]));
        Assert.That(SentTsns(peer), Is.Empty);
        peer.Advance(TimeSpan.FromMilliseconds(24));
        Assert.That(SentTsns(peer), Is.Empty);
        peer.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first }));
    }

    [Test]
    public void Receive_OfThreeChunksBeyondAGap_FindsTheLossAtOnce()  // RFC 8985 §6.2 step 4: DupThresh
    {
        (RawPeer peer, uint first) = InFlight(4);
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 4]));
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first }));
    }

    [Test]
    public void Receive_OfReorderedChunks_NeverSendsThemAgain()       // RFC 8985 §6.2 step 3
    {
        (RawPeer peer, uint first) = InFlight(6);
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 2]));
        peer.Send(Sack(first + 1, []));                               // the first one was late: reordering is seen
        peer.Send(Sack(first + 1, [2, 4]));                           // three beyond a gap would be a loss elsewhere
        Assert.That(SentTsns(peer), Is.Empty);
        peer.Send(Sack(first + 5, []));
        Assert.That(Statistics(peer).Retransmissions, Is.Zero);
    }

    [Test]
    public void Receive_WhenARetransmissionIsLost_SendsItOnceMoreWithoutT3()  // RFC 8985 §3.4
    {
        (RawPeer peer, uint first) = InFlight(5);
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 5]));
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first, first + 5 }));
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 6]));                           // what was sent after it has arrived
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first }));
        Assert.That(Statistics(peer).Timeouts, Is.Zero);
    }

    [Test]
    public void AdvanceTo_WhenTheTailIsLost_ProbesBeforeT3()          // RFC 8985 §7
    {
        (RawPeer peer, uint first) = InFlight(3);
        peer.Advance(2 * s_roundTrip - TimeSpan.FromMilliseconds(1));
        Assert.That(SentTsns(peer), Is.Empty);
        peer.Advance(TimeSpan.FromMilliseconds(1));
        (byte Type, byte Flags, byte[] Value) probe = peer.ReadChunks().Single();
        Assert.Multiple(() =>
        {
            Assert.That(Tsn(probe), Is.EqualTo(first + 2), "the last one");
            Assert.That(probe.Flags & 8, Is.Not.Zero, "RFC 7053: acknowledged at once");
        });
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [3, 3]));                           // the probe arrived: what was before it did not
        peer.Advance(TimeSpan.FromMilliseconds(25));
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first, first + 1 }));
        Assert.That(Statistics(peer).Timeouts, Is.Zero);
    }

    [Test]
    public void AdvanceTo_WithNewDataAtTheProbe_SendsThat()           // RFC 8985 §7.3
    {
        (RawPeer peer, uint first) = InFlight(2);
        peer.Advance(2 * s_roundTrip);
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first + 2 }));
    }

    [Test]
    public void Receive_WhenAProbeRepairedALoss_ReducesTheWindow()    // RFC 8985 §7.4
    {
        (RawPeer peer, uint first) = InFlight(2, association: s_plain);
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(2 * s_roundTrip);
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first + 1 }));
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 1, []));
        Assert.That(Statistics(peer).CongestionWindow, Is.GreaterThanOrEqualTo(window), "which of the two arrived is not known yet");
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 2, []));
        Assert.That(Statistics(peer).CongestionWindow, Is.LessThan(window));
    }

    [Test]
    public void Receive_WhenTheProbeWasADuplicate_KeepsTheWindow()    // RFC 8985 §7.4
    {
        (RawPeer peer, uint first) = InFlight(2);
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(2 * s_roundTrip);
        peer.Read();
        peer.Send(Sack(first + 1, []));
        peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 1, [], first + 1));
        peer.Send(Sack(first + 2, []));
        Assert.That(Statistics(peer).CongestionWindow, Is.GreaterThanOrEqualTo(window));
    }

    [Test]
    public void AdvanceTo_WithAMessageThatMayNotBeRepeated_DoesNotProbeWithIt()      // RFC 3758 §3.5
    {
        (RawPeer peer, _) = InFlight(1, new SctpSendOptions { MaxRetransmits = 0 });
        peer.Advance(TimeSpan.FromMilliseconds(450));
        Assert.That(SentTsns(peer), Is.Empty);
    }

    [Test]
    public void AdvanceTo_WhenT3Expires_TakesOnlyWhatIsOverdueAsLost()        // RFC 8985 §6.3
    {
        (RawPeer peer, uint first) = InFlight(1, association: new SctpOptions { RtoMin = TimeSpan.FromMilliseconds(100) });
        TimeSpan t3 = peer.Association.NextTimeout - peer.Now;
        peer.Advance(t3 - TimeSpan.FromMilliseconds(10));
        for (int i = 0; i < 2; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        while (Statistics(peer).Timeouts == 0)
        {
            peer.Now = peer.Association.NextTimeout;
            peer.Association.AdvanceTo(peer.Now);
        }
        Assert.That(SentTsns(peer), Has.Member(first).And.No.Member(first + 1));
    }

    [Test]
    public void Receive_OfOriginalsAfterT3_TakesTheTimeoutBack()      // RFC 5682's reasoning
    {
        (RawPeer peer, uint first) = InFlight(6);
        long window = Statistics(peer).CongestionWindow;
        ExpireT3(peer);
        Assert.That(Statistics(peer).CongestionWindow, Is.LessThan(window / 4));
        uint[] again = [.. SentTsns(peer)];
        Assert.That(again, Has.Length.LessThan(3).And.Member(first));
        peer.Advance(TimeSpan.FromMilliseconds(10));
        peer.Send(Sack(first + 3, []));                               // all of the flight was only late
        Assert.Multiple(() =>
        {
            Assert.That(Statistics(peer).CongestionWindow, Is.GreaterThanOrEqualTo(window));
            Assert.That(Statistics(peer).UndoneReductions, Is.EqualTo(1));
            Assert.That(SentTsns(peer), Is.Empty, "the rest is in flight after all");
        });
        peer.Send(Sack(first + 5, [], again));
        Assert.That(Statistics(peer).Retransmissions, Is.LessThanOrEqualTo(3));
        Assert.That(Statistics(peer).BytesInFlight, Is.Zero);
    }

    [Test]
    public void Receive_WhenAllThatWasRepeatedWasADuplicate_TakesTheReductionBack()  // RFC 9438 §4.9
    {
        (RawPeer peer, uint first) = InFlight(5, association: s_plain);
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 5]));
        Assert.That(SentTsns(peer), Is.EqualTo(new[] { first }));
        Assert.That(Statistics(peer).CongestionWindow, Is.LessThan(window));
        peer.Advance(TimeSpan.FromMilliseconds(30));
        peer.Send(Sack(first + 4, []));                               // the first one was late
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 4, [], first));                        // and came twice
        Assert.That(Statistics(peer).CongestionWindow, Is.GreaterThanOrEqualTo(window));
        Assert.That(Statistics(peer).UndoneReductions, Is.EqualTo(1));
    }

    [Test]
    public void Receive_OfALossInRecovery_ReducesOnce([Values] SctpCongestionControl control)     // RFC 9260 §7.2.4
    {
        (RawPeer peer, uint first) = InFlight(
            control == SctpCongestionControl.Cubic ? 10 : 4, association: new SctpOptions { RandomLossTolerance = 0, CongestionControl = control, Pacing = false });
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first - 1, [2, 2, 4, 4]));
        peer.Advance(TimeSpan.FromMilliseconds(25));
        long reduced = Statistics(peer).CongestionWindow;
        Assert.That(reduced, Is.LessThan(window).Or.EqualTo(4 * 1172));
        peer.Read();
        peer.Send(Sack(first, [3, 3]));
        peer.Advance(TimeSpan.FromMilliseconds(50));
        Assert.That(Statistics(peer).CongestionWindow, Is.EqualTo(reduced));
    }

    [Test]
    public void Receive_OfALossWithoutAQueue_KeepsTheWindow([Values(0, 0.04)] double tolerance)
    {
        SctpOptions options = new() { RandomLossTolerance = tolerance, Pacing = false, MaxBurst = 1000, MaxSendBuffer = 1 << 24 };
        (RawPeer peer, uint first) = InFlight(10, association: options);
        peer.Advance(s_roundTrip);
        peer.Send(Sack(first + 9, []));
        for (int i = 0; i < 20; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        uint next = SentTsns(peer)[0];
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(s_roundTrip);
        peer.Send(Sack(next - 1, [2, 15]));
        long grown = window + 14 * 1000;                              // slow start takes the acknowledged in first
        Assert.That(SentTsns(peer), Has.Member(next), "it is sent again in any case");
        Assert.That(Statistics(peer).CongestionWindow, Is.EqualTo(tolerance == 0 ? grown * 7 / 10 : grown).Within(2));
    }

    [Test]
    public void Receive_OfALossBehindAQueue_ReducesTheWindow()
    {
        (RawPeer peer, uint first) = InFlight(10);
        long window = Statistics(peer).CongestionWindow;
        peer.Advance(s_roundTrip + TimeSpan.FromMilliseconds(15));    // more than an eighth longer
        peer.Send(Sack(first - 1, [2, 10]));
        Assert.That(Statistics(peer).CongestionWindow, Is.EqualTo((window + 9 * 1000) * 7 / 10).Within(2));
    }

    [Test]
    public void Transmit_AfterALongPause_SendsNoBurst()               // RFC 9260 §7.2.1
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxSendBuffer = 1 << 24 });
        uint cumulative = peer.PeerInitialTsn - 1;
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < 1500; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
            cumulative += (uint)Drain(peer, s_roundTrip);
            peer.Send(Sack(cumulative, []));
        }
        while (Statistics(peer).BytesInFlight > 0 || peer.Association.TotalBufferedAmount > 0)
        {
            cumulative += (uint)Drain(peer, s_roundTrip);
            peer.Send(Sack(cumulative, []));
        }
        long window = Statistics(peer).CongestionWindow;
        Assert.That(window, Is.GreaterThan(200_000));
        peer.Advance(TimeSpan.FromSeconds(20));
        for (int i = 0; i < 1500; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        Assert.That(SentTsns(peer), Has.Count.LessThan(25), "at once");
        Assert.That(Statistics(peer).CongestionWindow, Is.LessThanOrEqualTo(10 * 1172));
    }

    [Test]
    public void Transmit_Paced_SpreadsAWindowOverTheRoundTrip()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxSendBuffer = 1 << 24 });
        uint cumulative = peer.PeerInitialTsn - 1;
        for (int i = 0; i < 6000; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        for (int round = 0; round < 5; round++)
        {
            cumulative += (uint)Drain(peer, s_roundTrip);
            peer.Send(Sack(cumulative, []));
        }
        int timers = 0, largest = 0, total = 0;
        Instant end = peer.Now + s_roundTrip;
        while (peer.Now < end)
        {
            int sent = SentTsns(peer).Count;
            largest = Math.Max(largest, sent);
            total += sent;
            timers++;
            peer.Now = Instant.Min(end, peer.Association.NextTimeout);
            peer.Association.AdvanceTo(peer.Now);
        }
        TestContext.Out.WriteLine($"{total} packets, {timers} timers, at most {largest} at once, {Statistics(peer)}");
        Assert.That(total, Is.GreaterThan(150));
        Assert.That(largest, Is.LessThan(total / 5), "no burst");
        Assert.That(timers, Is.LessThan(300), "no storm of timers");
    }

    [Test]
    public void Receive_WhileTheApplicationIsTheLimit_DoesNotGrowTheWindow()   // RFC 7661, RFC 9260 §7.2.1
    {
        RawPeer peer = RawPeer.Connected();
        uint cumulative = peer.PeerInitialTsn - 1;
        for (int round = 0; round < 200; round++)
        {
            peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
            cumulative += (uint)Drain(peer, s_roundTrip);
            peer.Send(Sack(cumulative, []));
        }
        Assert.That(Statistics(peer).CongestionWindow, Is.LessThanOrEqualTo(11 * 1172));
    }

    // Lets the association send for a while; how many chunks it did.
    private static int Drain(RawPeer peer, TimeSpan duration)
    {
        int sent = 0;
        Instant end = peer.Now + duration;
        while (true)
        {
            sent += SentTsns(peer).Count;
            if (peer.Association.NextTimeout > end) break;
            peer.Now = Instant.Max(peer.Now, peer.Association.NextTimeout);
            peer.Association.AdvanceTo(peer.Now);
        }
        peer.Now = end;
        return sent;
    }

    private static void ExpireT3(RawPeer peer)
    {
        while (Statistics(peer).Timeouts == 0)
        {
            peer.Now = Instant.Max(peer.Now, peer.Association.NextTimeout);
            peer.Association.AdvanceTo(peer.Now);
            if (Statistics(peer).Timeouts == 0) peer.Read();
        }
    }
}
