using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What the bundle policies do on the wire (RFC 9429 §4.1.1, RFC 9143), with peers that bundle and peers that do not.</summary>
public sealed class BundlePolicyTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static PeerSimulation Create(int seed, RTCBundlePolicy policy)
    {
        PeerSimulation simulation = new(seed, configuration: new RTCConfiguration { BundlePolicy = policy });
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => e.Channel.Send(message.Text);
        return simulation;
    }

    // Two of audio, two of video, and data: five sections of three kinds.
    private static (LocalMediaStreamTrack[] Tracks, RTCDataChannel Channel) AddAll(RTCPeerConnection connection)
    {
        LocalMediaStreamTrack[] tracks = [new(MediaKind.Audio), new(MediaKind.Audio), new(MediaKind.Video), new(MediaKind.Video)];
        foreach (LocalMediaStreamTrack track in tracks) connection.AddTrack(track, new MediaStream("s"));
        return (tracks, connection.CreateDataChannel("data"));
    }

    private static SdpDescription Parse(RTCSessionDescription? description)
    {
        Assert.That(SdpDescription.TryParse(description!.Sdp, out SdpDescription? parsed, out SdpError? error), $"{error}");
        return parsed!;
    }

    private static void RunTo(PeerSimulation simulation, Task task) => simulation.RunUntil(() => task.IsCompleted, s_minute, task);

    // What the peer's application does to its answer: no bundle is agreed on.
    private static RTCSessionDescription WithoutBundle(RTCSessionDescription description) => description with
    {
        Sdp = string.Concat(description.Sdp.Split("\r\n").Where(line => !line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal)).Select(line => line.Length == 0 ? "" : line + "\r\n")),
    };

    private static int DtlsTransports(RTCPeerConnection connection) => connection.GetTransceivers().Select(each => each.Sender.Transport)
        .Append(connection.Sctp?.Transport).Where(each => each is not null).Distinct().Count();

    [TestCase(RTCBundlePolicy.Balanced, 3)]
    [TestCase(RTCBundlePolicy.MaxCompat, 5)]
    [TestCase(RTCBundlePolicy.MaxBundle, 1)]
    public void Offer_OfAPolicy_GathersItsTransports(RTCBundlePolicy policy, int transports)
    {
        using PeerSimulation simulation = Create(1, policy);
        AddAll(simulation.Left);
        HashSet<string> mids = [];
        simulation.Left.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is { Candidate.Length: > 0 } candidate) mids.Add(candidate.SdpMid!);
        };
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, s_minute);
        SdpDescription offer = Parse(simulation.Left.LocalDescription);
        Assert.Multiple(() =>
        {
            Assert.That(mids, Has.Count.EqualTo(transports));
            Assert.That(DtlsTransports(simulation.Left), Is.EqualTo(transports));
            Assert.That(offer.Media.Count(section => section.Attributes.Contains("candidate")), Is.EqualTo(transports));
            Assert.That(offer.Media.Count(section => section.Port == 0 && section.Attributes.Contains("bundle-only")), Is.EqualTo(5 - transports));
            Assert.That(offer.Media.Where(section => section.Port != 0).Select(section => section.Attributes.First("ice-ufrag")).Distinct().Count(), Is.EqualTo(1), "as browsers have it");
            Assert.That(offer.GetGroups(SdpGroup.Bundle).Single(), Has.Count.EqualTo(5));
            Assert.That(offer.GetGroups(SdpGroup.LipSynchronisation).Single(), Has.Count.EqualTo(4), "all tracks are of one stream");
        });
    }

    [Test]
    public void Answer_ThatBundles_LeavesOneTransport([Values] RTCBundlePolicy policy)
    {
        using PeerSimulation simulation = Create(2, policy);
        (LocalMediaStreamTrack[] tracks, RTCDataChannel channel) = AddAll(simulation.Left);
        List<MediaKind> arrived = [];
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => arrived.Add(e.Track.Kind);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RTCDtlsTransport[] before = [.. simulation.Left.GetTransceivers().Select(each => each.Sender.Transport!).Distinct()];
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        for (int i = 0; i < tracks.Length; i++) tracks[i].WriteRtp(new RtpPacketFields((byte)(i < 2 ? 111 : 96), 1, 1, true), [1]);
        simulation.RunUntil(() => arrived.Count == 4, s_minute);
        Assert.Multiple(() =>
        {
            Assert.That(DtlsTransports(simulation.Left), Is.EqualTo(1));
            Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(1));
            Assert.That(before.Count(each => each.State == RTCDtlsTransportState.Closed), Is.EqualTo(before.Length - 1), "bundled away");
            Assert.That(before.Count(each => each.IceTransport.State == RTCIceTransportState.Closed), Is.EqualTo(before.Length - 1));
        });
    }

    [TestCase(RTCBundlePolicy.MaxCompat, 5)]
    [TestCase(RTCBundlePolicy.Balanced, 3)]
    [TestCase(RTCBundlePolicy.MaxBundle, 1)]
    public void Answer_WithoutBundle_KeepsATransportForEachSectionWithAnAddress(RTCBundlePolicy policy, int kept)
    {
        using PeerSimulation simulation = Create(3, policy);
        (LocalMediaStreamTrack[] tracks, RTCDataChannel channel) = AddAll(simulation.Left);
        Dictionary<MediaStreamTrack, int> arrived = [];
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => arrived[e.Track] = arrived.GetValueOrDefault(e.Track) + 1;
        RunTo(simulation, NegotiateWithoutBundle(simulation));
        simulation.RunUntil(() => simulation.BothConnected, s_minute);
        for (int i = 0; i < tracks.Length; i++) tracks[i].WriteRtp(new RtpPacketFields((byte)(i < 2 ? 111 : 96), 1, 1, true), [1]);
        simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            Assert.That(DtlsTransports(simulation.Left), Is.EqualTo(kept));
            Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(kept));
            Assert.That(simulation.Left.GetTransceivers(), Has.Count.EqualTo(policy switch { RTCBundlePolicy.MaxCompat => 4, RTCBundlePolicy.Balanced => 2, _ => 1 }), "the others are stopped");
            Assert.That(arrived, Has.Count.EqualTo(simulation.Left.GetTransceivers().Count));
            Assert.That(channel.ReadyState, Is.EqualTo(policy == RTCBundlePolicy.MaxBundle ? RTCDataChannelState.Closed : RTCDataChannelState.Open));
            Assert.That(simulation.BothConnected);
        });
        Task again = NegotiateWithoutBundle(simulation);
        RunTo(simulation, again);
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(DtlsTransports(simulation.Left), Is.EqualTo(kept), "a further exchange changes nothing");
        Assert.That(simulation.BothConnected);
    }

    // A peer that knows no bundle sees none offered, and refuses what has no address.
    private static async Task NegotiateWithoutBundle(PeerSimulation simulation)
    {
        await simulation.Left.SetLocalDescriptionAsync();
        RTCSessionDescription offer = WithoutBundle(simulation.Left.LocalDescription!);
        await simulation.Right.SetRemoteDescriptionAsync(offer);
        await simulation.Right.SetLocalDescriptionAsync();
        await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
    }

    [Test]
    public void MaxBundle_WithAnAnswerThatTakesSectionsOutsideABundle_RejectsThem()          // RFC 9143 §6: bundle-only sections are for bundles
    {
        using PeerSimulation simulation = Create(4, RTCBundlePolicy.MaxBundle);
        AddAll(simulation.Left);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Left.SetRemoteDescriptionAsync(WithoutBundle(simulation.Right.LocalDescription!)));
        Assert.That(simulation.Left.GetTransceivers(), Has.Count.EqualTo(1));
        Assert.That(simulation.Left.Sctp, Is.Null);
    }

    [Test]
    public void States_OfSeveralTransports_AreGathered()                                     // webrtc-pc §4.3: connected when all are
    {
        using PeerSimulation simulation = Create(5, RTCBundlePolicy.MaxCompat);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.CreateDataChannel("x");
        RunTo(simulation, NegotiateWithoutBundle(simulation));
        RTCDtlsTransport audio = simulation.Left.GetTransceivers()[0].Sender.Transport!, data = simulation.Left.Sctp!.Transport;
        Assert.That(audio, Is.Not.SameAs(data));
        List<RTCPeerConnectionState> states = [];
        simulation.Left.OnConnectionStateChange += (_, _) =>
        {
            states.Add(simulation.Left.ConnectionState);
            bool both = audio.State == RTCDtlsTransportState.Connected && data.State == RTCDtlsTransportState.Connected;
            Assert.That(simulation.Left.ConnectionState == RTCPeerConnectionState.Connected, Is.EqualTo(both));
        };
        simulation.RunUntil(() => simulation.BothConnected, s_minute);
        Assert.That(states, Is.EqualTo(new[] { RTCPeerConnectionState.Connected }).Or.EqualTo(new[] { RTCPeerConnectionState.Connecting, RTCPeerConnectionState.Connected }));
    }

    [Test]
    public void StoppedTaggedSection_InABundle_PassesTheTagOn([Values] bool byOfferer)       // RFC 9143 §7.5.3
    {
        using PeerSimulation simulation = Create(6, RTCBundlePolicy.Balanced);
        (_, RTCDataChannel channel) = AddAll(simulation.Left);
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, s_minute);
        RTCPeerConnection stopper = byOfferer ? simulation.Left : simulation.Right;
        stopper.GetTransceivers()[0].Stop();
        RunTo(simulation, simulation.NegotiateAsync(leftOffers: byOfferer));
        SdpDescription offer = Parse(stopper.CurrentLocalDescription);
        Assert.That(offer.Media[0].Port, Is.Zero);
        Assert.That(offer.GetGroups(SdpGroup.Bundle).Single()[0], Is.EqualTo(offer.Media[1].Mid));
        Assert.That(offer.Media[1].Attributes.Contains("candidate"), "the section that has the tag has the candidates");
        string? echoed = null;
        channel.OnMessage += (_, message) => echoed = message.Text;
        channel.Send("still");
        simulation.RunUntil(() => echoed == "still", s_minute);
        simulation.Left.AddTransceiver(MediaKind.Video);                                     // takes the place of the stopped one
        RunTo(simulation, simulation.NegotiateAsync());
        channel.Send("recycled");
        simulation.RunUntil(() => echoed == "recycled", s_minute);
        Assert.That(Parse(simulation.Left.CurrentLocalDescription).Media, Has.Count.EqualTo(5));
        Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(1));
    }

    [Test]
    public void Section_TakenOutOfABundleByAnOffer_GetsATransportOfItsOwn()                  // RFC 9143 §7.5.2
    {
        using PeerSimulation simulation = Create(7, RTCBundlePolicy.MaxCompat);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        simulation.Left.AddTransceiver(MediaKind.Video);
        simulation.Connect();
        Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(1));
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        // The offer as another stack would write it: video leaves the bundle, with an address of its own.
        SdpDescription offer = Parse(simulation.Left.LocalDescription);
        offer.Attributes.Remove("group");
        offer.Attributes.Add("group", "BUNDLE 0");
        SdpMedia video = offer.Media[1];
        foreach (string name in new[] { "ice-ufrag", "ice-pwd", "tls-id", "candidate" }) video.Attributes.Remove(name);
        video.Attributes.Add("ice-ufrag", "another");
        video.Attributes.Add("ice-pwd", "anotherpasswordofsomelength");
        RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, offer.ToString())));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        SdpDescription answer = Parse(simulation.Right.CurrentLocalDescription);
        Assert.That(answer.GetGroups(SdpGroup.Bundle).Single(), Is.EqualTo(new[] { "0" }));
        Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(2));
        RTCPeerConnection right = simulation.Right;
        Assert.That(right.GetTransceivers()[0].Sender.Transport!.State, Is.EqualTo(RTCDtlsTransportState.Connected));
        Assert.That(right.GetTransceivers()[1].Sender.Transport!.State, Is.EqualTo(RTCDtlsTransportState.New));
    }

    [Test]
    public void Answer_WithABundleThatWasNotOffered_IsRefused()                              // RFC 9143 §7.3
    {
        using PeerSimulation simulation = Create(8, RTCBundlePolicy.Balanced);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        RTCSessionDescription answer = simulation.Right.LocalDescription!;
        answer = answer with { Sdp = answer.Sdp.Replace("a=group:BUNDLE 0", "a=group:BUNDLE 0 9", StringComparison.Ordinal) };
        DOMException? refused = Assert.ThrowsAsync<DOMException>(async () =>
        {
            Task applied = simulation.Left.SetRemoteDescriptionAsync(answer);
            simulation.Time.RunUntil(() => applied.IsCompleted, s_minute);
            await applied;
        });
        Assert.That(refused!.Name, Is.EqualTo("InvalidAccessError"));
        Assert.That(simulation.Left.SignalingState, Is.EqualTo(RTCSignalingState.HaveLocalOffer));
    }

    [Test]
    public void Offer_WithTwoBundles_IsAnsweredWithBoth()
    {
        using PeerSimulation simulation = Create(9, RTCBundlePolicy.MaxCompat);
        AddAll(simulation.Left);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, s_minute);
        RTCSessionDescription offer = simulation.Left.LocalDescription!;
        offer = offer with { Sdp = offer.Sdp.Replace("a=group:BUNDLE 0 1 2 3 4", "a=group:BUNDLE 0 1\r\na=group:BUNDLE 2 3 4", StringComparison.Ordinal) };
        RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(offer));
        RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
        Assert.That(Parse(simulation.Right.LocalDescription).GetGroups(SdpGroup.Bundle).Select(group => group.Count), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(DtlsTransports(simulation.Right), Is.EqualTo(2));
    }
}
