using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Our TURN server on a simulated host: port 3478 of each of its addresses, UDP and TCP, relayed addresses on the same.</summary>
/// <remarks>It answers Binding requests as well, so that it is a STUN server too.</remarks>
public sealed class SimulatedTurnServer : IDisposable
{
    public const string User = "user", Password = "pass", Realm = "example.org";

    private readonly SimulatedHost _host;
    private readonly TransportAddress[] _addresses;
    private readonly byte[] _buffer = new byte[TurnServer.Headroom + 65_535 + TurnServer.Tailroom];
    private readonly Dictionary<NetworkPath, SimulatedTcpConnection> _connections = [];
    private readonly SimulatedTcpRelays _tcpRelays;
    private Instant _wake = Instant.Never;

    /// <summary>Starts a server.</summary>
    /// <param name="host">Its machine.</param>
    /// <param name="realm">The network that all its addresses are in.</param>
    /// <param name="addresses">Its addresses, IPv4 and IPv6; an interface is added for each.</param>
    /// <param name="path">The links of those interfaces.</param>
    /// <param name="configure">Changes the options, which have one user and allow private peers.</param>
    /// <param name="accounts">Quotas that are shared with other servers.</param>
    public SimulatedTurnServer(SimulatedHost host, Realm realm, string[] addresses, PathOptions path, Func<TurnServerOptions, TurnServerOptions>? configure = null, TurnAccounts? accounts = null)
    {
        _host = host;
        _addresses = [.. addresses.Select(address => host.AddInterface(realm, address, path).Address)];
        TurnServerOptions options = new()
        {
            Realm = Realm,
            Users = new Dictionary<string, string> { [User] = Password },
            RelaysIPv4 = _addresses.Any(each => each.IsIPv4),
            RelaysIPv6 = _addresses.Any(each => each.IsIPv6),
            PeerRules = new TurnPeerRules { AllowPrivate = true },
        };
        Server = new TurnServer(configure?.Invoke(options) ?? options, host.Time.Random, accounts);
        _tcpRelays = new SimulatedTcpRelays(host, what => Do(what));
        Server.SetClock(host.Time.Now, DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000));
        foreach (TransportAddress each in _addresses)
        {
            TransportAddress local = each.WithPort(3478);
            if (!host.TryBind(local, (from, datagram) => ReceiveFromClient(new NetworkPath(local, from), datagram), out _))
                throw new InvalidOperationException("The port is taken.");
            if (!host.Tcp.TryListen(local, Accepted, out _)) throw new InvalidOperationException("The port is taken.");
        }
    }

    public TurnServer Server { get; }

    /// <summary>Where clients reach it.</summary>
    public TransportAddress Address => _addresses[0].WithPort(3478);

    public TransportAddress AddressIPv6 => _addresses.First(each => each.IsIPv6).WithPort(3478);

    /// <summary>Relayed addresses that are open, reserved ones included.</summary>
    public HashSet<TransportAddress> Relays { get; } = [];

    /// <summary>Events that the driver has no part in: what has become of allocations.</summary>
    public List<TurnServerEvent> Events { get; } = [];

    /// <summary>Whom the server asks about; null: it is told nothing, as by a host that hangs.</summary>
    public Func<string, string?>? Authenticate { get; set; }

    /// <summary>How long the host takes to find out about a user.</summary>
    public TimeSpan AuthenticationDelay { get; set; }

    /// <summary>Whether sockets can be opened.</summary>
    public bool HasPorts { get; set; } = true;

    public void Dispose() => Server.Dispose();

    /// <summary>Gives the server something besides its network, and then does what it asks.</summary>
    public void Do(Action<TurnServer> what)
    {
        what(Server);
        Drain();
    }

    private void Accepted(SimulatedTcpConnection connection)
    {
        NetworkPath client = new(connection.Local, connection.Remote, TransportProtocol.Tcp);
        _connections[client] = connection;
        connection.Received = message => ReceiveFromClient(client, message);
        connection.Lost = () =>
        {
            _connections.Remove(client);
            Do(server => server.Disconnected(client));
        };
    }

    private void Send(in NetworkPath path, ReadOnlySpan<byte> datagram)
    {
        if (path.Protocol == TransportProtocol.Udp) _host.Send(path.Local, path.Remote, datagram);
        else if (_connections.TryGetValue(path, out SimulatedTcpConnection? connection)) connection.Send(datagram);
    }

    private void ReceiveFromClient(NetworkPath client, byte[] datagram)
    {
        if (Server.Receive(datagram, client, _host.Time.Now, out TurnForward forward)) Send(datagram, forward);
        Drain();
    }

    private void ReceiveFromPeer(NetworkPath path, byte[] datagram)
    {
        datagram.CopyTo(_buffer, TurnServer.Headroom);
        if (Server.ReceiveFromPeer(_buffer, TurnServer.Headroom, datagram.Length, path, _host.Time.Now, out TurnForward forward)) Send(_buffer, forward);
        Drain();
    }

    private void Send(byte[] buffer, in TurnForward forward) =>
        Send(forward.Path, buffer.AsSpan(forward.Offset, forward.Length));

    private void Drain()
    {
        while (Server.TryReadEvent(out TurnServerEvent e)) Handle(e);
        SendReplies();
        Instant next = Server.NextTimeout;
        if (next.IsNever || (next >= _wake && _wake > _host.Time.Now)) return;
        _wake = next;
        _host.Time.Schedule(next, () =>
        {
            if (_wake <= _host.Time.Now) _wake = Instant.Never;
            Server.AdvanceTo(_host.Time.Now);
            Drain();
        });
    }

    private void SendReplies()
    {
        byte[] reply = new byte[TurnServer.MaxReplySize];
        while (Server.Transmit(reply, _host.Time.Now, out NetworkPath client) is > 0 and int length)
            Send(client, reply.AsSpan(0, length));
    }

    private void Handle(TurnServerEvent e)
    {
        switch (e.Kind)
        {
            case TurnServerEventKind.OpenRelay when e.Protocol == TransportProtocol.Tcp:
                Server.RelayOpened(e.Ticket, _tcpRelays.Listen(Array.Find(_addresses, each => each.IsIPv6 == e.IsIPv6)), default, _host.Time.Now);
                break;
            case TurnServerEventKind.CloseRelay when e.Protocol == TransportProtocol.Tcp:
                _host.Tcp.Close(e.Relay);
                break;
            case TurnServerEventKind.ConnectPeer:
                _tcpRelays.Connect(e.Connection, e.Relay, e.Peer);
                break;
            case TurnServerEventKind.JoinStreams:
                SendReplies();                                    // the answer to ConnectionBind goes ahead of the peer's bytes
                if (_connections.TryGetValue(e.Client, out SimulatedTcpConnection? client)) _tcpRelays.Join(e.Connection, client);
                break;
            case TurnServerEventKind.ClosePeer:
                _tcpRelays.Close(e.Connection);
                break;
            case TurnServerEventKind.OpenRelay:
                Open(e);
                break;
            case TurnServerEventKind.CloseRelay:
                _host.Close(e.Relay);
                Relays.Remove(e.Relay);
                break;
            case TurnServerEventKind.Authenticate:
                if (Authenticate is null) return;
                _host.Time.Schedule(AuthenticationDelay, () => Do(server => server.Decide(e.Ticket, Authenticate(e.Username!), _host.Time.Now)));
                break;
            default:
                Events.Add(e);
                break;
        }
    }

    private void Open(TurnServerEvent e)
    {
        TransportAddress address = Array.Find(_addresses, each => each.IsIPv6 == e.IsIPv6);
        if (!HasPorts || address.IsNone)
        {
            Server.RelayFailed(e.Ticket, _host.Time.Now);
            return;
        }
        TransportAddress relay = Bind(address), next = default;
        while (e.NeedsEvenPort && (relay.Port & 1) != 0)
        {
            _host.Close(relay);
            relay = Bind(address);
        }
        if (e.NeedsNextPort) next = Bind(address.WithPort((ushort)(relay.Port + 1)));
        Relays.Add(relay);
        if (!next.IsNone) Relays.Add(next);
        Server.RelayOpened(e.Ticket, relay, next, _host.Time.Now);
    }

    private TransportAddress Bind(TransportAddress address)
    {
        TransportAddress socket = default;
        if (!_host.TryBind(address, (from, datagram) => ReceiveFromPeer(new NetworkPath(socket, from), datagram), out TransportAddress bound))
            throw new InvalidOperationException("The port is taken.");
        socket = bound;
        return bound;
    }
}
