using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>An event loop over <see cref="System.Net.Sockets.Socket"/>: one thread, woken by datagrams, commands and deadlines.</summary>
public sealed class SocketEventLoop : EventLoop, IStreamOwner, IDisposable
{
    private readonly SocketTransportOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentQueue<UdpPort> _ready = new();
    private readonly ConcurrentQueue<StreamConnection> _readyStreams = new();
    private readonly Dictionary<TransportAddress, UdpPort> _ports = [];
    private readonly TcpPorts _tcp;
    private readonly InterfaceCache _interfaces;
    private readonly Dictionary<NetworkPath, LoopStream> _streams = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly long _origin;
    private int _awake;             // 1 while a wake-up is on its way or the loop is in a pass
    private volatile bool _stopped;
    private Instant _now;

    internal SocketEventLoop(SocketTransportOptions options, InterfaceCache interfaces, int number)
    {
        (_options, _interfaces) = (options, interfaces);
        _tcp = new TcpPorts(options, Post, Wake);
        _logger = options.LoggerFactory.CreateLogger<SocketEventLoop>();
        _origin = options.TimeProvider.GetTimestamp() - options.TimeProvider.TimestampFrequency;      // starts at 1 s: the origin means "not set" to nobody
        _now = ReadClock();
        interfaces.Changed += AddressesChanged;
        interfaces.Watch();
        new Thread(Run) { IsBackground = true, Name = $"WebRtcStack loop {number}" }.Start();
    }

    /// <inheritdoc/>
    public override Instant Now => _now;

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
        new(static run => ThreadPool.UnsafeQueueUserWorkItem(static state => ((Action)state!)(), run), exception => Log.CallbackThrew(_logger, exception));

    /// <inheritdoc/>
    protected internal override bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!UdpPort.TryBind(local, ports, _options, out UdpPort? port, out error))
        {
            bound = default;
            return false;
        }
        bound = port.Local;
        _ports.Add(bound, port);
        port.Start(registration, PortIsReady);
        return true;
    }

    /// <inheritdoc/>
    protected internal override void CloseUdp(LoopRegistration registration, TransportAddress bound)
    {
        if (!_ports.TryGetValue(bound, out UdpPort? port)) return;
        _ports.Remove(bound);
        port.Dispose();
    }

    /// <inheritdoc/>
    protected internal override bool TryOpenMulticast(
        LoopRegistration registration, TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound,
        [NotNullWhen(false)] out string? error)
    {
        bound = default;
        if (!UdpPort.TryJoin(group, interfaces, _options, out UdpPort? port, out error)) return false;
        bound = port.Local;
        if (_ports.ContainsKey(bound))
        {
            port.Dispose();
            error = "this loop has joined a group on that port already";
            return false;
        }
        _ports.Add(bound, port);
        port.Start(registration, PortIsReady);
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
    protected override void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path)
    {
        if (path.Protocol != TransportProtocol.Udp && _streams.TryGetValue(path, out LoopStream? stream))
        {
            if (!stream.Connection!.TrySend(datagram)) TransportMeter.Dropped(SendDropReason.BufferFull);
            return;
        }
        SendDropReason? dropped = path.Protocol != TransportProtocol.Udp ? _tcp.Send(registration, datagram, path)
            : _ports.TryGetValue(path.Local, out UdpPort? port) ? port.Send(datagram, path.Remote)
            : SendDropReason.SocketClosed;
        if (dropped is { } reason) TransportMeter.Dropped(reason);
        else TransportMeter.Sent(datagram.Length);
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

    private void PortIsReady(UdpPort port)
    {
        _ready.Enqueue(port);
        Wake();
    }

    private void AddressesChanged() => Post(ReportLocalAddressesChanged);

    private void Wake()
    {
        if (Interlocked.Exchange(ref _awake, 1) != 0) return;
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException) when (_stopped) { }     // the loop has ended; nobody is left to wake
    }

    private void Run()
    {
        while (!_stopped)
        {
            Volatile.Write(ref _awake, 1);                      // work that arrives from here on needs no signal: Sleep looks again
            _now = ReadClock();
            ReceiveDatagrams();
            ReceiveMessages();
            RunDeadlines();
            RunCommands();
            DrainConnections();
            if (!HasDirtyConnections) Sleep();
        }
        foreach (UdpPort port in _ports.Values) port.Dispose();
        _ports.Clear();
        _tcp.Dispose();
        foreach (LoopStream stream in _streams.Values) stream.Connection!.Dispose();
        _wake.Dispose();
    }

    private void ReceiveDatagrams()
    {
        for (int ports = _ready.Count; ports > 0 && _ready.TryDequeue(out UdpPort? port); ports--)
        {
            while (port.TryTake(out Span<byte> datagram, out TransportAddress remote))
            {
                TransportMeter.Received(datagram.Length);
                Deliver((LoopRegistration)port.Owner!, datagram, new NetworkPath(port.Local, remote));
            }
        }
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
                TransportMeter.Received(message.Length);
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
        ReportFault(exception);
        return true;
    }

    private void Sleep()
    {
        Volatile.Write(ref _awake, 0);
        Interlocked.MemoryBarrier();                            // either we see the work, or its poster sees us asleep
        if (!_commands.IsEmpty || !_ready.IsEmpty || !_readyStreams.IsEmpty || _tcp.ReadyCount > 0 || _stopped) return;
        Instant deadline = NextDeadline;
        if (deadline.IsNever)
        {
            _wake.WaitOne();
            return;
        }
        TimeSpan rest = deadline - ReadClock();
        if (rest <= TimeSpan.Zero) return;
        double milliseconds = Math.Min(Math.Ceiling(rest.TotalMilliseconds), 60_000);
        _wake.WaitOne((int)milliseconds);
    }

    private Instant ReadClock() => new(_options.TimeProvider.GetElapsedTime(_origin).Ticks);
}
