#if NET
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>
/// A group of sockets over epoll, recvmmsg and sendmmsg, with segmentation and coalescing by the kernel where it has them. What is
/// sent from inside a slot of the receiver is sent from there. Sends are kept until all that has arrived is handled, then go out.
/// </summary>
internal sealed unsafe class LinuxUdpSocketGroup : UdpSocketGroup
{
    private const int Events = 64, MinArena = 256 << 10;

    private readonly UdpSocketGroupOptions _options;
    private readonly int _epoll, _event;
    private readonly byte* _events;
    private readonly LinuxReceiver _receiver;
    private readonly LinuxSender _sender;
    private readonly List<LinuxSocket?> _sockets = [];
    private readonly Stack<int> _free = new();
    private readonly Lock _wakeGate = new();
    private int _ready;
    private int _wakePosted;
    private bool _disposed;

    private LinuxUdpSocketGroup(UdpSocketGroupOptions options, LinuxSender? sender, int epoll, int wake)
    {
        (_options, _epoll, _event) = (options, epoll, wake);
        _events = (byte*)NativeMemory.AllocZeroed((nuint)(Events * EpollEventSize));
        int room = options.MaxDatagramSize + options.Headroom;
        _sender = sender ?? new LinuxSender(room, Math.Max(MinArena, 2 * room), options.MaxKeptBytes);
        _receiver = new LinuxReceiver(options, _sender.Flush);
        Watch(_event, -1, EpollControlAdd, EpollIn);
    }

    public override string Name => _options.Coalesce ? "epoll, recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT" : "epoll, recvmmsg, sendmmsg with UDP_SEGMENT";

    public override byte ReceivedEcn => _receiver.Ecn;

    /// <summary>Null where the system does not let us, as in some sandboxes. A test has a sender of its own.</summary>
    public static LinuxUdpSocketGroup? TryCreate(UdpSocketGroupOptions options, LinuxSender? sender = null)
    {
        try
        {
            int epoll = EpollCreate(EpollCloseOnExec);
            if (epoll < 0) return null;
            int wake = EventDescriptor(0, EventNonBlocking | EventCloseOnExec);
            if (wake >= 0) return new LinuxUdpSocketGroup(options, sender, epoll, wake);
            _ = LinuxSockets.Close(epoll);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    public override bool TryOpen(
        TransportAddress local, PortRange ports, bool shared, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        socket = UdpSockets.TryBind(local, ports, _options.SocketBufferSize, shared, out Socket? bound, out error) ? Adopt(bound) : null;
        return socket is not null;
    }

    public override bool TryJoin(
        TransportAddress group, IReadOnlyList<TransportAddress> interfaces, [NotNullWhen(true)] out UdpGroupSocket? socket, [NotNullWhen(false)] out string? error)
    {
        socket = UdpSockets.TryJoin(group, interfaces, _options.SocketBufferSize, out Socket? bound, out error) ? Adopt(bound) : null;
        return socket is not null;
    }

    public override bool CanSetDontFragment => true;

    public override void SetDontFragment(UdpGroupSocket socket)
    {
        bool isIPv6 = socket.Local.IsIPv6;
        Set((LinuxSocket)socket, isIPv6 ? LevelIPv6 : LevelIPv4, isIPv6 ? MtuDiscoverIPv6 : MtuDiscoverIPv4, PathMtuDo);
    }

    public override bool CanSetEcn => true;

    public override void SetEcn(UdpGroupSocket socket, byte codepoint)
    {
        bool isIPv6 = socket.Local.IsIPv6;
        Set((LinuxSocket)socket, isIPv6 ? LevelIPv6 : LevelIPv4, isIPv6 ? TrafficClass : TypeOfService, Require.InRange(codepoint, 0, 3));
    }

    public override void Close(UdpGroupSocket socket)
    {
        if (socket is not LinuxSocket { IsClosed: false } known) return;
        if (known.FirstTrain >= 0) Flush();
        _sockets[known.Index] = null;
        _free.Push(known.Index);
        known.Close();
    }

    public override bool Wait(TimeSpan timeout)
    {
        int milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), 60_000);
        _ready = EpollWait(_epoll, _events, Events, milliseconds);
        return _ready > 0;
    }

    public override void Receive(IUdpReceiver receiver)
    {
        _receiver.Reset();
        for (int i = 0; i < _ready; i++)
        {
            int index = Unsafe.ReadUnaligned<int>(_events + i * EpollEventSize + EpollDataOffset);
            if (index < 0)
            {
                TakeWake();
            }
            else if (_sockets[index] is { } socket)
            {
                int events = Unsafe.ReadUnaligned<int>(_events + i * EpollEventSize);
                if ((events & EpollError) != 0) LinuxErrorQueue.Take(socket, receiver as IUdpErrorReceiver);
                if ((events & EpollOut) != 0) _sender.Resume(socket);
                _receiver.Receive(socket, receiver);
            }
        }
        _ready = 0;
    }

    public override Span<byte> GetSendBuffer() => _sender.Room;

    public override void SendBuffered(UdpGroupSocket socket, int offset, int length, TransportAddress remote)
    {
        LinuxSocket from = (LinuxSocket)socket;
        if (IsSendable(from, remote)) _sender.AddWritten(from, offset, length, remote);
    }

    public override void Send(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        LinuxSocket from = (LinuxSocket)socket;
        if (!IsSendable(from, remote)) return;
        byte* data = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(datagram));
        if (_receiver.Holds(data))
        {
            _sender.Add(from, data, datagram.Length, remote);
            return;
        }
        Span<byte> room = _sender.Room;                       // elsewhere it may be gone when its turn comes
        if (!datagram.TryCopyTo(room)) TransportMeter.Dropped(SendDropReason.TooLarge);
        else _sender.AddWritten(from, 0, datagram.Length, remote);
    }

    public override void Flush() => _sender.Flush();

    public override void Wake()
    {
        if (Interlocked.Exchange(ref _wakePosted, 1) != 0) return;
        ulong one = 1;
        lock (_wakeGate)                                      // against Dispose: the descriptor may be another's by then
        {
            if (!_disposed) _ = Write(_event, &one, sizeof(ulong));
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (_wakeGate)
        {
            if (_disposed) return;
            _disposed = true;
        }
        foreach (LinuxSocket? socket in _sockets) socket?.Close();
        _ = LinuxSockets.Close(_epoll);
        _ = LinuxSockets.Close(_event);
        _sender.Dispose();
        _receiver.Dispose();
        NativeMemory.Free(_events);
    }

    private static bool IsSendable(LinuxSocket from, TransportAddress remote)
    {
        if (!from.IsClosed && remote.IsIPv6 == from.Local.IsIPv6) return true;
        TransportMeter.Dropped(from.IsClosed ? SendDropReason.SocketClosed : SendDropReason.AddressFamily);
        return false;
    }

    private LinuxSocket Adopt(Socket bound)
    {
        LinuxSocket socket = new(bound) { WatchRoom = WatchRoom, Index = _free.Count > 0 ? _free.Pop() : _sockets.Count };
        socket.CutsTrains = _options.Segment && KnowsSegments(bound);
        if (_options.Coalesce) _ = TrySet(socket, LevelUdp, UdpCoalesce, 1);       // a kernel without it hands datagrams over one by one
        if (_options.ReceiveEcn)
            _ = TrySet(socket, socket.Local.IsIPv6 ? LevelIPv6 : LevelIPv4, socket.Local.IsIPv6 ? ReceiveTrafficClass : ReceiveTypeOfService, 1);
        if (_options.ReportsErrors) LinuxErrorQueue.Enable(socket);
        if (socket.Index == _sockets.Count) _sockets.Add(socket);
        else _sockets[socket.Index] = socket;
        Watch(socket.Descriptor, socket.Index, EpollControlAdd, EpollIn);
        return socket;
    }

    // A kernel before 4.18 would ignore the request and send a train as one datagram, so it is asked first.
    private static bool KnowsSegments(Socket socket)
    {
        try
        {
            Span<byte> value = stackalloc byte[4];
            return socket.GetRawSocketOption(LevelUdp, UdpSegment, value) == 4;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Set(LinuxSocket socket, int level, int name, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        socket.Socket.SetRawSocketOption(level, name, bytes);
    }

    private static bool TrySet(LinuxSocket socket, int level, int name, int value)
    {
        try
        {
            Set(socket, level, name, value);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void WatchRoom(LinuxSocket socket, bool watch) => Watch(socket.Descriptor, socket.Index, EpollControlModify, watch ? EpollIn | EpollOut : EpollIn);

    private void Watch(int descriptor, int index, int operation, int events)
    {
        byte* e = stackalloc byte[16];
        Unsafe.WriteUnaligned(e, (uint)events);
        Unsafe.WriteUnaligned(e + EpollDataOffset, (long)index);
        _ = EpollControl(_epoll, operation, descriptor, e);
    }

    private void TakeWake()
    {
        ulong count;
        _ = Read(_event, &count, sizeof(ulong));
        Volatile.Write(ref _wakePosted, 0);
    }
}
#endif
