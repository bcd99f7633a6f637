using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>TCP through NATs that block UDP (RFC 6544 §5.2): server-reflexive candidates of STUN over TCP, and simultaneous opening.</summary>
public sealed class TcpNatTests
{
    private static readonly NatOptions s_open = new() { BlocksUdp = true };
    private static readonly NatOptions s_filters = new() { BlocksUdp = true, Filtering = NatBehavior.AddressAndPortDependent };
    private static readonly NatOptions s_symmetric = s_filters with { Mapping = NatBehavior.AddressAndPortDependent };

    [Test]
    public void PassivePeer_BehindANat_IsReachedByItsReflexiveAddress()
    {
        using PeerSimulation simulation = Start(1, s_open, s_filters, TcpCandidates.ActiveAndPassive);
        Assert.That(Connects(simulation), simulation.Time.Timeline);
        Assert.That(Ice(simulation.Right).GetSelectedCandidatePair()!.Remote, Has.Property(nameof(RTCIceCandidate.Address)).EqualTo("203.0.113.1"));
    }

    [Test]
    public void TwoNats_ThatFilter_AreCrossedBySimultaneousOpening([Values(0, 0.1)] double loss)
    {
        using PeerSimulation simulation = Start(2, s_filters, s_filters, TcpCandidates.All, new PathOptions { Loss = loss });
        Assert.That(Connects(simulation), simulation.Time.Timeline);
        RTCIceCandidatePair selected = Ice(simulation.Left).GetSelectedCandidatePair()!;
        Assert.That((selected.Local.TcpType, selected.Remote.TcpType), Is.EqualTo((RTCIceTcpCandidateType.So, RTCIceTcpCandidateType.So)));
    }

    [Test]
    public void TwoNats_WhoseMappingsDepend_LetNoTcpThrough()
    {
        using PeerSimulation simulation = Start(3, s_symmetric, s_symmetric, TcpCandidates.All);
        Assert.That(Connects(simulation), Is.False);
    }

    [Test]
    public void ReflexiveCandidates_AreGatheredForEveryDirection()
    {
        using PeerSimulation simulation = Start(4, s_open, s_open, TcpCandidates.All);
        Assert.That(Connects(simulation));
        RTCIceCandidate[] reflexive = [.. Ice(simulation.Left).GetLocalCandidates().Where(candidate => candidate.Type == RTCIceCandidateType.Srflx)];
        Assert.That(reflexive.Select(candidate => candidate.TcpType),
            Is.EquivalentTo(new RTCIceTcpCandidateType?[] { RTCIceTcpCandidateType.Active, RTCIceTcpCandidateType.Passive, RTCIceTcpCandidateType.So }));
        Assert.That(reflexive.Select(candidate => (candidate.Address, candidate.RelatedAddress)), Is.All.EqualTo(("203.0.113.1", "10.0.0.1")));
        Assert.That(reflexive.Single(candidate => candidate.TcpType == RTCIceTcpCandidateType.Active).Port, Is.EqualTo(9));
        Assert.That(reflexive.Select(candidate => candidate.Priority >> 24), Is.All.LessThan(90), "behind host candidates over TCP (RFC 6544 §4.2)");
    }

    [Test]
    public void Restart_AsksTheServersAgain()
    {
        using PeerSimulation simulation = Start(5, s_open, s_filters, TcpCandidates.ActiveAndPassive);
        Assert.That(Connects(simulation));
        simulation.Left.RestartIce();
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => negotiation.IsCompleted && Ice(simulation.Left).GetLocalCandidates().Any(candidate => candidate.Type == RTCIceCandidateType.Srflx),
            TimeSpan.FromMinutes(1), negotiation);
    }

    private static PeerSimulation Start(int seed, NatOptions left, NatOptions right, TcpCandidates candidates, PathOptions? path = null) => new(seed, path ?? new PathOptions(), network =>
    {
        network.LeftHost.AddInterface(NatTests.Nat(network, "203.0.113.1", left).Inner, "10.0.0.1", network.Path);
        network.RightHost.AddInterface(NatTests.Nat(network, "203.0.113.2", right).Inner, "10.1.0.1", network.Path);
        NatTests.AddStun(network);
    }, new WebRtcOptions { TcpCandidates = candidates }, NatTests.Stun);

    private static bool Connects(PeerSimulation simulation)
    {
        simulation.Left.CreateDataChannel("x");
        Task negotiation = simulation.NegotiateAsync();
        simulation.RunUntil(() => simulation.BothConnected || simulation.EitherFailed, TimeSpan.FromMinutes(3), negotiation);
        return simulation.BothConnected;
    }

    private static RTCIceTransport Ice(RTCPeerConnection connection) => connection.Sctp!.Transport.IceTransport;
}
