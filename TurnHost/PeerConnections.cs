using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>The TCP side of relayed addresses (RFC 6062): ports that accept peers, and the connections with them. One worker's thread uses it.</summary>
/// <remarks>What a peer sends before the client has bound it stays in one buffer of 4 KiB and the system's: more is not read.</remarks>
internal sealed class PeerConnections(RelayAddresses addresses, Action<Action<TurnServer, Instant>> post) : IStreamOwner, IDisposable
{
    private static readonly object s_opening = new();

    private static readonly StreamConnectionOptions s_options = new() { Framing = Everything, OpenTimeout = TimeSpan.FromSeconds(30) };    // §5.2

    private readonly Dictionary<TransportAddress, Listener> _listeners = [];       // by what the server knows them by
    private readonly Dictionary<uint, StreamConnection> _connections = [];
    private volatile bool _disposed;

    private sealed class Listener(Socket socket, TransportAddress local, RelayPorts ports)
    {
        public RelayPorts Ports { get; } = ports;

        public Socket Socket { get; } = socket;

        public TransportAddress Local { get; } = local;
    }

    /// <summary>What a connection is known by: the number that the server gave it, or the address that it has come to.</summary>
    private sealed class Identity(uint number, TransportAddress relay)
    {
        public uint Number { get; set; } = number;

        public TransportAddress Relay { get; } = relay;
    }

    /// <summary>Opens a port of the range that accepts peers.</summary>
    public bool TryListen(bool ipv6, out TransportAddress told, [NotNullWhen(false)] out string? error)
    {
        told = default;
        if (addresses.Find(ipv6) is not { } address)
        {
            error = "no address of that family";
            return false;
        }
        Socket? socket = null;
        string? reason = "no port is free";
        if (!address.Tcp.TryTake(port => TryListen(address.Local.WithPort(port), out socket, out reason)))
        {
            error = reason!;
            return false;
        }
        TransportAddress local = TransportAddress.From((IPEndPoint)socket!.LocalEndPoint!), relay = address.External.WithPort(local.Port);
        Listener listener = new(socket, local, address.Tcp);
        _listeners.Add(relay, listener);
        _ = Task.Run(() => AcceptAsync(listener, relay));
        (told, error) = (relay, null);
        return true;
    }

    public void StopListening(TransportAddress relay)
    {
        if (!_listeners.TryGetValue(relay, out Listener? listener)) return;
        _listeners.Remove(relay);
        listener.Socket.Dispose();
        listener.Ports.Return(listener.Local.Port);
    }

    /// <summary>Connects from a relayed address.</summary>
    public void Connect(uint number, TransportAddress relay, TransportAddress peer)
    {
        if (_listeners.TryGetValue(relay, out Listener? listener))
            _connections[number] = StreamConnection.Connect(listener.Local, peer, s_options, this, new Identity(number, relay), sharesPort: true);
        else
            post((server, _) => server.PeerDisconnected(number));
    }

    /// <summary>Joins a peer's connection with a client's stream; false when it has ended.</summary>
    public bool TryJoin(uint number, StreamConnection client, Func<int, TimeSpan> pace)
    {
        if (!_connections.TryGetValue(number, out StreamConnection? peer)) return false;
        client.Join(peer, pace);
        return true;
    }

    public void Close(uint number)
    {
        if (_connections.TryGetValue(number, out StreamConnection? connection)) connection.Finish();
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (Listener each in _listeners.Values) each.Socket.Dispose();
        foreach (StreamConnection each in _connections.Values) each.Dispose();
    }

    void IStreamOwner.StreamOpened(StreamConnection connection) => post((server, now) =>
    {
        Identity identity = (Identity)connection.Tag!;
        if (identity.Number != 0)
        {
            server.PeerConnected(identity.Number, now);
        }
        else if (!_disposed && server.PeerAccepted(new NetworkPath(identity.Relay, connection.Path.Remote, TransportProtocol.Tcp), now, out uint number))
        {
            identity.Number = number;
            _connections[number] = connection;
        }
        else
        {
            connection.Dispose();
        }
    });

    // It waits, and nothing more is read, until it is joined with the client's stream.
    void IStreamOwner.StreamIsReady(StreamConnection connection) { }

    void IStreamOwner.StreamClosed(StreamConnection connection, string reason) => post((server, _) =>
    {
        uint number = ((Identity)connection.Tag!).Number;
        if (!_connections.TryGetValue(number, out StreamConnection? known) || !ReferenceEquals(known, connection)) return;
        _connections.Remove(number);
        server.PeerDisconnected(number);
    });

    private static bool Everything(ReadOnlySpan<byte> stream, out int length)
    {
        length = stream.Length;
        return true;
    }

    // Connections leave from the port as well (§5.2), which takes sockets that share it. Whether it is nobody else's shows by a
    // socket that does not share.
    private static bool TryListen(TransportAddress local, [NotNullWhen(true)] out Socket? socket, [NotNullWhen(false)] out string? error)
    {
        AddressFamily family = local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            lock (s_opening)
            {
                using (Socket probe = new(family, SocketType.Stream, ProtocolType.Tcp)) probe.Bind(local.ToIPEndPoint());
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(local.ToIPEndPoint());
            }
            socket.Listen(16);
            error = null;
            return true;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            (socket, error) = (null, exception.SocketErrorCode.ToString());
            return false;
        }
    }

    private async Task AcceptAsync(Listener listener, TransportAddress relay)
    {
        try
        {
            while (!_disposed) StreamConnection.Accept(await listener.Socket.AcceptAsync().ConfigureAwait(false), s_options, this, new Identity(0, relay));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException) { }     // the relayed address has ended
    }
}
