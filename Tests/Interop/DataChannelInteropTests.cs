using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>Data channels between real peers and us (RFC 8831, RFC 8832).</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox), TestFixture(PeerHost.Pion), TestFixture(PeerHost.Aiortc), TestFixture(PeerHost.LibDataChannel), TestFixture(PeerHost.LibWebRtc)]
public sealed class DataChannelInteropTests(string peer) : PeerTests(peer)
{
    private static readonly string[] s_texts = ["", "hello", "grüße, 你好, 🎈"];
    private static readonly int[] s_sizes = [0, 1, 60_000, 100_000, 262_144];
    private static readonly (string Label, RTCDataChannelInit Init)[] s_kinds =
    [
        ("reliable", new RTCDataChannelInit()),
        ("unordered", new RTCDataChannelInit { Ordered = false, Protocol = "grüße" }),
        ("retransmits", new RTCDataChannelInit { MaxRetransmits = 3 }),
        ("lifetime", new RTCDataChannelInit { Ordered = false, MaxPacketLifeTime = 2_000 }),
        ("once", new RTCDataChannelInit { Ordered = false, MaxRetransmits = 0 }),
    ];

    [Test, CancelAfter(20_000)]
    public async Task Messages_OfEverySize_ReturnWhole([Values] bool weOffer, [Values] bool weOpen, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        if (weOpen)
        {
            RTCDataChannel channel = call.Connection.CreateDataChannel("ours", new RTCDataChannelInit { Protocol = "proto" });
            if (!weOffer) await call.Peer.CallAsync("open", "theirs");
            await ExchangeAsync(call, weOffer);
            await channel.OpensAsync(timeout);
            await call.Peer.CallAsync("readyState", "ours", "open");
            JsonElement described = await call.Peer.CallAsync("describe", "ours");
            Assert.That(described.GetProperty("protocol").GetString(), Is.EqualTo("proto"));
            Assert.That(described.GetProperty("id").GetInt32(), Is.EqualTo(channel.Id));
            foreach (string text in s_texts) Assert.That(await channel.RoundTripAsync(Encoding.UTF8.GetBytes(text), false, timeout), Is.EqualTo((Encoding.UTF8.GetBytes(text), false)));
            foreach (int size in SizesUpTo(call.Connection.Sctp!.MaxMessageSize!.Value))
            {
                byte[] sent = Pattern(size);
                (byte[] data, bool isBinary) = await channel.RoundTripAsync(sent, true, timeout);
                Assert.That(isBinary && data.AsSpan().SequenceEqual(sent), $"{size} bytes");
            }
        }
        else
        {
            Task<RTCDataChannel> announced = call.Connection.NextDataChannelAsync(timeout);
            call.Connection.OnDataChannel += (_, e) => e.Channel.Echo();
            if (weOffer) call.Connection.CreateDataChannel("ours");
            await call.Peer.CallAsync("open", "theirs", new RTCDataChannelInit { Protocol = "proto" });
            await ExchangeAsync(call, weOffer);
            RTCDataChannel channel = await announced;
            Assert.That((channel.Label, channel.Protocol, channel.Ordered), Is.EqualTo(("theirs", "proto", true)));
            await call.Peer.CallAsync("readyState", "theirs", "open");
            foreach (string text in s_texts) Assert.That(await call.Peer.CallAsync<bool>("roundTrip", "theirs", text), text);
            foreach (int size in SizesUpTo(call.Connection.Sctp!.MaxMessageSize!.Value)) Assert.That(await call.Peer.CallAsync<bool>("roundTrip", "theirs", size), $"{size} bytes");
        }
        await call.ConnectedAsync(timeout);
        if (!HasStatistics) return;
        JsonElement statistics = await call.StatAsync("data-channel", $"{{ label: '{(weOpen ? "ours" : "theirs")}' }}");
        RTCDataChannelStats ours = (await call.Connection.GetStatsAsync()).OfType<RTCDataChannelStats>().Single(each => each.Label == (weOpen ? "ours" : "theirs"));
        Assert.Multiple(() =>
        {
            Assert.That(statistics.GetProperty("bytesReceived").GetInt64(), Is.GreaterThan(0).And.EqualTo(ours.BytesSent));
            Assert.That(statistics.GetProperty("bytesSent").GetInt64(), Is.EqualTo(ours.BytesReceived));
            Assert.That(statistics.GetProperty("messagesReceived").GetInt64(), Is.EqualTo(s_texts.Length + s_sizes.Length).And.EqualTo(ours.MessagesSent));
        });
    }

    [Test, CancelAfter(20_000)]
    public async Task Channels_OfEveryKind_HaveTheirPropertiesOnBothSides(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        ConcurrentDictionary<string, RTCDataChannel> announced = new();
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Connection.OnDataChannel += (_, e) =>
        {
            e.Channel.Echo();
            announced[e.Channel.Label] = e.Channel;
            if (announced.Count == s_kinds.Length) all.SetResult();
        };
        Dictionary<string, RTCDataChannel> ours = [];
        foreach ((string label, RTCDataChannelInit kind) in s_kinds)
        {
            RTCDataChannelInit init = kind with { Protocol = Protocol(kind.Protocol) };
            ours[label] = call.Connection.CreateDataChannel("our " + label, init);
            await call.Peer.CallAsync("open", "their " + label, init);
        }
        await call.OfferAsync();
        await all.Task.WithinAsync(timeout);
        foreach ((string label, RTCDataChannelInit kind) in s_kinds)
        {
            RTCDataChannelInit init = kind with { Protocol = Protocol(kind.Protocol) };
            await ours[label].OpensAsync(timeout);
            await call.Peer.CallAsync("readyState", "our " + label, "open");
            RTCDataChannelInit described = await call.Peer.CallAsync<RTCDataChannelInit>("describe", "our " + label);
            if (DescribesChannels) Assert.That(described with { Id = null }, Is.EqualTo(init), label);
            RTCDataChannel theirs = announced["their " + label];
            Assert.That((theirs.Ordered, theirs.MaxPacketLifeTime, theirs.MaxRetransmits, theirs.Protocol), Is.EqualTo((init.Ordered, init.MaxPacketLifeTime, init.MaxRetransmits, init.Protocol)), label);
            Assert.That((await ours[label].RoundTripAsync(Pattern(5_000), true, timeout)).Data, Is.EqualTo(Pattern(5_000)), label);
            Assert.That(await call.Peer.CallAsync<bool>("roundTrip", "their " + label, 5_000), label);
        }
    }

    [Test, CancelAfter(20_000)]
    public async Task NegotiatedChannel_WithTheSameId_OpensOnBothSides([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = call.Connection.CreateDataChannel("agreed", new RTCDataChannelInit { Negotiated = true, Id = 7 });
        await call.Peer.CallAsync("open", "agreed", new RTCDataChannelInit { Negotiated = true, Id = 7 });
        await ExchangeAsync(call, weOffer);
        await channel.OpensAsync(timeout);
        Assert.That((await channel.RoundTripAsync(Pattern(100), true, timeout)).Data, Is.EqualTo(Pattern(100)));
        Assert.That(channel.Id, Is.EqualTo(7));
    }

    [Test, CancelAfter(20_000)]
    public async Task Close_FromEitherSide_ClosesTheOtherAndLeavesTheRest(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel first = call.Connection.CreateDataChannel("first"), second = call.Connection.CreateDataChannel("second"), third = call.Connection.CreateDataChannel("third");
        await call.OfferAsync();
        foreach (RTCDataChannel channel in new[] { first, second, third }) await channel.OpensAsync(timeout);
        await call.Peer.CallAsync("readyState", "second", "open");
        first.Close();
        await call.Peer.CallAsync("readyState", "first", "closed");
        await first.ClosesAsync(timeout);
        Task closes = second.ClosesAsync(timeout);
        await call.Peer.CallAsync("closeChannel", "second");
        await closes;
        await call.Peer.CallAsync("readyState", "second", "closed");
        Assert.That((await third.RoundTripAsync(Pattern(100), true, timeout)).Data, Is.EqualTo(Pattern(100)));
        RTCDataChannel again = call.Connection.CreateDataChannel("again");           // the closed channels' ids are free
        await again.OpensAsync(timeout);
        Assert.That((await again.RoundTripAsync(Pattern(100), true, timeout)).Data, Is.EqualTo(Pattern(100)));
    }

    [Test, CancelAfter(20_000)]
    public async Task BufferedAmount_WhileMuchIsSent_RisesAndFalls(CancellationToken timeout)
    {
        const int Count = 64, Size = 60_000;                      // Pion takes no 65 536 bytes
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = call.Connection.CreateDataChannel("bulk");
        await call.OfferAsync();
        await channel.OpensAsync(timeout);
        TaskCompletionSource isLow = new(TaskCreationOptions.RunContinuationsAsynchronously), isBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long returned = 0;
        channel.BufferedAmountLowThreshold = Size;
        channel.OnBufferedAmountLow += (_, _) => isLow.TrySetResult();
        channel.OnMessage += (_, message) =>
        {
            if ((returned += message.Data.Length) == Count * Size) isBack.SetResult();
        };
        for (int i = 0; i < Count; i++) channel.Send(Pattern(Size));
        Assert.That(channel.BufferedAmount, Is.GreaterThan(Size));
        await isLow.Task.WithinAsync(timeout);
        await isBack.Task.WithinAsync(timeout);
        Assert.That(channel.BufferedAmount, Is.Zero);
        while (await call.Peer.CallAsync<long>("bufferedAmount", "bulk") > 0) timeout.ThrowIfCancellationRequested();     // until our last SACK is there
        if (!HasStatistics) return;
        JsonElement statistics = await call.StatAsync("data-channel");
        Assert.That(statistics.GetProperty("bytesReceived").GetInt64(), Is.EqualTo(Count * Size));
        Assert.That(statistics.GetProperty("messagesSent").GetInt64(), Is.EqualTo(Count));
    }

    // Browsers count as we do, and tell; of the others each has its own idea of getStats.
    private bool HasStatistics => PeerName is PeerHost.Chromium or PeerHost.Firefox;

    // The bindings of libdatachannel and libwebrtc for Node.js tell neither order nor absent limits of channels that were announced to them.
    private bool DescribesChannels => PeerName is not (PeerHost.LibDataChannel or PeerHost.LibWebRtc);

    // aiortc counts the characters of a protocol where RFC 8832 §5.1 counts its bytes.
    private string Protocol(string protocol) => PeerName == PeerHost.Aiortc ? protocol.Replace("üß", "uess", StringComparison.Ordinal) : protocol;

    // What a peer takes is also the largest that it can send back.
    private static IEnumerable<int> SizesUpTo(double limit) => s_sizes.Where(size => size <= limit);

    private static Task ExchangeAsync(PeerCall call, bool weOffer) => weOffer ? call.OfferAsync() : call.AnswerAsync();

    private static byte[] Pattern(int size) => [.. Enumerable.Range(0, size).Select(i => (byte)((i * 31) + (i >> 8)))];
}
