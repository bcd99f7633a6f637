#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>
/// What a group is to send. Datagrams that lie one behind the other and go the same way with the same length are one train, which
/// the kernel cuts into datagrams (UDP_SEGMENT); trains leave socket by socket with sendmmsg.
/// </summary>
internal unsafe class LinuxSender : IDisposable
{
    private const int Batch = 32, MaxTrains = 256, MaxSegments = 64, MaxTrainBytes = 65_000;      // UDP_MAX_SEGMENTS; less than a UDP datagram has room for
    private const int ControlSize = 32;

    private readonly int _arenaSize, _maxDatagram;
    private readonly byte* _arena, _names, _controls;
    private readonly MultiMessage* _messages;
    private readonly IoVector* _vectors;
    private readonly Train[] _trains = new Train[MaxTrains];
    private readonly List<LinuxSocket> _sockets = [];
    private byte* _room;
    private int _used, _count;

    private struct Train
    {
        public byte* Data;
        public int Length, Segment;
        public int Next;                                      // of the same socket; -1 ends
        public bool IsComplete;                               // its last datagram is shorter: nothing may follow
        public TransportAddress Remote;
    }

    public LinuxSender(int maxDatagram, int arenaSize)
    {
        (_maxDatagram, _arenaSize) = (maxDatagram, arenaSize);
        _arena = (byte*)NativeMemory.Alloc((nuint)arenaSize);
        _names = (byte*)NativeMemory.AllocZeroed(MaxTrains * NameSize);
        _controls = (byte*)NativeMemory.AllocZeroed(Batch * ControlSize);
        _messages = (MultiMessage*)NativeMemory.AllocZeroed((nuint)(Batch * sizeof(MultiMessage)));
        _vectors = (IoVector*)NativeMemory.AllocZeroed((nuint)(Batch * sizeof(IoVector)));
        for (int i = 0; i < Batch; i++)
        {
            _messages[i].Header = new MessageHeader { Vectors = _vectors + i, VectorCount = 1 };
            *(ControlHeader*)(_controls + i * ControlSize) = new ControlHeader
            {
                Length = (nuint)(sizeof(ControlHeader) + sizeof(ushort)), Level = LevelUdp, Type = UdpSegment,
            };
        }
    }

    /// <summary>Room for the next datagram. What is written there may be added as it lies.</summary>
    public Span<byte> Room
    {
        get
        {
            if (_arenaSize - _used < _maxDatagram) Flush();
            _room = _arena + _used;
            return new Span<byte>(_room, _maxDatagram);
        }
    }

    /// <summary>Adds the datagram that was written to <see cref="Room"/>.</summary>
    public void AddWritten(LinuxSocket socket, int length, TransportAddress remote)
    {
        _used = (int)(_room - _arena) + length;               // also after a flush between, which leaves the room where it was
        Add(socket, _room, length, remote);
    }

    /// <summary>Adds a datagram whose memory stays as it is until <see cref="Flush"/>.</summary>
    public void Add(LinuxSocket socket, byte* data, int length, TransportAddress remote)
    {
        if (socket.LastTrain >= 0 && TryAppend(socket, ref _trains[socket.LastTrain], data, length, remote)) return;
        int index = _count++;
        LinuxAddress.Write(_names + index * NameSize, remote);
        _trains[index] = new Train { Data = data, Length = length, Segment = length, Next = -1, Remote = remote };
        if (socket.LastTrain < 0)
        {
            socket.FirstTrain = index;
            _sockets.Add(socket);
        }
        else
        {
            _trains[socket.LastTrain].Next = index;
        }
        socket.LastTrain = index;
        // The next datagram may need a train of its own, and its room must not move meanwhile: so the queue is never left full.
        if (_count == MaxTrains) Flush();
    }

    /// <summary>Sends what waits.</summary>
    public void Flush()
    {
        foreach (LinuxSocket socket in _sockets)
        {
            int next = socket.FirstTrain;
            (socket.FirstTrain, socket.LastTrain) = (-1, -1);
            while (next >= 0)
            {
                int count = 0;
                int first = next;
                for (; next >= 0 && count < Batch; next = _trains[next].Next, count++) Prepare(socket, count, next);
                Send(socket, first, count);
            }
        }
        _sockets.Clear();
        (_count, _used) = (0, 0);
    }

    public void Dispose()
    {
        NativeMemory.Free(_arena);
        NativeMemory.Free(_names);
        NativeMemory.Free(_controls);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
    }

    private static bool TryAppend(LinuxSocket socket, ref Train train, byte* data, int length, TransportAddress remote)
    {
        if (!socket.CutsTrains || train.IsComplete || train.Data + train.Length != data || length > train.Segment || length == 0 ||
            train.Length + length > MaxTrainBytes || train.Length >= train.Segment * (MaxSegments - 1) || train.Remote != remote) return false;
        train.Length += length;
        train.IsComplete = length < train.Segment;
        return true;
    }

    /// <summary>The system call; a test has it fail as it does on machines that are short of memory.</summary>
    private protected virtual int Call(int descriptor, nint messages, uint count) => SendMany(descriptor, (MultiMessage*)messages, count, MessageDontWait);

    private void Prepare(LinuxSocket socket, int slot, int index)
    {
        ref Train train = ref _trains[index];
        _vectors[slot] = new IoVector { Base = train.Data, Length = (nuint)train.Length };
        ref MessageHeader header = ref _messages[slot].Header;
        header.Name = _names + index * NameSize;
        header.NameLength = socket.Local.IsIPv6 ? 28u : 16u;
        header.Control = null;
        header.ControlLength = 0;
        if (train.Length <= train.Segment) return;
        byte* control = _controls + slot * ControlSize;
        Unsafe.WriteUnaligned(control + sizeof(ControlHeader), (ushort)train.Segment);
        header.Control = control;
        header.ControlLength = (nuint)(sizeof(ControlHeader) + sizeof(nuint));
    }

    private void Send(LinuxSocket socket, int train, int count)
    {
        int told = -1;                                        // who was told of an earlier datagram's error, and has its chance again
        for (int done = 0; done < count;)
        {
            int sent = Call(socket.Descriptor, (nint)(_messages + done), (uint)(count - done));
            if (sent > 0)
            {
                int bytes = 0, datagrams = 0;
                for (int i = 0; i < sent; i++, train = _trains[train].Next)
                {
                    bytes += _trains[train].Length;
                    datagrams += Datagrams(_trains[train]);
                }
                TransportMeter.SentBatch(datagrams, bytes);
                done += sent;
                continue;
            }
            int error = Marshal.GetLastPInvokeError();
            if (error == InterruptedCall) continue;
            if (socket.ReportsErrors && told != done && error is not (WouldBlock or NoBuffers))
            {
                told = done;
                continue;
            }
            ref Train failed = ref _trains[train];
            if (failed.Length > failed.Segment && error is not (WouldBlock or NoBuffers)) SendOneByOne(socket, ref failed, error, (int)(_messages[done].Header.NameLength), _messages[done].Header.Name);
            else TransportMeter.Dropped(Reason(error), Datagrams(failed));
            train = failed.Next;
            done++;                                           // the first is the one that failed; the others have their chance
        }
    }

    // EIO: the interface has no checksum offload. EINVAL, EOPNOTSUPP and the like: a kernel or a sandbox that does not cut. Not a datagram is lost by it.
    private void SendOneByOne(LinuxSocket socket, ref Train train, int error, int nameLength, byte* name)
    {
        if (error is InputOutput or InvalidArgument or NoProtocolOption or NotSupported) socket.CutsTrains = false;
        MultiMessage message = default;
        IoVector vector = default;
        message.Header = new MessageHeader { Name = name, NameLength = (uint)nameLength, Vectors = &vector, VectorCount = 1 };
        for (int offset = 0; offset < train.Length; offset += train.Segment)
        {
            vector = new IoVector { Base = train.Data + offset, Length = (nuint)Math.Min(train.Segment, train.Length - offset) };
            int sent;
            do sent = Call(socket.Descriptor, (nint)(&message), 1);
            while (sent < 0 && Marshal.GetLastPInvokeError() == InterruptedCall);
            if (sent > 0) TransportMeter.SentBatch(1, (int)vector.Length);
            else TransportMeter.Dropped(Reason(Marshal.GetLastPInvokeError()));
        }
    }

    private static int Datagrams(in Train train) => train.Segment == 0 ? 1 : (train.Length + train.Segment - 1) / train.Segment;

    private static SendDropReason Reason(int error) => error switch
    {
        WouldBlock or NoBuffers => SendDropReason.BufferFull,
        MessageTooLong => SendDropReason.TooLarge,
        ConnectionRefused => SendDropReason.Refused,
        _ => SendDropReason.Unreachable,
    };
}
#endif
