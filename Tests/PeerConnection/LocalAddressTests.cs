using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Which addresses candidates are gathered on, and what happens when one goes.</summary>
public sealed class LocalAddressTests
{
    private static readonly LocalInterfaceAddress s_four = Local("eth0", "192.0.2.1"), s_docker = Local("docker0", "172.17.0.1"), s_veth = Local("veth12", "10.9.0.1"),
        s_linkLocal = Local("eth0", "fe80::1"), s_loopback = Local("lo", "127.0.0.1"), s_permanent = Local("eth0", "2001:db8::1"),
        s_temporary = s_permanent with { Address = Local("eth0", "2001:db8::abcd").Address, IsTemporary = true },
        s_deprecated = s_temporary with { Address = Local("eth0", "2001:db8::dead").Address, IsDeprecated = true };

    [Test]
    public void Select_WithExcludedInterfaces_LeavesThemOut()
    {
        WebRtcOptions options = new() { ExcludedInterfaces = ["docker0", "veth*"] };
        Assert.That(LocalAddresses.Select([s_docker, s_four, s_veth], options), Is.EqualTo(new[] { s_four }));
        Assert.That(LocalAddresses.Select([s_docker with { InterfaceName = "docker01" }, s_veth with { InterfaceName = "vet" }], options), Has.Count.EqualTo(2));
    }

    [Test]
    public void Select_OfLinkLocalIPv6_TakesItOnlyWhenAsked()
    {
        Assert.That(LocalAddresses.Select([s_four, s_linkLocal], new WebRtcOptions()), Is.EqualTo(new[] { s_four }));
        Assert.That(LocalAddresses.Select([s_four, s_linkLocal], new WebRtcOptions { IncludeLinkLocal = true }), Is.EqualTo(new[] { s_four, s_linkLocal }));
    }

    [Test]
    public void Select_WithATemporaryAddress_HidesThePermanentOneOfTheSameInterface()                     // RFC 8835 §3.2
    {
        LocalInterfaceAddress elsewhere = s_permanent with { InterfaceName = "wlan0", Address = Local("wlan0", "2001:db8:1::1").Address };
        Assert.That(LocalAddresses.Select([s_permanent, s_temporary, elsewhere, s_four], new WebRtcOptions()), Is.EqualTo(new[] { s_temporary, elsewhere, s_four }));
    }

    [Test]
    public void Select_OfDeprecatedAddresses_TakesNone()                                                  // RFC 8445 §5.1.1.1
    {
        Assert.That(LocalAddresses.Select([s_permanent, s_deprecated], new WebRtcOptions()), Is.EqualTo(new[] { s_permanent }), "a deprecated address hides no permanent one");
    }

    [Test]
    public void Select_OfLoopback_TakesItWhenAskedOrAlone()
    {
        Assert.That(LocalAddresses.Select([s_loopback, s_four], new WebRtcOptions()), Is.EqualTo(new[] { s_four }));
        Assert.That(LocalAddresses.Select([s_loopback], new WebRtcOptions()), Is.EqualTo(new[] { s_loopback }));
        Assert.That(LocalAddresses.Select([s_loopback, s_four], new WebRtcOptions { IncludeLoopback = true }), Has.Count.EqualTo(2));
    }

    // RFC 8445 §5.1.1.1 has nothing to say of it, and consent (RFC 7675) would find out after 30 s only.
    [Test]
    public void InterfaceThatGoesDown_InMidTraffic_LeavesTheConnectionToAnother([Values] bool leftOffers)
    {
        using PeerSimulation simulation = new(1, new PathOptions(), network =>
        {
            network.LeftHost.AddInterface(network.Internet, "192.0.2.1", network.Path);
            network.LeftHost.AddInterface(network.Internet, "192.0.2.3", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
        });
        int received = 0;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x", new RTCDataChannelInit { Negotiated = true, Id = 1 });
        simulation.Right.CreateDataChannel("x", new RTCDataChannelInit { Negotiated = true, Id = 1 }).OnMessage += (_, _) => received++;
        simulation.RunUntil(() => simulation.BothConnected, TimeSpan.FromMinutes(1), simulation.NegotiateAsync(leftOffers));
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        bool hasFailed = false;
        simulation.Left.OnConnectionStateChange += (_, _) => hasFailed |= simulation.EitherFailed;
        simulation.Right.OnConnectionStateChange += (_, _) => hasFailed |= simulation.EitherFailed;
        string before = LocalAddress(simulation);
        int sockets = simulation.LeftHost.OpenSockets;
        for (int i = 0; i < 100; i++)
        {
            if (i == 10) simulation.LeftHost.Interfaces.Single(each => each.Address.WithPort(0) == Local("", before).Address).IsUp = false;
            channel.Send($"{i}");
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        Assert.That(simulation.LeftHost.OpenSockets, Is.EqualTo(sockets - 1), "the socket of the interface is closed");
        Instant down = simulation.Time.Now;
        simulation.RunUntil(() => received == 100 && simulation.BothConnected, TimeSpan.FromMinutes(1));
        TestContext.Out.WriteLine($"all messages arrived {simulation.Time.Now - down} after the last was sent");
        Assert.That(LocalAddress(simulation), Is.Not.EqualTo(before));
        Assert.That(hasFailed, Is.False);
        Assert.That(simulation.Time.Now - down, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    // The only interface goes down when another one is up: as when a phone leaves the house.
    [Test]
    public void InterfaceThatAppears_WhereGatheringGoesOn_CarriesTheConnection([Values] bool continually)
    {
        using PeerSimulation simulation = new(1, new PathOptions(), network =>
        {
            network.LeftHost.AddInterface(network.Internet, "192.0.2.1", network.Path);
            network.RightHost.AddInterface(network.Internet, "192.0.2.2", network.Path);
            network.LeftHost.AddInterface(network.Internet, "192.0.2.3", network.Path).IsUp = false;
        }, new WebRtcOptions { GatherContinually = continually });
        List<string> candidates = [];
        simulation.Left.OnIceCandidate += (_, e) => candidates.Add(e.Candidate?.Address ?? "");
        int received = 0;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received++;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.Connect();
        simulation.RunUntil(() => channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromMinutes(1));
        simulation.Time.RunFor(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 100; i++)
        {
            if (i == 10) simulation.LeftHost.Interfaces[1].IsUp = true;
            if (i == 40) simulation.LeftHost.Interfaces[0].IsUp = false;
            channel.Send($"{i}");
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        simulation.RunUntil(() => received == 100 == continually && simulation.EitherFailed != continually, TimeSpan.FromMinutes(2));
        Assert.That(candidates.Contains("192.0.2.3"), Is.EqualTo(continually));
        if (continually) Assert.That(LocalAddress(simulation), Is.EqualTo("192.0.2.3"));
    }

    private static string LocalAddress(PeerSimulation simulation) =>
        simulation.Left.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!.Local.Address!;

    private static LocalInterfaceAddress Local(string name, string address) =>
        TransportAddress.TryParse(address, 0, out TransportAddress parsed) ? new(name, parsed) : throw new ArgumentException(address);
}
