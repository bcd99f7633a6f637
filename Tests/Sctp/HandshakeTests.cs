using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class HandshakeTests
{
    [Test]
    public void Receive_OfInitAndCookieEcho_Establishes()
    {
        RawPeer peer = RawPeer.Connected();
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
        Assert.That(peer.Association.OutboundStreams, Is.EqualTo(100));
    }

    [Test]
    public void Receive_OfInitWithUnknownParameters_ReportsThoseThatAskForIt()
    {
        RawPeer peer = new();
        byte[] ack = peer.Begin(RawPeer.Tag, [0xC0, 0x99, 0, 5, 1, 0, 0, 0, 0x80, 0x99, 0, 4, 0x40, 0x99, 0, 4, 0xC0, 0x98, 0, 4]);
        byte[] report = [0, 8, 0, 9, 0xC0, 0x99, 0, 5, 1];
        Assert.That(ack.AsSpan().IndexOf(report), Is.Positive);
        Assert.That(ack.AsSpan().IndexOf(new byte[] { 0x80, 0x99 }), Is.Negative, "skipped without report");
        Assert.That(ack.AsSpan().IndexOf(new byte[] { 0x40, 0x99 }), Is.Positive, "reported, and the last that is looked at");
        Assert.That(ack.AsSpan().IndexOf(new byte[] { 0xC0, 0x98 }), Is.Negative, "behind the last");
    }

    [Test]
    public void Receive_OfInitWithAddresses_LooksAtWhatFollowsThem()
    {
        RawPeer peer = new();
        peer.Handshake(RawPeer.Tag, [0, 12, 0, 6, 0, 5, 0, 0, 0, 5, 0, 8, 1, 2, 3, 4, 0xC0, 0, 0, 4]);
        peer.Association.Send(1, 53, new byte[10], new SctpSendOptions { MaxRetransmits = 0 }, peer.Now);
        peer.Read();
        peer.Advance(TimeSpan.FromSeconds(1));
        Assert.That(peer.ReadChunks()[0].Type, Is.EqualTo(192), "the message is given up, as the peer knows FORWARD TSN");
    }

    [Test]
    public void Receive_OfATamperedCookie_IsSilent([Values(0, 8, 30, 43, 44, 75)] int at)
    {
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag);
        peer.Cookie[at] ^= 1;
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.Read(), Is.Empty);
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
        Assert.That(peer.Association.Drops[SctpDropReason.ForgedCookie], Is.EqualTo(1));
    }

    [Test]
    public void Receive_OfAnOldCookie_AnswersStaleCookie()
    {
        RawPeer peer = new();
        peer.Begin(RawPeer.Tag);
        peer.Advance(TimeSpan.FromSeconds(61));
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
        Assert.That(chunks, Has.Count.EqualTo(1));
        Assert.That((chunks[0].Type, chunks[0].Value[1]), Is.EqualTo((9, 3)));
    }

    [Test]
    public void Receive_OfCookieEchoAgain_AcknowledgesAgainWithoutEffect()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3, 42));
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.ReadChunks()[0].Type, Is.EqualTo(11));
        Assert.That(peer.Association.TryReadEvent(out _), Is.False);
        Assert.That(peer.Association.TryReceive(out SctpMessage message));
        message.Payload.Dispose();
    }

    [Test]
    public void Receive_OfANewHandshakeWhenEstablished_Restarts()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3, 42));
        peer.Association.Send(1, 53, new byte[5000], default, peer.Now);
        peer.Read();
        uint oldTag = peer.PeerTag;
        peer.Handshake(tag: 0x0A0B0C0D);
        Assert.That(peer.PeerTag, Is.Not.EqualTo(oldTag));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e.Kind, Is.EqualTo(SctpEventKind.BufferedAmountLow), "all of it fitted the first window");
        Assert.That(peer.Association.TryReadEvent(out e));
        Assert.That(e.Kind, Is.EqualTo(SctpEventKind.Restarted));
        Assert.That(peer.Association.TotalBufferedAmount, Is.Zero);
        peer.Send(RawPeer.Data(RawPeer.InitialTsn, 1, 0, 3, 43));
        Assert.That(peer.Association.TryReceive(out SctpMessage before), "what had arrived can still be read");
        Assert.That(peer.Association.TryReceive(out SctpMessage after));
        Assert.That((before.Payload.Span[0], after.Payload.Span[0]), Is.EqualTo((42, 43)));
        before.Payload.Dispose();
        after.Payload.Dispose();
    }

    [Test]
    public void Receive_OfInitInCookieWait_AnswersWithTheTagOfOurInit()
    {
        RawPeer peer = new();
        peer.Association.Associate(peer.Now);
        byte[] init = peer.Read()[0];
        byte[] ack = peer.Begin(RawPeer.Tag);
        Assert.That(ack.AsSpan(16, 4).ToArray(), Is.EqualTo(init.AsSpan(16, 4).ToArray()), "RFC 9260 §5.2.1");
        Assert.That(ack.AsSpan(28, 4).ToArray(), Is.EqualTo(init.AsSpan(28, 4).ToArray()), "the initial TSN too");
        peer.Send(RawPeer.Chunk(10, 0, peer.Cookie));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
    }

    [TestCase(0, 100, TestName = "Receive_OfInitWithoutOutboundStreams_Aborts")]
    [TestCase(100, 0, TestName = "Receive_OfInitWithoutInboundStreams_Aborts")]
    public void Receive_OfInitWithoutStreams_Aborts(int outbound, int inbound)
    {
        RawPeer peer = new();
        peer.Send(0, RawPeer.Chunk(1, 0, [.. RawPeer.U32(7), .. RawPeer.U32(5000), .. RawPeer.U16((ushort)outbound), .. RawPeer.U16((ushort)inbound), .. RawPeer.U32(1)]));
        Assert.That(peer.ReadChunks()[0].Type, Is.EqualTo(6));
    }

    [Test]
    public void AdvanceTo_WithoutAnswer_RepeatsInitAndGivesUp()
    {
        RawPeer peer = new(new SctpOptions { MaxInitRetransmits = 3 });
        peer.Association.Associate(peer.Now);
        int inits = 0;
        while (peer.Association.State == SctpAssociationState.CookieWait)
        {
            inits += peer.Read().Count;
            peer.Now = peer.Association.NextTimeout;
            peer.Association.AdvanceTo(peer.Now);
        }
        Assert.That(inits, Is.EqualTo(4));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e.Cause, Is.EqualTo(SctpFailure.SetupTimeout));
        Assert.That(peer.Association.NextTimeout.IsNever);
        Assert.That(() => peer.Association.Associate(peer.Now), Throws.InvalidOperationException);
    }

    [Test]
    public void Transmit_WithZeroChecksumOnBothSides_LeavesItOut([Values] bool bothOffer)
    {
        Instant now = new(TimeSpan.TicksPerSecond);
        RandomSource random = RandomSource.Seeded(5);
        using SctpAssociation left = new(new SctpOptions { ZeroChecksum = true }, random);
        using SctpAssociation right = new(new SctpOptions { ZeroChecksum = bothOffer }, random);
        left.Associate(now);
        byte[] buffer = new byte[1200];
        AssociationSimulationTests.Exchange(left, right, buffer, ref now, TimeSpan.FromSeconds(1));
        left.Send(1, 53, new byte[100], default, now);
        int length = left.Transmit(buffer, now);
        Assert.That(buffer.AsSpan(8, 4).SequenceEqual(new byte[4]), Is.EqualTo(bothOffer));
        right.Receive(buffer.AsSpan(0, length), now);
        Assert.That(right.TryReceive(out SctpMessage message));
        message.Payload.Dispose();
    }
}
