using System.Text.RegularExpressions;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Provisional answers take effect, and what they leave unused is kept until the final one (RFC 8829 §4.1.10.1); rollback takes offers back (§4.1.10.2).</summary>
public sealed class ProvisionalAnswerTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static void RunTo(PeerSimulation simulation, Task task) => simulation.RunUntil(() => task.IsCompleted, s_minute, task);

    private static async Task<RTCSessionDescription> ProvisionallyAnswerAsync(PeerSimulation simulation)
    {
        await simulation.Left.SetLocalDescriptionAsync();
        await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
        RTCSessionDescription answer = await simulation.Right.CreateAnswerAsync();
        await simulation.Right.SetLocalDescriptionAsync(answer with { Type = RTCSdpType.PrAnswer });
        await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        return answer;
    }

    [Test]
    public void ProvisionalAnswer_OnBothSides_ConnectsBeforeTheFinalOne([Values] RTCBundlePolicy policy)
    {
        using PeerSimulation simulation = new(1, configuration: new RTCConfiguration { BundlePolicy = policy });
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        simulation.Left.AddTrack(audio);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        int received = 0;
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received++;
        RunTo(simulation, ProvisionallyAnswerAsync(simulation));
        Assert.That((simulation.Left.SignalingState, simulation.Right.SignalingState), Is.EqualTo((RTCSignalingState.HaveRemotePrAnswer, RTCSignalingState.HaveLocalPrAnswer)));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open && simulation.Right.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        audio.WriteRtp(new RtpPacketFields(111, 1, 1, false), [1]);
        simulation.RunUntil(() => received == 1, s_minute);
        Assert.That(simulation.Left.CurrentRemoteDescription, Is.Null);
        Assert.That(simulation.Left.PendingRemoteDescription!.Type, Is.EqualTo(RTCSdpType.PrAnswer));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!));
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            Assert.That((simulation.Left.SignalingState, simulation.Right.SignalingState), Is.EqualTo((RTCSignalingState.Stable, RTCSignalingState.Stable)));
            Assert.That(simulation.BothConnected, "what was bundled away is closed only now");
            Assert.That(simulation.Left.CurrentRemoteDescription!.Type, Is.EqualTo(RTCSdpType.Answer));
        });
    }

    // RFC 9143 §7.3.1: the final answer speaks of the offer, so that with another tag the bundle goes over what was offered there.
    [Test]
    public void FinalAnswer_WithAnotherTag_MovesTheBundleAndItsChannels([Values(RTCBundlePolicy.Balanced, RTCBundlePolicy.MaxCompat)] RTCBundlePolicy policy)
    {
        using PeerSimulation simulation = new(6, configuration: new RTCConfiguration { BundlePolicy = policy });
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RunTo(simulation, ProvisionallyAnswerAsync(simulation));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open && simulation.Right.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        RTCDtlsTransport before = simulation.Left.Sctp!.Transport;
        simulation.Right.GetTransceivers()[0].Stop();
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!));
        channel.Send("it goes on");
        simulation.RunUntil(() => received == 1 && simulation.BothConnected, s_minute);
        Assert.Multiple(() =>
        {
            Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Open));
            Assert.That(simulation.Left.Sctp!.Transport, Is.Not.SameAs(before));
            Assert.That(before.State, Is.EqualTo(RTCDtlsTransportState.Closed), "what the final answer leaves unused is given back");
            Assert.That(simulation.Left.GetTransceivers(), Is.Empty);
        });
    }

    // RFC 9429 §5.11, §4.1.10: a section that a provisional answer rejects carries nothing, and is there for the final one.
    [Test]
    public void ProvisionalRejection_OfASectionInUse_RestsUntilTheFinalAnswer([Values] bool finalAccepts)
    {
        using PeerSimulation simulation = new(7, configuration: new RTCConfiguration { BundlePolicy = RTCBundlePolicy.MaxBundle });
        simulation.Left.CreateDataChannel("x");
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        RTCRtpTransceiver ours = simulation.Left.AddTransceiver(audio, new RTCRtpTransceiverInit { Streams = [new MediaStream("s")] });
        int received = 0;
        List<string> events = [];
        simulation.Right.OnTrack += (_, e) =>
        {
            events.Add("track");
            if (received > 0) return;
            ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received++;
            e.Track.OnMute += (_, _) => events.Add("mute");
            e.Track.OnEnded += (_, _) => events.Add("ended");
        };
        simulation.Connect();
        audio.WriteRtp(new RtpPacketFields(111, 1, 1, false), [1]);
        simulation.RunUntil(() => received == 1, s_minute);
        RTCRtpTransceiver theirs = simulation.Right.GetTransceivers().Single();
        (RTCSessionDescription accepting, RTCSessionDescription rejecting) = (null!, null!);
        RunTo(simulation, RejectProvisionally());
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That((ours.CurrentDirection, ours.Direction), Is.EqualTo((RTCRtpTransceiverDirection.Inactive, RTCRtpTransceiverDirection.SendRecv)));
            Assert.That(ours.Sender.Track, Is.SameAs(audio));
            Assert.That(ours.Mid, Is.Not.Null);
            Assert.That(simulation.BothConnected, "the rest of the bundle goes on");
        });
        audio.WriteRtp(new RtpPacketFields(111, 2, 2, false), [2]);
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(received, Is.EqualTo(1), "nothing is sent meanwhile");
        RunTo(simulation, Answer(finalAccepts ? accepting : rejecting));
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(simulation.Left.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
        Assert.That(simulation.Left.GetTransceivers(), finalAccepts ? Has.Count.EqualTo(1) : Is.Empty);
        if (!finalAccepts) return;
        audio.WriteRtp(new RtpPacketFields(111, 3, 3, false), [3]);
        simulation.RunUntil(() => received == 2, s_minute);
        Assert.That(ours.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.SendOnly));
        Assert.That(theirs.Receiver.Track.ReadyState, Is.EqualTo(MediaStreamTrackState.Live));

        async Task RejectProvisionally()
        {
            RTCSessionDescription offer = await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(offer);
            accepting = await simulation.Right.CreateAnswerAsync();
            string mid = ours.Mid!;
            string[] sections = accepting.Sdp.Split("\r\nm=");
            int audioAt = Array.FindIndex(sections, section => section.StartsWith("audio ", StringComparison.Ordinal));
            sections[audioAt] = Regex.Replace(sections[audioAt], "^audio [0-9]+", "audio 0");
            sections[0] = Regex.Replace(sections[0], $"(a=group:BUNDLE.*?) {mid}(?= |\r|$)", "$1");
            rejecting = accepting with { Sdp = string.Join("\r\nm=", sections) };
            await simulation.Left.SetRemoteDescriptionAsync(rejecting with { Type = RTCSdpType.PrAnswer });
        }

        async Task Answer(RTCSessionDescription final)
        {
            await simulation.Right.SetLocalDescriptionAsync(accepting);
            await simulation.Left.SetRemoteDescriptionAsync(final);
        }
    }

    [Test]
    public void ProvisionalAnswer_UponAnother_IsWhatCounts()                                    // RFC 9429 §4.1.10
    {
        using PeerSimulation simulation = new(8, configuration: new RTCConfiguration { BundlePolicy = RTCBundlePolicy.MaxBundle });
        simulation.Left.CreateDataChannel("x");
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        RTCRtpTransceiver ours = simulation.Left.AddTransceiver(audio);
        RunTo(simulation, ProvisionallyAnswerAsync(simulation));
        Assert.That(ours.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.SendOnly));
        simulation.Right.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.Inactive;
        RunTo(simulation, AnswerProvisionallyAgain());
        Assert.That(ours.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.Inactive));
        Assert.That(simulation.Left.SignalingState, Is.EqualTo(RTCSignalingState.HaveRemotePrAnswer));
        simulation.Right.GetTransceivers()[0].Direction = RTCRtpTransceiverDirection.RecvOnly;
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!));
        Assert.That(ours.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.SendOnly));
        simulation.RunUntil(() => simulation.BothConnected, s_minute);

        async Task AnswerProvisionallyAgain()
        {
            RTCSessionDescription answer = await simulation.Right.CreateAnswerAsync();
            await simulation.Right.SetLocalDescriptionAsync(answer with { Type = RTCSdpType.PrAnswer });
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        }
    }

    [Test]
    public void FinalAnswer_OfAnotherFork_MovesTheCallThere()                                // RFC 8829 §3.6: serial forking
    {
        using PeerSimulation simulation = new(2);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        RunTo(simulation, ProvisionallyAnswerAsync(simulation));
        simulation.RunUntil(() => simulation.Right.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        RTCPeerConnection fork = new(new RTCConfiguration(), simulation.Options with { Transport = simulation.RightLoop });
        Task answers = Answer();
        RunTo(simulation, answers);
        simulation.RunUntil(() => fork.ConnectionState == RTCPeerConnectionState.Connected && simulation.Left.ConnectionState == RTCPeerConnectionState.Connected, s_minute);
        fork.Dispose();

        async Task Answer()
        {
            await fork.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await fork.SetLocalDescriptionAsync();
            while (fork.IceGatheringState != RTCIceGatheringState.Complete) await Task.Yield();
            await simulation.Left.SetRemoteDescriptionAsync(fork.LocalDescription!);
        }
    }

    [Test]
    public void Rollback_OfAFirstOffer_GivesBackItsTransports()
    {
        using PeerSimulation simulation = new(3);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.CreateDataChannel("x");
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RTCDtlsTransport made = transceiver.Sender.Transport!;
        Assert.That(transceiver.Mid, Is.Not.Null);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That(transceiver.Mid, Is.Null);
            Assert.That(transceiver.Sender.Transport, Is.Null);
            Assert.That(simulation.Left.Sctp, Is.Null);
            Assert.That(made.State, Is.EqualTo(RTCDtlsTransportState.Closed));
            Assert.That(simulation.Left.IceGatheringState, Is.EqualTo(RTCIceGatheringState.New));
            Assert.That(simulation.Left.PendingLocalDescription, Is.Null);
        });
        simulation.Connect();
    }

    [Test]
    public void Rollback_OfAnIceRestart_PutsTheOldCredentialsInForce()
    {
        using PeerSimulation simulation = new(4);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        string before = simulation.Left.Sctp!.Transport.IceTransport.GetLocalParameters()!.UsernameFragment;
        int needed = 0;
        simulation.Left.OnNegotiationNeeded += (_, _) => needed++;
        simulation.Left.RestartIce();
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        Assert.That(simulation.Left.Sctp.Transport.IceTransport.GetLocalParameters()!.UsernameFragment, Is.Not.EqualTo(before));
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback)));
        Assert.That(simulation.Left.Sctp.Transport.IceTransport.GetLocalParameters()!.UsernameFragment, Is.EqualTo(before));
        simulation.Time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(simulation.BothConnected, "consent goes on");
        Assert.That(needed, Is.EqualTo(1), "the restart is still asked for (webrtc-pc: LocalIceCredentialsToReplace)");
        RunTo(simulation, simulation.NegotiateAsync());
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(simulation.Left.Sctp.Transport.IceTransport.GetLocalParameters()!.UsernameFragment, Is.Not.EqualTo(before));
        Assert.That(simulation.BothConnected);
    }

    [Test]
    public void OfferToReceive_OfTheLegacyOptions_AddsAndStopsReceiving()                     // webrtc-pc §4.4.3.2
    {
        using PeerSimulation simulation = new(5);
#pragma warning disable CS0618
        RunTo(simulation, simulation.Left.CreateOfferAsync(new RTCOfferOptions { OfferToReceiveAudio = true, OfferToReceiveVideo = true, VoiceActivityDetection = false }));
        Assert.That(simulation.Left.GetTransceivers().Select(each => (each.Receiver.Track.Kind, each.Direction)), Is.EqualTo(new[]
        {
            (MediaKind.Audio, RTCRtpTransceiverDirection.RecvOnly), (MediaKind.Video, RTCRtpTransceiverDirection.RecvOnly),
        }));
        RunTo(simulation, simulation.Left.CreateOfferAsync(new RTCOfferOptions { OfferToReceiveAudio = true, OfferToReceiveVideo = false }));
#pragma warning restore CS0618
        Assert.That(simulation.Left.GetTransceivers().Select(each => each.Direction), Is.EqualTo(new[] { RTCRtpTransceiverDirection.RecvOnly, RTCRtpTransceiverDirection.Inactive }));
    }
}
