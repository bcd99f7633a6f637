using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>How data channels end (webrtc-pc §6.2, RFC 8831 §6.7).</summary>
[TestFixture]
public sealed class DataChannelEndTests
{
    // RTCErrorDetailType sctp-failure with the cause code of the peer's ABORT (RFC 9260 §3.3.10.12).
    [Test]
    public void Close_OfThePeersConnection_FailsTheChannelWithItsCause()
    {
        using PeerSimulation simulation = new(1);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        RTCError? error = null;
        bool closed = false;
        channel.OnError += (_, e) => error = e.Error;
        channel.OnClose += (_, _) => closed = true;
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        simulation.Right.Close();
        simulation.RunUntil(() => closed, TimeSpan.FromMinutes(1));
        Assert.That((error?.ErrorDetail, error?.SctpCauseCode), Is.EqualTo(((RTCErrorDetailType?)RTCErrorDetailType.SctpFailure, (int?)12)));
        Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
    }

    // §6.2, bufferedAmount: it does not reset to zero once the channel closes.
    [Test]
    public void BufferedAmount_OfAClosedChannel_StaysWhatWasNotSent()
    {
        using PeerSimulation simulation = new(2);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        bool closed = false;
        channel.OnClose += (_, _) => closed = true;
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        for (int i = 0; i < 40; i++) channel.Send(new byte[65_536]);
        Assert.That(channel.BufferedAmount, Is.EqualTo(40 * 65_536));
        simulation.Time.RunFor(TimeSpan.FromMilliseconds(15));
        simulation.Right.Close();
        simulation.RunUntil(() => closed, TimeSpan.FromMinutes(1));
        Assert.That(channel.BufferedAmount, Is.InRange(1, 40 * 65_536 - 1));
        long left = channel.BufferedAmount;
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(channel.BufferedAmount, Is.EqualTo(left));
    }

    // §6.2, close(): what was sent before is delivered first, also what the transport had no room for yet.
    [Test]
    public void Close_WithMoreBufferedThanTheTransportTakes_DeliversItAll()
    {
        WebRtcOptions options = new();
        using PeerSimulation simulation = new(3, options: options with { Sctp = options.Sctp with { MaxSendBuffer = 400_000 } });
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel[] channels = [.. Enumerable.Range(0, 5).Select(i => simulation.Left.CreateDataChannel($"{i}"))];
        simulation.RunUntil(() => channels.All(c => c.ReadyState == RTCDataChannelState.Open), TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        foreach (RTCDataChannel channel in channels)
        {
            for (int i = 0; i < 6; i++) channel.Send(new byte[60_000]);
            channel.Close();
            Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Closing));
        }
        simulation.RunUntil(() => channels.All(c => c.ReadyState == RTCDataChannelState.Closed), TimeSpan.FromMinutes(1));
        Assert.That(received, Is.EqualTo(30));
        Assert.That(channels.Select(c => c.BufferedAmount), Is.All.Zero);
    }

    // §6.2: the channel fails, and neither the loop nor the connection.
    [Test]
    public void CreateDataChannel_AfterTheAssociationEnded_FailsThatChannel()
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        RTCDataChannel[] both = [.. Enumerable.Range(0, 2).Select(id => simulation.Right.CreateDataChannel($"{id}", new RTCDataChannelInit { Negotiated = true, Id = (ushort)(id + 10) }))];
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(both.Select(c => c.ReadyState), Is.All.EqualTo(RTCDataChannelState.Open));
        simulation.Left.Close();
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        RTCError? error = null;
        RTCDataChannel late = simulation.Right.CreateDataChannel("late");
        late.OnError += (_, e) => error = e.Error;
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(error?.ErrorDetail, Is.EqualTo(RTCErrorDetailType.DataChannelFailure), "the association has ended");
    }

    [Test]
    public void OpenHandler_ThatComesAfterTheChannelHasOpenedUnheard_IsTold()
    {
        using PeerSimulation simulation = new(6);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        int first = 0, second = 0;
        channel.OnOpen += (_, _) => first++;
        channel.OnOpen += (_, _) => second++;
        Assert.That(first, Is.Zero, "not while it is attached");
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        channel.OnOpen += (_, _) => Assert.Fail("it was heard");
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That((first, second), Is.EqualTo((1, 1)), "both, since the task that tells comes after them");
    }
}
