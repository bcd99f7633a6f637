using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.4.1.2 (operations chain), §4.4.1.4 (set the session description), §4.4.2 (createOffer to setRemoteDescription).</summary>
public sealed class DescriptionSteps
{
    [Test]
    public void CreateOffer_Step1_InHaveRemoteOffer_IsRejectedWithInvalidStateError()
    {
        using PeerSimulation simulation = new(1);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            await simulation.Right.SetRemoteDescriptionAsync(await simulation.Left.CreateOfferAsync());
            await RejectsAsync("InvalidStateError", simulation.Right.CreateOfferAsync());
            await RejectsAsync("InvalidStateError", simulation.Left.CreateAnswerAsync());
        });
    }

    [Test]
    public void SetLocalDescription_Steps4_2And4_3_AChangedText_IsRejectedWithInvalidModificationError()
    {
        using PeerSimulation simulation = new(2);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            await RejectsAsync("InvalidModificationError", simulation.Left.SetLocalDescriptionAsync(offer with { Sdp = offer.Sdp + "a=x\r\n" }));
            await simulation.Left.SetLocalDescriptionAsync(offer);
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            RTCSessionDescription answer = await simulation.Right.CreateAnswerAsync(new RTCAnswerOptions());
            Assert.That(answer.Type, Is.EqualTo(RTCSdpType.Answer));
            await RejectsAsync("InvalidModificationError", simulation.Right.SetLocalDescriptionAsync(answer with { Sdp = answer.Sdp + "a=x\r\n" }));
            await simulation.Right.SetLocalDescriptionAsync(answer);
        });
    }

    [Test]
    public void SetLocalDescription_Step4_1_WithoutType_TakesTheOneOfTheState()
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            await simulation.Left.SetLocalDescriptionAsync(new RTCLocalSessionDescriptionInit { Sdp = offer.Sdp });
            Assert.That(simulation.Left.PendingLocalDescription!.Type, Is.EqualTo(RTCSdpType.Offer));
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            await simulation.Right.SetLocalDescriptionAsync(new RTCLocalSessionDescriptionInit { Type = RTCSdpType.PrAnswer });
            Assert.That((simulation.Right.SignalingState, simulation.Right.PendingLocalDescription!.Type), Is.EqualTo((RTCSignalingState.HaveLocalPrAnswer, RTCSdpType.PrAnswer)));
            await simulation.Right.SetLocalDescriptionAsync();
            Assert.That((simulation.Right.SignalingState, simulation.Right.CurrentLocalDescription!.Type), Is.EqualTo((RTCSignalingState.Stable, RTCSdpType.Answer)));
        });
    }

    [Test]
    public void SetDescription_Step2_RollbackInStable_IsRejectedWithInvalidStateError()
    {
        using PeerSimulation simulation = new(4);
        simulation.Run(async () =>
        {
            await RejectsAsync("InvalidStateError", simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
            await RejectsAsync("InvalidStateError", simulation.Left.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
        });
    }

    [Test]
    public void SetDescription_Step4_5_EachFailure_HasItsErrorAndChangesNothing()
    {
        using PeerSimulation simulation = new(5);
        simulation.Left.CreateDataChannel("x");
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            List<string> log = Record(simulation.Right);
            await RejectsAsync("InvalidStateError", simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Answer, offer.Sdp)));         // 4.5.2
            RTCError? syntax = await ReasonAsync(simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = "v=0\r\nnonsense\r\n" })) as RTCError;               // 4.5.3
            Assert.That((syntax?.ErrorDetail, syntax?.SdpLineNumber, syntax?.Name), Is.EqualTo((RTCErrorDetailType.SdpSyntaxError, (int?)2, "OperationError")));
            await RejectsAsync("InvalidAccessError", simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = offer.Sdp.Replace("a=rtcp-mux\r\n", "", StringComparison.Ordinal) }));   // 4.5.4
            await RejectsAsync("InvalidAccessError", simulation.Right.SetRemoteDescriptionAsync(offer with { Sdp = offer.Sdp.Replace("a=ice-ufrag", "a=x-ufrag", StringComparison.Ordinal) })); // 4.5.6
            Assert.That((simulation.Right.SignalingState, simulation.Right.RemoteDescription, simulation.Right.GetTransceivers().Count, log.Count),
                Is.EqualTo((RTCSignalingState.Stable, (RTCSessionDescription?)null, 0, 0)));
        });
    }

    [Test]
    public void SetDescription_Steps4_5To4_6_MoveTheDescriptions()
    {
        using PeerSimulation simulation = new(6);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            Assert.That((simulation.Left.PendingLocalDescription?.Type, simulation.Left.CurrentLocalDescription), Is.EqualTo(((RTCSdpType?)RTCSdpType.Offer, (RTCSessionDescription?)null)));
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            Assert.That((simulation.Right.PendingRemoteDescription?.Type, simulation.Right.CurrentRemoteDescription), Is.EqualTo(((RTCSdpType?)RTCSdpType.Offer, (RTCSessionDescription?)null)));
            await simulation.Right.SetLocalDescriptionAsync();
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
            foreach (RTCPeerConnection each in new[] { simulation.Left, simulation.Right })
            {
                Assert.That(new object?[] { each.PendingLocalDescription, each.PendingRemoteDescription }, Is.All.Null);
                Assert.That(new object?[] { each.CurrentLocalDescription, each.CurrentRemoteDescription }, Is.All.Not.Null);
            }
        });
    }

    [Test]
    public void SetDescription_Steps4_7And4_12_AnOfferBringsTheSctpTransport_ARollbackTakesIt()
    {
        using PeerSimulation simulation = new(7);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            RTCSctpTransport offered = simulation.Left.Sctp!;
            Assert.That((offered.State, offered.MaxMessageSize, offered.MaxChannels), Is.EqualTo((RTCSctpTransportState.Connecting, (double?)null, (ushort?)null)));
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            Assert.That(simulation.Right.Sctp?.State, Is.EqualTo(RTCSctpTransportState.Connecting));
            await simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
            await simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
            Assert.That((simulation.Left.Sctp, simulation.Right.Sctp), Is.EqualTo(((RTCSctpTransport?)null, (RTCSctpTransport?)null)));
        });
    }

    [Test]
    public void SetDescription_Steps4_11_1_6And7_ALocalOfferGivesTheTransports_ARollbackTakesThem()
    {
        using PeerSimulation simulation = new(14);
        MediaStream stream = new("named");
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(MediaKind.Audio, new RTCRtpTransceiverInit { Streams = [stream] });
        Assert.That((transceiver.Sender.Transport, transceiver.Mid), Is.EqualTo(((RTCDtlsTransport?)null, (string?)null)));
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Contain("a=msid:named"));
            Assert.That((transceiver.Sender.Transport, transceiver.Mid), Is.EqualTo((transceiver.Receiver.Transport, "0")));
            Assert.That(transceiver.Sender.Transport, Is.Not.Null);
            await simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
            Assert.That((transceiver.Sender.Transport, transceiver.Receiver.Transport, transceiver.Mid), Is.EqualTo(((RTCDtlsTransport?)null, (RTCDtlsTransport?)null, (string?)null)));
        });
        RTCTrackEvent e = new(transceiver.Receiver, transceiver.Receiver.Track, [stream], transceiver);
        Assert.That((e.Receiver, e.Track, e.Streams[0], e.Transceiver), Is.EqualTo((transceiver.Receiver, transceiver.Receiver.Track, stream, transceiver)));
    }

    [Test]
    public void SetDescription_Steps4_15To4_21_FireInTheirOrder()
    {
        using PeerSimulation simulation = new(8);
        MediaStream stream = new();
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), stream);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Video), stream);
        List<string> log = Record(simulation.Right);
        MediaStream? remote = null;
        simulation.Right.OnTrack += (_, e) =>
        {
            Assert.That((e.Receiver, e.Transceiver.Receiver, e.Track), Is.EqualTo((e.Receiver, e.Receiver, e.Receiver.Track)));
            if (remote is null)
            {
                remote = e.Streams.Single();
                remote.OnAddTrack += (_, added) => log.Add($"addtrack {added.Track.Kind.ToW3CString()}");
                remote.OnRemoveTrack += (_, removed) => log.Add($"removetrack {removed.Track.Kind.ToW3CString()}");
                foreach (MediaStreamTrack track in remote.GetTracks())
                {
                    track.OnMute += (_, _) => log.Add("mute");
                    track.OnUnmute += (_, _) => log.Add("unmute");
                }
            }
        };
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            log.Add("fulfilled");
            Assert.That(log, Is.EqualTo(new[] { "signalingstatechange have-remote-offer", "track audio", "track video", "fulfilled" }));
            Assert.That((remote!.Id, remote.GetTracks().Count, remote.Active), Is.EqualTo((stream.Id, 2, true)));
            log.Clear();
            await simulation.Right.SetLocalDescriptionAsync();
            log.Add("fulfilled");
            Assert.That(log.Take(2), Is.EqualTo(new[] { "signalingstatechange stable", "fulfilled" }));
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        });
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromSeconds(30));
        simulation.Settle();
        log.Clear();
        simulation.Run(async () =>
        {
            foreach (RTCRtpSender sender in simulation.Left.GetSenders()) simulation.Left.RemoveTrack(sender);
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
        });
        Assert.That(log, Is.EqualTo(new[] { "signalingstatechange have-remote-offer", "removetrack audio", "removetrack video" }));
        Assert.That((remote!.GetTracks().Count, remote.Active), Is.EqualTo((0, false)));
    }

    [Test]
    public void SetDescription_Step4_11_1_7_AnAnswerThatNoLongerReceives_TakesTheTrack()
    {
        using PeerSimulation simulation = new(9);
        LocalMediaStreamTrack track = new(MediaKind.Audio, "microphone");
        simulation.Left.AddTrack(track, new MediaStream());
        MediaStream? remote = null;
        List<string> log = [];
        simulation.Right.OnTrack += (_, e) => remote = e.Streams[0];
        simulation.Connect();
        Assert.That(track.Label, Is.EqualTo("microphone"));
        remote!.OnRemoveTrack += (_, e) => log.Add($"removetrack {e.Track.Kind}");
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            simulation.Right.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.Inactive;
            await simulation.Right.SetLocalDescriptionAsync();
        });
        Assert.That(log, Is.EqualTo(new[] { "removetrack Audio" }));
    }

    [Test]
    public void SetRemoteDescription_Step3_1_AnOfferUponAnOffer_RollsOursBack()
    {
        using PeerSimulation simulation = new(10);
        simulation.Left.CreateDataChannel("l");
        simulation.Right.CreateDataChannel("r");
        List<string> log = Record(simulation.Left);
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Left.SetRemoteDescriptionAsync(await simulation.Right.CreateOfferAsync());
            Assert.That((simulation.Left.SignalingState, simulation.Left.PendingLocalDescription), Is.EqualTo((RTCSignalingState.HaveRemoteOffer, (RTCSessionDescription?)null)));
        });
        Assert.That(log.Where(line => line.StartsWith("sig", StringComparison.Ordinal)),
            Is.EqualTo(new[] { "signalingstatechange have-local-offer", "signalingstatechange stable", "signalingstatechange have-remote-offer" }));
    }

    [Test]
    public void SetLocalDescription_Step4_4_2_WhatNoLongerFits_IsMadeAnew()
    {
        using PeerSimulation simulation = new(15);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Run(async () =>
        {
            RTCSessionDescription created = await simulation.Left.CreateOfferAsync();
            Assert.That((await simulation.Left.SetLocalDescriptionAsync()).Sdp, Is.EqualTo(created.Sdp), "it fits still");
            await simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
            await simulation.Left.CreateOfferAsync();
            simulation.Left.AddTransceiver(MediaKind.Video);
            RTCSessionDescription set = await simulation.Left.SetLocalDescriptionAsync();
            Assert.That((set.Type, set.Sdp), Is.EqualTo((RTCSdpType.Offer, simulation.Left.PendingLocalDescription!.Sdp)));
            Assert.That(set.Sdp, Does.Contain("m=video"));
        });
    }

    [Test]
    public void Chain_Steps5To7_RunsOperationsInTheOrderOfTheirCalls()
    {
        using PeerSimulation simulation = new(11);
        simulation.Left.CreateDataChannel("x");
        List<string> done = [];
        simulation.Run(async () =>
        {
            Task offer = NoteAsync("offer", simulation.Left.CreateOfferAsync());
            Task local = NoteAsync("local", simulation.Left.SetLocalDescriptionAsync());
            Task answer = NoteAsync("answer", simulation.Left.CreateAnswerAsync());                     // fails, and holds up nothing
            Task rollback = NoteAsync("rollback", simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
            await Task.WhenAll(offer, local, rollback, answer);
        });
        Assert.That(done, Is.EqualTo(new[] { "offer", "local", "answer failed", "rollback" }));

        async Task NoteAsync(string name, Task task)
        {
            string end = await ReasonAsync(task) is null ? name : name + " failed";
            done.Add(end);
        }
    }

    [Test]
    public void Chain_Step2_OnAClosedConnection_IsRejectedWithInvalidStateError()
    {
        using PeerSimulation simulation = new(12);
        simulation.Left.Close();
        simulation.Run(async () =>
        {
            await RejectsAsync("InvalidStateError", simulation.Left.CreateOfferAsync());
            await RejectsAsync("InvalidStateError", simulation.Left.CreateAnswerAsync());
            await RejectsAsync("InvalidStateError", simulation.Left.SetLocalDescriptionAsync());
            await RejectsAsync("InvalidStateError", simulation.Left.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, "v=0")));
            await RejectsAsync("InvalidStateError", simulation.Left.AddIceCandidateAsync(new RTCIceCandidateInit { SdpMid = "0" }));
        });
    }

    [Test]
    public void Chain_OperationsUnderWayWhenClosed_EndAllTheSame()                               // W3C leaves them open; ours never hang
    {
        using PeerSimulation simulation = new(13);
        simulation.Left.CreateDataChannel("x");
        Task[] promises = [simulation.Left.CreateOfferAsync(), simulation.Left.SetLocalDescriptionAsync(), simulation.Left.CreateAnswerAsync()];
        simulation.Left.Close();
        simulation.Settle();
        Assert.That(promises.Select(promise => promise.IsFaulted), Is.All.True);
        foreach (Task promise in promises) Assert.That(promise.Exception!.InnerException, Is.InstanceOf<DOMException>().With.Property("Name").EqualTo("InvalidStateError"));
    }
}
