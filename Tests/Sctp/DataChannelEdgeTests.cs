using System.Linq;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

/// <summary>RFC 8831 and RFC 8832 where two sides are not in step: early messages, ids, closing, amounts.</summary>
[TestFixture]
public class DataChannelEdgeTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    // RFC 8832 §6: a negotiated channel may exist at the peer first.
    [Test]
    public void TryReceive_OfMessagesBeforeTheChannelExists_YieldsThemOnceItDoes([Values] bool ordered)
    {
        (LayerPair pair, DataChannelEndpoint left, SctpEndpoint right) = Connect(new DataChannelTransportOptions { IsDtlsClient = true });
        for (byte i = 0; i < 5; i++) right.Association.Send(7, 53, [i], new SctpSendOptions { Unordered = !ordered }, pair.Time.Now);
        right.Association.Send(9, 53, [99], default, pair.Time.Now);
        pair.RunUntil(() => false, TimeSpan.FromSeconds(2));
        Assert.That(left.Messages, Is.Empty);
        left.Transport.Open(new() { Negotiated = true, Id = 7, Ordered = ordered }, pair.Time.Now);
        right.Association.Send(7, 53, [5], default, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Messages.Count == 6, s_limit));
        Assert.That(left.Messages.Select(m => (int)m.Bytes[0]), Is.EqualTo(Enumerable.Range(0, 6)));
    }

    // A limit on everything: what exceeds it is dropped and counted.
    [Test]
    public void TryReceive_OfTooManyEarlyMessages_DropsTheRest()
    {
        (LayerPair pair, DataChannelEndpoint left, SctpEndpoint right) = Connect(new DataChannelTransportOptions { IsDtlsClient = true, MaxEarlyBytes = 10_000 });
        for (byte i = 0; i < 20; i++) right.Association.Send(7, 53, [i, .. new byte[967]], default, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Transport.Drops[SctpDropReason.UnknownChannel] == 10, s_limit));
        left.Transport.Open(new() { Negotiated = true, Id = 7 }, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Messages.Count == 10, s_limit));
        Assert.That(left.Messages.Select(m => (int)m.Bytes[0]), Is.EqualTo(Enumerable.Range(0, 10)));
    }

    // RFC 8831 §6.7: with the stream goes what waited on it.
    [Test]
    public void TryReceive_OfEarlyMessagesOfAStreamThatWasReset_ForgetsThem()
    {
        (LayerPair pair, DataChannelEndpoint left, SctpEndpoint right) = Connect(new DataChannelTransportOptions { IsDtlsClient = true });
        right.Association.Send(7, 53, [1], default, pair.Time.Now);
        right.Association.ResetStreams([7]);
        Assert.That(pair.RunUntil(() => right.Saw(SctpEventKind.OutgoingStreamReset), s_limit));
        left.Transport.Open(new() { Negotiated = true, Id = 7 }, pair.Time.Now);
        right.Association.Send(7, 53, [2], default, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Messages.Count > 0, s_limit));
        Assert.That(left.Messages.Select(m => (int)m.Bytes[0]), Is.EqualTo(new[] { 2 }));
    }

    // RFC 9260 §5.2.4 A, webrtc-pc §6.2: a restart of the peer ends the channels, whose amounts still say what was never sent.
    [Test]
    public void Receive_OfARestart_LeavesTheAmountsThatWereNotSent([Values] bool unread)
    {
        DataChannelEndpoint endpoint = new(new DataChannelTransportOptions { IsDtlsClient = true }, RandomSource.Seeded(9));
        DataChannel channel = endpoint.Transport.Open(new() { Label = "x" }, new Instant(TimeSpan.TicksPerSecond));
        channel.BufferedAmountLowThreshold = 1000;
        RawPeer raw = RawPeer.Connected(endpoint);
        endpoint.DrainEvents();
        for (int i = 0; i < 20; i++) endpoint.Transport.Send(channel, new byte[50_000], isBinary: true, raw.Now);
        raw.Read();
        long waiting = channel.BufferedAmount;
        Assert.That(waiting, Is.InRange(1, 999_999));
        if (unread) raw.Send(RawPeer.Data(RawPeer.InitialTsn, 0, 0, 3, 1));
        raw.Begin(RawPeer.Tag + 1);
        raw.Send(raw.PeerTag, RawPeer.Chunk(10, 0, raw.Cookie));
        Assert.That(channel.BufferedAmount, Is.EqualTo(waiting));
        endpoint.DrainEvents();
        Assert.That(endpoint.Events[^1].Kind, Is.EqualTo(DataChannelEventKind.ChannelClosed));
        Assert.That((channel.State, channel.BufferedAmount), Is.EqualTo((DataChannelState.Closed, waiting)));
        Assert.That(endpoint.Events, Has.None.Property(nameof(DataChannelEvent.Kind)).EqualTo(DataChannelEventKind.BufferedAmountLow));
        Assert.That(endpoint.Transport.HeldBytes, Is.Zero);
    }

    // RFC 8832 §6: what is sent without order may overtake DATA_CHANNEL_OPEN.
    [Test]
    public void TryReceive_OfDataThatOvertookTheOpen_YieldsItAfterwards()
    {
        DataChannelEndpoint endpoint = new(new DataChannelTransportOptions { IsDtlsClient = true }, RandomSource.Seeded(9));
        RawPeer raw = RawPeer.Connected(endpoint);
        byte[] open = [3, 0x80, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, (byte)'u'];
        raw.Send(RawPeer.Chunk(0, 7, [.. RawPeer.U32(RawPeer.InitialTsn + 1), 0, 7, 0, 0, 0, 0, 0, 53, 42]));
        endpoint.DrainEvents();
        Assert.That(endpoint.Messages, Is.Empty);
        raw.Send(RawPeer.Chunk(0, 3, [.. RawPeer.U32(RawPeer.InitialTsn), 0, 7, 0, 0, 0, 0, 0, 50, .. open]));
        endpoint.DrainEvents();
        Assert.That(endpoint.Messages.Select(m => (m.Channel.Label, m.Bytes[0])), Is.EqualTo(new[] { ("u", (byte)42) }));
    }

    // RFC 8832 §5.1: every channel type, with and without order, there and back.
    [Test]
    public void Open_OfEveryType_IsAnnouncedAsItIs([Values] bool ordered, [Values(0, 1, 2)] int kind)
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Pair();
        DataChannelParameters parameters = new()
        {
            Label = "Grüße 世界", Protocol = "пример", Ordered = ordered, Priority = 1024,
            MaxRetransmits = kind == 1 ? 65535 : null, MaxPacketLifeTime = kind == 2 ? 0 : null,
        };
        left.Transport.Open(parameters, pair.Time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(DataChannelEventKind.ChannelAnnounced), s_limit));
        DataChannel announced = right.Announced(parameters.Label);
        Assert.That(
            (announced.Label, announced.Protocol, announced.Ordered, announced.Priority, announced.MaxRetransmits, announced.MaxPacketLifeTime),
            Is.EqualTo((parameters.Label, parameters.Protocol, ordered, (ushort)1024, parameters.MaxRetransmits, parameters.MaxPacketLifeTime)));
    }

    // RFC 8831 §6.6, §8: strings, binary messages, and empty ones of both kinds.
    [Test]
    public void Send_OfEachKind_ArrivesAsThatKind()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Pair();
        DataChannel channel = left.Transport.Open(new() { Negotiated = true, Id = 3 }, pair.Time.Now);
        right.Transport.Open(new() { Negotiated = true, Id = 3 }, pair.Time.Now);
        byte[][] messages = [[], [1, 2], Encoding.UTF8.GetBytes("é")];
        foreach (byte[] message in messages)
        {
            left.Transport.Send(channel, message, isBinary: false, pair.Time.Now);
            left.Transport.Send(channel, message, isBinary: true, pair.Time.Now);
        }
        Assert.That(channel.BufferedAmount, Is.EqualTo(8), "the byte that stands for an empty message does not count");
        Assert.That(pair.RunUntil(() => right.Messages.Count == 6, s_limit));
        Assert.That(right.Messages.Select(m => m.IsBinary), Is.EqualTo(new[] { false, true, false, true, false, true }));
        Assert.That(right.Messages.Select(m => m.Bytes), Is.EqualTo(messages.SelectMany(m => new[] { m, m })));
    }

    // RFC 8831 §6.5, RFC 8832 §6: ids of our parity run out.
    [Test]
    public void Open_WithoutAFreeId_Fails([Values] bool connectedBefore)
    {
        DataChannelTransportOptions few = new() { IsDtlsClient = true, Sctp = new SctpOptions { Streams = 6 } };
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Pair(few, few with { IsDtlsClient = false }, connects: connectedBefore);
        DataChannel[] channels = [.. Enumerable.Range(0, connectedBefore ? 3 : 4).Select(_ => left.Transport.Open(new(), pair.Time.Now))];
        if (connectedBefore)
        {
            Assert.That(left.Transport.CanOpen(new()), Is.False);
            Assert.That(() => left.Transport.Open(new(), pair.Time.Now), Throws.InvalidOperationException);
            Assert.That(left.Transport.CanOpen(new() { Negotiated = true, Id = 1 }));
        }
        else
        {
            Start(pair, left, right);
            Assert.That(pair.RunUntil(() => left.Saw(DataChannelEventKind.ChannelClosed), s_limit));
            Assert.That(left.Events.Single(e => e.Kind == DataChannelEventKind.ChannelClosed).Error, Is.EqualTo(DataChannelError.NoStream));
        }
        Assert.That(channels.Where(c => c.State != DataChannelState.Closed).Select(c => (int)c.Id!), Is.EqualTo(new[] { 0, 2, 4 }));
        left.Transport.Close(channels[1], pair.Time.Now);
        Assert.That(pair.RunUntil(() => channels[1].State == DataChannelState.Closed, s_limit));
        Assert.That(left.Transport.Open(new(), pair.Time.Now).Id, Is.EqualTo(2), "a closed channel's id is free again");
    }

    // webrtc-pc §6.2: bufferedAmount is exact per channel, and is not reset by closing.
    [Test]
    public void BufferedAmount_OfEachChannel_IsExactAndOutlivesTheChannel()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Pair();
        DataChannel[] channels = [.. Enumerable.Range(0, 3).Select(i => left.Transport.Open(new() { Negotiated = true, Id = (ushort)i }, pair.Time.Now))];
        pair.LeftToRight.Options = pair.LeftToRight.Options with { Loss = 1 };
        for (int i = 0; i < 3; i++) left.Transport.Send(channels[i], new byte[50_000 + i], isBinary: true, pair.Time.Now);
        Assert.That(channels.Select(c => c.BufferedAmount), Is.EqualTo(new long[] { 50_000, 50_001, 50_002 }));
        pair.RunUntil(() => false, TimeSpan.FromMilliseconds(100));
        long[] waiting = [.. channels.Select(c => c.BufferedAmount)];
        SctpStatistics statistics = left.Transport.GetStatistics();
        Assert.That(waiting.Sum(), Is.EqualTo(150_003 - statistics.BytesInFlight));
        left.Transport.Abort("enough", pair.Time.Now);
        left.DrainEvents();
        Assert.That(channels.Select(c => c.State), Is.All.EqualTo(DataChannelState.Closed));
        Assert.That(channels.Select(c => c.BufferedAmount), Is.EqualTo(waiting));
    }

    // RFC 8831 §6.7: the peer has our reset, uses the id again and even closes it, before we know that it has; its answer was lost.
    [Test]
    public void ReceiveDcep_OnAStreamWhoseResetIsNotAnswered_OpensTheNextChannelAfterwards([Values] bool closedAgain)
    {
        DataChannelEndpoint endpoint = new(new DataChannelTransportOptions { IsDtlsClient = true }, RandomSource.Seeded(9));
        RawPeer raw = RawPeer.Connected(endpoint);
        uint tsn = RawPeer.InitialTsn;
        raw.Send(Open(tsn, "a"), RawPeer.Chunk(130, 0, [0, 13, 0, 18, .. RawPeer.U32(tsn), .. RawPeer.U32(0), .. RawPeer.U32(tsn), 0, 7, 0, 0]));
        endpoint.DrainEvents();
        raw.Read();
        raw.Send(RawPeer.Sack(raw.PeerInitialTsn, 1 << 20));
        Assert.That(raw.ReadChunks().Any(c => c.Type == 130 && c.Value[1] == 13), "our reset");
        raw.Send(Open(tsn + 1, "b"), RawPeer.Chunk(0, 3, [.. RawPeer.U32(tsn + 2), 0, 7, 0, 1, 0, 0, 0, 53, 42]));
        if (closedAgain) raw.Send(RawPeer.Chunk(130, 0, [0, 13, 0, 18, .. RawPeer.U32(tsn + 1), .. RawPeer.U32(0), .. RawPeer.U32(tsn + 2), 0, 7, 0, 0]));
        endpoint.DrainEvents();
        Assert.That(endpoint.Messages, Is.Empty);
        raw.Send(RawPeer.Chunk(130, 0, [0, 16, 0, 12, .. RawPeer.U32(raw.PeerInitialTsn), .. RawPeer.U32(1)]));
        endpoint.DrainEvents();
        endpoint.DrainEvents();
        Assert.That(endpoint.Messages.Select(m => (m.Channel.Label, m.Bytes[0])), Is.EqualTo(new[] { ("b", (byte)42) }));
        Assert.That(endpoint.Announced("a").State, Is.EqualTo(DataChannelState.Closed));
        Assert.That(endpoint.Announced("b").State, Is.EqualTo(closedAgain ? DataChannelState.Closing : DataChannelState.Open));

        static byte[] Open(uint tsn, string label) => RawPeer.Chunk(
            0, 3, [.. RawPeer.U32(tsn), 0, 7, 0, 0, 0, 0, 0, 50, 3, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, (byte)label[0]]);
    }

    // RFC 6525 §5.2.3: a peer that asks us to reset our stream closes the channel.
    [Test]
    public void Receive_OfAnIncomingResetRequest_ClosesTheChannel()
    {
        (LayerPair pair, DataChannelEndpoint left, SctpEndpoint right) = Connect(new DataChannelTransportOptions { IsDtlsClient = true });
        DataChannel channel = left.Transport.Open(new() { Label = "x" }, pair.Time.Now);
        left.Transport.Send(channel, [1, 2, 3], isBinary: true, pair.Time.Now);
        Assert.That(pair.RunUntil(() => right.Messages.Count == 2, s_limit));
        right.Association.RequestIncomingReset([0]);
        right.Association.ResetStreams([0]);
        Assert.That(pair.RunUntil(() => channel.State == DataChannelState.Closed, s_limit), pair.Time.Timeline);
        Assert.That(left.Events.Select(e => e.Kind).Where(k => k is DataChannelEventKind.ChannelClosing or DataChannelEventKind.ChannelClosed), Is.EqualTo(new[]
        {
            DataChannelEventKind.ChannelClosing, DataChannelEventKind.ChannelClosed,
        }));
    }

    // RFC 8832 §6: a channel of the peer with our parity, or on a stream in use, is refused; other channels go on.
    [Test]
    public void ReceiveDcep_OnAStreamInUse_IsRefused()
    {
        (LayerPair pair, DataChannelEndpoint left, SctpEndpoint right) = Connect(new DataChannelTransportOptions { IsDtlsClient = true });
        DataChannel channel = left.Transport.Open(new() { Negotiated = true, Id = 1 }, pair.Time.Now);
        right.Association.Send(1, 50, [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], default, pair.Time.Now);
        right.Association.Send(1, 53, [7], default, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Messages.Count == 1, s_limit));
        Assert.That(left.Transport.Drops[SctpDropReason.InvalidDcep], Is.EqualTo(1));
        Assert.That(channel.State, Is.EqualTo(DataChannelState.Open));
    }

    private static (LayerPair Pair, DataChannelEndpoint Left, SctpEndpoint Right) Connect(DataChannelTransportOptions options)
    {
        VirtualTime time = new(7);
        DataChannelEndpoint left = new(options, time.Random);
        SctpEndpoint right = new(new SctpOptions(), time.Random);
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Transport.Start(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(SctpEventKind.Established) && left.Saw(DataChannelEventKind.Connected), s_limit));
        return (pair, left, right);
    }

    private static (LayerPair Pair, DataChannelEndpoint Left, DataChannelEndpoint Right) Pair(
        DataChannelTransportOptions? ofLeft = null, DataChannelTransportOptions? ofRight = null, bool connects = true)
    {
        VirtualTime time = new(8);
        DataChannelEndpoint left = new(ofLeft ?? new DataChannelTransportOptions { IsDtlsClient = true }, time.Random);
        DataChannelEndpoint right = new(ofRight ?? new DataChannelTransportOptions { IsDtlsClient = false }, time.Random);
        LayerPair pair = new(time, left, right, new PathOptions());
        if (connects) Start(pair, left, right);
        return (pair, left, right);
    }

    private static void Start(LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right)
    {
        left.Transport.Start(pair.Time.Now);
        right.Transport.Start(pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Saw(DataChannelEventKind.Connected) && right.Saw(DataChannelEventKind.Connected), s_limit));
    }
}
