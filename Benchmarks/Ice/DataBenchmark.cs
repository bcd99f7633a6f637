using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Turn;

namespace WebRtcStack.Benchmarks.Ice;

/// <summary>What ICE costs a packet of 1200 bytes in steady state: sent by one agent and taken by the other, directly and through a TURN server.</summary>
[MemoryDiagnoser]
public class DataBenchmark
{
    private static readonly TransportAddress s_left = TransportAddress.FromIPv4(0xC0000201, 5000), s_right = TransportAddress.FromIPv4(0xC0000202, 5000);
    private static readonly TransportAddress s_server = TransportAddress.FromIPv4(0xC0000203, 3478), s_relay = TransportAddress.FromIPv4(0xC0000203, 50_000);
    private readonly byte[] _buffer = new byte[4096], _relayed = new byte[TurnServer.Headroom + 4096 + TurnServer.Tailroom];
    private TurnServer _server = null!;
    private IceAgent _one = null!, _two = null!;
    private IceStream _oneStream = null!, _twoStream = null!;
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private int _received;

    [Params(false, true)]
    public bool OverARelay { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        RandomSource random = RandomSource.Seeded(1);
        _server = new TurnServer(new TurnServerOptions
        {
            Realm = "x", Users = new Dictionary<string, string> { ["u"] = "p" }, PeerRules = new TurnPeerRules { AllowPrivate = true },
        }, random);
        _server.SetClock(_now, DateTimeOffset.UnixEpoch.AddYears(50));
        _one = new IceAgent(new IceAgentOptions
        {
            GatheringPolicy = OverARelay ? IceGatheringPolicy.Relay : IceGatheringPolicy.All, TurnServers = [new IceTurnServer(s_server, "u", "p")],
        }, random);
        _two = new IceAgent(new IceAgentOptions { Role = IceRole.Controlled }, random);
        (_oneStream, _twoStream) = (_one.AddStream(), _two.AddStream());
        _one.AddLocalBase(_oneStream, IceComponent.Rtp, s_left, TransportProtocol.Udp, _now);
        _two.AddLocalBase(_twoStream, IceComponent.Rtp, s_right, TransportProtocol.Udp, _now);
        _one.SetRemoteParameters(_oneStream, _twoStream.LocalParameters, _now);
        _two.SetRemoteParameters(_twoStream, _oneStream.LocalParameters, _now);
        _one.AddRemoteCandidate(_oneStream, _twoStream.LocalCandidates[0], _now);
        for (int step = 0; step < 200; step++)
        {
            while (_one.Transmit(_buffer, _now, out NetworkPath path) is > 0 and int length) Carry(length, path);
            while (_two.Transmit(_buffer, _now, out NetworkPath path) is > 0 and int length) Carry(length, path);
            _now += TimeSpan.FromMilliseconds(50);
            _one.AdvanceTo(_now);
            _two.AdvanceTo(_now);
        }
    }

    [Benchmark]
    public int SendAndReceive()
    {
        int before = _received;
        _one.PayloadArea(_oneStream, IceComponent.Rtp, _buffer)[0] = 0x80;
        Carry(_one.Wrap(_oneStream, IceComponent.Rtp, _buffer, 1200, _now, out NetworkPath path), path);
        return _received == before + 1 ? _received : throw new InvalidOperationException("The packet was lost.");
    }

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
        if (to.Receive(datagram, new NetworkPath(path.Remote, path.Local), _now, out _, out _, out _, out _)) _received++;
    }
}
