using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>RFC 8260: I-DATA, I-FORWARD-TSN, and the schedule of streams.</summary>
[TestFixture]
public class InterleavingTests
{
    private const uint Tsn = RawPeer.InitialTsn;
    private static readonly byte[] s_knowsInterleaving = [0xC0, 0, 0, 4, 0x80, 8, 0, 8, 130, 192, 64, 194];
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    // §2.2.1: both must have listed it.
    [Test]
    public void Negotiation_ByWhoListsIt_DecidesTheChunk([Values] bool offered, [Values] bool known)
    {
        RawPeer peer = Connected(new SctpOptions { Interleaving = offered }, known);
        Assert.That(peer.Association.IsInterleaved, Is.EqualTo(offered && known));
        peer.Association.Send(1, 53, new byte[10], default, peer.Now);
        Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(offered && known ? 64 : 0));
    }

    // §2.1: the fields of I-DATA, by the first and the later fragments of two messages in order and one without.
    [Test]
    public void Transmit_OfFragments_NumbersMessagesAndFragments()
    {
        RawPeer peer = Connected();
        peer.Association.Send(7, 0x35, new byte[2000], default, peer.Now);
        peer.Association.Send(7, 0x33, new byte[10], default, peer.Now);
        peer.Association.Send(7, 0x33, new byte[10], new SctpSendOptions { Unordered = true }, peer.Now);
        List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
        uint tsn = peer.PeerInitialTsn;
        Assert.That(chunks.Select(c => c.Type), Is.All.EqualTo(64));
        Assert.That(chunks.Select(c => (int)c.Flags), Is.EqualTo(new[] { 2, 1, 3, 7 }));
        Assert.That(chunks.Select(c => c.Value.AsSpan(0, 16).ToArray()), Is.EqualTo(new byte[][]
        {
            [.. RawPeer.U32(tsn), 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x35],
            [.. RawPeer.U32(tsn + 1), 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [.. RawPeer.U32(tsn + 2), 0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x33],
            [.. RawPeer.U32(tsn + 3), 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x33],
        }));
    }

    // §2.2.3: fragments are put together by FSN, in whatever TSNs and order they come.
    [Test]
    public void Receive_OfMixedFragments_PutsEachMessageTogether()
    {
        RawPeer peer = Connected();
        peer.Send(IData(Tsn + 4, 1, 0, 1, 2, 12), IData(Tsn, 2, 0, 2, 53, 20), IData(Tsn + 1, 1, 0, 2, 51, 10));
        peer.Send(IData(Tsn + 2, 2, 0, 1, 1, 21), IData(Tsn + 3, 1, 0, 0, 1, 11), IData(Tsn + 5, 1, 0, 4 | 3, 53, 30));
        List<SctpMessage> messages = [];
        while (peer.Association.TryReceive(out SctpMessage message)) messages.Add(message);
        Assert.That(messages.Select(m => (m.Stream, m.Ppid, m.Unordered)), Is.EqualTo(new[] { (2, 53u, false), (1, 51u, false), (1, 53u, true) }));
        Assert.That(messages.Select(m => m.Payload.Span.ToArray()), Is.EqualTo(new byte[][] { [20, 21], [10, 11, 12], [30] }));
        messages.ForEach(m => m.Payload.Dispose());
    }

    // §2.2.3, §2.3.1: each of these is a violation that ends the association.
    [TestCase(false, (byte)64, TestName = "Receive_OfIDataThatWasNotNegotiated_Aborts")]
    [TestCase(true, (byte)0, TestName = "Receive_OfDataWhereIDataWasNegotiated_Aborts")]
    [TestCase(false, (byte)194, TestName = "Receive_OfIForwardTsnThatWasNotNegotiated_Aborts")]
    [TestCase(true, (byte)192, TestName = "Receive_OfForwardTsnWhereIForwardTsnWasNegotiated_Aborts")]
    public void Receive_OfTheOtherKind_Aborts(bool interleaved, byte type)
    {
        RawPeer peer = Connected(known: interleaved);
        peer.Send(type switch
        {
            64 => IData(Tsn, 1, 0, 3, 53, 1),
            0 => RawPeer.Data(Tsn, 1, 0, 3, 1),
            _ => RawPeer.Chunk(type, 0, RawPeer.U32(Tsn)),
        });
        (byte Type, byte Flags, byte[] Value) abort = peer.ReadChunks().Single();
        Assert.That((abort.Type, abort.Value[1]), Is.EqualTo((6, 13)));
        Assert.That(peer.Association.State, Is.EqualTo(SctpAssociationState.Closed));
    }

    // §2.1: a fragment has one number; §2.2.2: a message begins once.
    [Test]
    public void Receive_OfFragmentsThatContradict_Aborts([Values] bool beginsTwice)
    {
        RawPeer peer = Connected();
        if (beginsTwice) peer.Send(IData(Tsn, 1, 0, 2, 53, 10), IData(Tsn + 1, 1, 0, 2, 53, 10));
        else peer.Send(IData(Tsn, 1, 0, 0, 5, 10), IData(Tsn + 1, 1, 0, 0, 5, 10));
        Assert.That(peer.ReadChunks().Single().Type, Is.EqualTo(6));
    }

    // §2.3.1: what is skipped is named by message, in order and without order separately; the rest of the TSNs stays.
    [Test]
    public void Receive_OfIForwardTsn_SkipsTheMessagesItNames()
    {
        RawPeer peer = Connected();
        peer.Send(IData(Tsn, 1, 0, 2, 53, 10), IData(Tsn + 1, 1, 0, 4 | 2, 53, 20), IData(Tsn + 2, 2, 0, 2, 53, 30));
        peer.Send(IData(Tsn + 6, 1, 1, 3, 53, 11), IData(Tsn + 7, 2, 0, 1, 1, 31));
        peer.Send(RawPeer.Chunk(194, 0, [.. RawPeer.U32(Tsn + 5), 0, 1, 0, 0, .. RawPeer.U32(0), 0, 1, 0, 1, .. RawPeer.U32(0)]));
        List<byte[]> messages = [];
        while (peer.Association.TryReceive(out SctpMessage message))
        {
            messages.Add(message.Payload.Span.ToArray());
            message.Payload.Dispose();
        }
        Assert.That(messages, Is.EqualTo(new byte[][] { [30, 31], [11] }));
        Assert.That(peer.Association.GetStatistics().ReceiveWindow, Is.EqualTo(Connected().Association.GetStatistics().ReceiveWindow), "nothing is kept");
    }

    // §2.3.1: in the other direction, a message of which a part was sent.
    [Test]
    public void Transmit_OfAMessageThatExpiredHalfSent_TellsThePeerToSkipIt([Values] bool unordered)
    {
        RawPeer peer = Connected();
        SctpSendOptions options = new() { Unordered = unordered, Lifetime = TimeSpan.FromMilliseconds(100) };
        peer.Association.Send(3, 53, new byte[60_000], options, peer.Now);
        int sent = peer.ReadChunks().Count;
        Assert.That(sent, Is.InRange(1, 50));
        Assert.That(peer.Association.NextTimeout - peer.Now, Is.EqualTo(TimeSpan.FromMilliseconds(100)));
        peer.Advance(TimeSpan.FromMilliseconds(100));
        Assert.That(peer.Association.TotalBufferedAmount, Is.Zero, "nothing is kept beyond its lifetime");
        (byte Type, byte Flags, byte[] Value) forward = peer.ReadChunks().Single();
        Assert.That(forward.Type, Is.EqualTo(194));
        Assert.That(forward.Value, Is.EqualTo((byte[])[.. RawPeer.U32(peer.PeerInitialTsn + (uint)sent), 0, 3, 0, (byte)(unordered ? 1 : 0), 0, 0, 0, 0]));
    }

    // §3.6 and the issue's aim: a message on a second channel is not held behind a large one.
    [Test]
    public void Send_BehindALargeMessage_ArrivesWithoutWaitingForIt([Values] bool interleaving)
    {
        VirtualTime time = new(3);
        SctpOptions options = new() { Interleaving = interleaving, MaxMessageSize = 17 << 20, PeerMaxMessageSize = 17 << 20, MaxSendBuffer = 32 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions { Delay = TimeSpan.FromMilliseconds(25), Rate = 100_000_000 });
        left.Association.Associate(time.Now);
        pair.RunUntil(() => left.Saw(SctpEventKind.Established), s_limit);
        left.Association.Send(1, 53, new byte[16 << 20], default, time.Now);
        pair.RunUntil(() => false, TimeSpan.FromMilliseconds(500));
        Instant sent = time.Now;
        left.Association.Send(2, 51, new byte[1024], default, time.Now);
        Assert.That(pair.RunUntil(() => right.Messages.Exists(m => m.Stream == 2), s_limit));
        TimeSpan small = time.Now - sent;
        Assert.That(pair.RunUntil(() => right.Messages.Count == 2, s_limit));
        TestContext.Out.WriteLine(
            $"interleaving {interleaving}: 1 KiB behind 16 MiB at 100 Mbit/s and 50 ms arrives after {small.TotalMilliseconds:F0} ms, the 16 MiB after {(time.Now - sent).TotalMilliseconds:F0} ms");
        if (interleaving) Assert.That(small, Is.LessThan(TimeSpan.FromMilliseconds(250)));
        else Assert.That(small, Is.GreaterThan(TimeSpan.FromMilliseconds(1000)));
    }

    // §3.6: capacity by weight between streams; equal weights share alike.
    [Test]
    public void Send_OnStreamsOfDifferentWeight_SharesThePathAccordingly([Values] bool interleaving, [Values(500, 5000)] int size)
    {
        ushort[] weights = [128, 256, 256, 512, 1024];                // RFC 8831 §6.4
        VirtualTime time = new(4);
        SctpOptions options = new() { Interleaving = interleaving, MaxSendBuffer = 64 << 20, ReceiveWindow = 64 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions { Rate = 50_000_000, QueueBytes = 16 << 20 });
        left.Association.Associate(time.Now);
        pair.RunUntil(() => left.Saw(SctpEventKind.Established), s_limit);
        for (ushort stream = 0; stream < weights.Length; stream++) left.Association.SetPriority(stream, weights[stream]);
        for (int i = 0; i < 2_000_000 / size; i++)
        {
            for (ushort stream = 0; stream < weights.Length; stream++) left.Association.Send(stream, 53, new byte[size], default, time.Now);
        }
        pair.RunUntil(() => right.Messages.Sum(m => m.Bytes.Length) > 2_000_000, s_limit);
        long total = right.Messages.Sum(m => m.Bytes.Length);
        double[] shares = [.. weights.Select((_, stream) => right.Messages.Where(m => m.Stream == stream).Sum(m => m.Bytes.Length) / (double)total)];
        TestContext.Out.WriteLine($"interleaving {interleaving}, messages of {size} bytes: weights {string.Join(" ", weights)} got {string.Join(" ", shares.Select(s => $"{s:P1}"))}");
        for (int i = 0; i < weights.Length; i++) Assert.That(shares[i], Is.EqualTo(weights[i] / 2176.0).Within(0.02));
    }

    // §3.2: without interleaving streams of one weight take turns by message, with it by chunk.
    [Test]
    public void Transmit_OfStreamsOfOneWeight_TakesTurns([Values] bool interleaving)
    {
        RawPeer peer = Connected(known: interleaving);
        for (ushort stream = 0; stream < 3; stream++)
        {
            for (int i = 0; i < 2; i++) peer.Association.Send(stream, 53, new byte[2200], default, peer.Now);
        }
        List<int> order = [];
        while (order.Count < 12)
        {
            List<(byte Type, byte Flags, byte[] Value)> chunks = peer.ReadChunks();
            Assert.That(chunks, Is.Not.Empty);
            order.AddRange(chunks.Select(c => (int)c.Value[5]));
            peer.Send(RawPeer.Sack(peer.PeerInitialTsn + (uint)order.Count - 1, 1 << 20));
        }
        Assert.That(order, Is.EqualTo(interleaving
            ? new[] { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2 }
            : new[] { 0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2 }));
    }

    // A peer's window that were full of beginnings would never open again.
    [Test]
    public void Send_OfMoreLargeMessagesThanThePeersWindowHolds_CompletesThemAll()
    {
        VirtualTime time = new(5);
        SctpOptions options = new() { MaxMessageSize = 256 * 1024, PeerMaxMessageSize = 256 * 1024, ReceiveWindow = 320 * 1024, MaxSendBuffer = 64 << 20 };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions { Loss = 0.02 });
        left.Association.Associate(time.Now);
        pair.RunUntil(() => left.Saw(SctpEventKind.Established), s_limit);
        for (ushort stream = 0; stream < 20; stream++) left.Association.Send(stream, 53, new byte[256 * 1024], default, time.Now);
        Assert.That(pair.RunUntil(() => right.Messages.Count == 20, s_limit), pair.Time.Timeline);
    }

    // RFC 8831 §6.2: so many streams, whose state comes into being with their first message.
    [Test]
    public void Send_OnEveryStream_Arrives([Values] bool interleaving)
    {
        VirtualTime time = new(6);
        SctpOptions options = new() { Interleaving = interleaving };
        SctpEndpoint left = new(options, time.Random), right = new(options, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Association.Associate(time.Now);
        pair.RunUntil(() => left.Saw(SctpEventKind.Established), s_limit);
        Assert.That(left.Association.OutboundStreams, Is.EqualTo(65535));
        for (int stream = 0; stream < 65535; stream += 7) left.Association.Send((ushort)stream, 53, new byte[4], default, time.Now);
        Assert.That(pair.RunUntil(() => right.Messages.Count == 9363, s_limit), pair.Time.Timeline);
        Assert.That(right.Messages.Select(m => (int)m.Stream).Order(), Is.EqualTo(Enumerable.Range(0, 9363).Select(i => i * 7)));
    }

    private static RawPeer Connected(SctpOptions? options = null, bool known = true)
    {
        RawPeer peer = new(options);
        peer.Handshake(RawPeer.Tag, known ? s_knowsInterleaving : null);
        peer.Association.TryReadEvent(out _);
        return peer;
    }

    private static byte[] IData(uint tsn, ushort stream, uint message, byte flags, uint ppidOrFragment, params byte[] bytes) =>
        RawPeer.Chunk(64, flags, [.. RawPeer.U32(tsn), .. RawPeer.U16(stream), 0, 0, .. RawPeer.U32(message), .. RawPeer.U32(ppidOrFragment), .. bytes]);
}
