using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

/// <summary>Two agents behind every pair of NAT kinds (RFC 4787), STUN and TURN at hand: what is chosen, when, and that it stays chosen.</summary>
[TestFixture]
internal sealed class IceNatMatrixTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(40), s_limit = TimeSpan.FromMinutes(1);

    // Candidates of two kinds on each side; a pair of private addresses is better than all others, and never answers.
    [Test]
    public void EveryPairOfNats_IsConnectedByTheBestWayThereIs()
    {
        SortedDictionary<string, int> kinds = [];
        List<double> direct = [], relayed = [];
        foreach (TestCaseData each in NatTests.Pairs())
        {
            (NatOptions left, NatOptions right) = ((NatOptions)each.Arguments[0]!, (NatOptions)each.Arguments[1]!);
            bool isPossible = NatTests.IsPossible(left, right);
            foreach (int seed in Seeds.Range(1))
            {
                (string kind, TimeSpan took, bool usesRelay) = Run(left, right, seed);
                string which = $"{left.Mapping}/{left.Filtering} - {right.Mapping}/{right.Filtering}, seed {seed}";
                Assert.That(usesRelay, Is.EqualTo(!isPossible), $"a relay only when nothing else works: {which}: {kind}");
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                (usesRelay ? relayed : direct).Add(took / s_roundTrip);
                // Pairs are few: each side's base and relay with each of the other's candidates. Where both NATs give a port to
                // every destination, discoveries that lead nowhere take turns with the checks of the relays.
                TimeSpan bound = 3 * s_roundTrip + 9 * Options.Ta + (usesRelay ? 2 * Options.RelayNominationDelay : Options.NominationDelay);
                Assert.That(took, Is.LessThanOrEqualTo(bound), which);
            }
        }
        foreach ((string kind, int count) in kinds) TestContext.Out.WriteLine($"{count,4} of {kind}");
        Print("direct", direct);
        Print("relayed", relayed);
    }

    private static IceAgentOptions Options { get; } = new();

    private static (string Kind, TimeSpan Took, bool UsesRelay) Run(NatOptions left, NatOptions right, int seed)
    {
        VirtualTime time = new(seed);
        PathOptions path = new() { Delay = s_roundTrip / 4 };              // two links each way
        Realm internet = new("internet");
        using SimulatedTurnServer turn = new(new SimulatedHost(time, "turn"), internet, ["192.0.2.250"], path);
        IceAgentOptions options = Options with
        {
            StunServers = [turn.Address], TurnServers = [new IceTurnServer(turn.Address, SimulatedTurnServer.User, SimulatedTurnServer.Password)],
        };
        IceEndpoint one = Endpoint("203.0.113.1", "10.0.0.1", left, options), two = Endpoint("203.0.113.2", "10.1.0.1", right, options with { Role = IceRole.Controlled });
        (one.Peer, two.Peer) = (two, one);
        one.Start();
        two.Start();
        Instant known = Instant.Never;
        Assert.That(time.RunUntil(() =>
        {
            IceCandidatePair[] chosenByOne = Nominated(one), chosenByTwo = Nominated(two);
            Assert.That((chosenByOne.Length <= 1, chosenByTwo.Length <= 1), Is.EqualTo((true, true)), "never two nominated pairs");
            if (known.IsNever && one.HeardAll && two.HeardAll) known = time.Now;
            return chosenByOne is [_] && chosenByTwo is [_];
        }, s_limit), () => $"{one.Stream.State} {two.Stream.State}\n{string.Join("\n", one.Stream.Pairs)}\n--\n{string.Join("\n", two.Stream.Pairs)}\n{time.Timeline}");
        TimeSpan took = known.IsNever ? TimeSpan.Zero : time.Now - known;
        IceCandidatePair mine = one.Selected()!, theirs = two.Selected()!;
        for (int i = 0; i < 40; i++)
        {
            time.RunFor(TimeSpan.FromMilliseconds(250));
            Assert.That(one.Selected(), Is.SameAs(mine), "what is nominated stays");
            Assert.That(two.Selected(), Is.SameAs(theirs));
        }
        Assert.That((mine.Path.Remote, theirs.Path.Remote), Is.EqualTo((theirs.Local.Address, mine.Local.Address)), "both agree");
        return ($"{mine.Local.Type} - {mine.Remote.Type}", took, IsRelay(mine.Local) || IsRelay(mine.Remote));

        IceEndpoint Endpoint(string outer, string inner, NatOptions nat, IceAgentOptions agent)
        {
            TransportAddress.TryParse(outer, 0, out TransportAddress outside);
            SimulatedHost host = new(time, inner);
            SimulatedInterface attached = host.AddInterface(new SimulatedNat(time, outer, internet, outside, nat).Inner, inner, path);
            IceEndpoint made = new(new HostNetwork(time, host), agent);
            made.AddBase(attached.Address.WithPort(4000));
            return made;
        }
    }

    private static IceCandidatePair[] Nominated(IceEndpoint endpoint) => [.. endpoint.Stream.Pairs.Where(pair => pair.IsNominated)];

    private static bool IsRelay(IceCandidate candidate) => candidate.Type == IceCandidateType.Relayed;

    private static void Print(string what, List<double> roundTrips)
    {
        if (roundTrips.Count == 0) return;
        double[] sorted = [.. roundTrips.Order()];
        TestContext.Out.WriteLine($"{what}: round trips of 40 ms from the last candidate to the nomination on both sides: least {sorted[0]:F1}, median {sorted[sorted.Length / 2]:F1}, most {sorted[^1]:F1} of {sorted.Length}");
    }

    /// <summary>A simulated host's sockets, as an endpoint wants them.</summary>
    private sealed class HostNetwork(VirtualTime time, SimulatedHost host) : IceNetwork(time, new PathOptions())
    {
        public override void Add(TransportAddress address, Action<byte[], NetworkPath> receive) =>
            host.TryBind(address, (from, datagram) => receive(datagram, new NetworkPath(address, from)), out _);

        public override void Send(ReadOnlySpan<byte> datagram, NetworkPath way) => host.Send(way.Local, way.Remote, datagram);
    }
}
