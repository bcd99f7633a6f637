using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>What a NAT's mappings, or its filters, depend on (RFC 4787 §4.1, §5).</summary>
public enum NatBehavior
{
    EndpointIndependent,
    AddressDependent,
    AddressAndPortDependent,
}

/// <summary>How a NAT behaves (RFC 4787).</summary>
public sealed record NatOptions
{
    public NatBehavior Mapping { get; init; }

    public NatBehavior Filtering { get; init; }

    /// <summary>Whether hosts behind the NAT reach each other by their outer addresses (RFC 4787 §6).</summary>
    public bool Hairpinning { get; init; }

    /// <summary>Whether it lets only TCP through, as firewalls of some offices do.</summary>
    public bool BlocksUdp { get; init; }

    /// <summary>How long a mapping lives without outbound traffic (RFC 4787 §4.3: at least 2 minutes).</summary>
    public TimeSpan MappingTimeout { get; init; } = TimeSpan.FromMinutes(2);
}

/// <summary>A NAT between two realms.</summary>
public sealed class SimulatedNat : IAttachment
{
    private readonly VirtualTime _time;
    private readonly Realm _outer;
    private readonly TransportAddress _address;
    private readonly Dictionary<(TransportAddress Internal, TransportAddress Key, TransportProtocol Protocol), Mapping> _byInternal = [];
    private readonly Dictionary<ushort, Mapping> _byPort = [];
    private ushort _nextPort;

    public SimulatedNat(VirtualTime time, string name, Realm outer, TransportAddress address, NatOptions options)
    {
        (_time, _outer, _address, Options) = (time, outer, address, options);
        _nextPort = (ushort)(20_000 + time.Random.Next(20_000));
        Inner = new Realm(name, this);
        outer.Attach(address, this);
    }

    public NatOptions Options { get; }

    /// <summary>The realm behind the NAT.</summary>
    public Realm Inner { get; }

    /// <summary>Forgets all mappings, as a reboot does: what goes out next gets another port.</summary>
    public void Rebind()
    {
        _time.Log(Inner.Name, "NAT forgets its mappings");
        _byInternal.Clear();
        _byPort.Clear();
    }

    public void Outbound(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol)
    {
        if (Options.BlocksUdp && protocol == TransportProtocol.Udp) return;
        Mapping mapping = Map(from, to, protocol);
        mapping.LastUsed = _time.Now;
        mapping.Contacted.Add(Key(Options.Filtering, to));
        TransportAddress outer = _address.WithPort(mapping.Port);
        if (!to.HasSameAddressAs(_address)) _outer.Route(outer, to, datagram, protocol);
        else if (Options.Hairpinning) Receive(outer, to, datagram, protocol);
        else _time.Log(Inner.Name, $"no hairpinning, lost {datagram.Length} bytes");
    }

    public void Receive(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol)
    {
        if (to.IsMulticast) return;
        if (_byPort.TryGetValue(to.Port, out Mapping? mapping) && mapping.Protocol == protocol && IsAlive(mapping) && mapping.Contacted.Contains(Key(Options.Filtering, from)))
            Inner.Route(from, mapping.Internal, datagram, protocol);
        else _time.Log(Inner.Name, $"NAT lets nothing in from {from} to {to}");
    }

    private Mapping Map(TransportAddress from, TransportAddress to, TransportProtocol protocol)
    {
        (TransportAddress, TransportAddress, TransportProtocol) key = (from, Key(Options.Mapping, to), protocol);
        if (_byInternal.TryGetValue(key, out Mapping? mapping) && IsAlive(mapping)) return mapping;
        do _nextPort++; while (_nextPort < 1024 || _byPort.ContainsKey(_nextPort));
        mapping = new Mapping(from, _nextPort, protocol);
        _byInternal[key] = mapping;
        _byPort[_nextPort] = mapping;
        return mapping;
    }

    private bool IsAlive(Mapping mapping) => _time.Now - mapping.LastUsed < Options.MappingTimeout || mapping.LastUsed == default;

    private static TransportAddress Key(NatBehavior behavior, TransportAddress remote) => behavior switch
    {
        NatBehavior.EndpointIndependent => default,
        NatBehavior.AddressDependent => remote.WithPort(0),
        _ => remote,
    };

    private sealed class Mapping(TransportAddress @internal, ushort port, TransportProtocol protocol)
    {
        public TransportAddress Internal => @internal;

        public ushort Port => port;

        public TransportProtocol Protocol => protocol;

        public Instant LastUsed { get; set; }

        public HashSet<TransportAddress> Contacted { get; } = [];
    }
}
