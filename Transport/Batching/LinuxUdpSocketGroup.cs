#if NET
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>
/// A group of sockets over epoll, recvmmsg and sendmmsg. A pass receives into a fixed set of slots; what is sent from inside a slot
/// is sent from there. Sends are kept until the slots are full or all that has arrived is handled, then go out socket by socket.
/// </summary>
internal sealed unsafe class LinuxUdpSocketGroup : UdpSocketGroup
{
    private const int Slots = 256, Batch = 32, Events = 64, NameSize = 28;
    private const int InterruptedCall = 4, WouldBlock = 11, MessageTooLong = 90, ConnectionRefused = 111, NoBuffers = 105;

    private readonly UdpSocketGroupOptions _options;
    private readonly int _epoll, _event, _slotSize;
    private readonly byte* _slots, _names, _sendNames, _copies, _events;
    private readonly MultiMessage* _receive, _send;
    private readonly IoVector* _receiveVectors, _sendVectors;
    private readonly List<LinuxSocket?> _sockets = [];
    private readonly Stack<int> _free = new();
    private readonly List<LinuxSocket> _senders = [];
    private readonly PendingSend[] _pending = new PendingSend[Slots];
    private int _pendingCount, _usedSlots;
    private int _wakePosted;
    private bool _disposed;

    private struct PendingSend
    {
        public byte* Data;
        public int Length;
        public int Next;                                      // of the same socket; -1 ends
    }

    internal sealed class LinuxSocket : UdpGroupSocket
    {
        public LinuxSocket(Socket socket, TransportAddress local) =>
            (Socket, Local, Descriptor) = (socket, local, (int)socket.Handle);

        public Socket Socket { get; }

        public int Descriptor { get; }

        public int Index { get; set; }

        public int FirstPending { get; set; } = -1;

        public int LastPending { get; set; } = -1;

        public bool IsClosed { get; set; }
    }

    private LinuxUdpSocketGroup(UdpSocketGroupOptions options, int epoll, int wake)
    {
        (_options, _epoll, _event) = (options, epoll, wake);
        _slotSize = (options.Headroom + options.MaxDatagramSize + Tailroom + 63) & ~63;
        _slots = Allocate(Slots * _slotSize);
        _copies = Allocate(Slots * _slotSize);
        _names = Allocate(Batch * NameSize);
        _sendNames = Allocate(Slots * NameSize);
        _events = Allocate(Events * EpollEventSize);
        _receive = (MultiMessage*)Allocate(Batch * sizeof(MultiMessage));
        _send = (MultiMessage*)Allocate(Batch * sizeof(MultiMessage));
        _receiveVectors = (IoVector*)Allocate(Batch * sizeof(IoVector));
        _sendVectors = (IoVector*)Allocate(Batch * sizeof(IoVector));
        for (int i = 0; i < Batch; i++)
        {
            _receive[i].Header = new MessageHeader { Name = _names + i * NameSize, Vectors = _receiveVectors + i, VectorCount = 1 };
            _send[i].Header = new MessageHeader { Vectors = _sendVectors + i, VectorCount = 1 };
        }
        Watch(_event, -1);
    }

    public override string Name => "epoll, recvmmsg, sendmmsg";

    /// <summary>Null where the system does not let us, as in some sandboxes.</summary>
    public static LinuxUdpSocketGroup? TryCreate(UdpSocketGroupOptions options)
    {
        try
        {
            int epoll = EpollCreate(EpollCloseOnExec);
            if (epoll < 0) return null;
            int wake = EventDescriptor(0, EventNonBlocking | EventCloseOnExec);
            if (wake >= 0) return new LinuxUdpSocketGroup(options, epoll, wake);
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
        socket = null;
        error = null;
        int count = ports.Last - ports.First + 1, first = ports.First == 0 ? 0 : RandomSource.Cryptographic.Next(count);
        for (int i = 0; i < count; i++)
        {
            if (Bind(local.WithPort((ushort)(ports.First + (first + i) % count)), shared, out error) is not { } bound) continue;
            bound.Index = _free.Count > 0 ? _free.Pop() : _sockets.Count;
            if (bound.Index == _sockets.Count) _sockets.Add(bound);
            else _sockets[bound.Index] = bound;
            Watch(bound.Descriptor, bound.Index);
            socket = bound;
            error = null;
            return true;
        }
        error ??= "there is no port";
        return false;
    }

    public override bool CanSetDontFragment => true;

    public override void SetDontFragment(UdpGroupSocket socket)
    {
        Span<byte> probe = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(probe, PathMtuDo);
        bool isIPv6 = socket.Local.IsIPv6;
        ((LinuxSocket)socket).Socket.SetRawSocketOption(isIPv6 ? LevelIPv6 : LevelIPv4, isIPv6 ? MtuDiscoverIPv6 : MtuDiscoverIPv4, probe);
    }

    public override void Close(UdpGroupSocket socket)
    {
        if (socket is not LinuxSocket { IsClosed: false } known) return;
        if (known.FirstPending >= 0) Flush();
        known.IsClosed = true;
        _sockets[known.Index] = null;
        _free.Push(known.Index);
        known.Socket.Dispose();                               // which takes it out of epoll
    }

    public override void Poll(IUdpReceiver receiver, TimeSpan timeout)
    {
        int milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), 60_000);
        int ready = EpollWait(_epoll, _events, Events, milliseconds);
        for (int i = 0; i < ready; i++)
        {
            int index = Unsafe.ReadUnaligned<int>(_events + i * EpollEventSize + EpollDataOffset);
            if (index < 0)
            {
                TakeWake();
            }
            else if (_sockets[index] is { } socket)
            {
                if ((Unsafe.ReadUnaligned<int>(_events + i * EpollEventSize) & EpollError) != 0) TakeErrors(socket, receiver as IUdpErrorReceiver);
                Receive(socket, receiver);
            }
        }
        Flush();
        _usedSlots = 0;
    }

    public override void Send(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote)
    {
        LinuxSocket from = (LinuxSocket)socket;
        if (from.IsClosed || remote.IsIPv6 != from.Local.IsIPv6 || datagram.Length > _slotSize)
        {
            TransportMeter.Dropped(from.IsClosed ? SendDropReason.SocketClosed : datagram.Length > _slotSize ? SendDropReason.TooLarge : SendDropReason.AddressFamily);
            return;
        }
        if (_pendingCount == Slots) Flush();
        int index = _pendingCount++;
        byte* data = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(datagram));
        if (data < _slots || data >= _slots + Slots * _slotSize)
        {
            data = _copies + index * _slotSize;               // it may be gone when its turn comes
            datagram.CopyTo(new Span<byte>(data, datagram.Length));
        }
        WriteName(_sendNames + index * NameSize, remote);
        _pending[index] = new PendingSend { Data = data, Length = datagram.Length, Next = -1 };
        if (from.FirstPending < 0)
        {
            from.FirstPending = index;
            _senders.Add(from);
        }
        else
        {
            _pending[from.LastPending].Next = index;
        }
        from.LastPending = index;
    }

    public override void Flush()
    {
        foreach (LinuxSocket socket in _senders)
        {
            int next = socket.FirstPending;
            while (next >= 0)
            {
                int count = 0;
                for (; next >= 0 && count < Batch; next = _pending[next].Next, count++)
                {
                    _sendVectors[count] = new IoVector { Base = _pending[next].Data, Length = (nuint)_pending[next].Length };
                    _send[count].Header.Name = _sendNames + next * NameSize;
                    _send[count].Header.NameLength = socket.Local.IsIPv6 ? 28u : 16u;
                }
                SendBatch(socket, count);
            }
            (socket.FirstPending, socket.LastPending) = (-1, -1);
        }
        _senders.Clear();
        _pendingCount = 0;
    }

    public override void Wake()
    {
        if (Interlocked.Exchange(ref _wakePosted, 1) != 0) return;
        ulong one = 1;
        if (!Volatile.Read(ref _disposed)) _ = Write(_event, &one, sizeof(ulong));
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        Volatile.Write(ref _disposed, true);
        foreach (LinuxSocket? socket in _sockets) socket?.Socket.Dispose();
        _ = LinuxSockets.Close(_epoll);
        _ = LinuxSockets.Close(_event);
        foreach (nint memory in new[]
                 {
                     (nint)_slots, (nint)_copies, (nint)_names, (nint)_sendNames, (nint)_events, (nint)_receive, (nint)_send,
                     (nint)_receiveVectors, (nint)_sendVectors,
                 }) NativeMemory.Free((void*)memory);
    }

    private static byte* Allocate(int bytes) => (byte*)NativeMemory.AllocZeroed((nuint)bytes);

    private void Receive(LinuxSocket socket, IUdpReceiver receiver)
    {
        // A busy socket gets two batches; epoll tells of the rest again, and others have their turn before.
        for (int turn = 0; turn < 2 && !socket.IsClosed; turn++)
        {
            if (_usedSlots + Batch > Slots)
            {
                Flush();
                _usedSlots = 0;
            }
            byte* first = _slots + _usedSlots * _slotSize;
            for (int i = 0; i < Batch; i++)
            {
                _receiveVectors[i] = new IoVector { Base = first + i * _slotSize + _options.Headroom, Length = (nuint)_options.MaxDatagramSize };
                _receive[i].Header.NameLength = NameSize;
            }
            int count = ReceiveMany(socket.Descriptor, _receive, Batch, MessageDontWait, null);
            if (count <= 0)
            {
                // ECONNREFUSED and its like tell of an earlier send; the socket lives on.
                if (count < 0 && Marshal.GetLastPInvokeError() is not (WouldBlock or InterruptedCall)) TransportMeter.ReceiveFailed();
                return;
            }
            _usedSlots += count;
            for (int i = 0; i < count && !socket.IsClosed; i++)
            {
                if ((_receive[i].Header.Flags & MessageTruncated) != 0)
                {
                    TransportMeter.ReceiveFailed();
                    continue;
                }
                int length = (int)_receive[i].Length;
                TransportMeter.Received(length);
                receiver.Received(socket, new Span<byte>(first + i * _slotSize, _slotSize), _options.Headroom, length, ReadName(_names + i * NameSize));
            }
            if (count < Batch) return;
        }
    }

    private void TakeErrors(LinuxSocket socket, IUdpErrorReceiver? receiver)
    {
        byte* name = stackalloc byte[NameSize];
        for (int i = 0; i < Batch && LinuxErrorQueue.TryTake(socket.Descriptor, name, out var error); i++)
        {
            if (error.IsIcmp) receiver?.Undelivered(socket, ReadName(name), error.Type, error.Code, error.Data);
        }
    }

    private void SendBatch(LinuxSocket socket, int count)
    {
        int told = -1;                                        // the datagram that was told of an earlier one's error in its place
        for (int done = 0; done < count;)
        {
            int sent = SendMany(socket.Descriptor, _send + done, (uint)(count - done), MessageDontWait);
            if (sent > 0)
            {
                for (int i = done; i < done + sent; i++) TransportMeter.Sent((int)_sendVectors[i].Length);
                done += sent;
                continue;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == InterruptedCall) continue;
            if (_options.ReportsErrors && told != done && error is not (WouldBlock or NoBuffers or MessageTooLong))
            {
                told = done;
                continue;
            }
            TransportMeter.Dropped(error switch
            {
                WouldBlock or NoBuffers => SendDropReason.BufferFull,
                MessageTooLong => SendDropReason.TooLarge,
                ConnectionRefused => SendDropReason.Refused,
                _ => SendDropReason.Unreachable,
            });
            done++;                                           // the first is the one that failed; the others have their chance
        }
    }

    private LinuxSocket? Bind(TransportAddress local, bool shared, out string? error)
    {
        Socket socket = new(local.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.ReceiveBufferSize = _options.SocketBufferSize;
            socket.SendBufferSize = _options.SocketBufferSize;
            if (local.IsIPv6) socket.DualMode = false;
            if (shared)
            {
                Span<byte> on = stackalloc byte[4];
                BinaryPrimitives.WriteInt32LittleEndian(on, 1);
                socket.SetRawSocketOption(SocketLevel, ReusePort, on);
            }
            if (_options.ReportsErrors) LinuxErrorQueue.Enable(socket, local.IsIPv6);
            socket.Bind(local.ToIPEndPoint());
            error = null;
            return new LinuxSocket(socket, TransportAddress.From((System.Net.IPEndPoint)socket.LocalEndPoint!));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            error = exception.SocketErrorCode.ToString();
            return null;
        }
    }

    private void Watch(int descriptor, int index)
    {
        byte* e = stackalloc byte[16];
        Unsafe.WriteUnaligned(e, (uint)EpollIn);
        Unsafe.WriteUnaligned(e + EpollDataOffset, (long)index);
        _ = EpollControl(_epoll, EpollControlAdd, descriptor, e);
    }

    private void TakeWake()
    {
        ulong count;
        _ = Read(_event, &count, sizeof(ulong));
        Volatile.Write(ref _wakePosted, 0);
    }

    // struct sockaddr_in: family, port, address. struct sockaddr_in6: family, port, flow, address, scope.
    private static TransportAddress ReadName(byte* name)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
        return Unsafe.ReadUnaligned<ushort>(name) == AddressIPv4
            ? TransportAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(name + 4, 4)), port)
            : TransportAddress.FromBytes(new ReadOnlySpan<byte>(name + 8, 16), port, Unsafe.ReadUnaligned<uint>(name + 24));
    }

    private static void WriteName(byte* name, TransportAddress address)
    {
        new Span<byte>(name, NameSize).Clear();
        Unsafe.WriteUnaligned(name, (ushort)(address.IsIPv6 ? AddressIPv6 : AddressIPv4));
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(name + 2, 2), address.Port);
        address.WriteAddress(new Span<byte>(name + (address.IsIPv6 ? 8 : 4), 16));
        if (address.IsIPv6) Unsafe.WriteUnaligned(name + 24, address.ScopeId);
    }
}
#endif
