using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Transport's event loop on a simulated host: the same passes, in virtual time.</summary>
public sealed class SimulatedEventLoop : EventLoop, ITransport
{
    private readonly SimulatedHost _host;
    private readonly Queue<Action> _commands = new();
    private readonly Dictionary<string, TransportAddress[]> _names = [];
    private readonly Dictionary<(LoopRegistration, NetworkPath), SimulatedTcpConnection> _tcp = [];
    private readonly Dictionary<NetworkPath, SimulatedTcpConnection> _streams = [];
    private Instant _wake = Instant.Never;
    private bool _passScheduled;

    public SimulatedEventLoop(SimulatedHost host)
    {
        _host = host;
        host.InterfacesChanged += () => Post(ReportLocalAddressesChanged);
    }

    public override bool SetsDontFragment => true;

    public override Instant Now => _host.Time.Now;

    /// <summary>Exceptions that came out of connections and callbacks; a test expects none.</summary>
    public List<Exception> Faults { get; } = [];

    public EventLoop NextLoop() => this;

    public void AddName(string name, params TransportAddress[] addresses) => _names[name] = addresses;

    public override void Post(Action command)
    {
        _commands.Enqueue(command);
        SchedulePass();
    }

    public override IReadOnlyList<LocalInterfaceAddress> GetLocalAddresses() =>
        [.. _host.Interfaces.Where(each => each.IsUp).Select(each => new LocalInterfaceAddress("eth", each.Address))];

    public override void Resolve(string host, Action<IReadOnlyList<TransportAddress>> resolved)
    {
        IReadOnlyList<TransportAddress> addresses = _names.TryGetValue(host, out TransportAddress[]? known) ? known : [];
        Post(() => resolved(addresses));
    }

    public override CallbackQueue CreateCallbackQueue() => new(run => _host.Time.Schedule(TimeSpan.Zero, run), Faults.Add);

    protected internal override bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        TransportAddress socket = default;
        bool opened = _host.TryBind(local.WithPort(ports.First), (from, datagram) => Arrived(registration, socket, from, datagram), out bound);
        socket = bound;
        error = opened ? null : "the interface is down";
        return opened;
    }

    protected internal override void CloseUdp(LoopRegistration registration, TransportAddress bound) => _host.Close(bound);

    protected internal override bool TryOpenMulticast(
        LoopRegistration registration, TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound,
        [NotNullWhen(false)] out string? error)
    {
        TransportAddress socket = default;
        error = "the interface is down";
        if (!_host.TryBind(interfaces[0].WithPort(group.Port), (from, datagram) => Arrived(registration, socket, from, datagram), out bound)) return false;
        socket = bound;
        _host.Join(group, (from, datagram) => Arrived(registration, socket, from, datagram));
        error = null;
        return true;
    }

    protected internal override bool TryListenTcp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        bool opened = _host.Tcp.TryListen(local.WithPort(ports.First), connection =>
            Use(registration, new NetworkPath(connection.Local, connection.Remote, TransportProtocol.Tcp), connection), out bound);
        error = opened ? null : "the interface is down";
        return opened;
    }

    protected internal override void CloseTcp(LoopRegistration registration, TransportAddress bound) => _host.Tcp.Close(bound);

    protected internal override void CloseTcpConnections(LoopRegistration registration)
    {
        foreach (((LoopRegistration Owner, NetworkPath) key, SimulatedTcpConnection connection) in _tcp.Where(each => each.Key.Item1 == registration).ToArray())
        {
            _tcp.Remove(key);
            connection.Close();
        }
    }

    // Simulated TCP carries messages, so that there is nothing to cut. TLS, which it does not have, is refused.
    protected internal override void OpenStream(LoopRegistration registration, LoopStream stream)
    {
        SimulatedInterface? over = _host.Interfaces.FirstOrDefault(each => each.IsUp && each.Address.IsIPv4 == stream.Remote.IsIPv4);
        if (over is null || stream.TlsHost is not null)
        {
            Post(() => stream.Closed(stream, "nobody listens"));
            return;
        }
        SimulatedTcpConnection connection = _host.Tcp.Connect(stream.SharesPort ? stream.Local : over.Address, stream.Remote);
        NetworkPath path = new(connection.Local, connection.Remote, TransportProtocol.Tcp);
        connection.Opened = () =>
        {
            stream.Path = path;
            _streams[path] = connection;
            Post(() => stream.Opened(stream));
        };
        connection.Received = message =>
        {
            Deliver(registration, message, path);
            SchedulePass();
        };
        connection.Lost = () =>
        {
            _streams.Remove(path);
            Post(() =>
            {
                if (!registration.IsDetached) stream.Closed(stream, "the connection was lost");
            });
        };
    }

    protected internal override void CloseStream(LoopStream stream)
    {
        if (_streams.Remove(stream.Path, out SimulatedTcpConnection? connection)) connection.Close();
    }

    protected override void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path)
    {
        if (path.Protocol == TransportProtocol.Udp)
        {
            _host.Send(path.Local, path.Remote, datagram);
            return;
        }
        if (_streams.TryGetValue(path, out SimulatedTcpConnection? stream))
        {
            stream.Send(datagram);
            return;
        }
        if (!_tcp.TryGetValue((registration, path), out SimulatedTcpConnection? connection))
        {
            TransportAddress local = path.Local.Port == LoopRegistration.ActiveTcpPort ? path.Local.WithPort(0) : path.Local;
            Use(registration, path, connection = _host.Tcp.Connect(local, path.Remote));
        }
        byte[] framed = new byte[MessageFraming.HeaderLength + datagram.Length];      // RFC 4571, which a TURN server passes on
        MessageFraming.Write(framed, datagram);
        connection.Send(framed);
    }

    protected override void ReportFault(Exception exception) => Faults.Add(exception);

    private void Arrived(LoopRegistration registration, TransportAddress local, TransportAddress from, byte[] datagram)
    {
        Deliver(registration, datagram, new NetworkPath(local, from));
        SchedulePass();
    }

    private void Use(LoopRegistration registration, NetworkPath path, SimulatedTcpConnection connection)
    {
        _tcp[(registration, path)] = connection;
        connection.Received = message =>
        {
            Deliver(registration, message.AsSpan(MessageFraming.HeaderLength), path);
            SchedulePass();
        };
        connection.Lost = () =>
        {
            if (_tcp.Remove((registration, path))) ReportLost(registration, path);
            SchedulePass();
        };
    }

    private void SchedulePass()
    {
        if (_passScheduled) return;
        _passScheduled = true;
        _host.Time.Schedule(TimeSpan.Zero, Pass);
    }

    private void Pass()
    {
        _passScheduled = false;
        RunDeadlines();
        for (int commands = _commands.Count; commands > 0; commands--) _commands.Dequeue()();
        DrainConnections();
        if (HasDirtyConnections || _commands.Count > 0) SchedulePass();
        Instant next = NextDeadline;
        if (next.IsNever || (next >= _wake && _wake > Now)) return;
        _wake = next;
        _host.Time.Schedule(next, () =>
        {
            if (_wake <= Now) _wake = Instant.Never;
            SchedulePass();
        });
    }
}
