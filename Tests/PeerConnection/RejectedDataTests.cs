using System.Text.RegularExpressions;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>The section of data channels is rejected (RFC 8841 §10.3, §10.4; webrtc-pc §4.4.1.5, step 4.8), and comes back (RFC 8829 §5.2.2).</summary>
public sealed class RejectedDataTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static void RunTo(PeerSimulation simulation, Task task) => simulation.RunUntil(() => task.IsCompleted, s_minute, task);

    // The answering application wants no channels any more: it strikes their section out of the offer.
    private static RTCSessionDescription WithoutData(RTCSessionDescription offer)
    {
        string mid = offer.Sdp.Split("m=application")[1].Split("a=mid:")[1].Split("\r\n")[0];
        string sdp = Regex.Replace(offer.Sdp, "m=application [0-9]+", "m=application 0").Replace("a=bundle-only\r\n", "", StringComparison.Ordinal);
        return offer with { Sdp = string.Join("\r\n", sdp.Split("\r\n").Select(line => line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal) ? string.Join(" ", line.Split(' ').Where(word => word != mid)) : line)) };
    }

    private static async Task NegotiateAsync(PeerSimulation simulation, Func<RTCSessionDescription, RTCSessionDescription> munge)
    {
        RTCSessionDescription offer = await simulation.Left.SetLocalDescriptionAsync();
        await simulation.Right.SetRemoteDescriptionAsync(munge(offer));
        RTCSessionDescription answer = await simulation.Right.SetLocalDescriptionAsync();
        await simulation.Left.SetRemoteDescriptionAsync(answer);
    }

    [Test]
    public void Rejected_WhileChannelsAreOpen_EndsThemAndTheNextOnesWork([Values] bool withMedia, [Values] bool rightOpensNext)
    {
        using PeerSimulation simulation = new(1);
        if (withMedia) simulation.Left.AddTransceiver(MediaKind.Audio);
        RTCDataChannel first = simulation.Left.CreateDataChannel("first");
        List<RTCDataChannel> announced = [];
        simulation.Right.OnDataChannel += (_, e) => announced.Add(e.Channel);
        List<string> events = [];
        first.OnError += (_, _) => events.Add("error");
        first.OnClose += (_, _) => events.Add("close");
        simulation.Connect();
        simulation.RunUntil(() => first.ReadyState == RTCDataChannelState.Open && announced.Count == 1, s_minute);
        RTCSctpTransport before = simulation.Left.Sctp!;
        RunTo(simulation, NegotiateAsync(simulation, WithoutData));
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            Assert.That(simulation.Left.Sctp, Is.Null);
            Assert.That(simulation.Right.Sctp, Is.Null);
            Assert.That(before.State, Is.EqualTo(RTCSctpTransportState.Closed));
            Assert.That(first.ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
            Assert.That(announced[0].ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
            Assert.That(events, Is.EqualTo(new[] { "error", "close" }));
        });
        bool isNeeded = false;
        (RTCPeerConnection opener, RTCPeerConnection other) = rightOpensNext ? (simulation.Right, simulation.Left) : (simulation.Left, simulation.Right);
        opener.OnNegotiationNeeded += (_, _) => isNeeded = true;
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(isNeeded, Is.False, "nobody asks for what was just refused");
        RTCDataChannel second = opener.CreateDataChannel("second"), agreed = opener.CreateDataChannel("agreed", new RTCDataChannelInit { Negotiated = true, Id = 7 });
        RTCDataChannel theirs = other.CreateDataChannel("agreed", new RTCDataChannelInit { Negotiated = true, Id = 7 });
        List<string> received = [];
        theirs.OnMessage += (_, message) => received.Add(message.Text);
        simulation.Time.RunFor(TimeSpan.FromMilliseconds(10));
        Assert.That(isNeeded, "a channel asks for a section again");
        RunTo(simulation, simulation.NegotiateAsync(leftOffers: !rightOpensNext));
        simulation.RunUntil(() => second.ReadyState == RTCDataChannelState.Open && agreed.ReadyState == RTCDataChannelState.Open && theirs.ReadyState == RTCDataChannelState.Open, s_minute);
        agreed.Send("it works");
        simulation.RunUntil(() => received.Count == 1, s_minute);
        Assert.Multiple(() =>
        {
            Assert.That(simulation.Left.Sctp!.State, Is.EqualTo(RTCSctpTransportState.Connected));
            Assert.That(simulation.Left.Sctp, Is.Not.SameAs(before));
            Assert.That(simulation.Left.CurrentLocalDescription!.Sdp.Split("m=application"), Has.Length.EqualTo(2), "the section is used again");
            Assert.That(simulation.LeftLoop.Faults.Concat(simulation.RightLoop.Faults), Is.Empty);
        });
        RunTo(simulation, simulation.NegotiateAsync());
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(second.ReadyState, Is.EqualTo(RTCDataChannelState.Open), "a further exchange changes nothing");
    }

    [Test]
    public void Rejected_AtFirst_EndsTheChannelAndIsNotAskedForAgain()
    {
        using PeerSimulation simulation = new(2);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RTCDataChannel refused = simulation.Left.CreateDataChannel("refused");
        RunTo(simulation, NegotiateAsync(simulation, WithoutData));
        int needed = 0;
        simulation.Left.OnNegotiationNeeded += (_, _) => needed++;
        simulation.RunUntil(() => simulation.BothConnected, s_minute);
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(refused.ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
        Assert.That(needed, Is.Zero);
        RTCDataChannel next = simulation.Left.CreateDataChannel("next");
        simulation.Time.RunFor(TimeSpan.FromMilliseconds(10));
        RunTo(simulation, simulation.NegotiateAsync());
        simulation.RunUntil(() => next.ReadyState == RTCDataChannelState.Open, s_minute);
        Assert.That(needed, Is.EqualTo(1));
    }
}
