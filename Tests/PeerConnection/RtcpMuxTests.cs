using WebRtcStack.Sdp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>rtcpMuxPolicy (webrtc-pc §4.2.6, RFC 5761 §5.1.1, RFC 8858): RTCP with RTP, or over a component and DTLS of its own.</summary>
public sealed class RtcpMuxTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static readonly NatOptions s_blocked = new() { BlocksUdp = true };

    private static PeerSimulation Create(int seed, RTCRtcpMuxPolicy policy) => new(seed, configuration: new RTCConfiguration { RtcpMuxPolicy = policy });

    private static void RunTo(PeerSimulation simulation, Task task) => simulation.RunUntil(() => task.IsCompleted, s_minute, task);

    private static SdpDescription Parse(RTCSessionDescription? description)
    {
        Assert.That(SdpDescription.TryParse(description!.Sdp, out SdpDescription? parsed, out SdpError? error), $"{error}");
        return parsed!;
    }

    private static IEnumerable<string> UdpComponents(SdpMedia section) => section.Attributes.All("candidate").Select(line => line.Split(' ')).Where(fields => fields[2] == "udp").Select(fields => fields[1]);

    // What a peer without multiplexing sends: no a=rtcp-mux, and no bundle, which would ask for it (RFC 9143 §9.3).
    private static RTCSessionDescription WithoutMux(RTCSessionDescription description) => description with
    {
        Sdp = string.Concat(description.Sdp.Split("\r\n").Where(line => !line.StartsWith("a=rtcp-mux", StringComparison.Ordinal) && !line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal))
            .Select(line => line.Length == 0 ? "" : line + "\r\n")),
    };

    private static async Task NegotiateWithoutMux(PeerSimulation simulation)
    {
        await simulation.Left.SetLocalDescriptionAsync();
        await simulation.Right.SetRemoteDescriptionAsync(WithoutMux(simulation.Left.LocalDescription!));
        await simulation.Right.SetLocalDescriptionAsync();
        await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
    }

    [Test]
    public void Offer_WithNegotiate_GathersBothComponents()
    {
        using PeerSimulation simulation = Create(1, RTCRtcpMuxPolicy.Negotiate);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        List<RTCIceComponent?> components = [];
        simulation.Left.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is { Protocol: RTCIceProtocol.Udp } candidate) components.Add(candidate.Component);
        };
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, s_minute);
        SdpMedia section = Parse(simulation.Left.LocalDescription).Media[0];
        Assert.Multiple(() =>
        {
            Assert.That(components, Is.EquivalentTo(new RTCIceComponent?[] { RTCIceComponent.Rtp, RTCIceComponent.Rtcp }));
            Assert.That(section.Attributes.Contains("rtcp-mux"));
            Assert.That(section.Attributes.Contains("rtcp-mux-only"), Is.False);
            Assert.That(SdpRtcp.TryParse(section.Attributes.First("rtcp"), out SdpRtcp? rtcp));
            SdpCandidate.TryParse(section.Attributes.All("candidate").Single(line => line.Split(' ') is [_, "2", "udp", ..]), out SdpCandidate? second);
            Assert.That(rtcp, Is.EqualTo(new SdpRtcp(second!.Port, new SdpConnection("IN", "IP4", "192.0.2.1"))), "RFC 3605: the default RTCP candidate");
            Assert.That(section.Connections.Single().Address, Is.EqualTo("192.0.2.1"));
        });
    }

    [Test]
    public void Offer_WithRequire_SaysSoAndGathersOne()                                      // RFC 8858 §3
    {
        using PeerSimulation simulation = Create(2, RTCRtcpMuxPolicy.Require);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, s_minute);
        SdpMedia section = Parse(simulation.Left.LocalDescription).Media[0];
        Assert.That(section.Attributes.Contains("rtcp-mux") && section.Attributes.Contains("rtcp-mux-only") && !section.Attributes.Contains("rtcp"));
        Assert.That(UdpComponents(section), Is.EqualTo(new[] { "1" }));
        simulation.Connect();
        Assert.That(Parse(simulation.Right.LocalDescription).Media[0].Attributes.Contains("rtcp-mux-only"), Is.False, "RFC 8858 §4.3: not in an answer");
        RunTo(simulation, simulation.NegotiateAsync());
        Assert.That(Parse(simulation.Left.LocalDescription).Media[0].Attributes.Contains("rtcp-mux-only"), Is.False, "RFC 9429 §5.2.2: nor in later offers");
    }

    [Test]
    public void Negotiate_WithAPeerThatMuxes_EndsTheSecondComponent()
    {
        using PeerSimulation simulation = Create(3, RTCRtcpMuxPolicy.Negotiate);
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        simulation.Left.AddTrack(audio);
        simulation.Connect();
        Assert.That(simulation.Left.GetSenders()[0].Transport!.IceTransport.GetLocalCandidates().Select(candidate => candidate.Component), Is.All.EqualTo(RTCIceComponent.Rtp));
        Assert.That(simulation.Left.IceConnectionState, Is.EqualTo(RTCIceConnectionState.Connected).Or.EqualTo(RTCIceConnectionState.Completed));
        simulation.Time.RunFor(TimeSpan.FromMinutes(1));
        Assert.That(simulation.BothConnected, "consent runs on one component");
    }

    [Test]
    public void Negotiate_WithAPeerThatDoesNotMux_RunsRtcpOverItsOwnDtls()                  // RFC 5764 §4.1
    {
        using PeerSimulation simulation = Create(4, RTCRtcpMuxPolicy.Negotiate);
        LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
        simulation.Left.AddTrack(audio);
        simulation.Left.AddTrack(video);
        int received = 0, keyFrames = 0;
        video.OnKeyFrameRequested += (_, _) => keyFrames++;
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) =>
        {
            if (++received == 20 && e.Track.Kind == MediaKind.Video) ((RemoteMediaStreamTrack)e.Track).RequestKeyFrame();
        };
        RunTo(simulation, NegotiateWithoutMux(simulation));
        simulation.RunUntil(() => simulation.BothConnected, s_minute);
        SdpMedia answered = Parse(simulation.Right.LocalDescription).Media[0];
        Assert.That(answered.Attributes.Contains("rtcp-mux"), Is.False);
        Assert.That(UdpComponents(answered), Is.EquivalentTo(new[] { "1", "2" }));
        for (ushort i = 0; i < 500; i++)
        {
            audio.WriteRtp(new RtpPacketFields(111, i, (uint)(i * 960), false), [1]);
            video.WriteRtp(new RtpPacketFields(96, i, (uint)(i * 1800), true), [2]);
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        Task<RTCStatsReport> stats = simulation.Left.GetStatsAsync();
        RunTo(simulation, stats);
        Assert.Multiple(() =>
        {
            Assert.That(received, Is.EqualTo(1000));
            Assert.That(keyFrames, Is.GreaterThanOrEqualTo(1), "feedback takes RTCP's own way");
            Assert.That(stats.Result.Values.OfType<RTCRemoteInboundRtpStreamStats>().Count(), Is.EqualTo(2), "and so do reports");
            RTCTransportStats[] transports = [.. stats.Result.Values.OfType<RTCTransportStats>()];
            foreach (RTCTransportStats rtp in transports.Where(each => each.RtcpTransportStatsId is not null))
            {
                RTCTransportStats rtcp = transports.Single(each => each.Id == rtp.RtcpTransportStatsId);
                Assert.That(rtcp.PacketsSent, Is.GreaterThan(0).And.LessThan(rtp.PacketsSent!), "webrtc-stats, rtcpTransportStatsId");
                Assert.That(rtcp.DtlsState, Is.EqualTo(RTCDtlsTransportState.Connected));
                Assert.That(rtcp.SelectedCandidatePairId, Is.Not.Null.And.Not.EqualTo(rtp.SelectedCandidatePairId));
                Assert.That(rtcp.RtcpTransportStatsId, Is.Null);
            }
            Assert.That(transports.Count(each => each.RtcpTransportStatsId is not null), Is.EqualTo(2), "one for each section, which do not bundle");
            Assert.That(simulation.BothConnected);
            Assert.That(simulation.LeftLoop.Faults.Concat(simulation.RightLoop.Faults), Is.Empty);
        });
        AssertStatisticsOfBothTransports(stats.Result);
        SdpMedia later = Renegotiate(simulation);
        Assert.That(later.Attributes.Contains("rtcp-mux"), Is.False, "RFC 9429 §5.2.2: as in the most recent answer");
        Assert.That(simulation.BothConnected);
    }

    // webrtc-stats §8.17: the transport of RTCP has statistics of its own, with its own candidates and pair.
    private static void AssertStatisticsOfBothTransports(RTCStatsReport report)
    {
        RTCTransportStats[] ofRtp = [.. report.Values.OfType<RTCTransportStats>().Where(each => each.RtcpTransportStatsId is not null)];
        Assert.That(ofRtp, Has.Length.EqualTo(2));
        foreach (RTCTransportStats rtp in ofRtp)
        {
            RTCTransportStats rtcp = (RTCTransportStats)report[rtp.RtcpTransportStatsId!];
            RTCIceCandidatePairStats pair = (RTCIceCandidatePairStats)report[rtcp.SelectedCandidatePairId!];
            Assert.Multiple(() =>
            {
                Assert.That(rtcp.DtlsState, Is.EqualTo(RTCDtlsTransportState.Connected));
                Assert.That(rtcp.SrtpCipher, Is.EqualTo(rtp.SrtpCipher));
                Assert.That(rtcp.PacketsSent, Is.GreaterThan(0).And.LessThan(rtp.PacketsSent!.Value), "few reports to many packets");
                Assert.That(pair.TransportId, Is.EqualTo(rtcp.Id));
                Assert.That(pair.Id, Is.Not.EqualTo(rtp.SelectedCandidatePairId));
                Assert.That(report.Values.OfType<RTCIceCandidateStats>().Count(each => each.TransportId == rtcp.Id && each.Protocol == RTCIceProtocol.Udp), Is.EqualTo(2), "one of each side");
            });
        }
    }

    // RFC 6544 §4.5: active candidates of both components have port 9; a connection says whose it is. RFC 8656 §2.1.
    [Test]
    public void Negotiate_WhereOnlyTcpGoesThrough_RunsBothComponents([Values] bool overTurn)
    {
        RTCConfiguration configuration = new()
        {
            RtcpMuxPolicy = RTCRtcpMuxPolicy.Negotiate,
            IceServers = overTurn ? [new RTCIceServer { Urls = ["turn:192.0.2.250?transport=tcp"], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password }] : [],
        };
        using PeerSimulation simulation = new(9, new PathOptions(), network =>
        {
            network.LeftHost.AddInterface(NatTests.Nat(network, "203.0.113.1", s_blocked).Inner, "10.0.0.1", network.Path);
            if (overTurn) network.RightHost.AddInterface(NatTests.Nat(network, "203.0.113.2", s_blocked).Inner, "10.1.0.1", network.Path);
            else network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            NatTests.AddTurn(network);
        }, new WebRtcOptions { TcpCandidates = overTurn ? TcpCandidates.None : TcpCandidates.ActiveAndPassive }, configuration);
        LocalMediaStreamTrack audio = new(MediaKind.Audio);
        simulation.Left.AddTrack(audio);
        int received = 0;
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received++;
        RunTo(simulation, NegotiateWithoutMux(simulation));
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromMinutes(2));
        for (ushort i = 0; i < 500; i++)
        {
            audio.WriteRtp(new RtpPacketFields(111, i, (uint)(i * 960), false), [1]);
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Task<RTCStatsReport> stats = simulation.Left.GetStatsAsync();
        RunTo(simulation, stats);
        RTCTransportStats[] transports = [.. stats.Result.Values.OfType<RTCTransportStats>()];
        IEnumerable<string?> used = transports.Select(each => ((RTCIceCandidatePairStats)stats.Result[each.SelectedCandidatePairId!]).LocalCandidateId);
        Assert.Multiple(() =>
        {
            Assert.That(received, Is.EqualTo(500));
            Assert.That(transports, Has.Length.EqualTo(2), "RTP's and RTCP's");
            Assert.That(stats.Result.Values.OfType<RTCRemoteInboundRtpStreamStats>().Count(), Is.EqualTo(1), "reports come back");
            Assert.That(used.Select(id => ((RTCIceCandidateStats)stats.Result[id!]).Protocol), Is.All.EqualTo(overTurn ? RTCIceProtocol.Udp : RTCIceProtocol.Tcp));
            Assert.That(used.Select(id => ((RTCIceCandidateStats)stats.Result[id!]).CandidateType), overTurn ? Is.All.EqualTo(RTCIceCandidateType.Relay) : Has.None.EqualTo(RTCIceCandidateType.Relay));
            Assert.That(simulation.LeftLoop.Faults.Concat(simulation.RightLoop.Faults), Is.Empty);
        });
        simulation.Time.RunFor(TimeSpan.FromMinutes(1));
        Assert.That(simulation.BothConnected, "consent runs on both");
    }

    private static SdpMedia Renegotiate(PeerSimulation simulation)
    {
        RunTo(simulation, NegotiateWithoutMux(simulation));
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        return Parse(simulation.Left.CurrentLocalDescription).Media[0];
    }

    [Test]
    public void IceRestart_WithoutMux_RenewsBothComponents()
    {
        using PeerSimulation simulation = Create(5, RTCRtcpMuxPolicy.Negotiate);
        simulation.Left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        RunTo(simulation, NegotiateWithoutMux(simulation));
        simulation.RunUntil(() => simulation.BothConnected, s_minute);
        simulation.Left.RestartIce();
        RunTo(simulation, NegotiateWithoutMux(simulation));
        simulation.Time.RunFor(TimeSpan.FromSeconds(30));
        Assert.That(simulation.BothConnected);
        Assert.That(UdpComponents(Parse(simulation.Left.CurrentLocalDescription).Media[0]), Is.EquivalentTo(new[] { "1", "2" }));
    }

    [Test]
    public void SetRemoteDescription_WithoutMuxUnderRequire_IsRefused([Values] bool isOffer)          // webrtc-pc §4.2.6
    {
        using PeerSimulation simulation = Create(6, RTCRtcpMuxPolicy.Require);
        simulation.Left.AddTransceiver(MediaKind.Audio);
        RunTo(simulation, simulation.Left.SetLocalDescriptionAsync());
        RTCSessionDescription description = simulation.Left.LocalDescription!;
        RTCPeerConnection refusing = simulation.Right;
        if (!isOffer)
        {
            RunTo(simulation, simulation.Right.SetRemoteDescriptionAsync(description));
            RunTo(simulation, simulation.Right.SetLocalDescriptionAsync());
            (description, refusing) = (simulation.Right.LocalDescription!, simulation.Left);
        }
        RTCSignalingState before = refusing.SignalingState;
        Task applied = refusing.SetRemoteDescriptionAsync(WithoutMux(description));
        simulation.Time.RunUntil(() => applied.IsCompleted, s_minute);
        DOMException? refused = applied.Exception?.InnerException as DOMException;
        Assert.That(refused?.Name, Is.EqualTo("InvalidAccessError"));
        Assert.That(refused!.Message, Does.Contain("rtcp-mux").And.Match("line [0-9]+"));
        Assert.That(refusing.SignalingState, Is.EqualTo(before));
    }
}
