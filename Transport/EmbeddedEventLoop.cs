using System.Collections.Concurrent;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>What an application with sockets of its own gives to an <see cref="EmbeddedEventLoop"/>. All members are called inside <see cref="EmbeddedEventLoop.Run"/>, except where noted.</summary>
public interface IEmbeddingHost
{
    /// <summary>The time, monotonic. From any thread.</summary>
    Instant Now { get; }

    /// <summary>The addresses that connections may use.</summary>
    IReadOnlyList<LocalInterfaceAddress> LocalAddresses { get; }

    /// <summary>Gives a connection a UDP port of its own at an address.</summary>
    /// <param name="local">One of <see cref="LocalAddresses"/>.</param>
    /// <param name="ports">The ports that may be taken.</param>
    /// <param name="bound">The address and port, by which the socket is known from now on.</param>
    /// <param name="error">Why there is none.</param>
    bool TryOpen(TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error);

    /// <summary>A connection has no use for a port any more.</summary>
    void Close(TransportAddress bound);

    /// <summary>Sends a datagram, which is valid during the call; one that cannot be sent is lost.</summary>
    void Send(ReadOnlySpan<byte> datagram, in NetworkPath path);

    /// <summary>There is work: call <see cref="EmbeddedEventLoop.Run"/> soon. From any thread, at any time; do not call it from in here.</summary>
    void Wake();

    /// <summary>A connection or a handler of the application has thrown. From any thread.</summary>
    void Faulted(Exception exception);
}

/// <summary>
/// An event loop without sockets, thread and clock, which an application with loops of its own drives: datagrams in through
/// <see cref="Receive"/>, out through <see cref="IEmbeddingHost.Send"/>, and a deadline between the two. UDP alone: TURN over TCP and
/// ICE over TCP find no port here.
/// </summary>
/// <remarks>Not thread-safe: <see cref="Receive"/> and <see cref="Run"/> are called one at a time. Hand the loop in as <c>WebRtcOptions.Transport</c>.</remarks>
public sealed class EmbeddedEventLoop : EventLoop, ITransport
{
    private const string NoTcp = "this loop has no TCP";
    private readonly IEmbeddingHost _host;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Dictionary<TransportAddress, LoopRegistration> _ports = [];

    /// <summary>Creates a loop.</summary>
    public EmbeddedEventLoop(IEmbeddingHost host) => _host = Require.NotNull(host);

    /// <inheritdoc/>
    public override Instant Now => _host.Now;

    /// <summary>When <see cref="Run"/> has work to do by itself, or <see cref="Instant.Never"/>. Ask after each <see cref="Run"/>.</summary>
    public Instant Deadline => HasDirtyConnections || !_commands.IsEmpty ? _host.Now : NextDeadline;

    /// <summary>Takes a datagram. <see cref="Run"/> must follow, once for all that have arrived.</summary>
    /// <param name="datagram">The datagram: the caller's memory, which may be changed, and is not kept.</param>
    /// <param name="path">The port it came to, as <see cref="IEmbeddingHost.TryOpen"/> named it, and where it came from.</param>
    /// <returns>Whether the port is a connection's.</returns>
    public bool Receive(Span<byte> datagram, in NetworkPath path)
    {
        if (datagram.IsEmpty || !_ports.TryGetValue(path.Local, out LoopRegistration? registration)) return false;
        Deliver(registration, datagram, path);
        return true;
    }

    /// <summary>Does what is due, runs what was posted, and sends what is owed. Early and repeated calls are harmless.</summary>
    public void Run()
    {
        RunDeadlines();
        for (int commands = _commands.Count; commands > 0 && _commands.TryDequeue(out Action? command); commands--)
        {
            try
            {
                command();
            }
            catch (Exception exception) when (Reported(exception)) { }
        }
        DrainConnections();
    }

    EventLoop ITransport.NextLoop() => this;

    /// <inheritdoc/>
    public override void Post(Action command)
    {
        _commands.Enqueue(Require.NotNull(command));
        _host.Wake();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LocalInterfaceAddress> GetLocalAddresses() => _host.LocalAddresses;

    /// <inheritdoc/>
    public override void Resolve(string host, Action<IReadOnlyList<TransportAddress>> resolved) =>
        NameResolution.Start(Require.NotNull(host), addresses => Post(() => resolved(addresses)));

    /// <inheritdoc/>
    public override CallbackQueue CreateCallbackQueue() => new(null, _host.Faulted);

    /// <inheritdoc/>
    protected internal override bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        if (!_host.TryOpen(local, ports, out bound, out error)) return false;
        _ports[bound] = registration;
        return true;
    }

    /// <inheritdoc/>
    protected internal override void CloseUdp(LoopRegistration registration, TransportAddress bound)
    {
        if (_ports.Remove(bound)) _host.Close(bound);
    }

    /// <inheritdoc/>
    protected internal override bool TryOpenMulticast(
        LoopRegistration registration, TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound,
        [NotNullWhen(false)] out string? error)
    {
        (bound, error) = (default, "this loop has no multicast");
        return false;
    }

    /// <inheritdoc/>
    protected internal override bool TryListenTcp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        (bound, error) = (default, NoTcp);
        return false;
    }

    /// <inheritdoc/>
    protected internal override void CloseTcp(LoopRegistration registration, TransportAddress bound) { }

    /// <inheritdoc/>
    protected internal override void CloseTcpConnections(LoopRegistration registration) { }

    /// <inheritdoc/>
    protected internal override void OpenStream(LoopRegistration registration, LoopStream stream) => Post(() =>
    {
        if (stream.IsClosed || registration.IsDetached) return;
        stream.IsClosed = true;
        registration.Forget(stream);
        stream.Closed(stream, NoTcp);
    });

    /// <inheritdoc/>
    protected internal override void CloseStream(LoopStream stream) => Require.NotNull(stream).IsClosed = true;

    /// <inheritdoc/>
    protected override void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path)
    {
        if (path.Protocol == TransportProtocol.Udp) _host.Send(datagram, path);
        else TransportMeter.Dropped(SendDropReason.SocketClosed);
    }

    /// <inheritdoc/>
    protected override void ReportFault(Exception exception) => _host.Faulted(exception);

    private bool Reported(Exception exception)
    {
        ReportFault(exception);
        return true;
    }
}
