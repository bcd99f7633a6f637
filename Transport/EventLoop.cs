using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>Drives connections: gives them datagrams and the time, sends what they owe, and runs commands between.</summary>
/// <remarks>
/// One pass: datagrams that have arrived, deadlines that are due, commands, then every connection that was touched is drained.
/// The order and the fairness are here; <see cref="SocketEventLoop"/> adds sockets, a thread and a clock, and a simulation
/// adds a simulated network and virtual time.
/// </remarks>
public abstract class EventLoop
{
    /// <summary>The room a connection has for one datagram, in bytes.</summary>
    public const int MaxDatagramSize = 2048;

    // A connection that owes more than this keeps its turn for the next pass, so that others are not starved.
    private const int DatagramsPerTurn = 64;

    private readonly DeadlineQueue _deadlines = new();
    private readonly Queue<LoopRegistration> _dirty = new();
    private readonly HashSet<LoopRegistration> _addressWatchers = [];
    private byte[]? _outbound;

    /// <summary>The loop's clock, read once a pass.</summary>
    public abstract Instant Now { get; }

    /// <summary>The earliest deadline of the loop's connections.</summary>
    protected Instant NextDeadline => _deadlines.Next;

    /// <summary>Whether connections wait to be drained.</summary>
    protected bool HasDirtyConnections => _dirty.Count > 0;

    /// <summary>Runs <paramref name="command"/> on the loop, after those that were posted before. From any thread.</summary>
    public abstract void Post(Action command);

    /// <summary>The addresses of this machine's interfaces that are up.</summary>
    public abstract IReadOnlyList<LocalInterfaceAddress> GetLocalAddresses();

    /// <summary>Resolves a host name to all its addresses without blocking the loop; <paramref name="resolved"/> runs on the loop, with an empty list when there are none.</summary>
    public abstract void Resolve(string host, Action<IReadOnlyList<TransportAddress>> resolved);

    /// <summary>Where callbacks into user code run, one at a time and in order, away from the loop.</summary>
    public abstract CallbackQueue CreateCallbackQueue();

    /// <summary>Makes the loop drive a connection. On the loop, or before the loop knows of the connection.</summary>
    public LoopRegistration Attach(IDrivenConnection connection)
    {
        LoopRegistration registration = new(this, Require.NotNull(connection));
        TransportMeter.Attached(1);
        return registration;
    }

    /// <summary>Opens a UDP socket whose datagrams go to <paramref name="registration"/>.</summary>
    protected internal abstract bool TryOpenUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error);

    /// <summary>
    /// Lets <paramref name="registration"/> use the loop's one socket of an address, which is opened for the first who asks. Datagrams
    /// with the key are its, and those that come from where it has sent to.
    /// </summary>
    protected internal virtual bool TryShareUdp(
        LoopRegistration registration, TransportAddress local, PortRange ports, PortKeyReader reader, string key,
        out TransportAddress bound, [NotNullWhen(false)] out string? error)
    {
        bound = default;
        error = "this loop has no shared ports";
        return false;
    }

    /// <summary>Closes a socket that <see cref="TryOpenUdp"/> has opened, or leaves one that <see cref="TryShareUdp"/> has.</summary>
    protected internal abstract void CloseUdp(LoopRegistration registration, TransportAddress bound);

    /// <summary>Opens a UDP socket that shares the port of <paramref name="group"/> with others and has joined the group on the interfaces that have these addresses.</summary>
    protected internal abstract bool TryOpenMulticast(
        LoopRegistration registration, TransportAddress group, IReadOnlyList<TransportAddress> interfaces, out TransportAddress bound,
        [NotNullWhen(false)] out string? error);

    /// <summary>Opens a TCP port whose connections' messages (RFC 4571) go to <paramref name="registration"/>.</summary>
    protected internal abstract bool TryListenTcp(
        LoopRegistration registration, TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error);

    /// <summary>Closes a port that <see cref="TryListenTcp"/> has opened.</summary>
    protected internal abstract void CloseTcp(LoopRegistration registration, TransportAddress bound);

    /// <summary>Closes all TCP connections of a registration.</summary>
    protected internal abstract void CloseTcpConnections(LoopRegistration registration);

    /// <summary>Tells a connection that one of its TCP connections could not be opened or has ended.</summary>
    protected void ReportLost(LoopRegistration registration, in NetworkPath path)
    {
        Require.NotNull(registration);
        if (registration.IsDetached) return;
        try
        {
            registration.ConnectionLost?.Invoke(path, Now);
        }
        catch (Exception exception) when (IsDefect(registration, exception)) { }
        Touch(registration);
    }

    /// <summary>Tells a connection that a datagram was not delivered, as ICMP has it.</summary>
    protected void ReportUnreachable(LoopRegistration registration, in NetworkPath path, byte type, byte code)
    {
        Require.NotNull(registration);
        if (registration.IsDetached) return;
        try
        {
            registration.Unreachable?.Invoke(path, type, code, Now);
        }
        catch (Exception exception) when (IsDefect(registration, exception)) { }
        Touch(registration);
    }

    /// <summary>
    /// Connects to a server over TCP or TLS without blocking the loop. Its messages go to <paramref name="registration"/> like
    /// datagrams, along <see cref="LoopStream.Path"/>; those that the connection transmits along that path go to it.
    /// </summary>
    protected internal abstract void OpenStream(LoopRegistration registration, LoopStream stream);

    /// <summary>Closes a stream that <see cref="OpenStream"/> has opened, or is opening.</summary>
    protected internal abstract void CloseStream(LoopStream stream);

    /// <summary>Whether datagrams that exceed the path's MTU are lost rather than fragmented, so that probing for it means something (RFC 8899 §3). Default false.</summary>
    public virtual bool SetsDontFragment => false;

    /// <summary>Room of <see cref="MaxDatagramSize"/> for the datagram that <see cref="Send"/> is called with next.</summary>
    protected virtual Span<byte> GetSendBuffer() => _outbound ??= new byte[MaxDatagramSize];

    /// <summary>
    /// Sends one datagram, which lies at the start of <see cref="GetSendBuffer"/>; what cannot be sent is lost, as any datagram may be, and counted. Along a TCP path it goes as a framed
    /// message, over a connection that is opened if need be.
    /// </summary>
    protected abstract void Send(LoopRegistration registration, ReadOnlySpan<byte> datagram, in NetworkPath path);

    /// <summary>When a deadline is met that is far off: a loop may meet several together, a little late. Default: at the deadline.</summary>
    protected virtual Instant Gather(Instant deadline) => deadline;

    /// <summary>Logs a defect that a connection has surfaced.</summary>
    protected abstract void ReportFault(Exception exception);

    /// <summary>Hands a datagram to a connection and remembers to drain it.</summary>
    protected void Deliver(LoopRegistration registration, Span<byte> datagram, in NetworkPath path)
    {
        Require.NotNull(registration);
        if (registration.IsDetached) return;
        try
        {
            registration.Connection.Receive(datagram, path, Now);
        }
        catch (Exception exception) when (IsDefect(registration, exception)) { }
        Touch(registration);
    }

    /// <summary>Lets every connection whose deadline has come do its work.</summary>
    protected void RunDeadlines()
    {
        Instant now = Now;
        while (_deadlines.TryTake(now, out LoopRegistration? registration))
        {
            try
            {
                registration.Connection.AdvanceTo(now);
            }
            catch (Exception exception) when (IsDefect(registration, exception)) { }
            Touch(registration);
        }
    }

    /// <summary>Drains the connections that were touched; each gets one turn.</summary>
    protected void DrainConnections()
    {
        for (int turns = _dirty.Count; turns > 0; turns--)
        {
            LoopRegistration registration = _dirty.Dequeue();
            registration.IsDirty = false;
            if (registration.IsDetached) continue;
            try
            {
                if (!Drain(registration)) Touch(registration);
                registration.Connection.PublishEvents(Now);
                _deadlines.Set(registration, registration.IsDetached ? Instant.Never : Gather(registration.Connection.NextTimeout));
            }
            catch (Exception exception) when (IsDefect(registration, exception)) { }
        }
    }

    /// <summary>Drains a connection on the calling thread, if the loop's turn can be had at once. From any thread.</summary>
    /// <returns>False when it was not done, so that the loop must be woken.</returns>
    protected internal virtual bool TryDrain(LoopRegistration registration) => false;

    internal void Touch(LoopRegistration registration)
    {
        if (registration.IsDirty || registration.IsDetached) return;
        registration.IsDirty = true;
        _dirty.Enqueue(registration);
    }

    /// <summary>Tells the connections that watch them (<see cref="LoopRegistration.WatchLocalAddresses"/>) that the machine's addresses may have changed. On the loop.</summary>
    protected void ReportLocalAddressesChanged()
    {
        foreach (LoopRegistration registration in _addressWatchers.ToArray())
        {
            if (registration.IsDetached) continue;
            try
            {
                registration.LocalAddressesChanged?.Invoke(Now);
            }
            catch (Exception exception) when (IsDefect(registration, exception)) { }
            Touch(registration);
        }
    }

    internal void Watch(LoopRegistration registration) => _addressWatchers.Add(registration);

    internal void Detach(LoopRegistration registration)
    {
        TransportMeter.Attached(-1);
        _deadlines.Set(registration, Instant.Never);
        _addressWatchers.Remove(registration);
    }

    // True when all is sent; false when the connection's turn ended before.
    private bool Drain(LoopRegistration registration)
    {
        for (int sent = 0; sent < DatagramsPerTurn; sent++)
        {
            Span<byte> room = GetSendBuffer();
            int length = registration.Connection.Transmit(room, Now, out NetworkPath path);
            if (length == 0) return true;
            Send(registration, room[..length], path);
        }
        return false;
    }

    // An exception out of a connection is a defect of ours. It ends that connection and no other.
    private bool IsDefect(LoopRegistration registration, Exception exception)
    {
        Log(exception);
        registration.Detach();
        try
        {
            registration.Connection.Fault(exception);
        }
        catch (Exception fromFault) when (fromFault is not null)
        {
            Log(fromFault);
        }
        return true;
    }

    private void Log(Exception exception)
    {
        try
        {
            ReportFault(exception);
        }
        catch (Exception fromLog) when (fromLog is not null) { }     // a log on a full disk ends no loop
    }
}
