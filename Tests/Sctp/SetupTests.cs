using System.Buffers.Binary;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

/// <summary>RFC 9260 §5: what a handshake may meet beside its four messages. The plain ways are in <see cref="HandshakeTests"/>.</summary>
[TestFixture]
public class SetupTests
{
    private const uint OtherTag = 0x0A0B0C0D;

    // §3.3.2, §3.3.2.1.4: what makes an INIT unacceptable; the answer carries its tag and T is 0.
    [TestCase(7u, 1499u, 1, 1, "", (byte)7)]
    [TestCase(7u, 5000u, 0, 1, "", (byte)7)]
    [TestCase(7u, 5000u, 1, 0, "", (byte)7)]
    [TestCase(7u, 5000u, 1, 1, "000B0008612E6200", (byte)5)]
    public void Receive_OfAnUnacceptableInit_Aborts(uint tag, uint window, int outbound, int inbound, string parameters, byte cause)
    {
        RawPeer peer = new();
        peer.Send(0, Init(tag, window, (ushort)outbound, (ushort)inbound, Convert.FromHexString(parameters)));
        byte[] abort = peer.Read().Single();
        Assert.That(abort.AsSpan(4, 4).ToArray(), Is.EqualTo(RawPeer.U32(tag)));
        Assert.That((abort[12], abort[13], abort[17]), Is.EqualTo((6, 0, cause)));
        if (cause == 5) Assert.That(abort.AsSpan(20, 8).ToArray(), Is.EqualTo(Convert.FromHexString(parameters)));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    // §3.3.2: no tag, no answer; §8.5.1 A: it comes alone and with tag 0.
    [Test]
    public void Receive_OfAnInitThatIsNotOne_IsSilent()
    {
        RawPeer peer = new();
        peer.Send(0, Init(0, 5000, 1, 1));
        peer.Send(0, RawPeer.Chunk(1, 0, new byte[15]));
        peer.Send(5, Init(7, 5000, 1, 1));
        peer.Send(0, Init(7, 5000, 1, 1), RawPeer.Chunk(11, 0));
        Assert.That(peer.Read(), Is.Empty);
    }

    // §3.3.3: what makes an INIT ACK unacceptable ends the attempt.
    [TestCase(0u, 5000u, 1, "", (byte)0, (byte)1, TestName = "Receive_OfInitAckWithoutTag_AbortsReflected")]
    [TestCase(9u, 5000u, 1, "", (byte)2, (byte)0, TestName = "Receive_OfInitAckWithoutCookie_Aborts")]
    [TestCase(9u, 5000u, 0, "0007000801020304", (byte)7, (byte)0, TestName = "Receive_OfInitAckWithoutStreams_Aborts")]
    [TestCase(9u, 1499u, 1, "0007000801020304", (byte)7, (byte)0, TestName = "Receive_OfInitAckWithoutWindow_Aborts")]
    [TestCase(9u, 5000u, 1, "0007000801020304000B0008612E6200", (byte)5, (byte)0, TestName = "Receive_OfInitAckWithAHostName_Aborts")]
    public void Receive_OfAnUnacceptableInitAck(uint tag, uint window, int streams, string parameters, byte cause, byte flags)
    {
        RawPeer peer = Begun();
        peer.Send(InitAck(tag, window, (ushort)streams, Convert.FromHexString(parameters)));
        byte[] abort = peer.Read().Single();
        Assert.That(abort.AsSpan(4, 4).ToArray(), Is.EqualTo(RawPeer.U32(tag == 0 ? peer.PeerTag : tag)));
        Assert.That((abort[12], abort[13]), Is.EqualTo((6, flags)));
        Assert.That(abort.Length > 17 ? abort[17] : 0, Is.EqualTo(cause));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e.Cause, Is.EqualTo(SctpFailure.ProtocolViolation));
    }

    // §3.2.2: unknown parameters of an INIT ACK are reported along with the COOKIE ECHO.
    [Test]
    public void Receive_OfInitAckWithUnknownParameters_ReportsThemWithTheCookieEcho()
    {
        RawPeer peer = Begun();
        peer.Send(InitAck(9, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0, 0xC0, 0x99, 0, 5, 1, 0, 0, 0, 0x80, 0x99, 0, 4, 0x40, 0x99, 0, 4, 0xC0, 0x98, 0, 4]));
        List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
        Assert.That(chunks.Select(c => (int)c.Type), Is.EqualTo(new[] { 10, 9 }));
        Assert.That(chunks[0].Value, Is.EqualTo(new byte[] { 1, 2 }));
        Assert.That(chunks[1].Value, Is.EqualTo(new byte[] { 0, 8, 0, 16, 0xC0, 0x99, 0, 5, 1, 0, 0, 0, 0x40, 0x99, 0, 4 }));
    }

    // §5.2.6: a new cookie is asked for, but not for ever.
    [Test]
    public void Receive_OfStaleCookieErrors_AsksAgainAndGivesUp()
    {
        RawPeer peer = Begun(new SctpOptions { MaxInitRetransmits = 3 });
        for (int i = 0; i < 3; i++)
        {
            peer.Send(InitAck(9, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0]));
            Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(10));
            peer.Send(RawPeer.Chunk(9, 0, 0, 3, 0, 8, 0, 0, 0, 9));
            Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(1));
        }
        peer.Send(InitAck(9, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0]));
        peer.Read();
        peer.Send(RawPeer.Chunk(9, 0, 0, 3, 0, 8, 0, 0, 0, 9));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e.Cause, Is.EqualTo(SctpFailure.SetupTimeout));
    }

    // §5.2.6, 3: the new INIT asks for a life that is longer by the round trip and a second.
    [Test]
    public void Receive_OfAStaleCookieError_AsksForALongerLife()
    {
        RawPeer peer = Begun();
        peer.Send(InitAck(9, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0]));
        peer.Read();
        peer.Advance(TimeSpan.FromMilliseconds(250));
        peer.Send(RawPeer.Chunk(9, 0, 0, 3, 0, 8, 0, 0, 0, 9));
        byte[] init = peer.ReadChunks().Single().Value;
        byte[] preservative = [0, 9, 0, 8, .. RawPeer.U32(1250)];
        Assert.That(init.AsSpan().IndexOf(preservative), Is.GreaterThan(0));
    }

    // §3.3.2.1.3: a cookie lives longer where its INIT asked for that, but not for as long as anybody likes.
    [TestCase(1000u, 60.9, true)]
    [TestCase(1000u, 61.1, false)]
    [TestCase(uint.MaxValue, 119.0, true)]
    [TestCase(uint.MaxValue, 121.0, false)]
    public void Receive_OfACookieWhoseLifeWasPreserved_TakesItForThatLong(uint increment, double seconds, bool isTaken)
    {
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag, [0, 9, 0, 8, .. RawPeer.U32(increment)]);
        peer.Advance(TimeSpan.FromSeconds(seconds));
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.ReadChunks()[0].Type, Is.EqualTo((byte)(isTaken ? 11 : 9)));
    }

    // §3.3.10.3: how stale, in microseconds.
    [Test]
    public void Receive_OfAnOldCookie_TellsHowOld()
    {
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag);
        peer.Advance(TimeSpan.FromSeconds(62.5));
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.ReadChunks().Single().Value, Is.EqualTo((byte[])[0, 3, 0, 8, .. RawPeer.U32(2_500_000)]));
    }

    // §5.2.4 step 3: a cookie of the association that exists never gets too old.
    [Test]
    public void Receive_OfAnOldCookieOfThisAssociation_IsAcknowledged()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { HeartbeatInterval = TimeSpan.Zero });
        peer.Advance(TimeSpan.FromSeconds(100));
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(11));
    }

    /// <summary>
    /// Table 12 of §5.2.4. Cookies are made by the association itself, at a time when its tags were what the row needs:
    /// local and peer's tag and tie-tags match (M), do not (X), or were not there (0).
    /// </summary>
    [TestCase("XXMM", SctpAssociationState.Established, (byte)11, SctpEventKind.Restarted, TestName = "ReceiveCookieEcho_ActionA_Restarts")]
    [TestCase("XXMM", SctpAssociationState.ShutdownAckSent, (byte)8, null, TestName = "ReceiveCookieEcho_ActionAInShutdownAckSent_RepeatsTheEnd")]
    [TestCase("MX", SctpAssociationState.CookieWait, (byte)11, SctpEventKind.Established, TestName = "ReceiveCookieEcho_ActionBWithoutPeersTag_Establishes")]
    [TestCase("MX", SctpAssociationState.CookieEchoed, (byte)11, SctpEventKind.Established, TestName = "ReceiveCookieEcho_ActionBWithAnotherPeersTag_Establishes")]
    [TestCase("MX", SctpAssociationState.Established, (byte)11, null, TestName = "ReceiveCookieEcho_ActionBWhenEstablished_TakesTheTag")]
    [TestCase("XM00", SctpAssociationState.CookieEchoed, (byte)0, null, TestName = "ReceiveCookieEcho_ActionC_IsSilent")]
    [TestCase("MM", SctpAssociationState.CookieEchoed, (byte)11, SctpEventKind.Established, TestName = "ReceiveCookieEcho_ActionDInCookieEchoed_Establishes")]
    [TestCase("MM", SctpAssociationState.Established, (byte)11, null, TestName = "ReceiveCookieEcho_ActionDWhenEstablished_AcknowledgesAgain")]
    [TestCase("XX00", SctpAssociationState.Established, (byte)0, null, TestName = "ReceiveCookieEcho_OfNoRow_IsSilent")]
    public void ReceiveCookieEcho(string tags, SctpAssociationState state, byte answer, SctpEventKind? kind)
    {
        (RawPeer peer, byte[] cookie, uint tag) = Collide(tags, state);
        Assert.That(peer.Association.State, Is.EqualTo(state));
        while (peer.Association.TryReadEvent(out _)) { }
        peer.Send(tag, RawPeer.Chunk(10, 0, cookie));
        List<byte[]> packets = peer.Read();
        Assert.That(packets.Any(p => p[12] == answer || (answer == 8 && p[12] == 9)), Is.EqualTo(answer != 0), string.Join(" ", packets.Select(Convert.ToHexString)));
        if (answer == 8) Assert.That(Convert.ToHexString(packets[0]), Does.Contain("09000008000A0004").And.EndsWith("08000004"), "ERROR with cause 10, SHUTDOWN ACK");
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e) ? e.Kind : (SctpEventKind?)null, Is.EqualTo(kind));
        if (state == SctpAssociationState.Established && tags == "MX")
            Assert.That(packets[0].AsSpan(4, 4).ToArray(), Is.EqualTo(RawPeer.U32(OtherTag)), "the peer's new tag");
    }

    // §5.1.3: INIT leaves no state: a flood costs nothing but its answers, of which the last is enough.
    [Test]
    public void Receive_OfAnInitFlood_KeepsNothing()
    {
        RawPeer peer = RawPeer.Connected();
        byte[] init = RawPeer.Packet(0, Init(OtherTag, 5000, 1, 1));
        for (int i = 0; i < 100; i++) peer.Association.Receive(init, peer.Now);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) peer.Association.Receive(init, peer.Now);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(peer.Read(), Has.Count.EqualTo(1));
        Assert.That(allocated / 10_000, Is.LessThan(200), "the MAC of the cookie, which is garbage at once");
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
        peer.Send(RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3, 42));
        Assert.That(peer.Association.TryReceive(out SctpMessage message), "the association goes on");
        message.Payload.Dispose();
    }

    // §5.1.5, 2: not one bit of a cookie can be changed.
    [Test]
    public void Receive_OfACookieWithAnyBitChanged_IsSilent()
    {
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag);
        for (int bit = 0; bit < peer.Cookie.Length * 8; bit++)
        {
            byte[] cookie = [.. peer.Cookie];
            cookie[bit / 8] ^= (byte)(1 << bit % 8);
            peer.Send(RawPeer.Chunk(10, 0, cookie));
        }
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie[..^1]));
        peer.Send(RawPeer.Chunk(10, 0, [.. peer.Cookie, 0]));
        peer.Send(RawPeer.Chunk(10, 0));
        peer.Send(peer.PeerTag + 1, RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.Read(), Is.Empty);
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    // A cookie of one association is nothing to another: its key is its own.
    [Test]
    public void Receive_OfACookieOfAnotherAssociation_IsSilent()
    {
        using SctpAssociation other = new(new SctpOptions(), RandomSource.Seeded(99));
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag);
        other.Receive(RawPeer.Packet(0, Init(RawPeer.Tag, 5000, 1, 1)), peer.Now);
        other.Receive(RawPeer.Packet(peer.PeerTag, RawPeer.Chunk(10, 0, peer.Cookie)), peer.Now);
        Assert.That(other.State, Is.EqualTo(SctpAssociationState.Closed));
        Assert.That(other.Drops[SctpDropReason.ForgedCookie], Is.EqualTo(1));
    }

    // §8.5.1 B: with the T bit the tag is the sender's own, and in COOKIE-WAIT there is none yet.
    [Test]
    public void Receive_OfAReflectedAbortWithoutTag_IsIgnored()
    {
        RawPeer peer = Begun();
        peer.Send(0, RawPeer.Chunk(6, 1));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.CookieWait));
    }

    // §8.4: which chunk of an out-of-the-blue packet decides.
    [TestCase(new byte[] { 0, 6 }, (byte)0)]
    [TestCase(new byte[] { 0, 8 }, (byte)14)]
    [TestCase(new byte[] { 0, 11 }, (byte)0)]
    [TestCase(new byte[] { 0, 14 }, (byte)0)]
    [TestCase(new byte[] { 0, 3 }, (byte)6)]
    public void Receive_OutOfTheBlue_LooksAtEveryChunk(byte[] types, byte answer)
    {
        RawPeer peer = new();
        peer.Send(77, [.. types.Select(t => RawPeer.Chunk(t, 0, new byte[16]))]);
        Assert.That(peer.ReadChunks().Select(c => c.Type), Is.EqualTo(answer == 0 ? [] : new[] { answer }));
    }

    private static byte[] Init(uint tag, uint window, ushort outbound, ushort inbound, params byte[] parameters) => RawPeer.Chunk(
        1, 0, [.. RawPeer.U32(tag), .. RawPeer.U32(window), .. RawPeer.U16(outbound), .. RawPeer.U16(inbound), .. RawPeer.U32(RawPeer.InitialTsn), .. parameters]);

    private static byte[] InitAck(uint tag, uint window, ushort streams, byte[] parameters) => RawPeer.Chunk(
        2, 0, [.. RawPeer.U32(tag), .. RawPeer.U32(window), .. RawPeer.U16(streams), 0, 9, .. RawPeer.U32(RawPeer.InitialTsn), .. parameters]);

    // An association in COOKIE-WAIT.
    private static RawPeer Begun(SctpOptions? options = null)
    {
        RawPeer peer = new(options);
        peer.Association.Associate(peer.Now);
        peer.PeerTag = BinaryPrimitives.ReadUInt32BigEndian(peer.Read().Single().AsSpan(16));
        return peer;
    }

    private static (RawPeer Peer, byte[] Cookie, uint Tag) Collide(string tags, SctpAssociationState state)
    {
        if (tags == "XXMM")
        {
            RawPeer restarted = RawPeer.Connected();
            (uint before, uint tsn) = (restarted.PeerTag, restarted.PeerInitialTsn);
            restarted.Begin(OtherTag);
            if (state == SctpAssociationState.ShutdownAckSent) restarted.Send(before, RawPeer.Chunk(7, 0, RawPeer.U32(tsn - 1)));
            restarted.Read();
            return (restarted, restarted.Cookie, restarted.PeerTag);
        }
        if (tags is "XX00" or "XM00")
        {
            RawPeer late = new();
            late.Begin(tags == "XX00" ? OtherTag : RawPeer.Tag);      // before there is an association: no tie-tags
            (byte[] cookie, uint tag) = (late.Cookie, late.PeerTag);
            if (state == SctpAssociationState.Established) late.Handshake(RawPeer.Tag);
            else
            {
                late.Association.Associate(late.Now);
                late.PeerTag = BinaryPrimitives.ReadUInt32BigEndian(late.Read().Single().AsSpan(16));
                late.Send(InitAck(RawPeer.Tag, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0]));
                late.Read();
            }
            return (late, cookie, tag);
        }
        RawPeer peer = Begun();
        peer.Begin(tags == "MM" ? RawPeer.Tag : OtherTag);            // §5.2.1: with the tag of our own INIT
        (byte[] made, uint local) = (peer.Cookie, peer.PeerTag);
        if (state == SctpAssociationState.CookieWait) return (peer, made, local);
        peer.Send(InitAck(RawPeer.Tag, 5000, 1, [0, 7, 0, 6, 1, 2, 0, 0]));
        peer.Read();
        if (state == SctpAssociationState.Established) peer.Send(RawPeer.Chunk(11, 0));
        return (peer, made, local);
    }
}
