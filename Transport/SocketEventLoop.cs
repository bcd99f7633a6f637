using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>An event loop over the system's sockets: one thread, woken by datagrams, commands and deadlines.</summary>
public sealed partial class SocketEventLoop : EventLoop, IStreamOwner, IUdpErrorReceiver, IDisposable
{
    private readonly SocketTransportOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentQueue<StreamConnection> _readyStreams = new();
    private readonly Dictionary<TransportAddress, UdpGroupSocket> _ports = [];
    private readonly Dictionary<TransportAddress, UdpGroupSocket> _shared = [];       // by address, without the port
    private readonly UdpSocketGroup _sockets;
    private UdpGroupSocket? _lastPort;                      // most sends are by the port of the one before
    private readonly TcpPorts _tcp;
    private readonly InterfaceCache _interfaces;
    private readonly Dictionary<NetworkPath, LoopStream> _streams = [];
    private readonly long _origin;
    private Instant _now;

    internal SocketEventLoop(SocketTransportOptions options, InterfaceCache interfaces, HandlerWatch watch, int number)
    {
        (_options, _interfaces, _watch, _name) = (options, interfaces, watch, $"WebRtcStack loop {number}");
        _sockets = UdpSocketGroup.Create(new UdpSocketGroupOptions
        {
            MaxDatagramSize = MaxDatagramSize, SocketBufferSize = options.SocketBufferSize, MaxKeptBytes = options.MaxKeptBytes, Coalesce = true, ReportsErrors = true, IsPortable = options.IsPortable,
        });
        _tcp = new TcpPorts(options, Post, Wake);
        _logger = options.LoggerFactory.CreateLogger<SocketEventLoop>();
        _origin = options.TimeProvider.GetTimestamp() - options.TimeProvider.TimestampFrequency;      // starts at 1 s: the origin means "not set" to nobody
        _now = ReadClock();
        interfaces.Changed += AddressesChanged;
        interfaces.Watch();
        if (HandlersRunHere) watch.Add(this);
        StartThread();
    }

    /// <inheritdoc/>
    public override Instant Now => _now;

    /// <summary>UDP sockets that are open; on the loop.</summary>
    internal int OpenPorts => _ports.Count;

    /// <inheritdoc/>
    public override bool SetsDontFragment => _options.DontFragment && _sockets.CanSetDontFragment;

    /// <inheritdoc/>
    public override void Post(Action command)
    {
        _commands.Enqueue(Require.NotNull(command));
        Wake();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LocalInterfaceAddress> GetLocalAddresses() => _interfaces.Get();

    /// <inheritdoc/>
    public override void Resolve(string host, Action<IReadOnlyList<TransportAddress>> resolved) =>
        NameResolution.Start(Require.NotNull(host), addresses => Post(() => resolved(addresses)));

    /// <inheritdoc/>
    public override CallbackQueue CreateCallbackQueue() =>
        new(exception => Log.CallbackThrew(_logger, exception), HandlersRunHere ? Claim : null);

    /// <inheritdoc/>
    protected internal override bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        bound = default;
        if (!TryOpen(local, ports, out UdpGroupSocket? port, out error)) return false;
        Use(registration, port, out bound);
        return true;
    }

    /// <inheritdoc/>
    protected internal override bool TryShareUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, PortKeyReader reader, string key,
        out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        bound = default;
        error = null;
        if (!_shared.TryGetValue(local.WithPort(0), out UdpGroupSocket? port))
        {
            if (!TryOpen(local, ports, out port, out error)) return false;
            port.Tag = new SharedPort(reader);
            _ports.Add(port.Local, port);
            _shared.Add(local.WithPort(0), port);
        }
        bound = port.Local;
        if (((SharedPort)port.Tag!).TryAdd(registration, key)) return true;
        error = "another connection of this port has the same key";
        return false;
    }

    /// <inheritdoc/>
    protected internal override void CloseUdp(LoopRegistration registration, TransportAddress bound)
    {
        if (!_ports.TryGetValue(bound, out UdpGroupSocket? port)) return;
        if (port.Tag is SharedPort shared)
        {
            shared.Remove(registration);
            if (!shared.IsEmpty) return;
            _shared.Remove(bound.WithPort(0));
        }
        _ports.Remove(bound);
        if (_lastPort == port) _lastPort = null;
        _sockets.Close(port);
    }

    /// <inheritdoc/>
    protected internal override bool TryOpenMulticast(
        LoopRegistration registration, TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound,
        [NotNullWhen(false)] out string? error)
    {
        bound = default;
        if (!_sockets.TryJoin(group, interfaces, out UdpGroupSocket? port, out error)) return false;
        if (_ports.ContainsKey(port.Local))
        {
            _sockets.Close(port);
            error = "this loop has joined a group on that port already";
            return false;
        }
        Use(registration, port, out bound);
        return true;
    }

    /// <inheritdoc/>
    protected internal override bool TryListenTcp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error) =>
        _tcp.TryListen(registration, local, ports, out bound, out error);

    /// <inheritdoc/>
    protected internal override void CloseTcp(LoopRegistration registration, TransportAddress bound) => _tcp.Close(bound);

    /// <inheritdoc/>
    protected internal override void CloseTcpConnections(LoopRegistration registration) => _tcp.CloseChannels(registration);

    /// <inheritdoc/>
    protected internal override void OpenStream(LoopRegistration registration, LoopStream stream)
    {
        stream.Registration = registration;
        stream.Connection = StreamConnection.Connect(stream.Local, stream.Remote, new StreamConnectionOptions
        {
            Framing = stream.Framing,
            TlsHost = stream.TlsHost,
            CertificateValidation = _options.CertificateValidation,
            OpenTimeout = stream.OpenTimeout,
        }, this, stream, stream.SharesPort);
    }

    /// <inheritdoc/>
    protected internal override void CloseStream(LoopStream stream)
    {
        Require.NotNull(stream);
        _streams.Remove(stream.Path);
        stream.Connection?.Dispose();
    }

    /// <inheritdoc/>
    protected override Span<byte> GetSendBuffer() => _sockets.GetSendBuffer();

    /// <inheritdoc/>
    protected override void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path)
    {
        if (path.Protocol == TransportProtocol.Udp)
        {
            if (Find(path.Local) is { } port)
            {
                if (port.Tag is SharedPort shared) shared.Sent(registration, path.Remote);
                _sockets.SendBuffered(port, datagram.Length, path.Remote);
            }
            else
            {
                TransportMeter.Dropped(SendDropReason.SocketClosed);
            }
        }
        else if (_streams.TryGetValue(path, out LoopStream? stream))
        {
            if (!stream.Connection!.TrySend(datagram)) TransportMeter.Dropped(SendDropReason.BufferFull);
        }
        else if (_tcp.Send(registration, datagram, path) is { } reason)
        {
            TransportMeter.Dropped(reason);
        }
        else
        {
            TransportMeter.SentBatch(1, datagram.Length);
        }
    }

    /// <inheritdoc/>
    protected override void ReportFault(Exception exception) => Log.ConnectionThrew(_logger, exception);

    /// <summary>Ends the loop's thread and closes its sockets, soon.</summary>
    public void Dispose()
    {
        _interfaces.Changed -= AddressesChanged;
        _stopped = true;
        Wake();
    }

    void IStreamOwner.StreamOpened(StreamConnection connection) => Post(() =>
    {
        if (connection.Tag is not LoopStream { IsClosed: false } stream || stream.Registration!.IsDetached) return;
        stream.Path = connection.Path;
        _streams[stream.Path] = stream;
        stream.Opened(stream);
    });

    void IStreamOwner.StreamIsReady(StreamConnection connection)
    {
        _readyStreams.Enqueue(connection);
        Wake();
    }

    void IStreamOwner.StreamClosed(StreamConnection connection, string reason) => Post(() =>
    {
        if (connection.Tag is not LoopStream { IsClosed: false } stream) return;
        stream.IsClosed = true;
        _streams.Remove(stream.Path);
        stream.Registration!.Forget(stream);
        if (!stream.Registration.IsDetached) stream.Closed(stream, reason);
    });

    void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
    {
        if (length == 0) return;
        Span<byte> datagram = buffer.Slice(offset, length);
        if ((socket.Tag is SharedPort shared ? shared.Find(datagram, remote) : (LoopRegistration)socket.Tag!) is { } registration)
            Deliver(registration, datagram, new NetworkPath(socket.Local, remote));
        else
            TransportMeter.NobodyKnew();
    }

    void IUdpErrorReceiver.Undelivered(UdpGroupSocket socket, TransportAddress remote, byte type, byte code, uint data)
    {
        if ((socket.Tag is SharedPort shared ? shared.Find(default, remote) : socket.Tag as LoopRegistration) is { } registration)
            ReportUnreachable(registration, new NetworkPath(socket.Local, remote), type, code);
    }

    private bool TryOpen(TransportAddress local, PortRange ports, [NotNullWhen(true)] out UdpGroupSocket? port, [NotNullWhen(false)] out string? error)
    {
        if (!_sockets.TryOpen(local, ports, shared: false, out port, out error)) return false;
        if (SetsDontFragment) _sockets.SetDontFragment(port);
        return true;
    }

    private void Use(LoopRegistration registration, UdpGroupSocket port, out TransportAddress bound)
    {
        port.Tag = registration;
        bound = port.Local;
        _ports.Add(bound, port);
    }

    private UdpGroupSocket? Find(in TransportAddress local)
    {
        if (_lastPort is { } last && last.Local == local) return last;
        if (_ports.TryGetValue(local, out UdpGroupSocket? port)) _lastPort = port;
        return port;
    }

    private void AddressesChanged() => Post(ReportLocalAddressesChanged);

    private void ReceiveStreams()
    {
        for (int streams = _readyStreams.Count; streams > 0 && _readyStreams.TryDequeue(out StreamConnection? connection); streams--)
        {
            LoopStream stream = (LoopStream)connection.Tag!;
            while (connection.TryTake(out Span<byte> message)) Deliver(stream.Registration!, message, connection.Path);
        }
    }

    private void ReceiveMessages()
    {
        for (int channels = _tcp.ReadyCount; channels > 0 && _tcp.TryTakeReady(out TcpChannel? channel); channels--)
        {
            while (channel.TryTake(out Span<byte> message))
            {
                TransportMeter.ReceivedBatch(1, message.Length);
                if (!message.IsEmpty) Deliver(channel.Registration, message, channel.Path);
            }
            if (channel.IsLost && _tcp.Remove(channel)) ReportLost(channel.Registration, channel.Path);
        }
    }

    private void RunCommands()
    {
        for (int commands = _commands.Count; commands > 0 && _commands.TryDequeue(out Action? command); commands--)
        {
            try
            {
                command();
            }
            catch (Exception exception) when (Reported(exception)) { }
        }
    }

    private bool Reported(Exception exception)
    {
        try
        {
            ReportFault(exception);
        }
        catch (Exception fromLog) when (fromLog is not null) { }
        return true;
    }
}
