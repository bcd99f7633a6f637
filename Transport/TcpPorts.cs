using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A loop's TCP side: ports that accept connections, and the connections, each known by its owner and path.</summary>
internal sealed class TcpPorts(SocketTransportOptions options, Action<Action> post, Action wake) : IDisposable
{
    private readonly Dictionary<TransportAddress, Listener> _listeners = [];
    private readonly Dictionary<(LoopRegistration, NetworkPath), TcpChannel> _channels = [];
    private readonly ConcurrentQueue<TcpChannel> _ready = new();

    public int ReadyCount => _ready.Count;

    /// <summary>Opens a port that accepts connections.</summary>
    public bool TryListen(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        int count = ports.Last - ports.First + 1, first = ports.First == 0 ? 0 : RandomSource.Cryptographic.Next(count);
        string reason = "no address was given";
        for (int i = 0; i < count; i++)
        {
            ushort number = (ushort)(ports.First + (first + i) % count);
            if (!TryListen(registration, local.WithPort(number), out bound, out reason)) continue;
            error = null;
            return true;
        }
        bound = default;
        error = $"No TCP port on {local.WithPort(0)}, ports {ports.First} to {ports.Last}: {reason}";
        return false;
    }

    /// <summary>Closes a port; the connections that it has accepted live on.</summary>
    public void Close(TransportAddress bound)
    {
        if (!_listeners.TryGetValue(bound, out Listener? listener)) return;
        _listeners.Remove(bound);
        listener.Socket.Dispose();
    }

    /// <summary>Closes all connections of an owner.</summary>
    public void CloseChannels(LoopRegistration registration)
    {
        foreach (KeyValuePair<(LoopRegistration Owner, NetworkPath), TcpChannel> each in _channels.ToArray())
        {
            if (ReferenceEquals(each.Key.Owner, registration)) Remove(each.Value);
        }
    }

    /// <summary>Sends a message over the connection of that path, which is opened if it is not there.</summary>
    public SendDropReason? Send(LoopRegistration registration, ReadOnlySpan<byte> message, in NetworkPath path)
    {
        if (!_channels.TryGetValue((registration, path), out TcpChannel? channel))
        {
            if (path.Remote.IsIPv6 != path.Local.IsIPv6) return SendDropReason.AddressFamily;
            if (registration.TcpConnections >= options.MaxTcpConnections) return SendDropReason.BufferFull;
            bool isActive = path.Local.Port == LoopRegistration.ActiveTcpPort;
            channel = TcpChannel.Connect(registration, path, isActive ? path.Local.WithPort(0) : path.Local, options, Announce);
            Add(channel);
        }
        return channel.Send(message) ? null : SendDropReason.BufferFull;
    }

    /// <summary>Takes the next connection that something has happened to; on the loop.</summary>
    public bool TryTakeReady([NotNullWhen(true)] out TcpChannel? channel)
    {
        if (!_ready.TryDequeue(out channel)) return false;
        channel.Progress();
        return true;
    }

    /// <summary>Closes a connection that is lost. False when it was closed before.</summary>
    public bool Remove(TcpChannel channel)
    {
        channel.Dispose();
        if (!_channels.Remove((channel.Registration, channel.Path))) return false;
        channel.Registration.TcpConnections--;
        return true;
    }

    public void Dispose()
    {
        foreach (Listener listener in _listeners.Values) listener.Socket.Dispose();
        foreach (TcpChannel channel in _channels.Values) channel.Dispose();
        _listeners.Clear();
        _channels.Clear();
    }

    private bool TryListen(LoopRegistration registration, TransportAddress local, out TransportAddress bound, out string reason)
    {
        Socket socket = new(local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.IsIPv6) socket.DualMode = false;
            // RFC 6544 appendix B: connections leave from the port as well. A port that the system chooses is nobody else's.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(local.ToIPEndPoint());
            socket.Listen(16);
            bound = TransportAddress.From((IPEndPoint)socket.LocalEndPoint!);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            (bound, reason) = (default, exception.SocketErrorCode.ToString());
            return false;
        }
        reason = "";
        Listener listener = new(registration, socket, bound);
        _listeners.Add(bound, listener);
        listener.Args.Completed += (_, _) => post(() => Accepted(listener));
        Accept(listener);
        return true;
    }

    private void Accept(Listener listener)
    {
        listener.Args.AcceptSocket = null;
        try
        {
            if (!listener.Socket.AcceptAsync(listener.Args)) post(() => Accepted(listener));
        }
        catch (ObjectDisposedException) { }                 // the port was closed meanwhile
    }

    private void Accepted(Listener listener)
    {
        Socket? socket = listener.Args.AcceptSocket;
        bool isOpen = _listeners.TryGetValue(listener.Local, out Listener? known) && ReferenceEquals(known, listener);
        if (socket is not null && listener.Args.SocketError == SocketError.Success && isOpen &&
            listener.Registration.TcpConnections < options.MaxTcpConnections && socket.RemoteEndPoint is IPEndPoint remote)
        {
            NetworkPath path = new(listener.Local, TransportAddress.From(remote), TransportProtocol.Tcp);
            TcpChannel accepted = TcpChannel.Accept(socket, listener.Registration, path, options, Announce);
            // Both sides open at the same time (RFC 6544 §6.2): the peer's attempt came first, and ours has come to nothing.
            if (_channels.TryGetValue((listener.Registration, path), out TcpChannel? ours))
            {
                accepted.TakeOver(ours);
                Remove(ours);
            }
            Add(accepted);
        }
        else
        {
            socket?.Dispose();
        }
        if (isOpen) Accept(listener);
    }

    private void Add(TcpChannel channel)
    {
        _channels.Add((channel.Registration, channel.Path), channel);
        channel.Registration.TcpConnections++;
    }

    private void Announce(TcpChannel channel)
    {
        _ready.Enqueue(channel);
        wake();
    }

    private sealed class Listener(LoopRegistration registration, Socket socket, TransportAddress local)
    {
        public LoopRegistration Registration => registration;

        public Socket Socket => socket;

        public TransportAddress Local => local;

        public SocketAsyncEventArgs Args { get; } = new();
    }
}
