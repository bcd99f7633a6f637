using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

/// <summary>How ICE ends, and what comes after: nomination, late candidates, bases that vanish, lite agents (RFC 8445 §8, RFC 8838, RFC 8863).</summary>
[TestFixture]
internal sealed class IceConclusionTests
{
    private static readonly TransportAddress s_a = TransportAddress.FromIPv4(0xC0000201, 4000), s_b = TransportAddress.FromIPv4(0xC0000202, 4000);
    private static readonly TransportAddress s_a2 = TransportAddress.FromIPv4(0xC0000203, 4000), s_b2 = TransportAddress.FromIPv4(0xC0000204, 4000);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private VirtualTime _time = null!;
    private IceNetwork _network = null!;
    private IceEndpoint _left = null!, _right = null!;

    [Test]
    public void Candidate_AfterConclusion_IsCheckedButNotNominated()                      // RFC 8445 §8.1.1: one nomination for each component
    {
        Connect();
        IceCandidatePair before = _left.Selected()!;
        _right.AddBase(s_b2);
        _right.Agent.EndLocalBases(_right.Stream, _time.Now);
        _right.Pump();
        _time.RunFor(TimeSpan.FromSeconds(2));
        IceCandidatePair late = _left.Stream.Pairs.Single(pair => pair.Path.Remote == s_b2);
        Assert.That(late.State, Is.EqualTo(IceCandidatePairState.Succeeded));
        Assert.That(_left.Stream.Pairs.Where(pair => pair.IsNominated), Is.EqualTo(new[] { before }));
        Assert.That(_left.Selected(), Is.SameAs(before));
        Assert.That((_left.Stream.State, _right.Stream.State), Is.EqualTo((IceConnectionState.Completed, IceConnectionState.Completed)));
    }

    [Test]
    public void Candidate_AfterConclusion_OfAPeerThatNominatesAgain_IsFollowed()          // as browsers do when a better path comes up
    {
        Connect(new IceAgentOptions { Nomination = IceNomination.Aggressive });
        _left.AddBase(s_a2);
        _right.AddBase(s_b2);
        _left.Pump();
        _right.Pump();
        _time.RunFor(TimeSpan.FromSeconds(5));
        Assert.That(_right.Selected()!.IsNominated);
        Assert.That(_right.Selected()!.Path, Is.EqualTo(new NetworkPath(_left.Selected()!.Path.Remote, _left.Selected()!.Path.Local)), "both follow the best nominated pair");
    }

    [Test]
    public void RemoveLocalBase_OfTheSelectedPair_GoesOnOverAnother()
    {
        Build();
        _left.AddBase(s_a2);
        _left.Start();
        _right.Start();
        Assert.That(_time.RunUntil(BothComplete, s_limit), _time.Timeline);
        // Both of the left one's addresses are proven before the first one vanishes.
        TransportAddress gone = _left.Selected()!.Path.Local;
        _left.Agent.RemoveLocalBase(_left.Stream, gone, TransportProtocol.Udp, _time.Now);
        _left.Agent.RemoveLocalBase(_left.Stream, gone, TransportProtocol.Udp, _time.Now);
        Assert.That(_left.Stream.LocalCandidates.Select(c => c.Address), Has.None.EqualTo(gone));
        Assert.That(_left.Stream.Pairs.Select(pair => pair.Path.Local), Has.None.EqualTo(gone));
        _left.Pump();
        Restart();
        Assert.That(_time.RunUntil(BothComplete, s_limit), _time.Timeline);
        Assert.That(_left.Selected()!.Path.Local, Is.Not.EqualTo(gone));
    }

    [Test]
    public void RemoveLocalBase_OfTheOnlyOne_EndsInFailed()
    {
        Connect();
        _left.Agent.RemoveLocalBase(_left.Stream, s_a, TransportProtocol.Udp, _time.Now);
        Assert.That(_left.Selected(), Is.Null);
        Assert.That(_left.Stream.State, Is.EqualTo(IceConnectionState.Failed));
    }

    [Test]
    public void TwoLiteAgents_SelectTheBestPairWithoutChecks()                            // RFC 8445 §6.1.1, §8.2
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now, new IceAgentOptions { IsLite = true, Role = IceRole.Controlling },
            new IceAgentOptions { IsLite = true, Role = IceRole.Controlled });
        LayerPair pair = new(time, left, right, new PathOptions());
        left.Send();
        right.Send();
        pair.Pump();
        time.RunFor(TimeSpan.FromSeconds(1));
        Assert.Multiple(() =>
        {
            Assert.That((left.Stream.State, right.Stream.State), Is.EqualTo((IceConnectionState.Completed, IceConnectionState.Completed)));
            Assert.That((left.Agent.Role, right.Agent.Role), Is.EqualTo((IceRole.Controlling, IceRole.Controlled)));
            Assert.That((left.DataReceived, right.DataReceived), Is.EqualTo((1, 1)));
            Assert.That(left.Selected!.RequestsSent + right.Selected!.RequestsSent, Is.Zero);
        });
    }

    [Test]
    public void LiteAgent_WithAFullPeer_IsControlledWhateverIsSet()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now, new IceAgentOptions { Role = IceRole.Controlled },
            new IceAgentOptions { IsLite = true, Role = IceRole.Controlling });
        right.Agent.SetRole(IceRole.Controlling);
        Assert.That((left.Agent.Role, right.Agent.Role), Is.EqualTo((IceRole.Controlling, IceRole.Controlled)));
    }

    [Test]
    public void Nomination_WithPairsAlikeAndLoss_HappensOnce([ValueSource(nameof(SomeSeeds))] int seed)
    {
        Build(new IceAgentOptions(), seed, new PathOptions { Loss = 0.2, Jitter = TimeSpan.FromMilliseconds(30) });
        _left.AddBase(s_a2);
        _right.AddBase(s_b2);
        _left.Start();
        _right.Start();
        Assert.That(_time.RunUntil(BothComplete, s_limit), _time.Timeline);
        IceCandidatePair chosen = _left.Selected()!;
        for (int i = 0; i < 20; i++)
        {
            _time.RunFor(TimeSpan.FromMilliseconds(500));
            Assert.That(_left.Stream.Pairs.Where(pair => pair.IsNominated), Is.EqualTo(new[] { chosen }), "the criterion does not flap");
        }
        Assert.That(_right.Stream.Pairs.Count(pair => pair.IsNominated), Is.EqualTo(1));
        Assert.That(_right.Selected()!.Path, Is.EqualTo(new NetworkPath(chosen.Path.Remote, chosen.Path.Local)));
    }

    [Test]
    public void Freezing_AcrossComponentsAndStreams_ChecksOneOfEachFoundationFirst()      // RFC 8445 §6.1.2.6, §6.1.4.2
    {
        VirtualTime time = new(1);
        IceAgent agent = new(new IceAgentOptions(), time.Random);
        IceStream[] streams = [agent.AddStream(2), agent.AddStream(2)];
        ushort port = 5000;
        foreach (IceStream stream in streams)
        {
            agent.SetRemoteParameters(stream, new IceParameters("abcd", "0123456789012345678901"), time.Now);
            foreach (IceComponent component in new[] { IceComponent.Rtp, IceComponent.Rtcp })
            {
                agent.AddLocalBase(stream, component, s_a.WithPort(port++), TransportProtocol.Udp, time.Now);
                agent.AddRemoteCandidate(stream, new IceCandidate { Foundation = "1", Component = component, Address = s_b.WithPort(port), Port = port, Priority = 100 }, time.Now);
            }
        }
        byte[] buffer = new byte[1500];
        Assert.That(agent.Transmit(buffer, time.Now, out _), Is.GreaterThan(0));
        IceCandidatePair[] pairs = [.. streams.SelectMany(stream => stream.Pairs)];
        Assert.That(pairs, Has.Length.EqualTo(4));
        Assert.That(pairs.Count(pair => pair.State == IceCandidatePairState.InProgress), Is.EqualTo(1));
        Assert.That(pairs.Count(pair => pair.State == IceCandidatePairState.Frozen), Is.EqualTo(3), "all share a foundation");
        Assert.That(agent.Transmit(buffer, time.Now + TimeSpan.FromMilliseconds(50), out _), Is.Zero, "the others wait for the first one's outcome");
    }

    [Test]
    public void HalfTrickle_WithAllCandidatesInTheOffer_Connects()                         // RFC 8838 §16
    {
        Build();
        _left.SignallingDelay = TimeSpan.FromMilliseconds(100);
        _left.Start();
        _time.RunFor(TimeSpan.FromMilliseconds(500));                                     // the answerer starts when it knows everything
        _right.Start();
        Assert.That(_time.RunUntil(BothComplete, s_limit), _time.Timeline);
    }

    [Test]
    public void EndOfCandidates_WithEveryPairFailed_StaysPatient()                         // RFC 8863 §4
    {
        Build();
        _network.Blocked.Add((s_a.WithPort(0), s_b.WithPort(0)));
        Instant start = _time.Now;
        _left.Start();
        _right.Start();
        _time.RunFor(TimeSpan.FromSeconds(39));
        Assert.That(_left.Stream.State, Is.EqualTo(IceConnectionState.Checking));
        _left.AddBase(s_a2);                                                              // a way comes up late
        _left.Pump();
        Assert.That(_time.RunUntil(() => _left.Selected() is not null, s_limit), _time.Timeline);
        Assert.That(_time.Now - start, Is.LessThan(TimeSpan.FromSeconds(40)));
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private bool BothComplete() => _left.Stream.State == IceConnectionState.Completed && _right.Stream.State == IceConnectionState.Completed;

    private void Build(IceAgentOptions? options = null, int seed = 1, PathOptions? path = null)
    {
        _time = new VirtualTime(seed);
        _network = new IceNetwork(_time, path ?? new PathOptions());
        options ??= new IceAgentOptions();
        _left = new IceEndpoint(_network, options);
        _right = new IceEndpoint(_network, options with { Role = IceRole.Controlled });
        (_left.Peer, _right.Peer) = (_right, _left);
        _left.AddBase(s_a);
        _right.AddBase(s_b);
    }

    private void Connect(IceAgentOptions? options = null)
    {
        Build(options);
        _left.Start();
        _right.Start();
        Assert.That(_time.RunUntil(BothComplete, s_limit), _time.Timeline);
    }

    private void Restart()
    {
        foreach (IceEndpoint each in new[] { _left, _right }) each.Agent.Restart(each.Stream, _time.Now);
        _left.Start();
        _right.Start();
    }
}
