using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Ice;

/// <summary>What ICMP errors do to an agent (RFC 8445 §7.2.5.2.2 and §19.2, RFC 8489 §6.2.1), and what they do not.</summary>
public sealed class IceUnreachableTests
{
    private static readonly StunIcmp s_port = new(3, 3, 0), s_protocol = new(3, 2, 0);
    private static readonly TransportAddress s_local = TransportAddress.FromIPv4(0xC0000201, 5000), s_remote = TransportAddress.FromIPv4(0xC0000202, 5000),
        s_server = TransportAddress.FromIPv4(0xC0000263, 3478);
    private static readonly NetworkPath s_path = new(s_local, s_remote), s_toServer = new(s_local, s_server);
    private readonly byte[] _buffer = new byte[1500];
    private readonly Instant _now = new(TimeSpan.TicksPerHour);

    [Test]
    public void IsHard_OfEachCode_IsAsTheRfcsHaveIt()                                                     // RFC 1122 §4.2.3.9, RFC 4443 §3.1, §3.4
    {
        Assert.That(Enumerable.Range(0, 16).Where(static code => new StunIcmp(3, (byte)code, 0).IsHard(isIPv6: false)), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(Enumerable.Range(0, 8).Where(static code => new StunIcmp(1, (byte)code, 0).IsHard(isIPv6: true)), Is.EqualTo(new[] { 4 }));
        Assert.That(new StunIcmp(4, 1, 0).IsHard(isIPv6: true));
        Assert.That(new StunIcmp(2, 0, 1280).IsHard(isIPv6: true), Is.False, "packet too big");
        Assert.That(new StunIcmp(11, 0, 0).IsHard(isIPv6: false), Is.False, "time exceeded");
    }

    [Test]
    public void Unreachable_WhileACheckIsInFlight_FailsItsPair([Values] bool port)
    {
        IceAgent agent = Checking(out IceStream stream);
        agent.Unreachable(s_path, port ? s_port : s_protocol, _now);
        Assert.That(stream.Pairs[0].State, Is.EqualTo(IceCandidatePairState.Failed));
        agent.AdvanceTo(_now + TimeSpan.FromSeconds(5));
        Assert.That(agent.Transmit(_buffer, _now + TimeSpan.FromSeconds(5), out _), Is.Zero, "it is not repeated");
        Assert.That(stream.State, Is.EqualTo(IceConnectionState.Checking), "the peer may still be heard of (RFC 8863)");
    }

    [Test]
    public void Unreachable_OfASoftErrorOrAnotherPath_ChangesNothing()
    {
        IceAgent agent = Checking(out IceStream stream);
        agent.Unreachable(s_path, new StunIcmp(3, 1, 0), _now);
        agent.Unreachable(new NetworkPath(s_local, s_remote.WithPort(5001)), s_port, _now);
        agent.Unreachable(new NetworkPath(s_local.WithPort(5001), s_remote), s_port, _now);
        Assert.That(stream.Pairs[0].State, Is.EqualTo(IceCandidatePairState.InProgress));
        agent.AdvanceTo(_now + TimeSpan.FromSeconds(1));
        Assert.That(agent.Transmit(_buffer, _now + TimeSpan.FromSeconds(1), out _), Is.GreaterThan(0), "it is repeated");
    }

    [Test]
    public void Unreachable_BeforeAnythingWasSent_ChangesNothing()
    {
        IceAgent agent = Agent(out IceStream stream, new IceAgentOptions());
        agent.Unreachable(s_path, s_port, _now);
        Assert.That(stream.Pairs[0].State, Is.Not.EqualTo(IceCandidatePairState.Failed));
    }

    // Anybody on the way can forge ICMP: consent alone ends a pair that works (RFC 7675 §5.1).
    [Test]
    public void Unreachable_OfTheSelectedPair_ChangesNothing()
    {
        IceAgent a = Agent(out IceStream left, new IceAgentOptions()), b = new(new IceAgentOptions { Role = IceRole.Controlled }, RandomSource.Seeded(2));
        IceStream right = b.AddStream(local: s_theirs);
        b.AddLocalBase(right, IceComponent.Rtp, s_remote, TransportProtocol.Udp, _now);
        b.SetRemoteParameters(right, left.LocalParameters, _now);
        b.AddRemoteCandidate(right, left.LocalCandidates[0], _now);
        Instant now = _now;
        for (int i = 0; i < 40 && left.Pairs is not [{ IsNominated: true }]; i++, now += TimeSpan.FromMilliseconds(50))
        {
            for (bool busy = true; busy;) busy = Carry(a, b, now) | Carry(b, a, now);
            a.AdvanceTo(now);
            b.AdvanceTo(now);
        }
        Assert.That(left.Pairs[0].IsNominated);
        Instant end = now + TimeSpan.FromSeconds(7);
        while (a.NextTimeout < end)                                             // a consent check goes out, and is not answered
        {
            now = a.NextTimeout;
            a.AdvanceTo(now);
            while (a.Transmit(_buffer, now, out _) > 0) a.Unreachable(s_path, s_port, now);
        }
        Assert.That(left.Pairs[0].ConsentRequestsSent, Is.GreaterThan(0));
        Assert.That((left.Pairs[0].State, left.Pairs[0].IsNominated), Is.EqualTo((IceCandidatePairState.Succeeded, true)));
        Assert.That(a.PayloadArea(left, IceComponent.Rtp, _buffer).IsEmpty, Is.False);
        Assert.That(a.Wrap(left, IceComponent.Rtp, _buffer, 100, now, out _), Is.EqualTo(100));
    }

    // A NAT of the peer's may refuse what comes before its own check; that then revives the pair (§7.3.1.4).
    [Test]
    public void PairThatWasUnreachable_WhenThePeerChecksIt_IsCheckedAgain()
    {
        IceAgent a = Checking(out IceStream left), b = new(new IceAgentOptions { Role = IceRole.Controlled }, RandomSource.Seeded(2));
        a.Unreachable(s_path, s_port, _now);
        IceStream right = b.AddStream(local: s_theirs);
        b.AddLocalBase(right, IceComponent.Rtp, s_remote, TransportProtocol.Udp, _now);
        b.SetRemoteParameters(right, left.LocalParameters, _now);
        b.AddRemoteCandidate(right, left.LocalCandidates[0], _now);
        Instant now = _now + TimeSpan.FromSeconds(1);
        for (bool busy = true; busy;) busy = Carry(b, a, now) | Carry(a, b, now);
        Assert.That(left.Pairs[0].State, Is.EqualTo(IceCandidatePairState.Succeeded));
    }

    [Test]
    public void Unreachable_OfServers_EndsGatheringWith701AtOnce([Values] bool turn)
    {
        IceAgentOptions options = turn
            ? new() { TurnServers = [new IceTurnServer(s_server, "user", "pass")] }
            : new() { StunServers = [s_server] };
        IceAgent agent = new(options, RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_local, TransportProtocol.Udp, _now);
        agent.EndLocalBases(stream, _now);
        agent.Unreachable(s_toServer, s_port, _now);
        Assert.That(stream.GatheringState, Is.EqualTo(IceGatheringState.Gathering), "nothing was sent yet");
        Assert.That(agent.Transmit(_buffer, _now, out NetworkPath path), Is.GreaterThan(0));
        Assert.That(path, Is.EqualTo(s_toServer));
        agent.Unreachable(s_toServer, new StunIcmp(3, 1, 0), _now);
        Assert.That(stream.GatheringState, Is.EqualTo(IceGatheringState.Gathering), "a soft error may pass");
        agent.Unreachable(s_toServer, s_port, _now);
        Assert.That(stream.GatheringState, Is.EqualTo(IceGatheringState.Complete));
        IceEvent error = default;
        while (agent.TryReadEvent(out IceEvent e)) error = e.Kind == IceEventKind.CandidateError ? e : error;
        Assert.That((error.ErrorCode, error.Server, error.Local, error.IsTurnServer), Is.EqualTo((701, s_server, s_local, turn)));
    }

    private static readonly IceParameters s_theirs = new("theirs", "theirpasswordtheirpassword");

    private IceAgent Agent(out IceStream stream, IceAgentOptions options)
    {
        IceAgent agent = new(options, RandomSource.Seeded(1));
        stream = agent.AddStream();
        agent.AddLocalBase(stream, IceComponent.Rtp, s_local, TransportProtocol.Udp, _now);
        agent.EndLocalBases(stream, _now);
        agent.SetRemoteParameters(stream, s_theirs, _now);
        Assert.That(IceCandidate.TryParse("candidate:1 1 udp 2130706431 192.0.2.2 5000 typ host", out IceCandidate? candidate, out _));
        agent.AddRemoteCandidate(stream, candidate!, _now);
        agent.EndRemoteCandidates(stream, _now);
        return agent;
    }

    private IceAgent Checking(out IceStream stream)
    {
        IceAgent agent = Agent(out stream, new IceAgentOptions());
        Assert.That(agent.Transmit(_buffer, _now, out NetworkPath path), Is.GreaterThan(0));
        Assert.That((path, stream.Pairs[0].State), Is.EqualTo((s_path, IceCandidatePairState.InProgress)));
        return agent;
    }

    private bool Carry(IceAgent from, IceAgent to, Instant now)
    {
        int length = from.Transmit(_buffer, now, out NetworkPath path);
        if (length > 0) to.Receive(_buffer.AsSpan(0, length), new NetworkPath(path.Remote, path.Local), now, out _, out _, out _, out _);
        return length > 0;
    }
}
