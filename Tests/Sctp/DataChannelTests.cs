using System.Linq;
using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class DataChannelTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    private static IEnumerable<int> Many => Seeds.Range(15);

    [TestCaseSource(nameof(Many))]
    public void Channels_OverABadPath_CarryTheirMessages(int seed)
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(seed, 0.2);
        DataChannel[] channels = [.. Enumerable.Range(0, 10).Select(i => left.Transport.Open(new() { Label = $"channel {i}", Ordered = i % 3 != 0 }, pair.Time.Now))];
        Start(pair, left, right);
        Assert.That(pair.RunUntil(() => left.Events.Count(e => e.Kind == DataChannelEventKind.ChannelOpened) == 10, s_limit), pair.Time.Timeline);
        int[] sizes = [0, 1, 1200, 5000, 65_536];
        foreach (DataChannel channel in channels)
        {
            foreach (int size in sizes) left.Transport.Send(channel, new byte[size], isBinary: size % 2 == 0, pair.Time.Now);
        }
        Assert.That(pair.RunUntil(() => right.Messages.Count == 50, s_limit), pair.Time.Timeline);
        foreach (DataChannel channel in channels)
        {
            (DataChannel Channel, bool IsBinary, byte[] Bytes)[] got = [.. right.Messages.Where(m => m.Channel.Label == channel.Label)];
            Assert.That(got.Select(m => m.Bytes.Length), channel.Ordered ? Is.EqualTo(sizes) : Is.EquivalentTo(sizes));
            Assert.That(got.All(m => m.IsBinary == (m.Bytes.Length % 2 == 0)));
            Assert.That(got[0].Channel.Id, Is.EqualTo(channel.Id));
        }
    }

    [TestCaseSource(nameof(Many))]
    public void Close_WithBufferedData_DeliversItThenClosesBothAndFreesTheId(int seed)
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(seed, 0.2);
        Start(pair, left, right);
        for (int round = 0; round < 3; round++)
        {
            DataChannel channel = left.Transport.Open(new() { Label = $"round {round}" }, pair.Time.Now);
            Assert.That(pair.RunUntil(() => channel.State == DataChannelState.Open, s_limit), pair.Time.Timeline);
            Assert.That(channel.Id, Is.Zero, "the id is used again");
            for (int i = 0; i < 10; i++) left.Transport.Send(channel, new byte[10_000], isBinary: true, pair.Time.Now);
            left.Transport.Close(channel, pair.Time.Now);
            Assert.That(channel.State, Is.EqualTo(DataChannelState.Closing));
            Assert.That(pair.RunUntil(() => channel.State == DataChannelState.Closed, s_limit), pair.Time.Timeline);
            Assert.That(pair.RunUntil(() => right.Announced($"round {round}").State == DataChannelState.Closed, s_limit), pair.Time.Timeline);
            Assert.That(right.Messages, Has.Count.EqualTo(10 * (round + 1)));
        }
        Assert.That(right.Events.Select(e => e.Kind), Is.EqualTo(new[]
        {
            DataChannelEventKind.Connected,
            DataChannelEventKind.ChannelAnnounced, DataChannelEventKind.ChannelClosing, DataChannelEventKind.ChannelClosed,
            DataChannelEventKind.ChannelAnnounced, DataChannelEventKind.ChannelClosing, DataChannelEventKind.ChannelClosed,
            DataChannelEventKind.ChannelAnnounced, DataChannelEventKind.ChannelClosing, DataChannelEventKind.ChannelClosed,
        }));
    }

    [Test]
    public void Close_ByBothAtOnce_ClosesBoth()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(1, 0);
        Start(pair, left, right);
        DataChannel ours = left.Transport.Open(new() { Label = "x" }, pair.Time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(DataChannelEventKind.ChannelAnnounced), s_limit));
        DataChannel theirs = right.Announced("x");
        left.Transport.Close(ours, pair.Time.Now);
        right.Transport.Close(theirs, pair.Time.Now);
        Assert.That(pair.RunUntil(() => ours.State == DataChannelState.Closed && theirs.State == DataChannelState.Closed, s_limit));
    }

    [Test]
    public void Open_BeforeTheRoleIsKnown_GetsAnIdOfItsParityLater([Values] bool isClient)
    {
        using DataChannelTransport transport = new(new DataChannelTransportOptions(), RandomSource.Seeded(1));
        DataChannel first = transport.Open(new(), default), second = transport.Open(new() { Negotiated = true, Id = 2 }, default);
        DataChannel third = transport.Open(new(), default);
        Assert.That(first.Id, Is.Null);
        transport.SetRole(isClient);
        Assert.That(new[] { first.Id, second.Id, third.Id }, Is.EqualTo(isClient ? new ushort?[] { 0, 2, 4 } : [1, 2, 3]));
        Assert.That(() => transport.SetRole(!isClient), Throws.InvalidOperationException);
    }

    [Test]
    public void Open_WithEveryParameter_IsAnnouncedAsItWas()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(3, 0);
        DataChannelParameters parameters = new()
        {
            Label = "žluťoučký \U0001F40E", Protocol = "proto", Ordered = false, MaxPacketLifeTime = 1500, Priority = 1024,
        };
        left.Transport.Open(parameters, pair.Time.Now);
        right.Transport.Open(new() { Label = "other", MaxRetransmits = 7 }, pair.Time.Now);
        Start(pair, left, right);
        Assert.That(pair.RunUntil(() => right.Saw(DataChannelEventKind.ChannelAnnounced) && left.Saw(DataChannelEventKind.ChannelAnnounced), s_limit));
        DataChannel announced = right.Announced(parameters.Label), other = left.Announced("other");
        Assert.Multiple(() =>
        {
            Assert.That(announced.Protocol, Is.EqualTo("proto"));
            Assert.That(announced.Ordered, Is.False);
            Assert.That(announced.MaxPacketLifeTime, Is.EqualTo(1500));
            Assert.That(announced.MaxRetransmits, Is.Null);
            Assert.That(announced.Priority, Is.EqualTo(1024));
            Assert.That(announced.Id, Is.Zero);
            Assert.That(other.MaxRetransmits, Is.EqualTo(7));
            Assert.That(other.Id, Is.EqualTo(1));
        });
    }

    [Test]
    public void Open_Negotiated_NeedsNoAnnouncement()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(4, 0);
        DataChannel a = left.Transport.Open(new() { Negotiated = true, Id = 100 }, pair.Time.Now);
        DataChannel b = right.Transport.Open(new() { Negotiated = true, Id = 100 }, pair.Time.Now);
        Start(pair, left, right);
        Assert.That(pair.RunUntil(() => a.State == DataChannelState.Open && b.State == DataChannelState.Open, s_limit));
        left.Transport.Send(a, "hello"u8, isBinary: false, pair.Time.Now);
        right.Transport.Send(b, "hallo"u8, isBinary: false, pair.Time.Now);
        Assert.That(pair.RunUntil(() => left.Messages.Count + right.Messages.Count == 2, s_limit));
        Assert.That(Encoding.UTF8.GetString(right.Messages[0].Bytes), Is.EqualTo("hello"));
        Assert.That(left.Saw(DataChannelEventKind.ChannelAnnounced) || right.Saw(DataChannelEventKind.ChannelAnnounced), Is.False);
    }

    [Test]
    public void Open_OfMisuse_Throws()
    {
        using DataChannelTransport transport = new(new DataChannelTransportOptions { MaxChannels = 2 }, RandomSource.Seeded(1));
        Assert.Multiple(() =>
        {
            Assert.That(() => transport.Open(new() { Negotiated = true }, default), Throws.ArgumentException);
            Assert.That(() => transport.Open(new() { Negotiated = true, Id = 65535 }, default), Throws.ArgumentException);
            Assert.That(() => transport.Open(new() { MaxRetransmits = 1, MaxPacketLifeTime = 1 }, default), Throws.ArgumentException);
            Assert.That(() => transport.Open(new() { Label = new string('x', 65536) }, default), Throws.ArgumentException);
            Assert.That(() => transport.Start(default), Throws.InvalidOperationException);
        });
        DataChannel channel = transport.Open(new() { Negotiated = true, Id = 1 }, default);
        Assert.That(() => transport.Open(new() { Negotiated = true, Id = 1 }, default), Throws.InvalidOperationException);
        Assert.That(() => transport.Send(channel, new byte[1], isBinary: true, default), Throws.InvalidOperationException);
        transport.Open(new(), default);
        Assert.That(() => transport.Open(new(), default), Throws.InvalidOperationException);
    }

    [Test]
    public void Send_TooLargeForThePeer_Throws()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(5, 0);
        DataChannel channel = left.Transport.Open(new(), pair.Time.Now);
        left.Transport.PeerMaxMessageSize = 100;
        Start(pair, left, right);
        Assert.That(pair.RunUntil(() => channel.State == DataChannelState.Open, s_limit));
        Assert.That(() => left.Transport.Send(channel, new byte[101], isBinary: true, pair.Time.Now), Throws.ArgumentException);
        Assert.That(left.Transport.Send(channel, new byte[100], isBinary: true, pair.Time.Now), Is.EqualTo(SctpSendResult.Queued));
        Assert.That(channel.BufferedAmount, Is.EqualTo(100));
        Assert.That(pair.RunUntil(() => left.Saw(DataChannelEventKind.BufferedAmountLow), s_limit));
        Assert.That(channel.BufferedAmount, Is.Zero);
    }

    [Test]
    public void Abort_ByThePeer_ClosesEveryChannelOnce()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(6, 0);
        DataChannel channel = left.Transport.Open(new() { Label = "x" }, pair.Time.Now);
        Start(pair, left, right);
        Assert.That(pair.RunUntil(() => right.Saw(DataChannelEventKind.ChannelAnnounced), s_limit));
        left.Transport.Send(channel, "last words"u8, isBinary: false, pair.Time.Now);
        pair.RunUntil(() => right.Messages.Count == 1, s_limit);
        left.Transport.Abort("User-initiated", pair.Time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(DataChannelEventKind.Failed), s_limit));
        DataChannelEvent failed = right.Events[^1];
        Assert.That(failed.Cause, Is.EqualTo(SctpFailure.AbortedByPeer));
        Assert.That(failed.PeerCause, Is.EqualTo(12));
        Assert.That(right.Events.Count(e => e.Kind == DataChannelEventKind.ChannelClosed), Is.EqualTo(1));
        Assert.That(left.Events[^1].Cause, Is.EqualTo(SctpFailure.AbortedLocally));
        Assert.That(() => left.Transport.Open(new(), pair.Time.Now), Throws.InvalidOperationException);
    }

    [Test]
    public void TryReadOpen_OnBadMessages_Refuses()
    {
        byte[] good = [3, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 1, (byte)'a', (byte)'b', (byte)'c'];
        Assert.That(DcepMessage.TryReadOpen(good, 10, 1, out DataChannelParameters parameters));
        Assert.That((parameters.Label, parameters.Protocol), Is.EqualTo(("ab", "c")));
        byte[] unknownType = [.. good], badText = [.. good], longLabel = [.. good];
        (unknownType[1], badText[12], longLabel[9]) = (3, 0xFF, 4);
        Assert.Multiple(() =>
        {
            Assert.That(DcepMessage.TryReadOpen(unknownType, 10, 1, out _), Is.False);
            Assert.That(DcepMessage.TryReadOpen(badText, 10, 1, out _), Is.False);
            Assert.That(DcepMessage.TryReadOpen(longLabel, 10, 1, out _), Is.False);
            Assert.That(DcepMessage.TryReadOpen(good, 1, 1, out _), Is.False);
            for (int i = 0; i < good.Length; i++) Assert.That(DcepMessage.TryReadOpen(good.AsSpan(0, i), 10, 1, out _), Is.False);
        });
    }

    [TestCase(new byte[] { 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, (ushort)2, TestName = "ReceiveDcep_OfAnIdWithOurParity_IsReset")]
    [TestCase(new byte[] { 3, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, (ushort)1, TestName = "ReceiveDcep_OfAnUnknownChannelType_IsReset")]
    [TestCase(new byte[] { 3 }, (ushort)1, TestName = "ReceiveDcep_OfATruncatedOpen_IsReset")]
    public void ReceiveDcep(byte[] open, ushort stream)
    {
        VirtualTime time = new(7);
        DataChannelEndpoint left = new(new DataChannelTransportOptions { IsDtlsClient = true }, time.Random);
        SctpEndpoint right = new(new SctpOptions(), time.Random);
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Transport.Start(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(SctpEventKind.Established), s_limit));
        right.Association.Send(stream, 50, open, default, time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(SctpEventKind.IncomingStreamReset), s_limit), time.Timeline);
        Assert.That(left.Transport.Drops[SctpDropReason.InvalidDcep], Is.EqualTo(1));
        Assert.That(left.Saw(DataChannelEventKind.ChannelAnnounced), Is.False);
    }

    [Test]
    public void Receive_OfAnOpenThatIsClosedInTheSamePacket_TellsBothInOrder()
    {
        DataChannelEndpoint endpoint = new(new DataChannelTransportOptions { IsDtlsClient = true }, RandomSource.Seeded(9));
        RawPeer raw = RawPeer.Connected(endpoint);
        byte[] open = [3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] reset = [0, 13, 0, 18, .. RawPeer.U32(RawPeer.InitialTsn), .. RawPeer.U32(0), .. RawPeer.U32(RawPeer.InitialTsn + 1), 0, 7];
        raw.Send(
            RawPeer.Chunk(0, 3, [.. RawPeer.U32(RawPeer.InitialTsn), 0, 7, 0, 0, 0, 0, 0, 50, .. open]),
            RawPeer.Chunk(0, 3, [.. RawPeer.U32(RawPeer.InitialTsn + 1), 0, 7, 0, 1, 0, 0, 0, 51, (byte)'x']),
            RawPeer.Chunk(130, 0, reset));
        endpoint.DrainEvents();
        Assert.That(endpoint.Messages, Has.Count.EqualTo(1));
        Assert.That(endpoint.Events.Select(e => e.Kind), Is.EqualTo(new[]
        {
            DataChannelEventKind.Connected, DataChannelEventKind.ChannelAnnounced, DataChannelEventKind.ChannelClosing,
        }));
    }

    [Test]
    public void Priority_OfTwoBusyChannels_SharesThePathByWeight()
    {
        (LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right) = Create(10, 0);
        DataChannel low = left.Transport.Open(new() { Label = "low", Priority = 128 }, pair.Time.Now);
        DataChannel high = left.Transport.Open(new() { Label = "high", Priority = 512 }, pair.Time.Now);
        Start(pair, left, right);
        for (int i = 0; i < 200; i++)
        {
            left.Transport.Send(low, new byte[5000], isBinary: true, pair.Time.Now);
            left.Transport.Send(high, new byte[5000], isBinary: true, pair.Time.Now);
        }
        Assert.That(pair.RunUntil(() => right.Messages.Count == 100, s_limit));
        Assert.That(right.Messages.Count(m => m.Channel.Label == "high"), Is.EqualTo(80).Within(5));
    }

    [Test]
    public void TryReceive_OfDeprecatedPartialMessages_JoinsThem()
    {
        VirtualTime time = new(8);
        DataChannelEndpoint left = new(new DataChannelTransportOptions { IsDtlsClient = true }, time.Random);
        SctpEndpoint right = new(new SctpOptions(), time.Random);
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Transport.Open(new() { Negotiated = true, Id = 5 }, time.Now);
        left.Transport.Start(time.Now);
        right.Association.Associate(time.Now);
        Assert.That(pair.RunUntil(() => right.Saw(SctpEventKind.Established), s_limit));
        right.Association.Send(5, 54, "one "u8, default, time.Now);
        right.Association.Send(5, 54, "two "u8, default, time.Now);
        right.Association.Send(5, 51, "three"u8, default, time.Now);
        right.Association.Send(5, 99, "what"u8, default, time.Now);
        Assert.That(pair.RunUntil(() => left.Transport.Drops[SctpDropReason.UnknownPpid] == 1, s_limit));
        Assert.That(left.Messages, Has.Count.EqualTo(1));
        Assert.That(Encoding.UTF8.GetString(left.Messages[0].Bytes), Is.EqualTo("one two three"));
    }

    private static (LayerPair Pair, DataChannelEndpoint Left, DataChannelEndpoint Right) Create(int seed, double worst)
    {
        VirtualTime time = new(seed);
        SctpOptions sctp = new() { MaxInitRetransmits = 50, MaxRetransmits = 50, PeerMaxMessageSize = 256 * 1024 };
        DataChannelEndpoint left = new(new DataChannelTransportOptions { IsDtlsClient = true, Sctp = sctp }, time.Random);
        DataChannelEndpoint right = new(new DataChannelTransportOptions { IsDtlsClient = false, Sctp = sctp }, time.Random);
        PathOptions path = worst > 0 ? PathOptions.Draw(time.Random, worst) : new PathOptions();
        return (new LayerPair(time, left, right, path), left, right);
    }

    private static void Start(LayerPair pair, DataChannelEndpoint left, DataChannelEndpoint right)
    {
        left.Transport.Start(pair.Time.Now);
        right.Transport.Start(pair.Time.Now);
        bool done = pair.RunUntil(() => left.Saw(DataChannelEventKind.Connected) && right.Saw(DataChannelEventKind.Connected), s_limit);
        Assert.That(done, pair.Time.Timeline);
    }
}
