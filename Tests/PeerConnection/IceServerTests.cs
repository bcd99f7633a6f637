using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Which servers a configuration leads to, and how they are asked: all addresses of a name, all servers beside each other.</summary>
public sealed class IceServerTests
{
    // Three machines, of which the third has both families.
    private static readonly string[] s_addresses = ["192.0.2.250", "192.0.2.251", "2001:db8::250"], s_relayed = [.. s_addresses, "192.0.2.252"];

    [Test]
    public void NameWithSeveralAddresses_IsAskedAtEach([Values("turn:servers.example", "turn:servers.example?transport=tcp")] string url)
    {
        using PeerSimulation simulation = Start(1, url);
        simulation.LeftLoop.AddName("servers.example", [.. s_addresses.Select(Parse)]);
        simulation.RightLoop.AddName("servers.example", Parse(s_addresses[0]));
        List<string> relayed = Relayed(simulation);
        simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, TimeSpan.FromMinutes(1));
        Assert.That(relayed, Is.EquivalentTo(s_relayed));
    }

    // One of them is dead: the others' candidates do not wait for it.
    [Test]
    public void SeveralServers_AreAskedBesideEachOther()                                                  // RFC 8445 §5.1.1.2
    {
        using PeerSimulation simulation = Start(2, "turn:192.0.2.99", "turn:192.0.2.250", "turn:192.0.2.251", "turn:192.0.2.98?transport=tcp", "turn:192.0.2.251?transport=tcp");
        List<string> relayed = Relayed(simulation);
        simulation.Left.CreateDataChannel("x");
        Instant start = simulation.Time.Now;
        Task offered = simulation.Left.SetLocalDescriptionAsync();
        simulation.RunUntil(() => relayed.Count == 3, TimeSpan.FromSeconds(2), offered);
        Assert.That(simulation.Time.Now - start, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(relayed, Is.EquivalentTo(new[] { "192.0.2.250", "192.0.2.251", "192.0.2.251" }));
        Assert.That(simulation.Left.IceGatheringState, Is.EqualTo(RTCIceGatheringState.Gathering), "the dead ones have until the timeout");
        simulation.RunUntil(() => simulation.Left.IceGatheringState == RTCIceGatheringState.Complete, TimeSpan.FromSeconds(15));
    }

    private static PeerSimulation Start(int seed, params string[] urls) => new(seed, new PathOptions(), network =>
    {
        network.LeftHost.AddInterface(network.Internet, "192.0.2.1", network.Path);
        network.LeftHost.AddInterface(network.Internet, "2001:db8::1", network.Path);
        network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
        foreach (string[] addresses in (string[][])[[s_addresses[0]], [s_addresses[1]], [s_relayed[3], s_addresses[2]]])
            _ = new SimulatedTurnServer(new SimulatedHost(network.Time, addresses[0]), network.Internet, addresses, network.Path);
    }, configuration: new RTCConfiguration
    {
        IceServers = [new RTCIceServer { Urls = urls, Username = SimulatedTurnServer.User, Credential = SimulatedTurnServer.Password }],
    });

    // The addresses of the left side's relayed candidates, as they come.
    private static List<string> Relayed(PeerSimulation simulation)
    {
        List<string> found = [];
        simulation.Left.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate?.Type == RTCIceCandidateType.Relay) found.Add(e.Candidate.Address!);
        };
        return found;
    }

    private static TransportAddress Parse(string address)
    {
        Assert.That(TransportAddress.TryParse(address, 0, out TransportAddress parsed));
        return parsed;
    }
}
