using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Connections through NATs of every kind (RFC 4787), with a STUN server at hand and no relay.</summary>
public sealed class NatTests
{
    internal static readonly RTCConfiguration Stun = new() { IceServers = [new RTCIceServer { Urls = ["stun:192.0.2.250"] }] };

    internal static readonly RTCConfiguration Turn = new()
    {
        IceServers = [new RTCIceServer { Urls = ["turn:192.0.2.250"], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password }, .. Stun.IceServers],
    };

    public static IEnumerable<TestCaseData> Pairs()
    {
        NatBehavior[] all = Enum.GetValues<NatBehavior>();
        foreach (NatBehavior leftMapping in all)
        {
            foreach (NatBehavior leftFiltering in all)
            {
                foreach (NatBehavior rightMapping in all)
                {
                    foreach (NatBehavior rightFiltering in all)
                        yield return new TestCaseData(new NatOptions { Mapping = leftMapping, Filtering = leftFiltering }, new NatOptions { Mapping = rightMapping, Filtering = rightFiltering })
                            .SetArgDisplayNames($"{leftMapping}/{leftFiltering}", $"{rightMapping}/{rightFiltering}");
                }
            }
        }
    }

    [TestCaseSource(nameof(Pairs))]
    public void TwoNats_LetAConnectionThrough_ExactlyWhenOneIsPossible(NatOptions left, NatOptions right)
    {
        using PeerSimulation simulation = new(1, new PathOptions { Loss = 0.1 }, network => Behind(network, left, right), configuration: Stun);
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(2), negotiation);
        Assert.That(simulation.BothConnected, Is.EqualTo(IsPossible(left, right)), simulation.Time.Timeline);
    }

    // Relays are there for what nothing else connects, and are used for nothing else; both sides agree on the pair.
    [TestCaseSource(nameof(Pairs))]
    public void TwoNats_WithARelay_AlwaysConnect_AndUseItWhenNothingElseWorks(NatOptions left, NatOptions right)
    {
        WebRtcOptions options = new() { Ice = new() { RelayNominationDelay = TimeSpan.FromMinutes(1) } };
        using PeerSimulation simulation = new(1, new PathOptions { Loss = 0.1 }, network => Behind(network, left, right, withRelay: true), options, Turn);
        simulation.RestartIceOnFailure();
        simulation.Left.CreateDataChannel("x");
        simulation.Connect(TimeSpan.FromMinutes(3));
        bool isRelayed = !IsPossible(left, right);
        simulation.RunUntil(() => UsesRelay(simulation.Left) == isRelayed && UsesRelay(simulation.Right) == isRelayed && Agree(simulation), TimeSpan.FromMinutes(2));
    }

    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public void OneSideBehindANat_OrADoubleOne_ConnectsWithoutRelay(bool isDouble, bool isSymmetric)
    {
        NatOptions kind = new() { Mapping = isSymmetric ? NatBehavior.AddressAndPortDependent : NatBehavior.EndpointIndependent, Filtering = NatBehavior.AddressAndPortDependent };
        using PeerSimulation simulation = new(8, new PathOptions { Loss = 0.05 }, network =>
        {
            SimulatedNat outer = Nat(network, "203.0.113.1", kind);
            network.LeftHost.AddInterface((isDouble ? Inside(network, outer, "100.64.0.1") : outer).Inner, "10.0.0.1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            AddTurn(network);
        }, configuration: Turn);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => !UsesRelay(simulation.Left) && !UsesRelay(simulation.Right) && Agree(simulation), TimeSpan.FromMinutes(1));
    }

    [Test]
    public void TwoNatsBehindAThird_WithARelay_UseItOnlyWhereThatDoesNotHairpin([Values] bool hairpinning)      // RFC 4787 §6
    {
        using PeerSimulation simulation = new(9, new PathOptions(), network =>
        {
            SimulatedNat carrier = Nat(network, "203.0.113.1", new NatOptions { Hairpinning = hairpinning });
            network.LeftHost.AddInterface(Inside(network, carrier, "100.64.0.1").Inner, "10.0.0.1", network.Path);
            network.RightHost.AddInterface(Inside(network, carrier, "100.64.0.2").Inner, "10.0.0.1", network.Path);
            AddTurn(network);
        }, configuration: Turn);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(
            () => UsesRelay(simulation.Left) == !hairpinning && UsesRelay(simulation.Right) == !hairpinning && Agree(simulation), TimeSpan.FromMinutes(1));
    }

    [Test]
    public void TwoHostsBehindOneNat_MeetByTheirInnerAddresses([Values] bool hairpinning)
    {
        using PeerSimulation simulation = new(2, new PathOptions(), network =>
        {
            SimulatedNat nat = Nat(network, "203.0.113.1", new NatOptions { Hairpinning = hairpinning });
            network.LeftHost.AddInterface(nat.Inner, "10.0.0.1", network.Path);
            network.RightHost.AddInterface(nat.Inner, "10.0.0.2", network.Path);
            AddStun(network);
        }, configuration: Stun);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(simulation.Left.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!.Remote.Address, Is.EqualTo("10.0.0.2"));
    }

    [Test]
    public void DoubleNat_WithEndpointIndependentMapping_Connects()
    {
        using PeerSimulation simulation = new(3, new PathOptions(), network =>
        {
            SimulatedNat outer = Nat(network, "203.0.113.1", new NatOptions { Filtering = NatBehavior.AddressAndPortDependent });
            SimulatedNat inner = Inside(network, outer, "100.64.0.1");
            network.LeftHost.AddInterface(inner.Inner, "10.0.0.1", network.Path);
            SimulatedNat right = Nat(network, "203.0.113.2", new NatOptions { Filtering = NatBehavior.AddressAndPortDependent });
            network.RightHost.AddInterface(right.Inner, "10.0.0.1", network.Path);
            AddStun(network);
        }, configuration: Stun);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
    }

    [Test]
    public void TwoNatsBehindAThird_ConnectExactlyWhenItHairpins([Values] bool hairpinning)        // RFC 4787 §6
    {
        using PeerSimulation simulation = new(7, new PathOptions(), network =>
        {
            SimulatedNat carrier = Nat(network, "203.0.113.1", new NatOptions { Hairpinning = hairpinning });
            network.LeftHost.AddInterface(Inside(network, carrier, "100.64.0.1").Inner, "10.0.0.1", network.Path);
            network.RightHost.AddInterface(Inside(network, carrier, "100.64.0.2").Inner, "10.0.0.1", network.Path);
            AddStun(network);
        }, configuration: Stun);
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(2), negotiation);
        Assert.That(simulation.BothConnected, Is.EqualTo(hairpinning), simulation.Time.Timeline);
    }

    [Test]
    public void HostsWithSeveralAddresses_UseThePathThatWorks()
    {
        using PeerSimulation simulation = new(4, new PathOptions(), network =>
        {
            Realm other = new("elsewhere");
            network.LeftHost.AddInterface(other, "198.51.100.1", network.Path);              // leads nowhere
            network.LeftHost.AddInterface(network.Internet, "2001:db8::1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            network.RightHost.AddInterface(network.Internet, "2001:db8::2", network.Path);
        });
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(simulation.Right.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!.Local.Address, Is.EqualTo("2001:db8::2"));
    }

    [Test]
    public void NatThatForgets_LosesAtMostWhatWasInFlight()
    {
        SimulatedNat? nat = null;
        using PeerSimulation simulation = new(5, new PathOptions(), network =>
        {
            nat = Nat(network, "203.0.113.1", new NatOptions());
            network.LeftHost.AddInterface(nat.Inner, "10.0.0.1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
        });
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        nat!.Rebind();
        for (int i = 0; i < 100; i++)
        {
            channel.Send($"{i}");
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(100));
        }
        simulation.RunUntil(() => received == 100, TimeSpan.FromMinutes(1));
    }

    [Test]
    public void ServerWithoutAddress_IsACandidateError701()                               // webrtc-pc §4.8.3
    {
        RTCConfiguration configuration = new() { IceServers = [new RTCIceServer { Urls = ["stun:nowhere.invalid"] }] };
        using PeerSimulation simulation = new(6, configuration: configuration);
        List<RTCPeerConnectionIceErrorEvent> errors = [];
        simulation.Left.OnIceCandidateError += (_, e) => errors.Add(e);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        Assert.That(errors.Select(error => (error.ErrorCode, error.Url)), Is.EqualTo(new[] { (701, "stun:nowhere.invalid") }));
    }

    // The oracle knows nothing of ICE: two sockets ping every port of the other that they have heard of, and answer every
    // ping from where it came. There is a way when an answer comes from the very port that was pinged.
    internal static bool IsPossible(NatOptions left, NatOptions right)
    {
        VirtualTime time = new(1);
        Realm internet = new("internet");
        Prober[] probers = [new(time, internet, "203.0.113.1", left), new(time, internet, "203.0.113.2", right)];
        for (int round = 0; round < 10; round++)
        {
            probers[0].PingAll(probers[1]);
            probers[1].PingAll(probers[0]);
            time.RunFor(TimeSpan.FromSeconds(1));
        }
        return probers[0].Succeeded && probers[1].Succeeded;
    }

    private sealed class Prober
    {
        private const byte Ping = 1, Pong = 2;
        private readonly SimulatedHost _host;
        private readonly TransportAddress _local, _stun;
        private readonly List<TransportAddress> _heardOf = [];
        private readonly TransportAddress _reflexive;

        public Prober(VirtualTime time, Realm internet, string outerAddress, NatOptions options)
        {
            TransportAddress.TryParse(outerAddress, 0, out TransportAddress outer);
            SimulatedNat nat = new(time, outerAddress, internet, outer, options);
            _host = new SimulatedHost(time, outerAddress);
            SimulatedInterface own = _host.AddInterface(nat.Inner, "10.0.0.1", new PathOptions());
            _host.TryBind(own.Address, Received, out _local);
            TransportAddress seen = default;
            SimulatedHost server = new(time, "stun");
            _stun = server.AddInterface(internet, outerAddress == "203.0.113.1" ? "192.0.2.251" : "192.0.2.252", new PathOptions()).Address.WithPort(3478);
            server.TryBind(_stun, (from, _) => seen = from, out _);
            _host.Send(_local, _stun, [Ping, 0]);
            time.RunFor(TimeSpan.FromSeconds(1));
            _reflexive = seen;
        }

        public bool Succeeded { get; private set; }

        public void PingAll(Prober other)
        {
            HearOf(other._reflexive);
            for (int i = 0; i < Math.Min(_heardOf.Count, 200); i++) _host.Send(_local, _heardOf[i], [Ping, (byte)i]);
        }

        private void Received(TransportAddress from, byte[] datagram)
        {
            if (datagram[0] == Pong) Succeeded |= _heardOf[datagram[1]] == from;
            else _host.Send(_local, from, [Pong, datagram[1]]);
            HearOf(from);
        }

        private void HearOf(TransportAddress port)
        {
            if (!_heardOf.Contains(port)) _heardOf.Add(port);
        }
    }

    internal static bool UsesRelay(RTCPeerConnection connection) =>
        connection.Sctp!.Transport.IceTransport.GetSelectedCandidatePair() is { } pair &&
        (pair.Local.Type == RTCIceCandidateType.Relay || pair.Remote.Type == RTCIceCandidateType.Relay);

    // Each side's local address is what the other sends to.
    internal static bool Agree(PeerSimulation simulation)
    {
        RTCIceCandidatePair left = simulation.Left.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        RTCIceCandidatePair right = simulation.Right.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        return (left.Local.Address, left.Local.Port) == (right.Remote.Address, right.Remote.Port) &&
            (right.Local.Address, right.Local.Port) == (left.Remote.Address, left.Remote.Port);
    }

    internal static void AddTurn(PeerSimulation network) =>
        _ = new SimulatedTurnServer(new SimulatedHost(network.Time, "turn"), network.Internet, ["192.0.2.250"], network.Path);

    private static void Behind(PeerSimulation network, NatOptions left, NatOptions right, bool withRelay = false)
    {
        network.LeftHost.AddInterface(Nat(network, "203.0.113.1", left).Inner, "10.0.0.1", network.Path);
        network.RightHost.AddInterface(Nat(network, "203.0.113.2", right).Inner, "10.1.0.1", network.Path);
        if (withRelay) AddTurn(network);
        else AddStun(network);
    }

    internal static SimulatedNat Nat(PeerSimulation network, string address, NatOptions options)
    {
        TransportAddress.TryParse(address, 0, out TransportAddress outer);
        return new SimulatedNat(network.Time, $"nat {address}", network.Internet, outer, options);
    }

    internal static SimulatedNat Inside(PeerSimulation network, SimulatedNat outer, string address)
    {
        TransportAddress.TryParse(address, 0, out TransportAddress middle);
        return new SimulatedNat(network.Time, $"nat {address}", outer.Inner, middle, new NatOptions { Filtering = NatBehavior.AddressDependent });
    }

    internal static void AddStun(PeerSimulation network) =>
        _ = new SimulatedStunServer(new SimulatedHost(network.Time, "stun"), network.Internet, "192.0.2.250", network.Path);
}
