using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class HostilePeerTests
{
    private const uint Tsn = RawPeer.InitialTsn;

    [Test]
    public void Receive_OfDamagedPackets_CountsWhy()
    {
        RawPeer peer = RawPeer.Connected();
        byte[] good = RawPeer.Packet(peer.PeerTag, RawPeer.Data(Tsn, 1, 0, 3, 42));
        byte[] damaged = [.. good];
        damaged[^1] ^= 1;
        peer.SendRaw(damaged);
        peer.SendRaw(good[..11]);
        peer.SendRaw(RawPeer.Packet(peer.PeerTag + 1, RawPeer.Data(Tsn, 1, 0, 3, 42)));
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42), [0, 3, 255, 255]);
        byte[] otherPort = [.. good];
        otherPort[1] ^= 1;
        peer.SendRaw(otherPort);
        Assert.Multiple(() =>
        {
            Assert.That(peer.Association.Drops[SctpDropReason.BadChecksum], Is.EqualTo(1));
            Assert.That(peer.Association.Drops[SctpDropReason.Malformed], Is.EqualTo(2));
            Assert.That(peer.Association.Drops[SctpDropReason.WrongVerificationTag], Is.EqualTo(1));
            Assert.That(peer.Association.Drops[SctpDropReason.WrongPort], Is.EqualTo(1));
        });
    }

    [Test]
    public void Receive_OfDataWithoutUserData_Aborts()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3));
        AssertAborted(peer, cause: 9, SctpFailure.ProtocolViolation);
    }

    [Test]
    public void Receive_OfDataOnAnUnknownStream_AcknowledgesAndReports()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 100, 0, 3 | 8, 1));
        List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
        Assert.That(chunks.Select(c => c.Type), Is.EqualTo(new byte[] { 3, 9 }));
        Assert.That(chunks[0].Value.AsSpan(0, 4).ToArray(), Is.EqualTo(RawPeer.U32(Tsn)));
        Assert.That(chunks[1].Value, Is.EqualTo(new byte[] { 0, 1, 0, 8, 0, 100, 0, 0 }));
        Assert.That(peer.Association.TryReceive(out _), Is.False);
    }

    [Test]
    public void Receive_OfUnknownChunks_DoesAsTheirHighBitsSay()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Chunk(0xBF, 0, 1), RawPeer.Chunk(0xFE, 0, 2), RawPeer.Chunk(0x3F, 0, 3), RawPeer.Data(Tsn, 1, 0, 3, 42));
        List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
        Assert.That(chunks.Select(c => c.Type), Is.EqualTo(new byte[] { 9 }), "0xFE is reported, 0x3F stops the packet");
        Assert.That(peer.Association.TryReceive(out _), Is.False);
        Assert.That(peer.Association.Drops[SctpDropReason.UnknownChunk], Is.EqualTo(3));
    }

    [Test]
    public void Receive_OfLyingSacks_IgnoresThem()
    {
        RawPeer peer = RawPeer.Connected();
        for (int i = 0; i < 3; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        uint first = peer.PeerInitialTsn;
        byte[][] lies =
        [
            RawPeer.Sack(first + 3, 10000),                           // never sent
            RawPeer.Sack(first - 1, 10000, 2, 4),                     // beyond what was sent
            RawPeer.Sack(first - 1, 10000, 1, 2),                     // the first missing one is not missing
            RawPeer.Sack(first - 1, 10000, 3, 2),                     // ends before it begins
            RawPeer.Sack(first - 1, 10000, 2, 3, 3, 3),               // overlap
            RawPeer.Chunk(3, 0, [.. RawPeer.U32(first), 0, 0, 9, 9, 255, 255, 255, 255]),
        ];
        foreach (byte[] lie in lies) peer.Send(lie);
        Assert.That(peer.Association.GetStatistics().BytesInFlight, Is.EqualTo(3000));
        Assert.That(peer.Association.Drops[SctpDropReason.InvalidSack], Is.EqualTo(5));
        Assert.That(peer.Association.Drops[SctpDropReason.Malformed], Is.EqualTo(1));
        peer.Send(RawPeer.Sack(first + 2, 10000));
        Assert.That(peer.Association.GetStatistics().BytesInFlight, Is.Zero);
        peer.Send(RawPeer.Sack(first + 1, 10000));
        Assert.That(peer.Association.Drops[SctpDropReason.OldSack], Is.EqualTo(1));
    }

    [Test]
    public void Receive_OfASackThatTakesBackWhatItReported_SendsThatAgain()
    {
        RawPeer peer = RawPeer.Connected();
        for (int i = 0; i < 3; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        uint first = peer.PeerInitialTsn;
        peer.Send(RawPeer.Sack(first - 1, 10000, 2, 3));
        peer.Send(RawPeer.Sack(first, 10000));
        List<(byte Type, byte Flags, byte[] Value)> again = peer.ReadChunks();
        Assert.That(again.Where(c => c.Type == 0).Select(c => c.Value[3]), Is.EqualTo(new[] { (byte)(first + 1), (byte)(first + 2) }));
    }

    [Test]
    public void Receive_OfThreeGapReports_SendsTheMissingChunkAtOnce()
    {
        RawPeer peer = RawPeer.Connected();
        for (int i = 0; i < 4; i++) peer.Association.Send(1, 53, new byte[1000], default, peer.Now);
        peer.Read();
        uint first = peer.PeerInitialTsn;
        peer.Advance(TimeSpan.FromMilliseconds(100));                 // or the peer could not have them yet
        for (ushort end = 2; end <= 4; end++)
        {
            Assert.That(peer.ReadChunks(), Is.Empty);
            peer.Send(RawPeer.Sack(first - 1, 100000, 2, end));
        }
        Assert.That(peer.ReadChunks().Select(c => c.Value[3]), Is.EqualTo(new[] { (byte)first }));
        Assert.That(peer.Association.GetStatistics().Retransmissions, Is.EqualTo(1));
        Assert.That(peer.Association.GetStatistics().Timeouts, Is.Zero);
    }

    [Test]
    public void Receive_OfForgedForwardTsn_IgnoresIt()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Chunk(192, 0, RawPeer.U32(Tsn + 70_000)));
        peer.Send(RawPeer.Chunk(192, 0, RawPeer.U32(Tsn - 5)));
        peer.Send(RawPeer.Chunk(192, 0, 1, 2));
        Assert.That(peer.Association.Drops[SctpDropReason.InvalidForwardTsn], Is.EqualTo(2));
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42));
        Assert.That(peer.Association.TryReceive(out SctpMessage message));
        message.Payload.Dispose();
    }

    [Test]
    public void Receive_OfForwardTsn_SkipsAndDeliversWhatWaited()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn + 1, 1, 1, 3, 11), RawPeer.Data(Tsn + 3, 1, 3, 3, 13), RawPeer.Data(Tsn + 5, 1, 5, 2, 15));
        Assert.That(peer.Association.TryReceive(out _), Is.False);
        peer.Send(RawPeer.Chunk(192, 0, [.. RawPeer.U32(Tsn + 2), 0, 1, 0, 2]));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 11, 13 }));
        peer.Send(RawPeer.Chunk(192, 0, [.. RawPeer.U32(Tsn + 6), 0, 1, 0, 5]));
        peer.Send(RawPeer.Data(Tsn + 7, 1, 6, 3, 16));
        Assert.That(Receive(peer), Is.EqualTo(new byte[] { 16 }));
        Assert.That(peer.Association.GetStatistics().ReceiveWindow, Is.EqualTo(1 << 20), "nothing is held any more");
    }

    [Test]
    public void Receive_OfFragmentsThatDoNotBelongTogether_Aborts()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 2, 1), RawPeer.Data(Tsn + 1, 2, 0, 1, 2));
        AssertAborted(peer, cause: 13, SctpFailure.ProtocolViolation);
        peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 2, 1), RawPeer.Data(Tsn + 1, 1, 1, 3, 2));
        AssertAborted(peer, cause: 13, SctpFailure.ProtocolViolation);
    }

    [Test]
    public void Receive_OfAMessageThatIsTooLarge_Aborts()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxMessageSize = 1024 });
        peer.Send(RawPeer.Data(Tsn, 1, 0, 2, new byte[1000]), RawPeer.Data(Tsn + 1, 1, 0, 0, new byte[1000]));
        AssertAborted(peer, cause: 4, SctpFailure.MessageTooLarge);
    }

    [Test]
    public void Receive_OfEndlessOrphans_StaysWithinItsLimit()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { ReceiveWindow = 16 * 1024, MaxMessageSize = 1024 });
        for (uint i = 0; i < 2000; i++)
        {
            peer.Send(RawPeer.Data(Tsn + 2 + 2 * i, 1, 0, 0, new byte[500]));
            peer.Read();
        }
        Assert.That(peer.Association.Drops[SctpDropReason.WindowExceeded], Is.GreaterThan(1500));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
    }

    [Test]
    public void Receive_OfDuplicates_ReportsThem()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42));
        Assert.That(peer.Read(), Is.Empty, "one packet waits for another, or for 200 ms");
        peer.Send(RawPeer.Data(Tsn, 1, 0, 3, 42));
        (byte Type, byte Flags, byte[] Value) sack = peer.ReadChunks().Single();
        Assert.That(sack.Value.AsSpan(8).ToArray(), Is.EqualTo((byte[])[0, 0, 0, 1, .. RawPeer.U32(Tsn)]));
    }

    [Test]
    public void Receive_OfGaps_ReportsBlocksAtOnce()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Data(Tsn + 2, 1, 2, 3, 1), RawPeer.Data(Tsn + 3, 1, 3, 3, 1), RawPeer.Data(Tsn + 200, 1, 9, 3, 1));
        (byte Type, byte Flags, byte[] Value) sack = peer.ReadChunks().Single();
        Assert.That(sack.Value.AsSpan(0, 4).ToArray(), Is.EqualTo(RawPeer.U32(Tsn - 1)));
        Assert.That(sack.Value.AsSpan(8).ToArray(), Is.EqualTo(new byte[] { 0, 2, 0, 0, 0, 3, 0, 4, 0, 201, 0, 201 }));
    }

    [Test]
    public void Receive_OfHeartbeat_EchoesIt()
    {
        RawPeer peer = RawPeer.Connected();
        byte[] info = [0, 1, 0, 9, 1, 2, 3, 4, 5, 0, 0, 0];
        peer.Send(RawPeer.Chunk(4, 0, info));
        (byte Type, byte Flags, byte[] Value) ack = peer.ReadChunks().Single();
        Assert.That(ack.Type, Is.EqualTo(5));
        Assert.That(ack.Value, Is.EqualTo(info));
    }

    [Test]
    public void AdvanceTo_WhenIdle_AsksThePeerAndFailsWithoutAnswer()
    {
        RawPeer peer = RawPeer.Connected(new SctpOptions { MaxRetransmits = 3 });
        int heartbeats = 0;
        while (peer.Association.State == SctpAssociationState.Established)
        {
            peer.Now = peer.Association.NextTimeout;
            peer.Association.AdvanceTo(peer.Now);
            heartbeats += peer.ReadChunks().Count(c => c.Type == 4);
        }
        Assert.That(heartbeats, Is.EqualTo(4));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e.Cause, Is.EqualTo(SctpFailure.PeerUnreachable));
    }

    [Test]
    public void Receive_OutOfTheBlue_AnswersAsTheRfcSays()
    {
        RawPeer peer = new();
        peer.Send(77, RawPeer.Data(Tsn, 1, 0, 3, 42));
        byte[] abort = peer.Read().Single();
        Assert.That((abort[7], abort[12], abort[13]), Is.EqualTo((77, 6, 1)), "ABORT with the T bit and the tag reflected");
        peer.Send(78, RawPeer.Chunk(8, 0));
        byte[] complete = peer.Read().Single();
        Assert.That((complete[7], complete[12], complete[13]), Is.EqualTo((78, 14, 1)));
        foreach (byte type in new byte[] { 6, 11, 14 })
        {
            peer.Send(79, RawPeer.Chunk(type, 0));
            Assert.That(peer.Read(), Is.Empty, $"chunk type {type}");
        }
    }

    [Test]
    public void Receive_OfAbort_NeedsTheRightTag()
    {
        RawPeer peer = RawPeer.Connected();
        peer.Send(RawPeer.Tag, RawPeer.Chunk(6, 0));
        peer.Send(peer.PeerTag, RawPeer.Chunk(6, 1));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Established));
        peer.Send(RawPeer.Tag, RawPeer.Chunk(6, 1));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Receive_OfAnyChunksWithTheRightTag_Survives(byte[][] values, byte[] types)
    {
        RawPeer peer = RawPeer.Connected();
        byte[] known = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 64, 255];
        for (int i = 0; i < Math.Min(values.Length, types.Length); i++)
        {
            if (values[i] is null) continue;
            peer.Send(RawPeer.Chunk(known[types[i] % known.Length], types[i], values[i]), RawPeer.Data(Tsn + types[i], types[i], 0, types[i], 1));
            peer.Read();
            peer.Advance(TimeSpan.FromMilliseconds(types[i] * 50));
            while (peer.Association.TryReceive(out SctpMessage message)) message.Payload.Dispose();
        }
    }

    private static byte[] Receive(RawPeer peer)
    {
        List<byte> bytes = [];
        while (peer.Association.TryReceive(out SctpMessage message))
        {
            bytes.Add(message.Payload.Span[0]);
            message.Payload.Dispose();
        }
        return [.. bytes];
    }

    private static void AssertAborted(RawPeer peer, byte cause, SctpFailure failure)
    {
        (byte Type, byte Flags, byte[] Value) abort = peer.ReadChunks().Single();
        Assert.That(abort.Type, Is.EqualTo(6));
        Assert.That(abort.Value[1], Is.EqualTo(cause));
        Assert.That(peer.Association.TryReadEvent(out SctpEvent e));
        Assert.That(e, Is.EqualTo(new SctpEvent(SctpEventKind.Failed, Cause: failure)));
        Assert.That(peer.Association.NextTimeout.IsNever);
    }
}
