using System.Collections.Concurrent;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A group of sockets over what .NET has everywhere: a receive is always under way on each, and announces itself.</summary>
internal sealed class PortableUdpSocketGroup(UdpSocketGroupOptions options) : UdpSocketGroup
{
    private readonly SocketTransportOptions _sockets = new() { ReceiveBufferSize = options.SocketBufferSize, SendBufferSize = options.SocketBufferSize };
    private readonly ConcurrentQueue<UdpPort> _ready = new();
    private readonly HashSet<PortSocket> _open = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly byte[] _buffer = new byte[options.Headroom + Math.Max(options.MaxDatagramSize, EventLoop.MaxDatagramSize) + Tailroom];

    private sealed class PortSocket : UdpGroupSocket
    {
        public PortSocket(UdpPort port) => (Port, Local) = (port, port.Local);

        public UdpPort Port { get; }
    }

    public override string Name => "portable sockets";

    public override bool TryOpen(
        TransportAddress local, PortRange ports, bool shared, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        socket = null;
        if (!UdpPort.TryBind(local, ports, _sockets, out UdpPort? port, out error)) return false;
        PortSocket opened = new(port);
        _open.Add(opened);
        port.Start(opened, ready =>
        {
            _ready.Enqueue(ready);
            Wake();
        });
        socket = opened;
        return true;
    }

    public override void Close(UdpGroupSocket socket)
    {
        if (socket is PortSocket known && _open.Remove(known)) known.Port.Dispose();
    }

    public override void Poll(IUdpReceiver receiver, TimeSpan timeout)
    {
        if (_ready.IsEmpty) _wake.WaitOne(timeout);
        for (int ports = _ready.Count; ports > 0 && _ready.TryDequeue(out UdpPort? port); ports--)
        {
            while (port.TryTake(out Span<byte> datagram, out TransportAddress remote))
            {
                TransportMeter.Received(datagram.Length);
                datagram.CopyTo(_buffer.AsSpan(options.Headroom));
                receiver.Received((PortSocket)port.Owner!, _buffer, options.Headroom, datagram.Length, remote);
            }
        }
    }

    public override void Send(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        if (((PortSocket)socket).Port.Send(datagram, remote) is { } reason) TransportMeter.Dropped(reason);
        else TransportMeter.Sent(datagram.Length);
    }

    public override void Flush() { }

    public override void Wake()
    {
        try
        {
            _wake.Set();
        }
        catch (ObjectDisposedException) { }                   // nobody is left to wake
    }

    protected override void Dispose(bool disposing)
    {
        foreach (PortSocket each in _open) each.Port.Dispose();
        _open.Clear();
        _wake.Dispose();
    }
}
