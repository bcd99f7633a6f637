using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>TCP relayed candidates (RFC 6544 §5.5, RFC 6062): who connects to whom through them, and what is left when they are of no use.</summary>
public sealed class TcpRelayConnectionTests
{
    private static readonly NatOptions s_blocked = new() { BlocksUdp = true, Filtering = NatBehavior.AddressAndPortDependent, Mapping = NatBehavior.AddressAndPortDependent };

    private static readonly WebRtcOptions s_relaysAlone = new()
    {
        TcpRelays = true,
        Ice = new IceAgentOptions { LocalCandidateFilter = static candidate => candidate is { Type: IceCandidateType.Relayed, Protocol: TransportProtocol.Tcp } },
    };

    // Each side's server connects to the other's relayed address: with one server, and with two that do so at the same time.
    [Test]
    public void BlockedUdp_WithTcpRelaysAlone_ConnectsAndCarriesData([Values] bool twoServers, [Values(0, 0.1)] double loss)
    {
        using PeerSimulation simulation = Start(1, s_relaysAlone, loss, twoServers ? 2 : 1);
        simulation.RestartIceOnFailure();
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect(TimeSpan.FromMinutes(2));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        for (int i = 0; i < 20; i++) channel.Send(new byte[10_000]);
        simulation.RunUntil(() => received == 20, TimeSpan.FromMinutes(1));
        RTCIceCandidatePair selected = Ice(simulation.Left).GetSelectedCandidatePair()!;
        Assert.That((selected.Local.Type, selected.Local.Protocol, selected.Remote.Type, selected.Remote.Protocol),
            Is.EqualTo((RTCIceCandidateType.Relay, RTCIceProtocol.Tcp, RTCIceCandidateType.Relay, RTCIceProtocol.Tcp)));
        simulation.Time.RunFor(TimeSpan.FromMinutes(12));                 // allocations and permissions are renewed, consent goes on
        channel.Send("late");
        simulation.RunUntil(() => received == 21, TimeSpan.FromMinutes(1));
    }

    // The peer connects to the relayed address by itself (RFC 6062 §4.4), being let in by what its TURN server sees of it.
    [Test]
    public void PeerThatConnectsByItself_IsLetIn()
    {
        using PeerSimulation simulation = Start(2, new WebRtcOptions
        {
            TcpRelays = true,
            Ice = new IceAgentOptions
            {
                LocalCandidateFilter = static candidate => candidate.Protocol == TransportProtocol.Tcp && (candidate.Type == IceCandidateType.Relayed
                    ? candidate.TcpType == IceTcpType.Passive
                    : candidate.TcpType == IceTcpType.Active),
            },
        });
        Connect(simulation);
        RTCIceCandidatePair left = Ice(simulation.Left).GetSelectedCandidatePair()!, right = Ice(simulation.Right).GetSelectedCandidatePair()!;
        RTCIceCandidatePair[] both = [left, right];
        Assert.That(both.Select(pair => pair.Local.Type), Has.One.EqualTo(RTCIceCandidateType.Relay));
        Assert.That(both.Single(pair => pair.Local.Type == RTCIceCandidateType.Relay).Local.TcpType, Is.EqualTo(RTCIceTcpCandidateType.Passive));
        RTCIceCandidate reflexive = Ice(simulation.Left).GetLocalCandidates().Single(candidate => candidate.Type == RTCIceCandidateType.Srflx);
        Assert.That((reflexive.Address, reflexive.TcpType, reflexive.Port), Is.EqualTo(("203.0.113.1", RTCIceTcpCandidateType.Active, 9)));
    }

    [Test]
    public void Candidates_AreAnActiveAndAPassiveOne_BehindThatOfUdp()                                   // RFC 6544 §4.2, §4.5
    {
        using PeerSimulation simulation = Start(3, new WebRtcOptions { TcpCandidates = TcpCandidates.ActiveAndPassive });
        Connect(simulation);
        RTCIceCandidate[] relayed = [.. Ice(simulation.Left).GetLocalCandidates().Where(candidate => candidate.Type == RTCIceCandidateType.Relay)];
        RTCIceCandidate udp = relayed.Single(each => each.Protocol == RTCIceProtocol.Udp), active = relayed.Single(each => each.TcpType == RTCIceTcpCandidateType.Active),
            passive = relayed.Single(each => each.TcpType == RTCIceTcpCandidateType.Passive);
        Assert.That(relayed, Has.Length.EqualTo(3));
        Assert.That((active.Address, active.Port, passive.Address), Is.EqualTo(("192.0.2.250", 9, "192.0.2.250")));
        Assert.That(new[] { active.Priority, passive.Priority }, Is.Ordered.Descending);
        Assert.That(udp.Priority, Is.GreaterThan(active.Priority!.Value));
        Assert.That(active.Priority >> 24, Is.Zero);
        Assert.That((active.Priority >> 21) & 7, Is.EqualTo(6), "direction-pref of a relayed active candidate");
        Assert.That((passive.Priority >> 21) & 7, Is.EqualTo(4));
        Assert.That(Ice(simulation.Left).GetSelectedCandidatePair()!.Local.Protocol, Is.EqualTo(RTCIceProtocol.Udp));
    }

    [Test]
    public void Candidates_UnlessAskedFor_AreNotThere([Values] bool passive)
    {
        using PeerSimulation simulation = Start(4, passive ? new WebRtcOptions { TcpCandidates = TcpCandidates.All, TcpRelays = false } : new WebRtcOptions());
        Connect(simulation);
        Assert.That(Ice(simulation.Left).GetLocalCandidates().Where(candidate => candidate.Type == RTCIceCandidateType.Relay).Select(candidate => candidate.Protocol),
            Is.All.EqualTo(RTCIceProtocol.Udp));
    }

    [Test]
    public void Server_ThatRelaysNoTcp_IsNoCandidateErrorAndItsConnectionCloses()                         // 442 (RFC 8656 §7.2)
    {
        using PeerSimulation simulation = Start(5, new WebRtcOptions { TcpRelays = true }, relaysTcp: false);
        int errors = 0;
        simulation.Left.OnIceCandidateError += (_, _) => errors++;
        Connect(simulation);
        Assert.That(errors, Is.Zero);
        simulation.RunUntil(() => simulation.LeftHost.Tcp.OpenConnections == 1, TimeSpan.FromMinutes(1));
    }

    [Test]
    public void Restart_OverTcpRelays_ReconnectsOverTheSameAllocations()
    {
        using PeerSimulation simulation = Start(6, s_relaysAlone);
        Connect(simulation);
        ushort port = PassivePort(simulation);
        simulation.Left.RestartIce();
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => negotiation.IsCompleted && simulation.BothConnected && Ice(simulation.Left).State is RTCIceTransportState.Connected or RTCIceTransportState.Completed,
            TimeSpan.FromMinutes(1), negotiation);
        simulation.Time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(simulation.BothConnected);
        Assert.That(PassivePort(simulation), Is.EqualTo(port));
    }

    [Test]
    public void Close_EndsEveryConnectionToTheServer()
    {
        using PeerSimulation simulation = Start(7, s_relaysAlone);
        Connect(simulation);
        Assert.That(simulation.LeftHost.Tcp.OpenConnections, Is.GreaterThan(2), "the allocations' connections, and one that is joined with the peer's");
        simulation.Left.Close();
        simulation.RunUntil(() => simulation.LeftHost.Tcp.OpenConnections == 0, TimeSpan.FromMinutes(1));
    }

    private static PeerSimulation Start(int seed, WebRtcOptions options, double loss = 0, int servers = 1, bool relaysTcp = true) => new(seed, new PathOptions { Loss = loss }, network =>
    {
        network.LeftHost.AddInterface(NatTests.Nat(network, "203.0.113.1", s_blocked).Inner, "10.0.0.1", network.Path);
        network.RightHost.AddInterface(NatTests.Nat(network, "203.0.113.2", s_blocked).Inner, "10.1.0.1", network.Path);
        for (int i = 0; i < servers; i++)
        {
            _ = new SimulatedTurnServer(new SimulatedHost(network.Time, $"turn{i}"), network.Internet, [$"192.0.2.{250 + i}"], network.Path,
                given => given with { RelaysTcp = relaysTcp });
        }
    }, options, new RTCConfiguration
    {
        IceServers =
        [
            new RTCIceServer
            {
                Urls = [.. Enumerable.Range(0, servers).Select(i => $"turn:192.0.2.{250 + i}?transport=tcp")], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password,
            },
        ],
    });

    private static void Connect(PeerSimulation simulation)
    {
        simulation.Left.CreateDataChannel("x");
        simulation.Connect(TimeSpan.FromMinutes(1));
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
    }

    private static ushort PassivePort(PeerSimulation simulation) => Ice(simulation.Left).GetLocalCandidates()
        .Single(candidate => candidate.Type == RTCIceCandidateType.Relay && candidate.TcpType == RTCIceTcpCandidateType.Passive).Port!.Value;

    private static RTCIceTransport Ice(RTCPeerConnection connection) => connection.Sctp!.Transport.IceTransport;
}
