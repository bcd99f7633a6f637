using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>The transport over this machine's sockets: a fixed number of event loops, to which connections are assigned in turn.</summary>
/// <remarks>Loops start with their first connection and end when the transport is disposed. Threads are background threads.</remarks>
public sealed class SocketTransport : ITransport, IDisposable
{
    private static readonly Lazy<SocketTransport> s_shared = new(() => new SocketTransport(new SocketTransportOptions()));
    private readonly Lazy<SocketEventLoop>[] _loops;
    private readonly InterfaceCache _interfaces;
    private readonly HandlerWatch _watch;
    private int _next;
    private int _disposed;

    /// <summary>Creates the transport; nothing is opened yet.</summary>
    public SocketTransport(SocketTransportOptions options)
    {
        Require.NotNull(options);
        _interfaces = new InterfaceCache(options.InterfaceCacheDuration, options.TimeProvider, InterfaceAddresses.Enumerate);
        _watch = new HandlerWatch(options.MaxHandlerTime);
        _loops = new Lazy<SocketEventLoop>[options.Loops];
        for (int i = 0; i < _loops.Length; i++)
        {
            int number = i;
            _loops[i] = new Lazy<SocketEventLoop>(() => new SocketEventLoop(options, _interfaces, _watch, number));
        }
    }

    /// <summary>The transport that connections use which were given none; never disposed.</summary>
    public static SocketTransport Shared => s_shared.Value;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The transport was disposed.</exception>
    public EventLoop NextLoop()
    {
        Require.NotDisposed(Volatile.Read(ref _disposed) != 0, this);
        return _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length].Value;
    }

    /// <summary>Ends the loops and closes their sockets. Close the connections first: they are told nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _interfaces.Dispose();
        foreach (Lazy<SocketEventLoop> loop in _loops)
        {
            if (loop.IsValueCreated) loop.Value.Dispose();
        }
        _watch.Dispose();
    }
}
