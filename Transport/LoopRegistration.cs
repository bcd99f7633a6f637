using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A connection's place on its loop: how it opens sockets and asks to be drained. Used on the loop's thread, except where noted.</summary>
public sealed class LoopRegistration
{
    /// <summary>In place of a local port: the path of a TCP connection that is opened from any port (RFC 6544 §4.5).</summary>
    public const ushort ActiveTcpPort = 9;

    private readonly List<TransportAddress> _open = [], _listening = [];
    private readonly List<LoopStream> _streams = [];
    private readonly Action _wake;
    private int _wakePosted;

    internal LoopRegistration(EventLoop loop, IDrivenConnection connection)
    {
        (Loop, Connection) = (loop, connection);
        _wake = () =>
        {
            Volatile.Write(ref _wakePosted, 0);
            Loop.Touch(this);
        };
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>The connection.</summary>
    public IDrivenConnection Connection { get; }

    /// <summary>Whether the loop has let go of the connection.</summary>
    public bool IsDetached { get; private set; }

    /// <summary>Is called on the loop when a TCP connection could not be opened or has ended, with the path it was known by.</summary>
    public Action<NetworkPath, Instant>? ConnectionLost { get; set; }

    /// <summary>
    /// Is called on the loop when ICMP says that a datagram was not delivered, where the system tells (Linux): with the path it was sent
    /// along, and the type and code of the ICMP or, for an IPv6 path, ICMPv6 message. Anybody on the way can forge one.
    /// </summary>
    public Action<NetworkPath, byte, byte, Instant>? Unreachable { get; set; }

    internal Action<Instant>? LocalAddressesChanged { get; private set; }

    internal int TcpConnections { get; set; }

    internal bool IsDirty { get; set; }

    internal Instant Deadline { get; set; } = Instant.Never;

    internal int DeadlineIndex { get; set; } = -1;

    /// <summary>Opens a UDP socket; its datagrams go to the connection.</summary>
    /// <param name="local">The address to bind to; its port is not looked at.</param>
    /// <param name="ports">The ports that may be taken.</param>
    /// <param name="bound">The address and port of the socket.</param>
    /// <param name="error">Why there is no socket.</param>
    public bool TryOpenUdp(TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!Loop.TryOpenUdp(this, local, ports, out bound, out error)) return false;
        _open.Add(bound);
        return true;
    }

    /// <summary>
    /// Uses the loop's one UDP socket of an address, which many connections share. Datagrams with the key are this connection's, and
    /// those that come from where it has sent to. Called again, it adds a key.
    /// </summary>
    /// <param name="local">The address to bind to; its port is not looked at.</param>
    /// <param name="ports">The ports that may be taken, if the socket has to be opened.</param>
    /// <param name="reader">Finds keys in datagrams; that of the first connection is used.</param>
    /// <param name="key">The connection's key, in ASCII.</param>
    /// <param name="bound">The address and port of the socket.</param>
    /// <param name="error">Why it cannot be used.</param>
    public bool TryShareUdp(
        TransportAddress local, PortRange ports, PortKeyReader reader, string key, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!Loop.TryShareUdp(this, local, ports, Require.NotNull(reader), Require.NotNull(key), out bound, out error)) return false;
        if (!_open.Contains(bound)) _open.Add(bound);
        return true;
    }

    /// <summary>Closes one of the connection's sockets; a shared one stays with the others.</summary>
    public void CloseUdp(TransportAddress bound)
    {
        if (_open.Remove(bound)) Loop.CloseUdp(this, bound);
    }

    /// <summary>Opens a UDP socket for a multicast group (IPv4); its datagrams, also those sent by this machine, go to the connection.</summary>
    /// <param name="group">The group's address and port.</param>
    /// <param name="interfaces">Addresses of the interfaces to join on; what is sent to the group leaves by the first.</param>
    /// <param name="bound">The address and port that name the socket in paths.</param>
    /// <param name="error">Why there is no socket.</param>
    public bool TryOpenMulticast(
        TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!Loop.TryOpenMulticast(this, group, Require.NotNull(interfaces), out bound, out error)) return false;
        _open.Add(bound);
        return true;
    }

    /// <summary>Opens a TCP port; the messages of its connections (RFC 4571) go to the connection, and what is sent along their paths, back.</summary>
    /// <remarks>A message sent along a TCP path that has no connection opens one: from the path's local port, or from any if that is <see cref="ActiveTcpPort"/>.</remarks>
    /// <param name="local">The address to bind to; its port is not looked at.</param>
    /// <param name="ports">The ports that may be taken.</param>
    /// <param name="bound">The address and port.</param>
    /// <param name="error">Why there is no port.</param>
    public bool TryListenTcp(TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!Loop.TryListenTcp(this, local, ports, out bound, out error)) return false;
        _listening.Add(bound);
        return true;
    }

    /// <summary>Closes a port that <see cref="TryListenTcp"/> has opened; connections that it accepted stay.</summary>
    public void CloseTcp(TransportAddress bound)
    {
        if (_listening.Remove(bound)) Loop.CloseTcp(this, bound);
    }

    /// <summary>Has the connection told, until it is detached, that <see cref="EventLoop.GetLocalAddresses"/> may have changed.</summary>
    /// <param name="changed">Is called on the loop with the time, perhaps more often than addresses change.</param>
    public void WatchLocalAddresses(Action<Instant> changed)
    {
        LocalAddressesChanged = Require.NotNull(changed);
        if (!IsDetached) Loop.Watch(this);
    }

    /// <summary>Connects to a server over TCP or TLS; what comes of it is told by the stream's callbacks.</summary>
    public void OpenStream(LoopStream stream)
    {
        _streams.Add(Require.NotNull(stream));
        Loop.OpenStream(this, stream);
    }

    /// <summary>Closes a stream that <see cref="OpenStream"/> has opened; its callbacks are not called any more.</summary>
    public void CloseStream(LoopStream stream)
    {
        if (_streams.Remove(Require.NotNull(stream))) Loop.CloseStream(stream);
    }

    internal void Forget(LoopStream stream) => _streams.Remove(stream);

    /// <summary>Has the connection drained in this pass. On the loop's thread.</summary>
    public void Touch() => Loop.Touch(this);

    /// <summary>Has the connection drained soon. From any thread; calls until then count as one.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _wakePosted, 1) == 0) Loop.Post(_wake);
    }

    /// <summary>
    /// Has the connection drained: at once and by the calling thread when the loop sleeps and calls are not close together, else soon.
    /// From any thread that may spend the time of a send, and holds no lock that the connection takes.
    /// </summary>
    public void Send()
    {
        if (!Loop.TryDrain(this)) Wake();
    }

    /// <summary>Closes the connection's sockets and lets go of it; what it still owes is not sent. Repeated calls are harmless.</summary>
    public void Detach()
    {
        if (IsDetached) return;
        IsDetached = true;
        Loop.Detach(this);
        foreach (TransportAddress bound in _open) Loop.CloseUdp(this, bound);
        foreach (TransportAddress bound in _listening) Loop.CloseTcp(this, bound);
        Loop.CloseTcpConnections(this);
        _open.Clear();
        _listening.Clear();
        foreach (LoopStream stream in _streams) Loop.CloseStream(stream);
        _streams.Clear();
    }
}
