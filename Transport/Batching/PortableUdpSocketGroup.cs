using System.Collections.Concurrent;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>A group of sockets over what .NET has everywhere: a receive is always under way on each, and announces itself.</summary>
internal sealed class PortableUdpSocketGroup(UdpSocketGroupOptions options) : UdpSocketGroup
{
    private readonly ConcurrentQueue<UdpPort> _ready = new();
    private readonly HashSet<PortSocket> _open = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly byte[] _buffer = new byte[options.Headroom + Math.Max(options.MaxDatagramSize, EventLoop.MaxDatagramSize) + Tailroom];
    private readonly byte[] _outbound = new byte[options.Headroom + Math.Max(options.MaxDatagramSize, EventLoop.MaxDatagramSize)];

    private sealed class PortSocket : UdpGroupSocket
    {
        public PortSocket(UdpPort port) => (Port, Local) = (port, port.Local);

        public UdpPort Port { get; }

        internal override Socket Socket => Port.Socket;
    }

    public override string Name => "portable sockets";

    public override bool TryOpen(
        TransportAddress local, PortRange ports, bool shared, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        socket = UdpSockets.TryBind(local, ports, options.SocketBufferSize, shared, out Socket? bound, out error) ? Adopt(bound) : null;
        return socket is not null;
    }

    public override bool TryJoin(
        TransportAddress group, IReadOnlyList<TransportAddress> interfaces, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        socket = UdpSockets.TryJoin(group, interfaces, options.SocketBufferSize, out Socket? bound, out error) ? Adopt(bound) : null;
        return socket is not null;
    }

    // .NET sets it for IPv4 alone; IPv6 is not fragmented on the way in any case (RFC 8200 §5).
    public override bool CanSetDontFragment => true;

    public override void SetDontFragment(UdpGroupSocket socket)
    {
        if (socket.Local.IsIPv4) socket.Socket.DontFragment = true;
    }

    public override void Close(UdpGroupSocket socket)
    {
        if (socket is PortSocket known && _open.Remove(known)) known.Port.Dispose();
    }

    public override bool Wait(TimeSpan timeout) => !_ready.IsEmpty || _wake.WaitOne(timeout);

    public override void Receive(IUdpReceiver receiver)
    {
        for (int ports = _ready.Count; ports > 0 && _ready.TryDequeue(out UdpPort? port); ports--)
        {
            while (port.TryTake(out Span<byte> datagram, out TransportAddress remote))
            {
                TransportMeter.ReceivedBatch(1, datagram.Length);
                datagram.CopyTo(_buffer.AsSpan(options.Headroom));
                receiver.Received((PortSocket)port.Owner!, _buffer, options.Headroom, datagram.Length, remote);
            }
        }
    }

    public override Span<byte> GetSendBuffer() => _outbound;

    public override void SendBuffered(UdpGroupSocket socket, int offset, int length, TransportAddress remote) => Send(socket, _outbound.AsSpan(offset, length), remote);

    public override void Send(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        if (((PortSocket)socket).Port.Send(datagram, remote) is { } reason) TransportMeter.Dropped(reason);
        else TransportMeter.SentBatch(1, datagram.Length);
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

    private PortSocket Adopt(Socket bound)
    {
        PortSocket socket = new(new UdpPort(bound));
        _open.Add(socket);
        socket.Port.Start(socket, ready =>
        {
            _ready.Enqueue(ready);
            Wake();
        });
        return socket;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (PortSocket each in _open) each.Port.Dispose();
        _open.Clear();
        _wake.Dispose();
    }
}
