using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>A machine with one or more interfaces, each with an address in a realm and a link that delays and loses.</summary>
public sealed class SimulatedHost(VirtualTime time, string name)
{
    private readonly List<SimulatedInterface> _interfaces = [];
    private readonly Dictionary<TransportAddress, Action<TransportAddress, byte[]>> _sockets = [];
    private ushort _nextPort = 49_152;
    private SimulatedTcp? _tcp;

    /// <summary>The host's TCP.</summary>
    public SimulatedTcp Tcp => _tcp ??= new SimulatedTcp(this);

    public VirtualTime Time => time;

    /// <summary>An interface has gone up or down.</summary>
    public event Action? InterfacesChanged;

    public string Name => name;

    public IReadOnlyList<SimulatedInterface> Interfaces => _interfaces;

    public SimulatedInterface AddInterface(Realm realm, string address, PathOptions path)
    {
        if (!TransportAddress.TryParse(address, 0, out TransportAddress parsed)) throw new ArgumentException("No IP address.", nameof(address));
        SimulatedInterface added = new(this, realm, parsed, path, $"{name}/{_interfaces.Count}");
        _interfaces.Add(added);
        realm.Attach(parsed, added);
        return added;
    }

    /// <summary>Opens a UDP socket; port 0 takes the next that is free.</summary>
    public bool TryBind(TransportAddress local, Action<TransportAddress, byte[]> received, out TransportAddress bound)
    {
        bound = local;
        if (!Has(local)) return false;
        while (bound.Port == 0 || (local.Port == 0 && _sockets.ContainsKey(bound))) bound = local.WithPort(_nextPort++);
        return _sockets.TryAdd(bound, received);
    }

    /// <summary>Takes what is sent to a multicast group.</summary>
    public void Join(TransportAddress group, Action<TransportAddress, byte[]> received) => _sockets[group] = received;

    public void Close(TransportAddress bound) => _sockets.Remove(bound);

    public int OpenSockets => _sockets.Count;

    public void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram, TransportProtocol protocol = TransportProtocol.Udp)
    {
        if (_interfaces.Find(each => each.Address.HasSameAddressAs(from)) is { IsUp: true } over) over.Send(from, to, datagram, protocol);
    }

    /// <summary>Whether an interface that is up has the address.</summary>
    public bool Has(TransportAddress address) => _interfaces.Exists(each => each.IsUp && each.Address.HasSameAddressAs(address));

    /// <summary>A port that no socket has.</summary>
    public ushort NextPort() => _nextPort++;

    internal void InterfaceChanged() => InterfacesChanged?.Invoke();

    internal void Arrived(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol)
    {
        if (protocol == TransportProtocol.Tcp) _tcp?.Arrived(from, to, datagram);
        else if (_sockets.TryGetValue(to, out Action<TransportAddress, byte[]>? received)) received(from, datagram);
    }
}

/// <summary>A host's interface; its link has the same properties in both directions.</summary>
public sealed class SimulatedInterface : IAttachment
{
    private readonly SimulatedHost _host;
    private readonly Realm _realm;
    private readonly SimulatedPath _up, _down;

    internal SimulatedInterface(SimulatedHost host, Realm realm, TransportAddress address, PathOptions path, string name)
    {
        (_host, _realm, Address) = (host, realm, address);
        _up = new SimulatedPath(host.Time, name + " up", path);
        _down = new SimulatedPath(host.Time, name + " down", path);
    }

    public TransportAddress Address { get; }

    /// <summary>An interface that is down neither sends nor receives.</summary>
    public bool IsUp
    {
        get;
        set
        {
            field = value;
            _host.InterfaceChanged();
        }
    } = true;

    public PathOptions Path
    {
        get => _up.Options;
        set => (_up.Options, _down.Options) = (value, value);
    }

    public long DatagramsSent => _up.Sent;

    public void Receive(TransportAddress from, TransportAddress to, byte[] datagram, TransportProtocol protocol) => _down.Send(datagram, arrived =>
    {
        if (IsUp) _host.Arrived(from, to, arrived, protocol);
    });

    internal void Send(TransportAddress from, TransportAddress to, ReadOnlySpan<byte> datagram, TransportProtocol protocol) =>
        _up.Send(datagram, arrived => _realm.Route(from, to, arrived, protocol));
}
