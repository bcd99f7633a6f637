using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Ice;

/// <summary>Agents with several sockets, servers, and NATs that translate and filter by address and port, in virtual time.</summary>
internal class IceNetwork(VirtualTime time, PathOptions options)
{
    private readonly SimulatedPath _path = new(time, "network", options);
    private readonly Dictionary<TransportAddress, Action<byte[], NetworkPath>> _receivers = [];
    private readonly Dictionary<TransportAddress, Nat> _inside = [];      // by inner IP address, port 0
    private readonly Dictionary<TransportAddress, Nat> _outside = [];

    public VirtualTime Time { get; } = time;

    /// <summary>May be changed while the simulation runs.</summary>
    public PathOptions Options { get => _path.Options; set => _path.Options = value; }

    /// <summary>Addresses that do not reach each other, both ways.</summary>
    public HashSet<(TransportAddress, TransportAddress)> Blocked { get; } = [];

    public virtual void Add(TransportAddress address, Action<byte[], NetworkPath> receive) => _receivers[address] = receive;

    /// <summary>Puts an address behind a NAT: endpoint-independent mapping, or (symmetric) one mapping for each destination; filtering by address and port.</summary>
    public void AddNat(TransportAddress inner, TransportAddress outer, bool symmetric)
    {
        Nat nat = new(outer, symmetric);
        _inside[inner.WithPort(0)] = nat;
        _outside[outer.WithPort(0)] = nat;
    }

    /// <summary>A NAT forgets its mappings: what goes out next gets other ports.</summary>
    public void Rebind(TransportAddress inner) => _inside[inner.WithPort(0)].Forget();

    public virtual void Send(ReadOnlySpan<byte> datagram, NetworkPath way)
    {
        if (Blocked.Contains((way.Local.WithPort(0), way.Remote.WithPort(0))) ||
            Blocked.Contains((way.Remote.WithPort(0), way.Local.WithPort(0)))) return;
        TransportAddress source = _inside.TryGetValue(way.Local.WithPort(0), out Nat? nat) ? nat.Outbound(way.Local, way.Remote) : way.Local;
        _path.Send(datagram, copy =>
        {
            TransportAddress destination = way.Remote;
            if (_outside.TryGetValue(destination.WithPort(0), out Nat? inbound) && !inbound.TryInbound(source, ref destination)) return;
            if (_inside.ContainsKey(way.Remote.WithPort(0)) && !way.Local.HasSameAddressAs(way.Remote)) return;      // private: not routed
            if (_receivers.TryGetValue(destination, out Action<byte[], NetworkPath>? receive)) receive(copy, new NetworkPath(destination, source));
        });
    }

    private sealed class Nat(TransportAddress outer, bool symmetric)
    {
        private readonly Dictionary<(TransportAddress Inner, TransportAddress Destination), TransportAddress> _mappings = [];
        private readonly HashSet<(TransportAddress Outer, TransportAddress Destination)> _open = [];
        private readonly Dictionary<TransportAddress, TransportAddress> _inner = [];
        private ushort _nextPort = 20000;

        public void Forget()
        {
            _mappings.Clear();
            _open.Clear();
            _inner.Clear();
        }

        public TransportAddress Outbound(TransportAddress inner, TransportAddress destination)
        {
            var key = (inner, symmetric ? destination : default);
            if (!_mappings.TryGetValue(key, out TransportAddress mapped))
            {
                _mappings[key] = mapped = outer.WithPort(_nextPort++);
                _inner[mapped] = inner;
            }
            _open.Add((mapped, destination));
            return mapped;
        }

        public bool TryInbound(TransportAddress source, ref TransportAddress destination)
        {
            if (!_open.Contains((destination, source))) return false;
            destination = _inner[destination];
            return true;
        }
    }
}

/// <summary>An agent on an <see cref="IceNetwork"/>, with trickle to the other one.</summary>
internal sealed class IceEndpoint
{
    private readonly IceNetwork _network;
    private readonly byte[] _buffer = new byte[1500];

    public IceEndpoint(IceNetwork network, IceAgentOptions options, int components = 1)
    {
        _network = network;
        Agent = new IceAgent(options, network.Time.Random);
        Stream = Agent.AddStream(components);
    }

    public IceAgent Agent { get; }

    public IceStream Stream { get; }

    public IceEndpoint? Peer { get; set; }

    /// <summary>How long a signalled candidate takes.</summary>
    public TimeSpan SignallingDelay { get; set; } = TimeSpan.FromMilliseconds(30);

    /// <summary>Whether the peer has told all its candidates.</summary>
    public bool HeardAll { get; private set; }

    public List<IceEvent> Events { get; } = [];

    public List<byte[]> Received { get; } = [];

    public IceCandidatePair? Selected(IceComponent component = IceComponent.Rtp) =>
        Agent.TryGetSelectedPair(Stream, component, out IceCandidatePair? pair) ? pair : null;

    public void AddBase(TransportAddress address, IceComponent component = IceComponent.Rtp)
    {
        _network.Add(address, (datagram, path) =>
        {
            if (Agent.Receive(datagram, path, _network.Time.Now, out int offset, out int length, out _, out _))
                Received.Add(datagram[offset..(offset + length)]);
            Pump();
        });
        Agent.AddLocalBase(Stream, component, address, TransportProtocol.Udp, _network.Time.Now);
    }

    public void Start()
    {
        Agent.EndLocalBases(Stream, _network.Time.Now);
        _network.Time.Schedule(SignallingDelay, () =>
        {
            Peer!.Agent.SetRemoteParameters(Peer.Stream, Stream.LocalParameters, _network.Time.Now);
            Peer.Pump();
        });
        Pump();
    }

    public void Send(ReadOnlySpan<byte> payload)
    {
        Span<byte> area = Agent.PayloadArea(Stream, IceComponent.Rtp, _buffer);
        Assert.That(area.Length, Is.GreaterThan(0), "a pair works");
        payload.CopyTo(area);
        int length = Agent.Wrap(Stream, IceComponent.Rtp, _buffer, payload.Length, _network.Time.Now, out NetworkPath path);
        Assert.That(length, Is.GreaterThanOrEqualTo(payload.Length));
        _network.Send(_buffer.AsSpan(0, length), path);
    }

    public void Pump()
    {
        while (Agent.Transmit(_buffer, _network.Time.Now, out NetworkPath path) is > 0 and int length)
            _network.Send(_buffer.AsSpan(0, length), path);
        while (Agent.TryReadEvent(out IceEvent e))
        {
            Events.Add(e);
            Signal(e);
        }
        Instant next = Agent.NextTimeout;
        if (next.IsNever) return;
        _network.Time.Schedule(next, () =>
        {
            if (Agent.NextTimeout > _network.Time.Now) return;
            Agent.AdvanceTo(_network.Time.Now);
            Pump();
        });
    }

    private void Signal(IceEvent e)
    {
        if (e.Kind == IceEventKind.LocalCandidate)
        {
            Assert.That(IceCandidate.TryParse(e.Candidate!.ToString(), out IceCandidate? candidate, out string? error), error);
            _network.Time.Schedule(SignallingDelay, () =>
            {
                Peer!.Agent.AddRemoteCandidate(Peer.Stream, candidate!, _network.Time.Now);
                Peer.Pump();
            });
        }
        else if (e is { Kind: IceEventKind.GatheringStateChanged, GatheringState: IceGatheringState.Complete })
        {
            _network.Time.Schedule(SignallingDelay, () =>
            {
                Peer!.Agent.EndRemoteCandidates(Peer.Stream, _network.Time.Now);
                Peer.HeardAll = true;
                Peer.Pump();
            });
        }
    }
}
