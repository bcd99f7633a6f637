using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §5.1.2 (addTrack, removeTrack, addTransceiver, the lists), §5.1.4 (remote tracks), §5.4 (transceivers).</summary>
public sealed class TransceiverSteps
{
    [Test]
    public void AddTrack_Steps5And6_AreRefused()
    {
        using PeerSimulation simulation = new(1);
        LocalMediaStreamTrack track = new(MediaKind.Audio);
        simulation.Left.AddTrack(track);
        Refuses("InvalidAccessError", () => simulation.Left.AddTrack(track));
        simulation.Left.Close();
        Refuses("InvalidStateError", () => simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio)));
    }

    [Test]
    public void AddTrack_Steps7And8_ASenderThatHasNeverSent_IsUsed()
    {
        using PeerSimulation simulation = new(2);
        RTCRtpTransceiver video = simulation.Left.AddTransceiver(MediaKind.Video);
        RTCRtpTransceiver receiving = simulation.Left.AddTransceiver(MediaKind.Audio, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.RecvOnly });
        RTCRtpTransceiver idle = simulation.Left.AddTransceiver(MediaKind.Audio, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.Inactive });
        RTCRtpTransceiver stopped = simulation.Left.AddTransceiver(MediaKind.Audio);
        stopped.Stop();
        LocalMediaStreamTrack first = new(MediaKind.Audio), second = new(MediaKind.Audio), third = new(MediaKind.Audio);
        Assert.That(simulation.Left.AddTrack(first), Is.SameAs(receiving.Sender));
        Assert.That(simulation.Left.AddTrack(second), Is.SameAs(idle.Sender));
        Assert.That((receiving.Direction, idle.Direction), Is.EqualTo((RTCRtpTransceiverDirection.SendRecv, RTCRtpTransceiverDirection.SendOnly)), "steps 8.5, 8.6");
        RTCRtpSender made = simulation.Left.AddTrack(third);
        Assert.That(new[] { video.Sender, receiving.Sender, idle.Sender, stopped.Sender }, Does.Not.Contain(made));
        Assert.That(simulation.Left.GetTransceivers()[^1].Direction, Is.EqualTo(RTCRtpTransceiverDirection.SendRecv), "step 9.3");
    }

    [Test]
    public void AddTrack_Step7_ASenderThatHasSent_IsNotUsedAgain()
    {
        using PeerSimulation simulation = new(3);
        RTCRtpSender sender = simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        simulation.Connect();
        simulation.Left.RemoveTrack(sender);
        simulation.Run(simulation.NegotiateAsync());
        Assert.That(simulation.Left.GetTransceivers()[0].CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.Inactive));
        Assert.That(simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio)), Is.Not.SameAs(sender));
        Assert.That(simulation.Left.GetTransceivers(), Has.Count.EqualTo(2));
    }

    [Test]
    public void RemoveTrack_Steps3To12_EachOnItsOwn()
    {
        using PeerSimulation simulation = new(4);
        LocalMediaStreamTrack track = new(MediaKind.Audio);
        RTCRtpSender theirs = simulation.Right.AddTransceiver(MediaKind.Audio).Sender;
        Refuses("InvalidAccessError", () => simulation.Left.RemoveTrack(theirs));
        RTCRtpTransceiver both = simulation.Left.AddTransceiver(track);
        RTCRtpTransceiver only = simulation.Left.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Video), new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.SendOnly });
        simulation.Left.RemoveTrack(both.Sender);
        simulation.Left.RemoveTrack(only.Sender);
        Assert.That((both.Direction, only.Direction, both.Sender.Track), Is.EqualTo((RTCRtpTransceiverDirection.RecvOnly, RTCRtpTransceiverDirection.Inactive, (MediaStreamTrack?)null)));
        both.Direction = RTCRtpTransceiverDirection.SendRecv;
        simulation.Left.RemoveTrack(both.Sender);
        Assert.That(both.Direction, Is.EqualTo(RTCRtpTransceiverDirection.SendRecv), "step 9: it has no track");
        RTCRtpTransceiver stopped = simulation.Left.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Audio));
        stopped.Stop();
        simulation.Left.RemoveTrack(stopped.Sender);
        Assert.That(stopped.Sender.Track, Is.Not.Null, "step 6");
        simulation.Left.Close();
        Refuses("InvalidStateError", () => simulation.Left.RemoveTrack(both.Sender));
    }

    [Test]
    public void AddTransceiver_Steps5To13_GiveWhatWasAsked()
    {
        using PeerSimulation simulation = new(5);
        List<string> log = Record(simulation.Left);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.RecvOnly });
        simulation.Settle();
        Assert.Multiple(() =>
        {
            Assert.That((transceiver.Mid, transceiver.Direction, transceiver.CurrentDirection), Is.EqualTo(((string?)null, RTCRtpTransceiverDirection.RecvOnly, (RTCRtpTransceiverDirection?)null)));
            Assert.That((transceiver.Sender.Track, transceiver.Sender.Transport, transceiver.Receiver.Transport), Is.EqualTo(((MediaStreamTrack?)null, (RTCDtlsTransport?)null, (RTCDtlsTransport?)null)));
            Assert.That((transceiver.Receiver.Track.Kind, transceiver.Receiver.Track.Muted, transceiver.Receiver.Track.ReadyState), Is.EqualTo((MediaKind.Video, true, MediaStreamTrackState.Live)));
            Assert.That(simulation.Left.GetTransceivers().Single(), Is.SameAs(transceiver));
            Assert.That(simulation.Left.GetSenders().Single(), Is.SameAs(transceiver.Sender));
            Assert.That(simulation.Left.GetReceivers().Single(), Is.SameAs(transceiver.Receiver));
            Assert.That(log, Is.EqualTo(new[] { "negotiationneeded" }));
            Assert.Throws<ArgumentException>(() => simulation.Left.AddTransceiver(MediaKind.Audio, new RTCRtpTransceiverInit { Direction = RTCRtpTransceiverDirection.Stopped }));
        });
        LocalMediaStreamTrack track = new(MediaKind.Video);
        simulation.Left.AddTransceiver(track);
        Assert.That(simulation.Left.AddTransceiver(track).Sender.Track, Is.SameAs(track), "the same track may be sent twice by addTransceiver");
    }

    [Test]
    public void Direction_SetterSteps3To8()
    {
        using PeerSimulation simulation = new(6);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(MediaKind.Audio);
        Assert.Throws<ArgumentException>(() => transceiver.Direction = RTCRtpTransceiverDirection.Stopped);
        transceiver.Stop();
        Assert.That(transceiver.Direction, Is.EqualTo(RTCRtpTransceiverDirection.Stopped));
        Refuses("InvalidStateError", () => transceiver.Direction = RTCRtpTransceiverDirection.SendOnly);
    }

    [Test]
    public void Stop_Steps3To6_EndTheTrackInATask_AndNegotiationStopsBothSides()
    {
        using PeerSimulation simulation = new(7);
        LocalMediaStreamTrack local = new(MediaKind.Audio);
        simulation.Left.AddTrack(local, new MediaStream());
        simulation.Connect();
        RTCRtpTransceiver ours = simulation.Left.GetTransceivers()[0], theirs = simulation.Right.GetTransceivers()[0];
        MediaStream remote = simulation.Right.GetReceivers()[0].Track is { } received ? Streams(simulation.Right)[0] : null!;
        List<string> log = [];
        ours.Receiver.Track.OnEnded += (_, _) => log.Add("own ended");
        theirs.Receiver.Track.OnEnded += (_, _) => log.Add("ended");
        theirs.Receiver.Track.OnMute += (_, _) => log.Add("mute");
        remote.OnRemoveTrack += (_, _) => log.Add("removetrack");
        ours.Stop();
        ours.Stop();
        Assert.That((ours.Direction, ours.CurrentDirection, ours.Sender.Track, ours.Receiver.Track.ReadyState),
            Is.EqualTo((RTCRtpTransceiverDirection.Stopped, (RTCRtpTransceiverDirection?)RTCRtpTransceiverDirection.SendOnly, (MediaStreamTrack)local, MediaStreamTrackState.Live)),
            "stopping, not stopped");
        simulation.Settle();
        Assert.That((string.Join(", ", log), local.ReadyState), Is.EqualTo(("own ended", MediaStreamTrackState.Live)), "the sender's track is the application's");
        log.Clear();
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Contain("m=audio 0 "));
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            Assert.That(theirs.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.Stopped), "§4.4.1.4, step 11.2.15");
            Assert.That((simulation.Right.GetTransceivers().Count, simulation.Right.GetSenders().Count), Is.EqualTo((1, 0)), "step 13 takes it away, not the offer");
            await simulation.Right.SetLocalDescriptionAsync();
            Assert.That(simulation.Right.GetTransceivers(), Is.Empty, "step 13");
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
            Assert.That(simulation.Left.GetTransceivers(), Is.Empty);
        });
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "removetrack", "ended" }), "it was muted already: no media came");
        Assert.That((ours.CurrentDirection, remote.GetTracks().Count), Is.EqualTo(((RTCRtpTransceiverDirection?)RTCRtpTransceiverDirection.Stopped, 0)));
        simulation.Left.Close();
        Refuses("InvalidStateError", ours.Stop);
    }

    [Test]
    public void Close_Step4_TransceiversStayInTheSetAndAreStopped()
    {
        using PeerSimulation simulation = new(8);
        LocalMediaStreamTrack track = new(MediaKind.Audio);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(track);
        simulation.Left.Close();
        Assert.That(simulation.Left.GetTransceivers().Single(), Is.SameAs(transceiver));
        Assert.That((simulation.Left.GetSenders().Count, simulation.Left.GetReceivers().Count), Is.EqualTo((0, 0)));
        Assert.That((transceiver.Direction, transceiver.CurrentDirection, transceiver.Sender.Track),
            Is.EqualTo((RTCRtpTransceiverDirection.Stopped, (RTCRtpTransceiverDirection?)RTCRtpTransceiverDirection.Stopped, (MediaStreamTrack)track)));
    }

    [Test]
    public void ProcessRemoteTracks_Step2_AnotherStream_FiresTrackAgain()                       // §5.1.4
    {
        using PeerSimulation simulation = new(9);
        MediaStream first = new("first"), second = new("second");
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), first);
        List<string> log = [];
        MediaStream? remote = null;
        simulation.Right.OnTrack += (_, e) =>
        {
            log.Add("track " + string.Join('+', e.Streams.Select(stream => stream.Id)));
            remote ??= e.Streams[0];
        };
        simulation.Connect();
        remote!.OnRemoveTrack += (_, _) => log.Add("removetrack first");
        simulation.Left.GetSenders()[0].SetStreams(first, second);
        simulation.Run(simulation.NegotiateAsync());
        simulation.Left.GetSenders()[0].SetStreams(second);
        simulation.Run(simulation.NegotiateAsync());
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "track first", "track first+second", "removetrack first" }), "what is only removed is no track event");
    }

    [Test]
    public void Rollback_Step12_3_6_OfARemoteOffer_TakesBackWhatItTold()                        // §4.4.1.4
    {
        using PeerSimulation simulation = new(10);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), new MediaStream("kept"));
        simulation.Connect();
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Video), new MediaStream("kept"), new MediaStream("new"));
        List<string> log = [];
        RTCRtpTransceiver? brought = null;
        simulation.Right.OnTrack += (_, e) =>
        {
            brought = e.Transceiver;
            foreach (MediaStream stream in e.Streams) stream.OnRemoveTrack += (_, removed) => log.Add($"removetrack {stream.Id} {removed.Track.Kind.ToW3CString()}");
            e.Track.OnEnded += (_, _) => log.Add("ended");
        };
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            Assert.That(simulation.Right.GetTransceivers(), Has.Count.EqualTo(2));
            await simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
        });
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "removetrack kept video", "removetrack new video", "ended" }));
        Assert.That((log[^1], simulation.Right.GetTransceivers().Count), Is.EqualTo(("ended", 1)));
        Assert.That((brought!.CurrentDirection, brought.Mid), Is.EqualTo(((RTCRtpTransceiverDirection?)RTCRtpTransceiverDirection.Stopped, brought.Mid)));
        Assert.That(Streams(simulation.Right).Single().GetTracks(), Has.Count.EqualTo(1), "the audio track stays in its stream");
    }

    [Test]
    public void Rollback_Step12_3_6_OfAnOfferThatTookATrack_BringsItBack()
    {
        using PeerSimulation simulation = new(11);
        RTCRtpSender sender = simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), new MediaStream("s"));
        simulation.Connect();
        List<string> log = Record(simulation.Right);
        simulation.Left.RemoveTrack(sender);
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
        });
        Assert.That(log, Is.EqualTo(new[] { "signalingstatechange have-remote-offer", "signalingstatechange stable", "track audio" }));
        Assert.That(Streams(simulation.Right).Single().GetTracks(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Unmute_NeedsATransceiverThatIsReceptive()                                       // §9.3
    {
        using MediaCall call = new(12, MediaKind.Audio);
        call.Talk(2);
        Assert.That(call.Remote.Muted, Is.False);
        RTCRtpTransceiver theirs = call.Simulation.Right.GetTransceivers()[0];
        theirs.Direction = RTCRtpTransceiverDirection.Inactive;
        call.Simulation.Run(async () =>
        {
            await call.Simulation.Left.SetLocalDescriptionAsync();
            await call.Simulation.Right.SetRemoteDescriptionAsync(call.Simulation.Left.LocalDescription!);
            await call.Simulation.Right.SetLocalDescriptionAsync();
            Assert.That(call.Remote.Muted, Is.True);
        });
        call.Talk(3, first: 2);                          // the sender has not seen the answer
        Assert.That(call.Remote.Muted, Is.True);
    }

    [Test]
    public void GetStats_OfASelectorThatTwoHave_IsInvalidAccessError()                          // §8.2, step 3
    {
        using PeerSimulation simulation = new(13);
        LocalMediaStreamTrack track = new(MediaKind.Audio);
        simulation.Left.AddTransceiver(track);
        simulation.Left.AddTransceiver(track);
        simulation.Run(RejectsAsync("InvalidAccessError", simulation.Left.GetStatsAsync(track)));
    }

#pragma warning disable CS0618                          // the shortest way to the streams of the peer
    private static IReadOnlyList<MediaStream> Streams(RTCPeerConnection connection) => connection.GetRemoteStreams();
#pragma warning restore CS0618
}
