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
