using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>webrtc-pc §4.3 (aggregated states), §4.4.2 (close), §5.5, §5.6 (DTLS and ICE transports), §11 (errors).</summary>
public sealed class TransportSteps
{
    [Test]
    public void Connecting_FiresEachStateOnceAndInItsOrder()                                    // §4.3.3, §4.3.4, §4.4.1.3, §5.6
    {
        using PeerSimulation simulation = new(1);
        List<string> log = Record(simulation.Left);
        simulation.Left.CreateDataChannel("x");
        simulation.Run(simulation.Left.SetLocalDescriptionAsync());
        RTCSctpTransport sctp = simulation.Left.Sctp!;
        RTCDtlsTransport dtls = sctp.Transport;
        RTCIceTransport ice = dtls.IceTransport;
        Assert.That((ice.State, ice.Role, ice.Component, ice.GetSelectedCandidatePair(), ice.GetRemoteParameters()),
            Is.EqualTo((RTCIceTransportState.New, RTCIceRole.Controlling, RTCIceComponent.Rtp, (RTCIceCandidatePair?)null, (RTCIceParameters?)null)));
        ice.OnStateChange += (_, _) => log.Add($"ice {ice.State.ToW3CString()}");
        ice.OnSelectedCandidatePairChange += (_, _) => log.Add("selectedcandidatepairchange");
        dtls.OnStateChange += (_, _) => log.Add($"dtls {dtls.State.ToW3CString()}");
        sctp.OnStateChange += (_, _) => log.Add($"sctp {sctp.State.ToW3CString()}");
        simulation.Run(async () =>
        {
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        });
        simulation.RunUntil(() => sctp.State == RTCSctpTransportState.Connected, TimeSpan.FromSeconds(30));
        string[] states = [.. log.Where(line => !line.Contains("gathering", StringComparison.Ordinal) && !line.StartsWith("icecandidate", StringComparison.Ordinal) && line[0] != 'n')];
        int connected = Array.IndexOf(states, "ice connected");
        Assert.Multiple(() =>
        {
            Assert.That(states[..4], Is.EqualTo(new[] { "signalingstatechange have-local-offer", "signalingstatechange stable", "ice checking", "iceconnectionstatechange checking" }));
            Assert.That(states[4], Is.EqualTo("connectionstatechange connecting"));
            Assert.That(states[connected - 1], Is.EqualTo("selectedcandidatepairchange"), "§5.6: the pair and the state change in one task, the pair is told first");
            Assert.That(states[connected + 1], Is.EqualTo("iceconnectionstatechange connected"));
            int done = Array.IndexOf(states, "dtls connected");
            Assert.That(states[done + 1], Is.EqualTo("connectionstatechange connected"));
            Assert.That(Array.IndexOf(states, "dtls connecting"), Is.LessThan(done));
            Assert.That(Array.IndexOf(states, "sctp connected"), Is.GreaterThan(done));
            Assert.That(states.Where(state => state != "selectedcandidatepairchange"), Is.Unique);
        });
        Assert.Multiple(() =>
        {
            Assert.That(dtls.GetRemoteCertificates(), Has.Count.EqualTo(1));
            Assert.That(ice.GetSelectedCandidatePair()!.Local.Address, Is.EqualTo("192.0.2.1"));
            Assert.That(ice.GetSelectedCandidatePair()!.Remote.Address, Is.EqualTo("192.0.2.2"));
            RTCIceTransport theirs = simulation.Right.Sctp!.Transport.IceTransport;
            Assert.That((ice.GetLocalParameters(), ice.GetRemoteParameters()), Is.EqualTo((theirs.GetRemoteParameters(), theirs.GetLocalParameters())));
            Assert.That(ice.GetLocalParameters()!.Password, Has.Length.GreaterThanOrEqualTo(22));
            Assert.That(ice.GetLocalCandidates().Count, Is.Positive);
            Assert.That(theirs.Role, Is.EqualTo(RTCIceRole.Controlled));
            Assert.That(sctp.MaxChannels, Is.EqualTo(65535));
        });
    }

    [Test]
    public void Close_ChangesTheStatesAtOnce_AndNothingIsFiredOnTheConnection()                  // §4.4.2, close
    {
        using PeerSimulation simulation = new(2);
        LocalMediaStreamTrack track = new(MediaKind.Audio);
        RTCRtpSender sender = simulation.Left.AddTrack(track);
        Assert.That(track.Enabled, Is.True);
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.BothConnected && channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        simulation.Settle();
        RTCSctpTransport sctp = simulation.Left.Sctp!;
        List<string> log = Record(simulation.Left);
        sctp.OnStateChange += (_, _) => log.Add("sctp");
        sctp.Transport.OnStateChange += (_, _) => log.Add("dtls");
        sctp.Transport.IceTransport.OnStateChange += (_, _) => log.Add("ice");
        channel.OnClose += (_, _) => log.Add("close");
        channel.OnClosing += (_, _) => log.Add("closing");
        channel.OnError += (_, _) => log.Add("error");
        MediaStreamTrack received = simulation.Left.GetTransceivers()[0].Receiver.Track;
        received.OnEnded += (_, _) => log.Add("ended");
        simulation.Left.Close();
        Assert.Multiple(() =>
        {
            Assert.That((simulation.Left.SignalingState, simulation.Left.IceConnectionState, simulation.Left.ConnectionState),
                Is.EqualTo((RTCSignalingState.Closed, RTCIceConnectionState.Closed, RTCPeerConnectionState.Closed)));
            Assert.That((channel.ReadyState, sctp.State, sctp.Transport.State, sctp.Transport.IceTransport.State),
                Is.EqualTo((RTCDataChannelState.Closed, RTCSctpTransportState.Closed, RTCDtlsTransportState.Closed, RTCIceTransportState.Closed)));
            Assert.That((received.ReadyState, track.ReadyState), Is.EqualTo((MediaStreamTrackState.Ended, MediaStreamTrackState.Live)));
            Assert.That(sctp.Transport.IceTransport.GetSelectedCandidatePair(), Is.Null, "§5.6.2");
        });
        simulation.Left.Close();
        track.Stop();
        simulation.Settle();
        Assert.That(log, Is.EqualTo(new[] { "ended" }), "§5.4.2, \"stop sending and receiving\", step 5: the track's own event");
        Refuses("InvalidStateError", () => simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio)));
        Refuses("InvalidStateError", () => simulation.Left.RemoveTrack(sender));
        Refuses("InvalidStateError", () => simulation.Left.AddTransceiver(MediaKind.Audio));
        Refuses("InvalidStateError", () => simulation.Left.CreateDataChannel("y"));
        simulation.Left.RestartIce();
    }

    [Test]
    public void Close_InAHandler_IsTheLastThatTheApplicationHears()
    {
        using PeerSimulation simulation = new(3);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio), new MediaStream());
        List<string> log = [];
        simulation.Right.OnSignalingStateChange += (_, _) =>
        {
            simulation.Right.Close();
            log.AddRange(Record(simulation.Right));
        };
        simulation.Right.OnTrack += (_, _) => log.Add("track");
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
        });
        simulation.Settle();
        Assert.That(log, Is.Empty);
    }

    [Test]
    public void Failure_OfTheFingerprint_IsAnErrorThenAStateOfTheTransportThenOfTheConnection()  // §5.5
    {
        using PeerSimulation simulation = new(4);
        List<string> log = [];
        simulation.Left.CreateDataChannel("x");
        simulation.Run(async () =>
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            RTCSessionDescription answer = simulation.Right.LocalDescription!;
            int at = answer.Sdp.IndexOf("a=fingerprint:sha-256 ", StringComparison.Ordinal) + 22;
            string forged = answer.Sdp[..at] + (answer.Sdp[at] == 'A' ? 'B' : 'A') + answer.Sdp[(at + 1)..];
            RTCDtlsTransport dtls = simulation.Left.Sctp!.Transport;
            dtls.OnError += (_, e) => log.Add($"error {e.Error.ErrorDetail.ToW3CString()}");
            dtls.OnStateChange += (_, _) => log.Add($"dtls {dtls.State.ToW3CString()}");
            simulation.Left.OnConnectionStateChange += (_, _) => log.Add($"connection {simulation.Left.ConnectionState.ToW3CString()}");
            await simulation.Left.SetRemoteDescriptionAsync(answer with { Sdp = forged });
        });
        simulation.RunUntil(() => simulation.Left.ConnectionState == RTCPeerConnectionState.Failed, TimeSpan.FromSeconds(30));
        Assert.That(log[^3..], Is.EqualTo(new[] { "error fingerprint-failure", "dtls failed", "connection failed" }));
    }

    [Test]
    public void Error_HasItsFields_AndIsADomException()                                         // §11.1
    {
        RTCError error = new(RTCErrorDetailType.DtlsFailure, "bad") { ReceivedAlert = 42, SentAlert = 40, SctpCauseCode = 12, SdpLineNumber = 7 };
        Assert.That(((DOMException)error).Name, Is.EqualTo("OperationError"));
        Assert.That((error.ErrorDetail, error.ReceivedAlert, error.SentAlert, error.SctpCauseCode, error.SdpLineNumber, error.Message),
            Is.EqualTo((RTCErrorDetailType.DtlsFailure, (uint?)42, (uint?)40, (int?)12, (int?)7, "bad")));
        Assert.That(new RTCErrorEvent(error).Error, Is.SameAs(error));
    }
}
