using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>What connections do to get through: relays, TCP, names, policies, pools (webrtc-pc §4.2, RFC 6544, RFC 8829 §3.5.4).</summary>
public sealed class ConnectivityTests
{
    private const string Server = "192.0.2.250";

    private static readonly RTCConfiguration s_servers = new()
    {
        IceServers =
        [
            new RTCIceServer { Urls = [$"stun:{Server}"] },
            new RTCIceServer { Urls = [$"turn:{Server}"], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password },
        ],
    };

    [TestCase(true, false)]
    [TestCase(false, true)]
    public void UdpBlocked_OnOneSide_ConnectsByTcpToAPassiveCandidate(bool left, bool right)             // RFC 6544
    {
        WebRtcOptions options = new() { TcpCandidates = TcpCandidates.ActiveAndPassive };
        using PeerSimulation simulation = new(1, new PathOptions { Loss = 0.05 }, network =>
        {
            PlaceBehind(network, network.LeftHost, "203.0.113.1", left);
            PlaceBehind(network, network.RightHost, "203.0.113.2", right);
        }, options);
        int received = Exchange(simulation);
        Assert.That(received, Is.EqualTo(50));
        RTCIceCandidatePair selected = Ice(simulation.Left).GetSelectedCandidatePair()!;
        Assert.That((selected.Local.Protocol, selected.Remote.Protocol), Is.EqualTo((RTCIceProtocol.Tcp, RTCIceProtocol.Tcp)));
    }

    [Test]
    public void UdpBlocked_OnBothSides_WithNatsAndNoRelay_DoesNotConnect()
    {
        using PeerSimulation simulation = new(2, new PathOptions(), network =>
        {
            PlaceBehind(network, network.LeftHost, "203.0.113.1", true);
            PlaceBehind(network, network.RightHost, "203.0.113.2", true);
        }, new WebRtcOptions { TcpCandidates = TcpCandidates.All });
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(2), negotiation);
        Assert.That(simulation.EitherFailed);
    }

    [Test]
    public void UdpAndTcp_BothOpen_ConnectByUdp()
    {
        using PeerSimulation simulation = new(3, options: new WebRtcOptions { TcpCandidates = TcpCandidates.All });
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        Assert.That(Ice(simulation.Left).GetSelectedCandidatePair()!.Local.Protocol, Is.EqualTo(RTCIceProtocol.Udp));
        Assert.That(Ice(simulation.Left).GetLocalCandidates().Select(candidate => candidate.TcpType),
            Is.EqualTo(new RTCIceTcpCandidateType?[] { null, RTCIceTcpCandidateType.Active, RTCIceTcpCandidateType.Passive, RTCIceTcpCandidateType.So }));
    }

    [Test]
    public void TcpConnections_OfAClosedConnection_AreClosed()
    {
        PeerSimulation simulation = new(4, new PathOptions(), network =>
        {
            PlaceBehind(network, network.LeftHost, "203.0.113.1", true);
            PlaceBehind(network, network.RightHost, "203.0.113.2", false);
        }, new WebRtcOptions { TcpCandidates = TcpCandidates.ActiveAndPassive });
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(simulation.LeftHost.Tcp.OpenConnections, Is.GreaterThan(0));
        simulation.Dispose();
        simulation.Time.RunFor(TimeSpan.FromMinutes(1));
        Assert.That((simulation.LeftHost.Tcp.OpenConnections, simulation.RightHost.Tcp.OpenConnections), Is.EqualTo((0, 0)));
    }

    [Test]
    public void IPv6Only_AndIPv4Only_ConnectThroughARelay()
    {
        using PeerSimulation simulation = new(5, new PathOptions(), network =>
        {
            network.LeftHost.AddInterface(network.Internet, "2001:db8::1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            _ = new SimulatedTurnServer(new SimulatedHost(network.Time, "turn"), network.Internet, [Server, "2001:db8::250"], network.Path);
        }, configuration: Turn(Server, "[2001:db8::250]"));
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(2), negotiation);
        // The relayed address has the family of the client's: the two families meet only where the server lends the other one.
        TestContext.Out.WriteLine($"IPv6 only and IPv4 only: {simulation.Left.ConnectionState}");
        Assert.That(simulation.BothConnected, simulation.Time.Timeline);
    }

    // RFC 8656 §7.2: the server answers 440 to a host with IPv4, which then takes what there is: the peer with IPv6 is reached through it.
    [Test]
    public void IPv4Only_WithAServerThatLendsIPv6Alone_ReachesAnIPv6OnlyPeer()
    {
        using PeerSimulation simulation = new(5, new PathOptions(), network =>
        {
            network.LeftHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            network.RightHost.AddInterface(network.Internet, "2001:db8::1", network.Path);
            _ = new SimulatedTurnServer(new SimulatedHost(network.Time, "turn"), network.Internet, [Server, "2001:db8::250"], network.Path,
                options => options with { RelaysIPv4 = false });
        }, configuration: Turn(Server));
        List<RTCIceCandidate> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => { if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e.Candidate); };
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(2), negotiation);
        Assert.That(simulation.BothConnected, simulation.Time.Timeline);
        Assert.That(candidates.Where(each => each.Type == RTCIceCandidateType.Relay).Select(each => each.Address), Is.Not.Empty.And.All.Contains("2001:db8::250"));
    }

    [Test]
    public void RelayPolicy_UsesTheRelayAlone_AndStatisticsNameIt()
    {
        using PeerSimulation simulation = new(6, new PathOptions(), Open, configuration: s_servers with { IceTransportPolicy = RTCIceTransportPolicy.Relay });
        List<RTCPeerConnectionIceEvent> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => { if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e); };
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(candidates.Select(e => (e.Candidate!.Type, e.Url, e.Candidate.Url, e.Candidate.RelayProtocol)), Is.Not.Empty.And.All.EqualTo(
            (RTCIceCandidateType.Relay, $"turn:{Server}", $"turn:{Server}", RTCIceServerTransportProtocol.Udp)));
        RTCStatsReport report = Statistics(simulation, simulation.Left);
        RTCIceCandidateStats relayed = report.Values.OfType<RTCIceCandidateStats>().First(each => !each.IsRemote && each.CandidateType == RTCIceCandidateType.Relay);
        Assert.That((relayed.Url, relayed.RelayProtocol), Is.EqualTo(($"turn:{Server}", RTCIceServerTransportProtocol.Udp)));
    }

#pragma warning disable CS0618                          // the obsolete value is what is tested
    [Test]
    public void PublicPolicy_TellsNoPrivateAddress_AndConnects()
    {
        using PeerSimulation simulation = new(7, new PathOptions(), network => Behind(network, new NatOptions(), new NatOptions()),
            configuration: s_servers with { IceTransportPolicy = RTCIceTransportPolicy.Public });
        List<RTCIceCandidate> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => { if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e.Candidate); };
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(candidates.Select(candidate => candidate.Candidate), Is.Not.Empty.And.None.Contains("10."));
        Assert.That(Ice(simulation.Left).GetSelectedCandidatePair()!.Local.Type, Is.Not.EqualTo(RTCIceCandidateType.Relay));
        Assert.That(RTCIceTransportPolicy.Public.ToW3CString(), Is.EqualTo("public"));
    }
#pragma warning restore CS0618

    [Test]
    public void MappedAddress_ReplacesTheHostCandidates()
    {
        TransportAddress.TryParse("203.0.113.1", 0, out TransportAddress outer);
        WebRtcOptions options = new() { TcpCandidates = TcpCandidates.None, Ice = new IceAgentOptions { AddressMappings = [new IceAddressMapping(default, outer)] } };
        using PeerSimulation simulation = new(8, options: options);
        List<RTCIceCandidate> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => { if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e.Candidate); };
        simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        Assert.That(candidates.Select(candidate => (candidate.Type, candidate.Address)), Is.EqualTo(new[] { (RTCIceCandidateType.Host, "203.0.113.1") }));
    }

    [Test]
    public void Pool_GathersBeforeTheDescription_AndTellsAfterIt()                                        // RFC 8829 §3.5.4
    {
        using PeerSimulation simulation = new(9, new PathOptions(), Open, configuration: s_servers with { IceCandidatePoolSize = 1 });
        List<string> seen = [];
        simulation.Left.OnIceCandidate += (_, e) => seen.Add(e.Candidate is null ? "all" : e.Candidate.Type?.ToString() ?? "end");
        simulation.Left.OnIceGatheringStateChange += (_, _) => seen.Add(simulation.Left.IceGatheringState.ToString());
        simulation.Left.CreateDataChannel("x");
        simulation.Time.RunFor(TimeSpan.FromSeconds(3));
        Assert.That((seen.Count, simulation.LeftHost.OpenSockets, simulation.Left.IceGatheringState), Is.EqualTo((0, 1, RTCIceGatheringState.New)));
        Task offered = simulation.Left.SetLocalDescriptionAsync();
        Instant start = simulation.Time.Now;
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, TimeSpan.FromMinutes(1), offered);
        Assert.That(simulation.Time.Now, Is.EqualTo(start), "nothing is left to wait for");
        Assert.That(seen, Does.Contain("Host").And.Contain("Relay"));
        Assert.That(seen[^3..], Is.EqualTo(new[] { "end", "Complete", "all" }), "webrtc-pc §5.6");
        Assert.That(simulation.Left.LocalDescription!.Sdp, Does.Contain("typ relay"));
    }

    [Test]
    public void Pool_ConnectsOverWhatItHasGathered()
    {
        using PeerSimulation simulation = new(10, new PathOptions(), Open, configuration: s_servers with { IceCandidatePoolSize = 2 });
        simulation.Left.CreateDataChannel("x");
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        simulation.Connect();
        Assert.That(simulation.LeftHost.OpenSockets, Is.EqualTo(2));
    }

    [Test]
    public void HalfTrickle_WithAllCandidatesInTheDescriptions_Connects()                                 // RFC 8838 §16, RFC 8829 §5.9
    {
        using PeerSimulation simulation = new(16, new PathOptions(), Open, configuration: s_servers);
        simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromMinutes(1), NegotiateAsync());
        Assert.That(Ice(simulation.Right).GetRemoteCandidates(), Is.Not.Empty);

        async Task NegotiateAsync()
        {
            await simulation.Left.SetLocalDescriptionAsync();
            await GatheredAsync(simulation.Left);
            await simulation.Right.SetRemoteDescriptionAsync(simulation.Left.LocalDescription!);
            await simulation.Right.SetLocalDescriptionAsync();
            await GatheredAsync(simulation.Right);
            await simulation.Left.SetRemoteDescriptionAsync(simulation.Right.LocalDescription!);
        }

        static async Task GatheredAsync(RTCPeerConnection connection)
        {
            TaskCompletionSource gathered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.OnIceGatheringStateChange += (_, _) => { if (connection.IceGatheringState == RTCIceGatheringState.Complete) gathered.TrySetResult(); };
            if (connection.IceGatheringState != RTCIceGatheringState.Complete) await gathered.Task;
        }
    }

    [Test]
    public void SetConfiguration_ChangesThePool_UntilThereIsADescription()                                // webrtc-pc §4.4.1.6
    {
        using PeerSimulation simulation = new(11, new PathOptions(), Open);
        simulation.Left.SetConfiguration(s_servers with { IceCandidatePoolSize = 3 });
        simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(simulation.LeftHost.OpenSockets, Is.EqualTo(3));
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        DOMException thrown = Assert.Throws<DOMException>(() => simulation.Left.SetConfiguration(s_servers with { IceCandidatePoolSize = 1 }))!;
        Assert.That(thrown.Name, Is.EqualTo("InvalidModificationError"));
    }

    [Test]
    public void ServerThatIsSilent_IsACandidateError701WithAddressPortAndUrl()                            // webrtc-pc §4.8.3
    {
        RTCConfiguration configuration = new()
        {
            IceServers = [new RTCIceServer { Urls = ["stun:192.0.2.99:3478", "turn:192.0.2.99?transport=udp"], Username = "u", Credential = "p" }],
        };
        using PeerSimulation simulation = new(12, configuration: configuration);
        List<RTCPeerConnectionIceErrorEvent> errors = [];
        simulation.Left.OnIceCandidateError += (_, e) => errors.Add(e);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.Time.RunFor(TimeSpan.FromSeconds(30));
        Assert.That(errors.Select(e => (e.ErrorCode, e.Url, e.Address)), Is.EquivalentTo(new[]
        {
            (701, "stun:192.0.2.99:3478", "192.0.2.1"), (701, "turn:192.0.2.99?transport=udp", "192.0.2.1"),
        }));
        Assert.That(errors.Select(e => (e.Port, e.ErrorText)), Has.All.Matches<(ushort? Port, string Text)>(e => e.Port > 0 && e.Text.Length > 0));
    }

    [Test]
    public void ServerThatRefuses_IsACandidateErrorWithItsCode()
    {
        RTCConfiguration configuration = new() { IceServers = [new RTCIceServer { Urls = [$"turn:{Server}"], Username = SimulatedTurnServer.User, Credential = "wrong" }] };
        using PeerSimulation simulation = new(13, new PathOptions(), Open, configuration: configuration);
        List<RTCPeerConnectionIceErrorEvent> errors = [];
        simulation.Left.OnIceCandidateError += (_, e) => errors.Add(e);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => errors.Count > 0, TimeSpan.FromMinutes(1));
        Assert.That((errors[0].ErrorCode, errors[0].Url, errors[0].ErrorText), Is.EqualTo((401, $"turn:{Server}", "Unauthenticated")));
    }

    [Test]
    public void PublishedNames_HideAddressesAndAreResolved()                                              // draft-ietf-mmusic-mdns-ice-candidates
    {
        WebRtcOptions options = new() { MulticastDns = MulticastDnsUse.ResolveAndPublish };
        using PeerSimulation simulation = new(14, options: options);
        List<string> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => { if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e.Candidate.Candidate); };
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(candidates, Is.Not.Empty.And.All.Contains(".local ").And.None.Contains("192.0.2.1 "));
        Assert.That(simulation.Right.RemoteDescription!.Sdp, Does.Not.Contain("192.0.2.1"));
        Assert.That(Statistics(simulation, simulation.Right).Values.OfType<RTCIceCandidateStats>().Where(each => each.IsRemote && each.Address is not null)
            .Select(each => each.Address), Has.All.EndsWith(".local"));
    }

    [Test]
    public void Statistics_OfPairsAndCandidates_HaveAllFields()                                           // webrtc-stats §8.18, §8.19
    {
        using PeerSimulation simulation = new(15, new PathOptions(), Open, configuration: s_servers);
        Assert.That(Exchange(simulation), Is.EqualTo(50));
        simulation.Time.RunFor(TimeSpan.FromSeconds(20));
        RTCStatsReport report = Statistics(simulation, simulation.Left);
        RTCTransportStats transport = report.Values.OfType<RTCTransportStats>().Single();
        RTCIceCandidatePairStats[] pairs = [.. report.Values.OfType<RTCIceCandidatePairStats>()];
        RTCIceCandidatePairStats selected = pairs.Single(pair => pair.Id == transport.SelectedCandidatePairId);
        Assert.Multiple(() =>
        {
            Assert.That(pairs.Count(pair => pair.Nominated == true), Is.EqualTo(1));
            Assert.That((selected.Nominated, selected.State), Is.EqualTo((true, RTCStatsIceCandidatePairState.Succeeded)));
            Assert.That(selected.Priority, Is.GreaterThan(0UL));
            Assert.That(selected.ConsentRequestsSent, Is.InRange(3, 5));
            Assert.That(selected.RequestsSent, Is.GreaterThan(selected.ConsentRequestsSent!.Value));
            Assert.That(selected.ResponsesReceived, Is.EqualTo(selected.RequestsSent));
            Assert.That(selected.ResponsesSent, Is.EqualTo(selected.RequestsReceived));
            Assert.That(selected.CurrentRoundTripTime, Is.EqualTo(0.04).Within(0.001));
            Assert.That(selected.TotalRoundTripTime, Is.EqualTo(0.04 * selected.ResponsesReceived!.Value).Within(0.001));
            Assert.That((selected.PacketsSent, selected.PacketsReceived, selected.BytesSent, selected.BytesReceived), Is.Not.EqualTo((0L, 0L, 0L, 0L)));
            Assert.That(transport.SelectedCandidatePairChanges, Is.GreaterThan(0));
        });
        foreach (RTCIceCandidateStats candidate in report.Values.OfType<RTCIceCandidateStats>())
        {
            Assert.That((candidate.Foundation, candidate.UsernameFragment, candidate.Protocol, candidate.Priority), Is.Not.EqualTo(((string?)null, (string?)null, (RTCIceProtocol?)null, (uint?)null)));
            bool isDerived = candidate.CandidateType is RTCIceCandidateType.Srflx or RTCIceCandidateType.Relay;
            if (isDerived) Assert.That((candidate.RelatedAddress, candidate.RelatedPort), Is.Not.EqualTo(((string?)null, (ushort?)null)));
            if (isDerived && !candidate.IsRemote) Assert.That(candidate.Url, Is.Not.Null);
        }
    }

    private static RTCConfiguration Turn(params string[] hosts) => new()
    {
        IceServers = [.. hosts.Select(host => new RTCIceServer { Urls = [$"turn:{host}"], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password })],
    };

    private static RTCIceTransport Ice(RTCPeerConnection connection) => connection.Sctp!.Transport.IceTransport;

    private static RTCStatsReport Statistics(PeerSimulation simulation, RTCPeerConnection connection)
    {
        Task<RTCStatsReport> report = connection.GetStatsAsync();
        simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromMinutes(1), report);
        return report.Result;
    }

    // Connects, and sends fifty messages from left to right.
    private static int Exchange(PeerSimulation simulation)
    {
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        for (int i = 0; i < 50; i++) channel.Send($"{i}");
        simulation.RunUntil(() => received == 50, TimeSpan.FromMinutes(1));
        return received;
    }

    private static void Open(PeerSimulation network)
    {
        network.LeftHost.AddInterface(network.Internet, "192.0.2.1", network.Path);
        network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
        AddServer(network);
    }

    private static void Behind(PeerSimulation network, NatOptions left, NatOptions right)
    {
        network.LeftHost.AddInterface(Nat(network, "203.0.113.1", left).Inner, "10.0.0.1", network.Path);
        network.RightHost.AddInterface(Nat(network, "203.0.113.2", right).Inner, "10.1.0.1", network.Path);
        AddServer(network);
    }

    private static void PlaceBehind(PeerSimulation network, SimulatedHost host, string address, bool blocksUdp)
    {
        if (blocksUdp) host.AddInterface(Nat(network, address, new NatOptions { BlocksUdp = true }).Inner, "10.0.0.1", network.Path);
        else host.AddInterface(network.Internet, address, network.Path);
    }

    private static SimulatedNat Nat(PeerSimulation network, string address, NatOptions options)
    {
        TransportAddress.TryParse(address, 0, out TransportAddress outer);
        return new SimulatedNat(network.Time, $"nat {address}", network.Internet, outer, options);
    }

    private static void AddServer(PeerSimulation network) =>
        _ = new SimulatedTurnServer(new SimulatedHost(network.Time, "turn"), network.Internet, [Server], network.Path);
}
