using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Tests.Turn;

namespace WebRtcStack.Tests.Ice;

[TestFixture]
internal sealed class IceNetworkTests
{
    private static readonly TransportAddress s_stun = TransportAddress.FromIPv4(0xCB007101, 3478);
    private static readonly TransportAddress s_turn = TransportAddress.FromIPv4(0xCB007102, 3478);
    private static readonly TransportAddress s_a = TransportAddress.FromIPv4(0x0A000001, 4000);
    private static readonly TransportAddress s_b = TransportAddress.FromIPv4(0xC0A80001, 4000);
    private static readonly TransportAddress s_outerA = TransportAddress.FromIPv4(0xC6336401, 0);
    private static readonly TransportAddress s_outerB = TransportAddress.FromIPv4(0xC6336402, 0);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    private VirtualTime _time = null!;
    private IceNetwork _network = null!;
    private TurnServerModel _turn = null!;
    private IceEndpoint _left = null!;
    private IceEndpoint _right = null!;

    [Test]
    public void Connect_BehindTwoNats_UsesReflexiveCandidates([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions { Loss = 0.1, Duplication = 0.1, Reordering = 0.1 }, new IceAgentOptions { StunServers = [s_stun] });
        _network.AddNat(s_a, s_outerA, symmetric: false);
        _network.AddNat(s_b, s_outerB, symmetric: false);
        Connect();
        Assert.Multiple(() =>
        {
            Assert.That(_left.Selected()!.Local.Address.HasSameAddressAs(s_outerA));
            Assert.That(_right.Selected()!.Local.Address.HasSameAddressAs(s_outerB));
            Assert.That(_left.Selected()!.Path.Remote, Is.EqualTo(_right.Selected()!.Local.Address));
            Assert.That(_right.Selected()!.Path.Remote, Is.EqualTo(_left.Selected()!.Local.Address));
        });
        SendBothWays();
    }

    [Test]
    public void Connect_ToAPublicPeerFromASymmetricNat_DiscoversPeerReflexiveCandidates()
    {
        Start(1, new PathOptions(), new IceAgentOptions { StunServers = [s_stun] });
        _network.AddNat(s_a, s_outerA, symmetric: true);
        Connect();
        Assert.Multiple(() =>
        {
            Assert.That(_left.Selected()!.Local.Type, Is.EqualTo(IceCandidateType.PeerReflexive));
            Assert.That(_right.Selected()!.Remote.Type, Is.EqualTo(IceCandidateType.PeerReflexive));
            Assert.That(_right.Selected()!.Remote.Address, Is.EqualTo(_left.Selected()!.Local.Address));
        });
        SendBothWays();
    }

    [Test]
    public void Connect_BehindTwoSymmetricNats_UsesARelay([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions { Loss = 0.1, Reordering = 0.1 },
            new IceAgentOptions { StunServers = [s_turn], TurnServers = [new IceTurnServer(s_turn, "user", "pass")] });
        _network.AddNat(s_a, s_outerA, symmetric: true);
        _network.AddNat(s_b, s_outerB, symmetric: true);
        Connect();
        Assert.That(_left.Selected()!.Local.Type == IceCandidateType.Relayed || _right.Selected()!.Local.Type == IceCandidateType.Relayed);
        _network.Options = new PathOptions();                             // consent over six lossy hops is another matter
        _time.RunFor(TimeSpan.FromSeconds(10));
        SendBothWays();
        _time.RunFor(TimeSpan.FromMinutes(10));
        Assert.That(_left.Stream.State, Is.EqualTo(IceConnectionState.Completed));
        int before = _turn.ChannelDataRelayed;
        for (int i = 0; i < 5; i++) SendBothWays();
        Assert.That(_turn.ChannelDataRelayed, Is.GreaterThan(before), "channels carry the data");
    }

    [Test]
    public void Connect_WithRelayPolicy_ShowsRelayedCandidatesOnly()
    {
        Start(1, new PathOptions(), new IceAgentOptions
        {
            GatheringPolicy = IceGatheringPolicy.Relay, TurnServers = [new IceTurnServer(s_turn, "user", "pass")],
        });
        Connect();
        Assert.Multiple(() =>
        {
            Assert.That(_left.Stream.LocalCandidates.Select(c => c.Type), Is.All.EqualTo(IceCandidateType.Relayed));
            Assert.That(_left.Stream.LocalCandidates[0].RelatedAddress.IsUnspecified, "raddr tells no address of ours");
            Assert.That(_left.Selected()!.Local.Type, Is.EqualTo(IceCandidateType.Relayed));
        });
        SendBothWays();
        _left.Agent.RemoveStream(_left.Stream);
        _left.Pump();
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_turn.Allocations, Has.Count.EqualTo(1), "a removed stream deletes its allocation");
    }

    [Test]
    public void Gathering_WhenServersAreSilent_CompletesWithErrors701()
    {
        Start(1, new PathOptions(), new IceAgentOptions { StunServers = [s_stun], TurnServers = [new IceTurnServer(s_turn, "user", "pass")] });
        _network.Blocked.Add((s_a.WithPort(0), s_stun.WithPort(0)));
        _network.Blocked.Add((s_a.WithPort(0), s_turn.WithPort(0)));
        Connect();
        Assert.That(_left.Events.Where(e => e.Kind == IceEventKind.CandidateError).Select(e => (e.ErrorCode, e.Server)),
            Is.EquivalentTo(new[] { (701, s_stun), (701, s_turn) }));
    }

    [Test]
    public void Gathering_WithTheWrongPassword_Reports401()
    {
        Start(1, new PathOptions(), new IceAgentOptions { TurnServers = [new IceTurnServer(s_turn, "user", "wrong")] });
        Connect();
        Assert.That(_left.Events.Any(e => e is { Kind: IceEventKind.CandidateError, ErrorCode: 401 }));
    }

    [Test]
    public void Connect_WithTwoComponents_SelectsAPairForEach([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions { Loss = 0.1 }, new IceAgentOptions(), components: 2);
        _left.AddBase(s_a.WithPort(4001), IceComponent.Rtcp);
        _right.AddBase(s_b.WithPort(4001), IceComponent.Rtcp);
        Connect();
        Assert.That(_left.Selected(IceComponent.Rtcp)!.Path.Remote, Is.EqualTo(s_b.WithPort(4001)));
        Assert.That(_right.Selected(IceComponent.Rtcp)!.Path.Remote, Is.EqualTo(s_a.WithPort(4001)));
    }

    [Test]
    public void Connect_WithManyInterfacesOfWhichOneWorks_FindsIt([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions { Loss = 0.1 }, new IceAgentOptions { Ta = TimeSpan.FromMilliseconds(20) });
        for (uint i = 1; i <= 4; i++)
        {
            TransportAddress extra = TransportAddress.FromIPv4(0x0A010000 + i, 4000);
            _left.AddBase(extra);
            TransportAddress other = TransportAddress.FromIPv4(0xC0A90000 + i, 4000);
            _right.AddBase(other);
        }
        foreach (IceCandidate local in _left.Stream.LocalCandidates)
        {
            foreach (IceCandidate remote in _right.Stream.LocalCandidates)
            {
                if (local.Address != s_a || remote.Address != s_b) _network.Blocked.Add((local.Address.WithPort(0), remote.Address.WithPort(0)));
            }
        }
        Connect();
        Assert.That(_left.Selected()!.Path, Is.EqualTo(new NetworkPath(s_a, s_b)));
        Assert.That(_right.Selected()!.Path, Is.EqualTo(new NetworkPath(s_b, s_a)));
    }

    [Test]
    public void Connect_WhenThePeerIsUnreachable_FailsWhenPatienceEnds()
    {
        Start(1, new PathOptions(), new IceAgentOptions());
        _network.Blocked.Add((s_a.WithPort(0), s_b.WithPort(0)));
        _left.Start();
        _right.Start();
        Instant start = _time.Now;
        Assert.That(_time.RunUntil(() => _left.Stream.State == IceConnectionState.Failed, s_limit), _time.Timeline);
        Assert.That(_time.Now - start, Is.InRange(TimeSpan.FromSeconds(39.5), TimeSpan.FromSeconds(40)));
    }

    [Test]
    public void Receive_BeforeTheRemoteParameters_AnswersAndChecksLater()
    {
        Start(1, new PathOptions(), new IceAgentOptions());
        _left.SignallingDelay = _right.SignallingDelay = TimeSpan.FromHours(1);
        _left.Agent.EndLocalBases(_left.Stream, _time.Now);
        _right.Agent.EndLocalBases(_right.Stream, _time.Now);
        // The right one knows everything at once, the left one nothing of the right one for a second.
        _right.Agent.SetRemoteParameters(_right.Stream, _left.Stream.LocalParameters, _time.Now);
        foreach (IceCandidate candidate in _left.Stream.LocalCandidates) _right.Agent.AddRemoteCandidate(_right.Stream, candidate, _time.Now);
        _right.Pump();
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_right.Selected(), Is.Not.Null, "early checks are answered");
        Assert.That(_left.Stream.RemoteCandidates[0].Type, Is.EqualTo(IceCandidateType.PeerReflexive));
        _left.Agent.SetRemoteParameters(_left.Stream, _right.Stream.LocalParameters, _time.Now);
        _left.Pump();
        Assert.That(_time.RunUntil(() => _left.Selected() is { IsNominated: true }, TimeSpan.FromMilliseconds(50)), _time.Timeline);
    }

    [Test]
    public void Nat_ThatRebindsInMidTraffic_LosesWhatIsInFlightUntilACheckOfTheNewPort([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Start(seed, new PathOptions(), new IceAgentOptions { StunServers = [s_stun] });
        _network.AddNat(s_a, s_outerA, symmetric: false);
        Connect();
        _time.RunFor(TimeSpan.FromSeconds(seed * 0.37));
        int before = _right.Received.Count, backTotal = _left.Received.Count, sent = 0;
        _network.Rebind(s_a);
        Instant moved = _time.Now, heard = Instant.Never;
        while (_time.Now - moved < TimeSpan.FromSeconds(20))
        {
            int backBefore = _left.Received.Count;
            _left.Send([0x80, 1]);
            _right.Send([0x80, 2]);
            sent++;
            _time.RunFor(TimeSpan.FromMilliseconds(50));
            if (heard.IsNever && _left.Received.Count > backBefore) heard = _time.Now;
        }
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_right.Received.Count - before, Is.EqualTo(sent), "data from the new address is taken at once");
        Assert.That(heard - moved, Is.LessThan(TimeSpan.FromMilliseconds(400)), "a check of the new port, and a moment without data from the old one");
        Assert.That(_left.Received.Count - backTotal, Is.GreaterThan(sent - 8), "the way back is dark no longer than that");
        Assert.That(_left.Stream.State, Is.EqualTo(IceConnectionState.Completed));
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private void Start(int seed, PathOptions path, IceAgentOptions options, int components = 1)
    {
        _time = new VirtualTime(seed);
        _network = new IceNetwork(_time, path);
        byte[] answer = new byte[200];
        _network.Add(s_stun, (datagram, way) =>
        {
            int length = StunBinding.Respond(datagram, way.Remote, answer);
            if (length > 0) _network.Send(answer.AsSpan(0, length), way);
        });
        _turn = new TurnServerModel(s_turn, (datagram, way) => _network.Send(datagram, way));
        _network.Add(s_turn, (datagram, way) => _turn.Receive(datagram, way.Remote, _time.Now));
        for (ushort port = 50000; port < 50010; port++)
            _network.Add(s_turn.WithPort(port), (datagram, way) => _turn.ReceiveFromPeer(datagram, way, _time.Now));
        _left = new IceEndpoint(_network, options, components);
        _right = new IceEndpoint(_network, options with { Role = IceRole.Controlled }, components);
        (_left.Peer, _right.Peer) = (_right, _left);
        _left.AddBase(s_a);
        _right.AddBase(s_b);
    }

    private void Connect()
    {
        _left.Start();
        _right.Start();
        bool done = _time.RunUntil(() => _left.Stream.State == IceConnectionState.Completed && _right.Stream.State == IceConnectionState.Completed, s_limit);
        Assert.That(done, $"{_left.Stream.State} {_right.Stream.State}\n{string.Join("\n", _left.Stream.Pairs)}\n--\n{string.Join("\n", _right.Stream.Pairs)}\n{_time.Timeline}");
    }

    // Lossy networks lose data too: one of several arrives.
    private void SendBothWays()
    {
        int left = _left.Received.Count, right = _right.Received.Count;
        for (int i = 0; i < 10; i++)
        {
            _left.Send([0x80, 1]);
            _right.Send([0x80, 2]);
        }
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_right.Received.Skip(right), Is.Not.Empty.And.All.EqualTo(new byte[] { 0x80, 1 }));
        Assert.That(_left.Received.Skip(left), Is.Not.Empty.And.All.EqualTo(new byte[] { 0x80, 2 }));
    }
}
