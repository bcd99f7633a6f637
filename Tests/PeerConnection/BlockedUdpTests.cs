using WebRtcStack.Tests.Simulation;
using static WebRtcStack.Tests.PeerConnection.NatTests;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Networks that let no UDP through (RFC 8835 §3.4: TURN over TCP is for them).</summary>
public sealed class BlockedUdpTests
{
    private static readonly NatOptions s_blocked = new() { BlocksUdp = true }, s_open = new();

    private static readonly RTCConfiguration s_turnOverTcp = new()
    {
        IceServers = [new RTCIceServer { Urls = ["turn:192.0.2.250?transport=tcp"], Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password }],
    };

    [Test]
    public void BlockedUdp_WithStunAlone_FailsOnBothSides([Values] bool bothAreBlocked)
    {
        using PeerSimulation simulation = new(1, new PathOptions(), network => Behind(network, bothAreBlocked), configuration: NatTests.Stun);
        simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(
            () => simulation.Left.ConnectionState == RTCPeerConnectionState.Failed && simulation.Right.ConnectionState == RTCPeerConnectionState.Failed,
            TimeSpan.FromMinutes(2), simulation.NegotiateAsync());
    }

    [Test]
    public void BlockedUdp_WithTurnOverTcp_ConnectsAndCarriesData([Values] bool bothAreBlocked, [Values(0, 0.1)] double loss)
    {
        using PeerSimulation simulation = new(2, new PathOptions { Loss = loss }, network => Behind(network, bothAreBlocked), configuration: s_turnOverTcp);
        simulation.RestartIceOnFailure();
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect(TimeSpan.FromMinutes(2));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        for (int i = 0; i < 20; i++) channel.Send($"{i}");
        simulation.RunUntil(() => received == 20, TimeSpan.FromMinutes(1));
        Assert.That(UsesRelay(simulation.Left) && UsesRelay(simulation.Right));
    }

    private static void Behind(PeerSimulation network, bool bothAreBlocked)
    {
        network.LeftHost.AddInterface(Nat(network, "203.0.113.1", s_blocked).Inner, "10.0.0.1", network.Path);
        network.RightHost.AddInterface(Nat(network, "203.0.113.2", bothAreBlocked ? s_blocked : s_open).Inner, "10.1.0.1", network.Path);
        AddTurn(network);
    }
}
