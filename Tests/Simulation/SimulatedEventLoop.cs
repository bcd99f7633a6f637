using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Simulation;

/// <summary>Transport's event loop on a simulated host: the same passes, in virtual time.</summary>
public sealed class SimulatedEventLoop(SimulatedHost host) : EventLoop, ITransport
{
    private readonly Queue<Action> _commands = new();
    private readonly Dictionary<string, TransportAddress[]> _names = [];
    private Instant _wake = Instant.Never;
    private bool _passScheduled;

    public override Instant Now => host.Time.Now;

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
        [.. host.Interfaces.Where(each => each.IsUp).Select(each => new LocalInterfaceAddress("eth", each.Address))];

    public override void Resolve(string host, Action<IReadOnlyList<TransportAddress>> resolved)
    {
        IReadOnlyList<TransportAddress> addresses = _names.TryGetValue(host, out TransportAddress[]? known) ? known : [];
        Post(() => resolved(addresses));
    }

    public override CallbackQueue CreateCallbackQueue() => new(run => host.Time.Schedule(TimeSpan.Zero, run), Faults.Add);

    protected internal override bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        TransportAddress socket = default;
        bool opened = host.TryBind(local.WithPort(ports.First), (from, datagram) => Arrived(registration, socket, from, datagram), out bound);
        socket = bound;
        error = opened ? null : "the interface is down";
        return opened;
    }

    protected internal override void CloseUdp(LoopRegistration registration, TransportAddress bound) => host.Close(bound);

    // Simulated networks carry datagrams alone: a server over TCP is one that does not answer.
    protected internal override void OpenStream(LoopRegistration registration, LoopStream stream) => Post(() => stream.Closed(stream, "nobody listens"));

    protected internal override void CloseStream(LoopStream stream) { }

    protected override void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path) =>
        host.Send(path.Local, path.Remote, datagram);

    protected override void ReportFault(Exception exception) => Faults.Add(exception);

    private void Arrived(LoopRegistration registration, TransportAddress local, TransportAddress from, byte[] datagram)
    {
        Deliver(registration, datagram, new NetworkPath(local, from));
        SchedulePass();
    }

    private void SchedulePass()
    {
        if (_passScheduled) return;
        _passScheduled = true;
        host.Time.Schedule(TimeSpan.Zero, Pass);
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
        host.Time.Schedule(next, () =>
        {
            if (_wake <= Now) _wake = Instant.Never;
            SchedulePass();
        });
    }
}
