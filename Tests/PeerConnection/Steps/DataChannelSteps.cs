using WebRtcStack.Sctp;
using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §6: data channels.</summary>
public sealed class DataChannelSteps
{
    [Test]
    public void CreateDataChannel_Steps5To17_WhatIsWrong_ThrowsTypeError()
    {
        using PeerSimulation simulation = new(1);
        RTCPeerConnection connection = simulation.Left;
        Assert.Multiple(() =>
        {
            Assert.That(() => connection.CreateDataChannel(new string('ä', 32_768)), Throws.ArgumentException, "step 5: 65536 bytes of UTF-8");
            Assert.That(() => connection.CreateDataChannel("x", new RTCDataChannelInit { Protocol = new string('p', 65_536) }), Throws.ArgumentException, "step 11");
            Assert.That(() => connection.CreateDataChannel("x", new RTCDataChannelInit { Negotiated = true }), Throws.ArgumentException, "step 14");
            Assert.That(() => connection.CreateDataChannel("x", new RTCDataChannelInit { MaxRetransmits = 1, MaxPacketLifeTime = 1 }), Throws.ArgumentException, "step 15");
            Assert.That(() => connection.CreateDataChannel("x", new RTCDataChannelInit { Negotiated = true, Id = 65_535 }), Throws.ArgumentException, "step 17");
            Assert.That(connection.CreateDataChannel(new string('l', 65_535)).Label, Has.Length.EqualTo(65_535));
        });
    }

    [Test]
    public void CreateDataChannel_Steps7To13_SetTheSlots()
    {
        using PeerSimulation simulation = new(2);
        RTCDataChannel plain = simulation.Left.CreateDataChannel("a", new RTCDataChannelInit { Id = 7 });
        RTCDataChannel full = simulation.Left.CreateDataChannel("b", new RTCDataChannelInit { Ordered = false, MaxRetransmits = 3, Protocol = "p", Negotiated = true, Id = 9 });
        RTCDataChannel timed = simulation.Left.CreateDataChannel("c", new RTCDataChannelInit { MaxPacketLifeTime = 500 });
        Assert.Multiple(() =>
        {
            Assert.That((plain.Ordered, plain.MaxPacketLifeTime, plain.MaxRetransmits, plain.Protocol, plain.Negotiated, plain.Id),
                Is.EqualTo((true, (ushort?)null, (ushort?)null, "", false, (ushort?)null)), "step 13: an id is for negotiated channels");
            Assert.That((full.Ordered, full.MaxRetransmits, full.Protocol, full.Negotiated, full.Id), Is.EqualTo((false, (ushort?)3, "p", true, (ushort?)9)));
            Assert.That(timed.MaxPacketLifeTime, Is.EqualTo(500));
            Assert.That((plain.ReadyState, plain.BufferedAmount, plain.BufferedAmountLowThreshold), Is.EqualTo((RTCDataChannelState.Connecting, 0L, 0L)));
        });
    }

    [Test]
    public void CreateDataChannel_Step18_AnIdInUse_ThrowsOperationError()
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.CreateDataChannel("a", new RTCDataChannelInit { Negotiated = true, Id = 4 });
        Refuses("OperationError", () => simulation.Left.CreateDataChannel("b", new RTCDataChannelInit { Negotiated = true, Id = 4 }));
    }

    [Test]
    public void CreateDataChannel_Step18_OnceTheRoleIsNegotiated_HasItsIdAtOnce()
    {
        using PeerSimulation simulation = new(4);
        RTCDataChannel early = simulation.Left.CreateDataChannel("early");
        simulation.Left.CreateDataChannel("taken", new RTCDataChannelInit { Negotiated = true, Id = 1 });
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            Assert.That(simulation.Right.CreateDataChannel("r").Id, Is.EqualTo(0), "the answerer is the DTLS client: even");
            Assert.That(early.Id, Is.Null);
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
            Assert.That(early.Id, Is.EqualTo(3), "§4.4.1.4, step 4.10.2: with the answer; 1 is taken");
            Assert.That(simulation.Left.CreateDataChannel("late").Id, Is.EqualTo(5));
        });
        simulation.RunUntil(() => early.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30));
        Assert.That(early.Id, Is.EqualTo(3), "§6.2.9: it does not change");
    }

    [Test]
    public void CreateDataChannel_Step19_AnIdBeyondWhatWasNegotiated_ThrowsOperationError()
    {
        using PeerSimulation simulation = new(5, options: new WebRtcOptions { Sctp = new SctpOptions { Streams = 16 } });
        RTCDataChannel first = simulation.Left.CreateDataChannel("first");
        RTCDataChannel tooLarge = simulation.Left.CreateDataChannel("later", new RTCDataChannelInit { Negotiated = true, Id = 99 });
        List<string> log = [];
        tooLarge.OnError += (_, e) => log.Add($"error {e.Error.ErrorDetail.ToW3CString()}");
        tooLarge.OnClose += (_, _) => log.Add("close");
        simulation.RunUntil(() => first.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        simulation.Settle();
        Assert.That(simulation.Left.Sctp!.MaxChannels, Is.EqualTo(16));
        Assert.That((string.Join(", ", log), tooLarge.ReadyState), Is.EqualTo(("error data-channel-failure, close", RTCDataChannelState.Closed)), "§6.2.7");
        Refuses("OperationError", () => simulation.Left.CreateDataChannel("z", new RTCDataChannelInit { Negotiated = true, Id = 16 }));
        Assert.That(simulation.Left.CreateDataChannel("z", new RTCDataChannelInit { Negotiated = true, Id = 14 }).Id, Is.EqualTo(14));
    }

    [Test]
    public void Connected_FiresStateChangeBeforeTheChannelsOpen()                               // §6.1.3.3, step 5
    {
        using PeerSimulation simulation = new(6);
        List<string> log = [];
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        channel.OnOpen += (_, _) => log.Add("open");
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        simulation.Left.Sctp!.OnStateChange += (_, _) => log.Add($"statechange {simulation.Left.Sctp.State.ToW3CString()}");
        simulation.Run(async () =>
        {
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        });
        simulation.RunUntil(() => log.Count == 2, TimeSpan.FromSeconds(30));
        Assert.That(log, Is.EqualTo(new[] { "statechange connected", "open" }));
    }

    [Test]
    public void Announce_Steps8To10_TheChannelIsOpenInItsEvent_AndOpenFollows()                  // §6.2.3
    {
        using PeerSimulation simulation = new(7);
        List<string> log = [];
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x", new RTCDataChannelInit { Protocol = "chat" });
        channel.OnMessage += (_, e) => log.Add($"message {e.Text}");
        simulation.Right.OnDataChannel += (_, e) =>
        {
            log.Add($"datachannel {e.Channel.ReadyState.ToW3CString()} {e.Channel.Protocol} {e.Channel.Negotiated}");
            e.Channel.OnOpen += (_, _) => log.Add("open");
            e.Channel.Send("from the handler");
        };
        simulation.RunUntil(() => log.Count == 3, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        Assert.That(log, Is.EqualTo(new[] { "datachannel open chat False", "open", "message from the handler" }));
        Assert.That(new RTCDataChannelEvent(channel).Channel, Is.SameAs(channel));
    }

    [Test]
    public void Close_Steps2To4_GoesThroughClosing_AndThePeerIsTold()                            // §6.2.4, §6.2.5, §6.2.10
    {
        using PeerSimulation simulation = new(8);
        List<string> log = [];
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        RTCDataChannel? other = null;
        simulation.Right.OnDataChannel += (_, e) =>
        {
            other = e.Channel;
            other.OnClosing += (_, _) => log.Add($"closing {other.ReadyState.ToW3CString()}");
            other.OnClose += (_, _) => log.Add($"close {other.ReadyState.ToW3CString()}");
        };
        channel.OnClosing += (_, _) => log.Add("own closing");
        channel.OnClose += (_, _) => log.Add("own close");
        simulation.RunUntil(() => other is not null && channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        channel.Close();
        Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Closing));
        channel.Close();
        Refuses("InvalidStateError", () => channel.Send("x"));
        simulation.Settle();
        Assert.That(log, Is.EquivalentTo(new[] { "closing closing", "close closed", "own close" }), "step 4: no closing event for who has called close");
        Assert.That((channel.ReadyState, other!.ReadyState), Is.EqualTo((RTCDataChannelState.Closed, RTCDataChannelState.Closed)));
    }

    [Test]
    public void Announce_Step10_AChannelThatTheHandlerCloses_IsNotToldOpen()                     // §6.2.2, step 3
    {
        using PeerSimulation simulation = new(14);
        List<string> log = [];
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Right.OnDataChannel += (_, e) =>
        {
            e.Channel.OnOpen += (_, _) => log.Add("open");
            e.Channel.OnClosing += (_, _) => log.Add("closing");
            e.Channel.OnClose += (_, _) => log.Add("close");
            e.Channel.Close();
            log.Add(e.Channel.ReadyState.ToW3CString());
        };
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Closed, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "closing", "close" }), "the state, and the one event");
    }

    [Test]
    public void CreateDataChannel_Step4_LoneSurrogates_BecomeReplacementCharacters()             // WebIDL, USVString
    {
        using PeerSimulation simulation = new(15);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("a\uD800b", new RTCDataChannelInit { Protocol = "\uDFFF" });
        Assert.That((channel.Label, channel.Protocol), Is.EqualTo(("a\uFFFDb", "\uFFFD")));
        Assert.That(simulation.Left.CreateDataChannel("\U0001F600").Label, Is.EqualTo("\U0001F600"));
    }

    [Test]
    public void Close_Step3_OfTheConnection_LeavesBufferedAmountAndFiresNothing()                // §4.4.2, close, step 5; §6.2.9
    {
        using PeerSimulation simulation = new(16);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        bool fired = false;
        channel.OnClose += (_, _) => fired = true;
        channel.Send(new byte[1000]);
        simulation.Left.Close();
        simulation.Settle();
        Assert.That((channel.ReadyState, channel.BufferedAmount, fired), Is.EqualTo((RTCDataChannelState.Closed, 1000L, false)));
        Refuses("InvalidStateError", () => channel.Send("x"));
    }

    [Test]
    public void Close_BeforeThereIsATransport_Closes()
    {
        using PeerSimulation simulation = new(9);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        bool closed = false;
        channel.OnClose += (_, _) => closed = true;
        channel.Close();
        simulation.Settle();
        Assert.That((closed, channel.ReadyState), Is.EqualTo((true, RTCDataChannelState.Closed)));
    }

    [Test]
    public void Send_Steps3To6_RefuseWhatCannotBeSent()                                          // §6.2.10
    {
        using PeerSimulation simulation = new(10, options: new WebRtcOptions { Sctp = new SctpOptions { MaxMessageSize = 2048, MaxSendBuffer = 16 * 1024 } });
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        Refuses("InvalidStateError", () => channel.Send("x"));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        Assert.That(simulation.Left.Sctp!.MaxMessageSize, Is.EqualTo(2048));
        Assert.That(() => channel.Send(new byte[2049]), Throws.ArgumentException, "step 5");
        for (int i = 0; i < 8; i++) channel.Send(new byte[2048]);
        Assert.That(channel.BufferedAmount, Is.EqualTo(16 * 1024), "step 8");
        Refuses("OperationError", () => channel.Send("x"));                                       // step 6
        bool low = false;
        channel.OnBufferedAmountLow += (_, _) => low = true;
        simulation.RunUntil(() => low, TimeSpan.FromSeconds(30));
        Assert.That(channel.BufferedAmount, Is.Zero);
    }

    [Test]
    public void MaxMessageSize_OfAPeerWithoutLimit_IsOurBuffer()                                 // §6.1.3.2, step 5
    {
        using PeerSimulation simulation = new(11);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            await simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = offer.Sdp.Replace("a=max-message-size:262144", "a=max-message-size:0", StringComparison.Ordinal) });
            await simulation.Right.SetLocalDescriptionAsync();
        });
        Assert.That(simulation.Right.Sctp!.MaxMessageSize, Is.EqualTo(new SctpOptions().MaxSendBuffer));
    }

    [Test]
    public void AssociationEnds_EachChannelHasItsErrorAndCloses()                                // §6.2.5, step 5
    {
        using PeerSimulation simulation = new(12);
        List<string> log = [];
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        channel.OnError += (_, e) => log.Add($"error {e.Error.ErrorDetail.ToW3CString()} {e.Error.SctpCauseCode}");
        channel.OnClose += (_, _) => log.Add("close");
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        simulation.Right.Close();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Closed, TimeSpan.FromSeconds(30));
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "error sctp-failure 12", "close" }));
        Assert.That(simulation.Left.Sctp!.State, Is.EqualTo(RTCSctpTransportState.Closed));
    }
}
