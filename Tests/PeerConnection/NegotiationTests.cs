using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Offer and answer between two connections (webrtc-pc §4.4, RFC 8829), in virtual time.</summary>
public sealed class NegotiationTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static void Echo(RTCPeerConnection connection) =>
        connection.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => e.Channel.Send(message.Text);

    private static RTCDataChannel ConnectWithEcho(PeerSimulation simulation, List<string> echoed)
    {
        Echo(simulation.Right);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("chat");
        channel.OnMessage += (_, message) => echoed.Add(message.Text);
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        return channel;
    }

    private static void AssertEchoes(PeerSimulation simulation, RTCDataChannel channel, List<string> echoed, string text)
    {
        channel.Send(text);
        simulation.RunUntil(() => echoed.Contains(text), s_minute);
    }

    [Test]
    public void States_OfAConnection_PassInTheOrderOfTheSpecification()
    {
        using PeerSimulation simulation = new(1);
        List<string> states = [];
        simulation.Left.OnSignalingStateChange += (_, _) => states.Add($"signaling {simulation.Left.SignalingState.ToW3CString()}");
        simulation.Left.OnIceGatheringStateChange += (_, _) => states.Add($"gathering {simulation.Left.IceGatheringState.ToW3CString()}");
        simulation.Left.OnIceConnectionStateChange += (_, _) => states.Add($"ice {simulation.Left.IceConnectionState.ToW3CString()}");
        simulation.Left.OnConnectionStateChange += (_, _) => states.Add($"connection {simulation.Left.ConnectionState.ToW3CString()}");
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(states, Is.SupersetOf(new[]
        {
            "signaling have-local-offer", "gathering gathering", "gathering complete", "signaling stable", "ice checking", "connection connecting",
            "ice connected", "connection connected",
        }), simulation.Time.Timeline);
        Assert.That(states.IndexOf("connection connecting"), Is.LessThan(states.IndexOf("connection connected")));
        Assert.That(states.Distinct().Count(), Is.EqualTo(states.Count), "no state is announced twice");
    }

    [Test]
    public void LocalDescription_AfterGathering_HasTheCandidates()
    {
        using PeerSimulation simulation = new(1);
        simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, s_minute, simulation.Left.SetLocalDescriptionAsync());
        Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Contain("a=candidate:").And.Contain("192.0.2.1").And.Contain("a=end-of-candidates"));
    }

    [Test]
    public void Channels_OfEveryKind_KeepTheirPropertiesAndMessages()
    {
        using PeerSimulation simulation = new(3);
        Dictionary<string, RTCDataChannel> announced = [];
        List<string> received = [];
        simulation.Right.OnDataChannel += (_, e) =>
        {
            announced.Add(e.Channel.Label, e.Channel);
            e.Channel.OnMessage += (_, message) => received.Add($"{e.Channel.Label}: {(message.IsBinary ? Convert.ToHexString(message.Data.Span) : message.Text)}");
        };
        RTCDataChannel[] channels =
        [
            simulation.Left.CreateDataChannel("reliable", new RTCDataChannelInit { Protocol = "p" }),
            simulation.Left.CreateDataChannel("unordered", new RTCDataChannelInit { Ordered = false }),
            simulation.Left.CreateDataChannel("retransmits", new RTCDataChannelInit { MaxRetransmits = 3 }),
            simulation.Left.CreateDataChannel("lifetime", new RTCDataChannelInit { MaxPacketLifeTime = 500, Ordered = false, Priority = RTCPriorityType.High }),
        ];
        foreach (RTCDataChannel channel in channels)
        {
            channel.OnOpen += (_, _) =>
            {
                channel.Send("text");
                channel.Send(new byte[] { 1, 2 });
                channel.Send("");
                channel.Send([]);
            };
        }
        simulation.RunUntil(() => received.Count == 16, s_minute, simulation.NegotiateAsync());
        Assert.Multiple(() =>
        {
            foreach (RTCDataChannel channel in channels)
            {
                RTCDataChannel twin = announced[channel.Label];
                Assert.That((twin.Ordered, twin.MaxRetransmits, twin.MaxPacketLifeTime, twin.Protocol, twin.Id),
                    Is.EqualTo((channel.Ordered, channel.MaxRetransmits, channel.MaxPacketLifeTime, channel.Protocol, channel.Id)), channel.Label);
                Assert.That(received, Does.Contain($"{channel.Label}: text").And.Contain($"{channel.Label}: 0102").And.Contain($"{channel.Label}: "));
            }
        });
    }

    [Test]
    public void NegotiatedChannel_OnBothSides_CarriesMessagesUnannounced()
    {
        using PeerSimulation simulation = new(4);
        bool announced = false;
        string? got = null;
        simulation.Right.OnDataChannel += (_, _) => announced = true;
        RTCDataChannelInit init = new() { Negotiated = true, Id = 7 };
        RTCDataChannel left = simulation.Left.CreateDataChannel("l", init), right = simulation.Right.CreateDataChannel("r", init);
        right.OnMessage += (_, message) => got = message.Text;
        left.OnOpen += (_, _) => left.Send("hi");
        simulation.RunUntil(() => got is not null, s_minute, simulation.NegotiateAsync());
        Assert.That((got, announced, left.Id), Is.EqualTo(("hi", false, (ushort?)7)));
    }

    [Test]
    public void Close_OfAChannel_DeliversWhatWasSentThenEndsBothSides()
    {
        using PeerSimulation simulation = new(5);
        int received = 0;
        List<string> events = [];
        simulation.Right.OnDataChannel += (_, e) =>
        {
            e.Channel.OnMessage += (_, _) => received++;
            e.Channel.OnClosing += (_, _) => events.Add($"closing {received}");
            e.Channel.OnClose += (_, _) => events.Add($"close {received}");
        };
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        bool closed = false;
        channel.OnClose += (_, _) => closed = true;
        channel.OnOpen += (_, _) =>
        {
            for (int i = 0; i < 50; i++) channel.Send(new byte[10_000]);
            channel.Close();
        };
        simulation.RunUntil(() => closed && events.Count == 2, s_minute, simulation.NegotiateAsync());
        Assert.That(events, Is.EqualTo(new[] { "closing 50", "close 50" }));
        Assert.Throws<DOMException>(() => channel.Send("late"));
    }

    [Test]
    public void IceRestart_WhileMessagesFlow_LosesNone([Values] bool byOfferer)
    {
        using PeerSimulation simulation = new(6);
        List<string> echoed = [];
        RTCDataChannel channel = ConnectWithEcho(simulation, echoed);
        string before = simulation.Left.CurrentLocalDescription!.Sdp.Split("a=ice-ufrag:")[1][..8];
        (byOfferer ? simulation.Left : simulation.Right).RestartIce();
        Task negotiation = simulation.NegotiateAsync(leftOffers: byOfferer);
        for (int i = 0; i < 200; i++)
        {
            channel.Send($"{i}");
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(10));
        }
        simulation.RunUntil(() => negotiation.IsCompleted && echoed.Count == 200, s_minute, negotiation);
        Assert.Multiple(() =>
        {
            Assert.That(echoed, Is.EqualTo(Enumerable.Range(0, 200).Select(i => $"{i}")));
            Assert.That(simulation.Left.CurrentLocalDescription!.Sdp, Does.Not.Contain(before));
            Assert.That(simulation.BothConnected);
        });
    }

    [Test]
    public void Renegotiation_TenTimes_AddsAndStopsMediaWhileDataFlows()
    {
        using PeerSimulation simulation = new(7);
        List<string> echoed = [];
        RTCDataChannel channel = ConnectWithEcho(simulation, echoed);
        for (int round = 0; round < 10; round++)
        {
            bool leftOffers = round % 2 == 0;
            RTCPeerConnection offerer = leftOffers ? simulation.Left : simulation.Right;
            if (round % 3 == 2) offerer.GetTransceivers()[0].Stop();
            else offerer.AddTransceiver(round % 2 == 0 ? MediaKind.Video : MediaKind.Audio);
            Task negotiation = simulation.NegotiateAsync(leftOffers);
            simulation.RunUntil(() => negotiation.IsCompleted, s_minute, negotiation);
            AssertEchoes(simulation, channel, echoed, $"round {round}");
        }
        Assert.That(simulation.Left.GetTransceivers().Select(transceiver => transceiver.Mid),
            Is.EquivalentTo(simulation.Right.GetTransceivers().Select(transceiver => transceiver.Mid)));
    }

    [Test]
    public void Media_BothWays_ArrivesAsItWasSent()
    {
        using PeerSimulation simulation = new(8);
        LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
        simulation.Left.AddTrack(audio, new MediaStream("stream"));
        simulation.Left.AddTrack(video, new MediaStream("stream"));
        List<string> received = [], echoed = [];
        List<string> streams = [];
        int keyFrameRequests = 0;
        video.OnKeyFrameRequested += (_, _) => keyFrameRequests++;
        simulation.Right.OnTrack += (_, e) =>
        {
            streams.AddRange(e.Streams.Select(stream => stream.Id));
            LocalMediaStreamTrack echo = new(e.Track.Kind);
            e.Transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
            e.Transceiver.Sender.ReplaceTrackAsync(echo);
            RemoteMediaStreamTrack remote = (RemoteMediaStreamTrack)e.Track;
            remote.OnRtpPacket += (_, packet) =>
            {
                received.Add($"{remote.Kind} {packet.Fields.PayloadType} {packet.Fields.Marker} {Convert.ToHexString(packet.Payload.Span)}");
                echo.WriteRtp(packet.Fields, packet.Payload.Span);
                if (received.Count == 10) remote.RequestKeyFrame();
            };
        };
        simulation.Left.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, packet) => echoed.Add($"{e.Track.Kind} {packet.Payload.Span[0]}");
        simulation.Connect();
        for (byte i = 0; i < 100; i++)
        {
            audio.WriteRtp(new RtpPacketFields(111, i, (uint)(i * 960), false), [i]);
            video.WriteRtp(new RtpPacketFields(96, i, (uint)(i * 3000), true), [i, 7]);
            video.WriteRtp(new RtpPacketFields(13, i, 0, true), [99]);           // a payload type that was not negotiated
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        simulation.RunUntil(() => echoed.Count == 200, s_minute);
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            Assert.That(received, Has.Count.EqualTo(200));
            Assert.That(received, Does.Contain("Audio 111 False 05").And.Contain("Video 96 True 0507"));
            Assert.That(streams, Is.EqualTo(new[] { "stream", "stream" }));
            Assert.That(keyFrameRequests, Is.EqualTo(1));
            Assert.That(simulation.Left.GetReceivers().Select(receiver => receiver.Track.Muted), Is.All.False);
        });
    }

    [Test]
    public void RemoteOffer_OnTopOfALocalOne_RollsBackAndConnects()           // webrtc-pc §4.4.1.5: implicit rollback
    {
        using PeerSimulation simulation = new(9);
        simulation.Left.CreateDataChannel("l");
        simulation.Right.CreateDataChannel("r");
        simulation.Right.AddTransceiver(MediaKind.Audio);
        Task early = simulation.Right.SetLocalDescriptionAsync();
        simulation.RunUntil(() => early.IsCompleted, s_minute, early);
        Assert.That(simulation.Right.SignalingState, Is.EqualTo(RTCSignalingState.HaveLocalOffer));
        simulation.Connect();
        Assert.That(simulation.Right.GetTransceivers().Single().Mid, Is.Null, "its section was rolled back");
        Task second = simulation.NegotiateAsync(leftOffers: false);
        simulation.RunUntil(() => second.IsCompleted, s_minute, second);
        Assert.That(simulation.Left.GetTransceivers().Single().Mid, Is.EqualTo(simulation.Right.GetTransceivers().Single().Mid));
    }

    [Test]
    public void NegotiationNeeded_ComesOnceForSeveralChanges_AndAgainWhenNeeded()
    {
        using PeerSimulation simulation = new(10);
        int needed = 0;
        simulation.Left.OnNegotiationNeeded += (_, _) => needed++;
        simulation.Left.CreateDataChannel("a");
        simulation.Left.CreateDataChannel("b");
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(needed, Is.EqualTo(1));
        simulation.Connect();
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(needed, Is.EqualTo(1), "the exchange has settled it");
        simulation.Left.CreateDataChannel("c");
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(needed, Is.EqualTo(1), "a further channel needs none");
        simulation.Left.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.Inactive;
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(needed, Is.EqualTo(2));
    }

    [Test]
    public void WrongFingerprint_FailsTheConnection_AndSaysWhy()              // RFC 8122 §6.2
    {
        using PeerSimulation simulation = new(11);
        bool received = false;
        string? reason = null;
        simulation.Right.OnDataChannel += (_, _) => received = true;
        simulation.Left.CreateDataChannel("x").OnOpen += (sender, _) => ((RTCDataChannel)sender!).Send("secret");
        Task negotiation = Negotiate();
        simulation.RunUntil(() => simulation.Left.ConnectionState == RTCPeerConnectionState.Failed && simulation.Right.ConnectionState == RTCPeerConnectionState.Failed, s_minute, negotiation);
        Assert.Multiple(() =>
        {
            Assert.That(reason, Does.Contain("fingerprint"));
            Assert.That(received, Is.False);
        });

        async Task Negotiate()
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            RTCSessionDescription answer = simulation.Right.LocalDescription!;
            string fingerprint = answer.Sdp.Split("a=fingerprint:sha-256 ")[1][..2];
            string wrong = fingerprint == "00" ? "01" : "00";
            Task applied = simulation.Left.SetRemoteDescriptionAsync(answer with { Sdp = answer.Sdp.Replace("sha-256 " + fingerprint, "sha-256 " + wrong, StringComparison.Ordinal) });
            simulation.Left.OnConnectionStateChange += (_, _) => { };
            await applied;
            simulation.Left.Sctp!.Transport.OnError += (_, e) => reason = e.Error.Message;
        }
    }

    [Test]
    public void Close_OnOneSide_TellsTheOtherAndRaisesNothingMore()
    {
        using PeerSimulation simulation = new(12);
        List<string> echoed = [];
        bool peerClosed = false, eventAfterClose = false;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnClose += (_, _) => peerClosed = true;
        RTCDataChannel channel = ConnectWithEcho(simulation, echoed);
        simulation.Left.Close();
        channel.OnClose += (_, _) => eventAfterClose = true;
        simulation.Left.OnConnectionStateChange += (_, _) => eventAfterClose = true;
        simulation.Left.OnSignalingStateChange += (_, _) => eventAfterClose = true;
        simulation.RunUntil(() => peerClosed, TimeSpan.FromSeconds(2));
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That(simulation.Left.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Closed));
            Assert.That(simulation.Left.SignalingState, Is.EqualTo(RTCSignalingState.Closed));
            Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
            Assert.That(eventAfterClose, Is.False);
            Assert.That(simulation.LeftHost.OpenSockets, Is.Zero);
            Assert.Throws<DOMException>(() => simulation.Left.CreateDataChannel("y"));
        });
    }

    [Test]
    public void LiteAgent_SaysSo_AndLeavesControlToTheFullOne([Values] bool liteOffers)       // RFC 8445 §6.1.1, RFC 8839 §5.3
    {
        using PeerSimulation simulation = new(14);
        using RTCPeerConnection lite = new(new RTCConfiguration(), simulation.Options with { Transport = simulation.RightLoop, Ice = new() { IsLite = true } });
        RTCPeerConnection full = simulation.Left, offerer = liteOffers ? lite : full, answerer = liteOffers ? full : lite;
        full.OnIceCandidate += (_, e) => { if (e.Candidate is not null) lite.AddIceCandidateAsync(e.Candidate); };
        lite.OnIceCandidate += (_, e) => { if (e.Candidate is not null) full.AddIceCandidateAsync(e.Candidate); };
        offerer.CreateDataChannel("x");
        simulation.RunUntil(() => full.ConnectionState == RTCPeerConnectionState.Connected && lite.ConnectionState == RTCPeerConnectionState.Connected, s_minute, Negotiate());
        Assert.Multiple(() =>
        {
            Assert.That(lite.LocalDescription!.Sdp, Does.Contain("a=ice-lite"));
            Assert.That(full.LocalDescription!.Sdp, Does.Not.Contain("a=ice-lite"));
            Assert.That(full.Sctp!.Transport.IceTransport.Role, Is.EqualTo(RTCIceRole.Controlling));
        });

        async Task Negotiate()
        {
            await offerer.SetLocalDescriptionAsync();
            await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
            await answerer.SetLocalDescriptionAsync();
            await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        }
    }

    [Test]
    public void Outage_OfAMinute_EndsInFailed_AndARestartBringsItBack()
    {
        using PeerSimulation simulation = new(13);
        List<string> echoed = [];
        RTCDataChannel channel = ConnectWithEcho(simulation, echoed);
        PathOptions good = simulation.LeftHost.Interfaces[0].Path;
        simulation.LeftHost.Interfaces[0].Path = good with { Loss = 1 };
        simulation.RunUntil(() => simulation.Left.ConnectionState == RTCPeerConnectionState.Failed, TimeSpan.FromSeconds(60));
        simulation.LeftHost.Interfaces[0].Path = good;
        simulation.Left.RestartIce();
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected, s_minute, negotiation);
        AssertEchoes(simulation, channel, echoed, "back");
    }
}
