#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>
/// What a group is to send. Datagrams that leave by one socket for one address with the same length are one train, wherever they lie:
/// the kernel gathers it and cuts it into datagrams (UDP_SEGMENT). Trains leave socket by socket with sendmmsg. What a full send
/// buffer does not take (EAGAIN) is kept, and all that follows on its socket behind it, until <see cref="Resume"/>.
/// </summary>
internal unsafe class LinuxSender : IDisposable
{
    private const int Batch = 32, MaxTrains = 256, MaxPieces = 512, MaxSegments = 64, MaxTrainBytes = 65_000;      // UDP_MAX_SEGMENTS; less than a UDP datagram has room for
    private const int ControlSize = 32, RecentTrains = 64;

    private readonly int _arenaSize, _maxDatagram, _maxKept;
    private readonly byte* _arena, _names, _controls;
    private readonly MultiMessage* _messages;
    private readonly IoVector* _vectors;
    private readonly Train[] _trains = new Train[MaxTrains];
    private readonly Piece[] _pieces = new Piece[MaxPieces];
    private readonly int[] _recent = new int[RecentTrains];       // by address: the latest train there may be for it
    private readonly List<LinuxSocket> _sockets = [];
    private byte* _room;
    private int _used, _count, _pieceCount;

    private struct Train
    {
        public LinuxSocket Socket;
        public int First, Last, Pieces;                       // where it lies
        public int Length, Segment;
        public int Next;                                      // of the same socket; -1 ends
        public bool IsComplete;                               // its last datagram is shorter: nothing may follow
        public TransportAddress Remote;
    }

    /// <summary>Whole datagrams that lie one behind the other.</summary>
    private struct Piece
    {
        public byte* Data;
        public int Length;
        public int Next;
    }

    public LinuxSender(int maxDatagram, int arenaSize, int maxKept)
    {
        (_maxDatagram, _arenaSize, _maxKept) = (maxDatagram, arenaSize, maxKept);
        _arena = (byte*)NativeMemory.Alloc((nuint)arenaSize);
        _names = (byte*)NativeMemory.AllocZeroed(MaxTrains * NameSize);
        _controls = (byte*)NativeMemory.AllocZeroed(Batch * ControlSize);
        _messages = (MultiMessage*)NativeMemory.AllocZeroed((nuint)(Batch * sizeof(MultiMessage)));
        _vectors = (IoVector*)NativeMemory.AllocZeroed((nuint)(MaxPieces * sizeof(IoVector)));
        for (int i = 0; i < Batch; i++)
        {
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
    public void AddWritten(LinuxSocket socket, int offset, int length, TransportAddress remote)
    {
        _used = (int)(_room - _arena) + offset + length;      // also after a flush between, which leaves the room where it was
        Add(socket, _room + offset, length, remote);
    }

    /// <summary>Adds a datagram whose memory stays as it is until <see cref="Flush"/>.</summary>
    public void Add(LinuxSocket socket, byte* data, int length, TransportAddress remote)
    {
        if (socket.LastTrain < 0 || !TryAppend(socket, remote, data, length))
        {
            int index = _count++;
            LinuxAddress.Write(_names + index * NameSize, remote);
            int piece = AddPiece(data, length);
            _trains[index] = new Train { Socket = socket, First = piece, Last = piece, Pieces = 1, Length = length, Segment = length, Next = -1, Remote = remote };
            if (socket.LastTrain < 0)
            {
                socket.FirstTrain = index;
                _sockets.Add(socket);
            }
            else
            {
                _trains[socket.LastTrain].Next = index;
                _recent[RecentIndex(_trains[socket.LastTrain].Remote)] = socket.LastTrain;
            }
            socket.LastTrain = index;
        }
        // The next datagram may need a train or a piece of its own, and its room must not move meanwhile: so the queue is never left full.
        if (_count == MaxTrains || _pieceCount == MaxPieces) Flush();
    }

    /// <summary>Sends what was kept for a socket, whose buffer has room again.</summary>
    public void Resume(LinuxSocket socket)
    {
        Flush();                                              // what waits for the socket is later, and joins what is kept
        if (socket.Kept is not { } kept) return;
        socket.Kept = null;                                   // what still finds no room is kept anew
        using (kept)
        {
            kept.GiveTo(this, socket);
            Flush();
        }
        if (socket.Kept is null) socket.WatchRoom(socket, false);
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
                if (socket.Kept is not null)
                {
                    Keep(socket, next);
                    break;
                }
                int count = 0, vectors = 0;
                int first = next;
                for (; next >= 0 && count < Batch; next = _trains[next].Next, count++) Prepare(socket, count, next, ref vectors);
                if (!Send(socket, first, count)) break;
            }
        }
        _sockets.Clear();
        (_count, _pieceCount, _used) = (0, 0, 0);
    }

    public void Dispose()
    {
        NativeMemory.Free(_arena);
        NativeMemory.Free(_names);
        NativeMemory.Free(_controls);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
    }

    // To the latest train for the address alone, so that datagrams keep their order.
    private bool TryAppend(LinuxSocket socket, TransportAddress remote, byte* data, int length)
    {
        if (!socket.CutsTrains || length == 0) return false;
        int index = socket.LastTrain;
        if (_trains[index].Remote != remote)
        {
            index = _recent[RecentIndex(remote)];
            if (index >= _count || _trains[index].Socket != socket || _trains[index].Remote != remote) return false;
        }
        ref Train train = ref _trains[index];
        if (train.IsComplete || length > train.Segment || train.Length + length > MaxTrainBytes || train.Length >= train.Segment * (MaxSegments - 1)) return false;
        ref Piece last = ref _pieces[train.Last];
        if (last.Data + last.Length == data)
        {
            last.Length += length;
        }
        else
        {
            int piece = AddPiece(data, length);
            last.Next = piece;
            train.Last = piece;
            train.Pieces++;
        }
        train.Length += length;
        train.IsComplete = length < train.Segment;
        return true;
    }

    /// <summary>The system call; a test has it fail as it does on machines that are short of memory.</summary>
    private protected virtual int Call(int descriptor, nint messages, uint count) => SendMany(descriptor, (MultiMessage*)messages, count, MessageDontWait);

    private int AddPiece(byte* data, int length)
    {
        _pieces[_pieceCount] = new Piece { Data = data, Length = length, Next = -1 };
        return _pieceCount++;
    }

    private static int RecentIndex(TransportAddress remote) => remote.GetHashCode() & (RecentTrains - 1);

    private void Prepare(LinuxSocket socket, int slot, int index, ref int vectors)
    {
        ref Train train = ref _trains[index];
        ref MessageHeader header = ref _messages[slot].Header;
        header.Name = _names + index * NameSize;
        header.NameLength = socket.Local.IsIPv6 ? 28u : 16u;
        header.Vectors = _vectors + vectors;
        header.VectorCount = (nuint)train.Pieces;
        for (int piece = train.First; piece >= 0; piece = _pieces[piece].Next)
            _vectors[vectors++] = new IoVector { Base = _pieces[piece].Data, Length = (nuint)_pieces[piece].Length };
        header.Control = null;
        header.ControlLength = 0;
        if (train.Length <= train.Segment) return;
        byte* control = _controls + slot * ControlSize;
        Unsafe.WriteUnaligned(control + sizeof(ControlHeader), (ushort)train.Segment);
        header.Control = control;
        header.ControlLength = (nuint)(sizeof(ControlHeader) + sizeof(nuint));
    }

    // False when the socket's buffer is full: then the trains of the batch that were left, and all behind them, are kept.
    private bool Send(LinuxSocket socket, int train, int count)
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
            if (error == WouldBlock)                          // what follows on the socket is kept too, so that nothing overtakes
            {
                Keep(socket, train);
                return false;
            }
            if (socket.ReportsErrors && told != done && error != NoBuffers)
            {
                told = done;
                continue;
            }
            ref Train failed = ref _trains[train];
            if (failed.Length > failed.Segment && error != NoBuffers) SendOneByOne(socket, ref failed, error, (int)(_messages[done].Header.NameLength), _messages[done].Header.Name);
            else TransportMeter.Dropped(Reason(error), Datagrams(failed));
            train = failed.Next;
            done++;                                           // the first is the one that failed; the others have their chance
            if (socket.Kept is null) continue;
            Keep(socket, train);
            return false;
        }
        return true;
    }

    // The train and all that follow it on the socket.
    private void Keep(LinuxSocket socket, int train)
    {
        for (; train >= 0; train = _trains[train].Next)
        {
            for (int index = _trains[train].First; index >= 0; index = _pieces[index].Next)
            {
                Piece piece = _pieces[index];
                int segment = Math.Max(_trains[train].Segment, 1), offset = 0;
                do Keep(socket, new ReadOnlySpan<byte>(piece.Data + offset, Math.Min(segment, piece.Length - offset)), _trains[train].Remote);
                while ((offset += segment) < piece.Length);
            }
        }
    }

    private void Keep(LinuxSocket socket, ReadOnlySpan<byte> datagram, in TransportAddress remote)
    {
        if (datagram.Length <= _maxKept && socket.Kept is null)
        {
            socket.Kept = new KeptDatagrams();
            socket.WatchRoom(socket, true);
        }
        if (socket.Kept?.TryAdd(datagram, remote, _maxKept) != true) TransportMeter.Dropped(SendDropReason.BufferFull);
    }

    // EIO: the interface has no checksum offload. EINVAL, EOPNOTSUPP and the like: a kernel or a sandbox that does not cut. Not a datagram is lost by it.
    private void SendOneByOne(LinuxSocket socket, ref Train train, int error, int nameLength, byte* name)
    {
        if (error is InputOutput or InvalidArgument or NoProtocolOption or NotSupported) socket.CutsTrains = false;
        MultiMessage message = default;
        IoVector vector = default;
        message.Header = new MessageHeader { Name = name, NameLength = (uint)nameLength, Vectors = &vector, VectorCount = 1 };
        for (int index = train.First; index >= 0; index = _pieces[index].Next)
        {
            Piece piece = _pieces[index];
            for (int offset = 0; offset < piece.Length; offset += train.Segment)
            {
                if (socket.Kept is not null)
                {
                    Keep(socket, new ReadOnlySpan<byte>(piece.Data + offset, Math.Min(train.Segment, piece.Length - offset)), train.Remote);
                    continue;
                }
                vector = new IoVector { Base = piece.Data + offset, Length = (nuint)Math.Min(train.Segment, piece.Length - offset) };
                int sent;
                do sent = Call(socket.Descriptor, (nint)(&message), 1);
                while (sent < 0 && Marshal.GetLastPInvokeError() == InterruptedCall);
                if (sent > 0) TransportMeter.SentBatch(1, (int)vector.Length);
                else if (Marshal.GetLastPInvokeError() == WouldBlock) Keep(socket, new ReadOnlySpan<byte>(vector.Base, (int)vector.Length), train.Remote);
                else TransportMeter.Dropped(Reason(Marshal.GetLastPInvokeError()));
            }
        }
    }

    private static int Datagrams(in Train train) => train.Segment == 0 ? 1 : (train.Length + train.Segment - 1) / train.Segment;

    private static SendDropReason Reason(int error) => error switch
    {
        NoBuffers => SendDropReason.BufferFull,
        MessageTooLong => SendDropReason.TooLarge,
        ConnectionRefused => SendDropReason.Refused,
        _ => SendDropReason.Unreachable,
    };
}
#endif
