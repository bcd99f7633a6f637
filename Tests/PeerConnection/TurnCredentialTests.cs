using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Credentials of TURN servers that change while a connection goes on.</summary>
public sealed class TurnCredentialTests
{
    private static RTCConfiguration With(string password) => new()
    {
        IceServers = [new RTCIceServer { Urls = ["turn:192.0.2.250"], Username = "alice", Credential = password }],
        IceTransportPolicy = RTCIceTransportPolicy.Relay,
    };

    // The server asks its host about a password that it does not know: that shows what clients sign with.
    [Test]
    public void SetConfiguration_WithANewPassword_ReachesTheRunningAllocation()        // RFC 8656 §5
    {
        string password = "old";
        int asked = 0;
        SimulatedTurnServer? server = null;
        using PeerSimulation simulation = new(1, network: network =>
        {
            network.LeftHost.AddInterface(network.Internet, "192.0.2.1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            server = new SimulatedTurnServer(new SimulatedHost(network.Time, "turn"), network.Internet, ["192.0.2.250"], network.Path,
                static options => options with { Users = new Dictionary<string, string>(), AsksForUsers = true })
            {
                Authenticate = _ =>
                {
                    asked++;
                    return password;
                },
            };
        }, configuration: With("old"));
        TurnServer turn = server!.Server;
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        int before = asked;
        simulation.Time.RunFor(TimeSpan.FromMinutes(20));
        Assert.That(asked, Is.EqualTo(before), "an allocation's own user stays good");

        password = "new";
        simulation.Left.SetConfiguration(With("new"));
        simulation.Right.SetConfiguration(With("new"));
        simulation.Time.RunFor(TimeSpan.FromMinutes(40));
        Assert.Multiple(() =>
        {
            Assert.That(asked, Is.GreaterThan(before));
            Assert.That(simulation.BothConnected, simulation.Time.Timeline);
            Assert.That(turn.Counters.Allocations, Is.EqualTo(2));
            Assert.That(server.Events, Has.None.Matches<TurnServerEvent>(e => e.Kind == TurnServerEventKind.Ended));
        });
    }

    [Test]
    public void Credentials_ThatTheProfileForbids_AreRefusedAtOnce()                   // RFC 8265 §4.2, webrtc-pc §4.4.1.5
    {
        Assert.That(() => new PeerSimulation(1, configuration: With("bell\u0007")), Throws.InstanceOf<DOMException>().With.Property("Name").EqualTo("InvalidAccessError"));
    }
}
