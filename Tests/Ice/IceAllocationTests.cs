using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Ice;

/// <summary>What costs no allocation: data in steady state, also through a relay, and floods of what is not authentic.</summary>
[TestFixture]
internal sealed class IceAllocationTests
{
    private const int Rounds = 1000;
    private static readonly NetworkPath s_elsewhere = new(TransportAddress.FromIPv4(0xC0000201, 5000), TransportAddress.FromIPv4(0x08080808, 9));

    [Test]
    public void DataInSteadyState_AllocatesNothing()
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair network = new(time, left, right, new PathOptions());
        Assert.That(network.RunUntil(() => left.Stream.State == IceConnectionState.Completed && right.Stream.State == IceConnectionState.Completed, TimeSpan.FromMinutes(1)));
        byte[] buffer = new byte[1500];
        NetworkPath back = new(right.Local, left.Local);
        Assert.That(Measure(() =>
        {
            left.Agent.PayloadArea(left.Stream, IceComponent.Rtp, buffer)[0] = 0x80;
            int length = left.Agent.Wrap(left.Stream, IceComponent.Rtp, buffer, 1000, time.Now, out _);
            right.Agent.Receive(buffer.AsSpan(0, length), back, time.Now, out _, out _, out _, out _);
        }), Is.Zero);
        Assert.That(right.Stream.Pairs[0].PacketsReceived, Is.GreaterThan(Rounds));
    }

    [Test]
    public void DataOverARelay_AllocatesNothing()
    {
        using RelayedPair pair = new();
        Assert.That(pair.Selected.Local.Type, Is.EqualTo(IceCandidateType.Relayed));
        Assert.That(Measure(pair.SendAndReceive), Is.Zero);
        Assert.That(pair.Received, Is.GreaterThan(Rounds));
    }

    // Consent checks both ways, their answers, and all the timers in between.
    [Test]
    public void ConsentInSteadyState_AllocatesNothing()                                     // RFC 7675 §5.1
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        LayerPair network = new(time, left, right, new PathOptions());
        Assert.That(network.RunUntil(() => left.Stream.State == IceConnectionState.Completed && right.Stream.State == IceConnectionState.Completed, TimeSpan.FromMinutes(1)));
        byte[] buffer = new byte[1500];
        Instant now = time.Now + TimeSpan.FromSeconds(1);
        NetworkPath toRight = new(right.Local, left.Local), toLeft = new(left.Local, right.Local);
        long before = left.Stream.Pairs[0].ConsentRequestsSent;
        Assert.That(Measure(() =>
        {
            now = Instant.Min(left.Agent.NextTimeout, right.Agent.NextTimeout);
            left.Agent.AdvanceTo(now);
            right.Agent.AdvanceTo(now);
            for (bool busy = true; busy;)
            {
                busy = false;
                while (left.Agent.Transmit(buffer, now, out _) is > 0 and int length) busy |= !right.Agent.Receive(buffer.AsSpan(0, length), toRight, now, out _, out _, out _, out _);
                while (right.Agent.Transmit(buffer, now, out _) is > 0 and int length) busy |= !left.Agent.Receive(buffer.AsSpan(0, length), toLeft, now, out _, out _, out _, out _);
            }
        }), Is.Zero);
        Assert.That(left.Stream.Pairs[0].ConsentRequestsSent - before, Is.GreaterThan(Rounds));
        Assert.That(left.Stream.State, Is.EqualTo(IceConnectionState.Completed));
    }

    // A peer that answers every check with a role conflict has the pair checked again and again: each is a check of its own.
    [Test]
    public void Checks_AllocateNothing()                                                    // RFC 8445 §7.2
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        using StunKey key = StunKey.ShortTerm(right.Stream.LocalParameters.Password);
        byte[] check = new byte[1500], answer = new byte[1500];
        NetworkPath back = new(left.Local, right.Local);
        Instant now = time.Now;
        int checks = 0;
        Assert.That(Measure(() =>
        {
            now += TimeSpan.FromMilliseconds(60);
            left.Agent.AdvanceTo(now);
            while (left.Agent.Transmit(check, now, out _) is > 0 and int length)
            {
                if (!StunMessage.TryParse(check.AsSpan(0, length), out StunMessage request) || request.Class != StunClass.Request) continue;
                checks++;
                StunMessageWriter writer = new(answer, StunClass.ErrorResponse, StunMethod.Binding, request.TransactionId);
                writer.WriteErrorCode(StunErrorCode.RoleConflict);
                writer.WriteIntegrity(key);
                writer.WriteFingerprint();
                left.Agent.Receive(answer.AsSpan(0, writer.Length), back, now, out _, out _, out _, out _);
            }
            while (left.Agent.TryReadEvent(out _)) { }
        }), Is.Zero);
        Assert.That(checks, Is.GreaterThanOrEqualTo(5 * Rounds));
    }

    [Test]
    public void FloodOfWrongCredentials_AllocatesNothing_AndIsAnsweredWithinTheLimit()
    {
        VirtualTime time = new(1);
        (IceLayer left, _) = IceLayer.CreatePair(time.Random, time.Now);
        byte[] buffer = new byte[1500], answer = new byte[1500];
        while (left.Transmit(answer, time.Now) > 0) { }
        using StunKey wrong = StunKey.ShortTerm("0123456789012345678901");
        StunMessageWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, StunTransactionId.Create(time.Random));
        writer.Write(StunAttributeType.Username, System.Text.Encoding.ASCII.GetBytes(left.Stream.LocalParameters.UsernameFragment + ":abcd"));
        writer.WriteUInt32(StunAttributeType.Priority, 1);
        writer.WriteIntegrity(wrong);
        writer.WriteFingerprint();
        int length = writer.Length, answers = 0, pairs = left.Stream.Pairs.Count;
        Assert.That(Measure(() =>
        {
            left.Agent.Receive(buffer.AsSpan(0, length), s_elsewhere, time.Now, out _, out _, out _, out _);
            while (left.Agent.Transmit(answer, time.Now, out _) > 0) answers++;
        }), Is.Zero);
        Assert.That(answers, Is.LessThanOrEqualTo(new IceAgentOptions().MaxErrorResponsesPerSecond));
        Assert.That(left.Stream.Pairs, Has.Count.EqualTo(pairs));
    }

    [Test]
    public void ResponseFromAnotherAddress_IsIgnored()                                     // RFC 8445 §7.2.5.2.1
    {
        VirtualTime time = new(1);
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(time.Random, time.Now);
        byte[] check = new byte[1500], answer = new byte[1500];
        int length = left.Transmit(check, time.Now);
        right.Receive(check.AsSpan(0, length), time.Now);
        length = right.Transmit(answer, time.Now);
        left.Agent.Receive(answer.AsSpan(0, length), new NetworkPath(left.Local, s_elsewhere.Remote), time.Now, out _, out _, out _, out _);
        Assert.That(left.Selected, Is.Null, "no pair works because of it");
        Assert.That(left.Stream.RemoteCandidates, Has.Count.EqualTo(1));
    }

    // The least of several measurements: the runtime itself allocates now and then.
    private static long Measure(Action round)
    {
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            for (int i = 0; i < 50; i++) round();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Rounds; i++) round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    /// <summary>Two agents, the left one with a relayed candidate alone; a TURN server between them, all in memory.</summary>
    private sealed class RelayedPair : IDisposable
    {
        private static readonly TransportAddress s_left = TransportAddress.FromIPv4(0xC0000201, 5000), s_right = TransportAddress.FromIPv4(0xC0000202, 5000);
        private static readonly TransportAddress s_server = TransportAddress.FromIPv4(0xC0000203, 3478), s_relay = TransportAddress.FromIPv4(0xC0000203, 50_000);
        private readonly TurnServer _server;
        private readonly IceAgent _one, _two;
        private readonly IceStream _oneStream, _twoStream;
        private readonly byte[] _buffer = new byte[4096], _relayed = new byte[TurnServer.Headroom + 4096 + TurnServer.Tailroom];
        private Instant _now = new(TimeSpan.TicksPerSecond);

        public RelayedPair()
        {
            RandomSource random = RandomSource.Seeded(1);
            _server = new TurnServer(new TurnServerOptions
            {
                Realm = "x", Users = new Dictionary<string, string> { ["u"] = "p" }, PeerRules = new TurnPeerRules { AllowPrivate = true },
            }, random);
            _server.SetClock(_now, DateTimeOffset.UnixEpoch.AddYears(50));
            _one = new IceAgent(new IceAgentOptions { GatheringPolicy = IceGatheringPolicy.Relay, TurnServers = [new IceTurnServer(s_server, "u", "p")] }, random);
            _two = new IceAgent(new IceAgentOptions { Role = IceRole.Controlled }, random);
            (_oneStream, _twoStream) = (_one.AddStream(), _two.AddStream());
            _one.AddLocalBase(_oneStream, IceComponent.Rtp, s_left, TransportProtocol.Udp, _now);
            _two.AddLocalBase(_twoStream, IceComponent.Rtp, s_right, TransportProtocol.Udp, _now);
            _one.EndLocalBases(_oneStream, _now);
            _two.EndLocalBases(_twoStream, _now);
            _one.SetRemoteParameters(_oneStream, _twoStream.LocalParameters, _now);
            _two.SetRemoteParameters(_twoStream, _oneStream.LocalParameters, _now);
            _one.AddRemoteCandidate(_oneStream, _twoStream.LocalCandidates[0], _now);
            for (int step = 0; step < 200; step++)
            {
                Exchange();
                _now += TimeSpan.FromMilliseconds(50);
                _one.AdvanceTo(_now);
                _two.AdvanceTo(_now);
                _server.AdvanceTo(_now);
            }
        }

        public IceCandidatePair Selected => _one.TryGetSelectedPair(_oneStream, IceComponent.Rtp, out IceCandidatePair? pair) ? pair : throw new InvalidOperationException("not connected");

        public int Received { get; private set; }

        public void SendAndReceive()
        {
            _one.PayloadArea(_oneStream, IceComponent.Rtp, _buffer)[0] = 0x80;
            Carry(_one.Wrap(_oneStream, IceComponent.Rtp, _buffer, 1000, _now, out NetworkPath path), path);
            _two.PayloadArea(_twoStream, IceComponent.Rtp, _buffer)[0] = 0x80;
            Carry(_two.Wrap(_twoStream, IceComponent.Rtp, _buffer, 1000, _now, out path), path);
        }

        public void Dispose() => _server.Dispose();

        private void Exchange()
        {
            for (bool busy = true; busy;)
            {
                int length = _one.Transmit(_buffer, _now, out NetworkPath path);
                if (length == 0) length = _two.Transmit(_buffer, _now, out path);
                busy = length > 0;
                if (busy) Carry(length, path);
            }
        }

        // From an agent to where the path leads: the other agent, the server, or the server's relayed address.
        private void Carry(int length, NetworkPath path)
        {
            if (path.Remote == s_server)
            {
                if (_server.Receive(_buffer.AsSpan(0, length), new NetworkPath(s_server, path.Local), _now, out TurnForward forward))
                    Deliver(_buffer.AsSpan(forward.Offset, forward.Length), forward.Path);
                while (_server.TryReadEvent(out TurnServerEvent e))
                {
                    if (e.Kind == TurnServerEventKind.OpenRelay) _server.RelayOpened(e.Ticket, s_relay, default, _now);
                }
                while (_server.Transmit(_relayed, _now, out NetworkPath client) is > 0 and int reply) Deliver(_relayed.AsSpan(0, reply), client);
            }
            else if (path.Remote == s_relay)
            {
                _buffer.AsSpan(0, length).CopyTo(_relayed.AsSpan(TurnServer.Headroom));
                if (_server.ReceiveFromPeer(_relayed, TurnServer.Headroom, length, new NetworkPath(s_relay, path.Local), _now, out TurnForward forward))
                    Deliver(_relayed.AsSpan(forward.Offset, forward.Length), forward.Path);
            }
            else
            {
                Deliver(_buffer.AsSpan(0, length), path);
            }
        }

        private void Deliver(Span<byte> datagram, NetworkPath path)
        {
            IceAgent to = path.Remote == s_left ? _one : _two;
            if (to.Receive(datagram, new NetworkPath(path.Remote, path.Local), _now, out _, out _, out _, out _)) Received++;
        }
    }
}
