using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>The order in which an exchange's events and promises come (webrtc-pc §4.4.1.4, §4.7.3, §5.6), and what is seen inside of handlers.</summary>
public sealed class EventOrderSteps
{
    [Test]
    public void SetLocalDescription_AnOffer_StateThenPromiseThenGathering()                      // §4.4.1.4, steps 15 and 21; §5.6
    {
        using PeerSimulation simulation = new(1);
        simulation.Left.CreateDataChannel("x");
        simulation.Settle();
        List<string> log = Record(simulation.Left);
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            log.Add("fulfilled");
        });
        simulation.Settle();
        Assert.That(log.Take(3), Is.EqualTo(new[] { "signalingstatechange have-local-offer", "fulfilled", "icegatheringstatechange gathering" }));
        Assert.That(log.TakeLast(3), Is.EqualTo(new[] { "icecandidate end", "icegatheringstatechange complete", "icecandidate null" }));
    }

    [Test]
    public void SetRemoteDescription_AnAnswer_TellsTracksBehindItsState_AndBeforeItsPromise()
    {
        using PeerSimulation simulation = new(2);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.AddTransceiver(MediaKind.Video);
        List<string> log = Record(simulation.Left);
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            simulation.Right.AddTrack(new LocalMediaStreamTrack(MediaKind.Video), new MediaStream());
            simulation.Right.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), new MediaStream());
            await simulation.Right.SetLocalDescriptionAsync();
            log.Clear();
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
            log.Add("fulfilled");
        });
        Assert.That(log.Take(4), Is.EqualTo(new[] { "signalingstatechange stable", "track audio", "track video", "fulfilled" }), "in the order of the sections");
    }

    [Test]
    public void Handlers_SeeTheDescriptionInForce()                                             // "fire" comes after all slots are set
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), new MediaStream());
        List<string> log = [];
        RTCPeerConnection right = simulation.Right;
        right.OnSignalingStateChange += (_, _) => log.Add($"{right.SignalingState.ToW3CString()} {right.PendingRemoteDescription is not null} {right.CurrentLocalDescription is not null} {right.GetTransceivers().Count}");
        right.OnTrack += (_, e) => log.Add($"track {e.Track.Muted} {e.Transceiver.Mid} {e.Streams[0].GetTracks().Count} {e.Transceiver.CurrentDirection is null}");
        simulation.Connect();
        Assert.That(log, Is.EqualTo(new[] { "have-remote-offer True False 1", "track True 0 1 True", "stable False True 1" }));
    }

    [Test]
    public void NegotiationNeeded_OfAHandlerOfStable_ComesWhenThePromiseIsSettled()              // §4.4.1.2: not before the chain is empty
    {
        using PeerSimulation simulation = new(4);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        List<string> log = [];
        Task? promise = null;
        simulation.Left.OnNegotiationNeeded += (_, _) => log.Add($"negotiationneeded {promise!.IsCompleted}");
        simulation.Left.OnSignalingStateChange += (_, _) =>
        {
            log.Add($"stable {promise!.IsCompleted}");
            simulation.Left.AddTransceiver(MediaKind.Audio);
        };
        simulation.Run(async () =>
        {
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            promise = simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
            await promise;
        });
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "stable False", "negotiationneeded True" }));
    }

    [Test]
    public void Rollback_OfALocalOffer_FiresItsStateAndThenThatNegotiationIsNeeded()
    {
        using PeerSimulation simulation = new(5);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        simulation.Settle();
        List<string> log = Record(simulation.Left);
        simulation.Run(simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
        simulation.Settle();
        Assert.That(log.Where(line => !line.StartsWith("ice", StringComparison.Ordinal)), Is.EqualTo(new[] { "signalingstatechange stable", "negotiationneeded" }));
        Assert.That((simulation.Left.IceGatheringState, simulation.Left.GetTransceivers().Count), Is.EqualTo((RTCIceGatheringState.New, 1)), "§4.3.2: no transport is referenced");
    }

    [Test]
    public void SetRemoteDescription_TheSameStateAgain_FiresNoStateChange()                      // step 15: only if it changed
    {
        using PeerSimulation simulation = new(6);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Run(async () =>
        {
            RTCSessionDescription offer = await simulation.Left.CreateOfferAsync();
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            List<string> log = Record(simulation.Right);
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            Assert.That(log, Is.Empty);
        });
    }

    [Test]
    public void Dtmf_ToneChange_ComesBeforeThePlayingIsOver_AndEndsWithAnEmptyTone()             // §7.2.2
    {
        using MediaCall call = new(7, MediaKind.Audio);
        RTCDTMFSender dtmf = call.Transceiver.Sender.Dtmf!;
        List<string> log = [];
        dtmf.OnToneChange += (_, e) =>
        {
            log.Add($"{e.Tone}|{dtmf.ToneBuffer}");
            if (e.Tone == "2") dtmf.InsertDTMF(dtmf.ToneBuffer + "9");           // adding to what plays
        };
        dtmf.InsertDTMF("12");
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(log, Is.EqualTo(new[] { "1|2", "2|", "9|", "|" }));
    }

    [Test]
    public void Dtmf_AfterTheTransceiverStops_PlaysNothingMore()                                // §7.2.2, step 17.1
    {
        using MediaCall call = new(8, MediaKind.Audio);
        RTCDTMFSender dtmf = call.Transceiver.Sender.Dtmf!;
        List<string> log = [];
        dtmf.OnToneChange += (_, e) => log.Add(e.Tone);
        dtmf.InsertDTMF("123");
        call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(50));
        call.Transceiver.Stop();
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(log, Is.EqualTo(new[] { "1" }));
        Refuses("InvalidStateError", () => dtmf.InsertDTMF("4"));
    }

    [Test]
    public void IceTransport_OfARestart_IsTheSameObject_AndGathersAgain()                        // §5.6, note
    {
        using PeerSimulation simulation = new(9);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Settle();
        RTCIceTransport ice = simulation.Left.Sctp!.Transport.IceTransport;
        RTCIceParameters before = ice.GetLocalParameters()!;
        List<string> log = [];
        ice.OnGatheringStateChange += (_, _) => log.Add($"transport {ice.GatheringState.ToW3CString()}");
        simulation.Left.OnIceGatheringStateChange += (_, _) => log.Add($"connection {simulation.Left.IceGatheringState.ToW3CString()}");
        simulation.Left.RestartIce();
        simulation.Run(simulation.NegotiateAsync());
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "transport gathering", "connection gathering", "transport complete", "connection complete" }));
        Assert.That(simulation.Left.Sctp!.Transport.IceTransport, Is.SameAs(ice));
        Assert.That(ice.GetLocalParameters()!.UsernameFragment, Is.Not.EqualTo(before.UsernameFragment));
        Assert.That(ice.GetLocalCandidates().Select(candidate => candidate.UsernameFragment), Is.All.EqualTo(ice.GetLocalParameters()!.UsernameFragment));
    }

    [Test]
    public void DtlsTransport_IsSharedByWhatIsBundled()                                          // §5.2.1, §5.3.1, transport
    {
        using PeerSimulation simulation = new(10);
        RTCRtpTransceiver audio = simulation.Left.AddTransceiver(MediaKind.Audio), video = simulation.Left.AddTransceiver(MediaKind.Video);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(new[] { audio.Sender.Transport, audio.Receiver.Transport, video.Sender.Transport, video.Receiver.Transport, simulation.Left.Sctp!.Transport },
            Is.All.SameAs(audio.Sender.Transport).And.Not.Null);
        Assert.That(audio.Sender.Transport!.State, Is.EqualTo(RTCDtlsTransportState.Connected));
    }
}
