#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WebRtcStack.Core;
using static WebRtcStack.Transport.LinuxSockets;

namespace WebRtcStack.Transport;

/// <summary>
/// Takes datagrams out of sockets with recvmmsg, into a fixed set of slots. Where the kernel puts datagrams of one sender
/// together (UDP_GRO), a slot holds many, and they are handed on one by one from where they lie.
/// </summary>
internal sealed unsafe class LinuxReceiver : IDisposable
{
    private const int ControlSize = 64;                       // two messages: the segments' size and the ECN field
    private const int MaxCoalesced = 65_535;

    private readonly UdpSocketGroupOptions _options;
    private readonly Action _flush;
    private readonly int _slots, _batch, _slotSize, _capacity;
    private readonly byte* _memory, _names, _controls;
    private readonly MultiMessage* _messages;
    private readonly IoVector* _vectors;
    private int _used;

    public LinuxReceiver(UdpSocketGroupOptions options, Action flush)
    {
        (_options, _flush) = (options, flush);
        (_slots, _batch) = options.Coalesce ? (16, 16) : (256, 32);
        _capacity = options.Coalesce ? MaxCoalesced : options.MaxDatagramSize;
        _slotSize = (options.Headroom + _capacity + UdpSocketGroup.Tailroom + 63) & ~63;
        _memory = (byte*)NativeMemory.Alloc((nuint)(_slots * _slotSize));
        _names = (byte*)NativeMemory.AllocZeroed((nuint)(_batch * NameSize));
        _controls = (byte*)NativeMemory.AllocZeroed((nuint)(_batch * ControlSize));
        _messages = (MultiMessage*)NativeMemory.AllocZeroed((nuint)(_batch * sizeof(MultiMessage)));
        _vectors = (IoVector*)NativeMemory.AllocZeroed((nuint)(_batch * sizeof(IoVector)));
        for (int i = 0; i < _batch; i++)
            _messages[i].Header = new MessageHeader { Name = _names + i * NameSize, Vectors = _vectors + i, VectorCount = 1 };
    }

    /// <summary>The ECN field of the datagram that is being handed on (RFC 3168 §5); 0 where it is not asked for.</summary>
    public byte Ecn { get; private set; }

    /// <summary>Whether memory is a slot's, which stays as it is until <see cref="Reset"/>.</summary>
    public bool Holds(byte* data) => data >= _memory && data < _memory + _slots * _slotSize;

    /// <summary>All slots are free again.</summary>
    public void Reset() => _used = 0;

    public void Receive(LinuxSocket socket, IUdpReceiver receiver)
    {
        // A busy socket gets two batches; epoll tells of the rest again, and others have their turn before.
        for (int turn = 0; turn < 2 && !socket.IsClosed; turn++)
        {
            if (_used + _batch > _slots)
            {
                _flush();                                     // what is sent from a slot must leave before the slot is used again
                _used = 0;
            }
            byte* first = _memory + _used * _slotSize;
            Prepare(first);
            int count = ReceiveMany(socket.Descriptor, _messages, (uint)_batch, MessageDontWait, null);
            if (count <= 0)
            {
                // ECONNREFUSED and its like tell of an earlier send; the socket lives on.
                if (count < 0 && Marshal.GetLastPInvokeError() is not (WouldBlock or InterruptedCall)) TransportMeter.ReceiveFailed();
                return;
            }
            _used += count;
            for (int i = 0; i < count && !socket.IsClosed; i++) HandOn(socket, receiver, first + i * _slotSize, i);
            if (count < _batch) return;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        NativeMemory.Free(_names);
        NativeMemory.Free(_controls);
        NativeMemory.Free(_messages);
        NativeMemory.Free(_vectors);
    }

    private void Prepare(byte* first)
    {
        bool hasControl = _options.Coalesce || _options.ReceiveEcn;
        for (int i = 0; i < _batch; i++)
        {
            _vectors[i] = new IoVector { Base = first + i * _slotSize + _options.Headroom, Length = (nuint)_capacity };
            ref MessageHeader header = ref _messages[i].Header;
            header.NameLength = NameSize;
            if (!hasControl) continue;
            header.Control = _controls + i * ControlSize;
            header.ControlLength = ControlSize;
        }
    }

    private void HandOn(LinuxSocket socket, IUdpReceiver receiver, byte* slot, int index)
    {
        ref MessageHeader header = ref _messages[index].Header;
        if ((header.Flags & MessageTruncated) != 0)
        {
            TransportMeter.ReceiveFailed();
            return;
        }
        int length = (int)_messages[index].Length, segment = length;
        Ecn = 0;
        if (header.ControlLength > 0) ReadControl(header, ref segment);
        TransportAddress remote = LinuxAddress.Read(_names + index * NameSize);
        if (segment >= length)
        {
            TransportMeter.ReceivedBatch(1, length);
            receiver.Received(socket, new Span<byte>(slot, _slotSize), _options.Headroom, length, remote);
            return;
        }
        TransportMeter.ReceivedBatch((length + segment - 1) / segment, length);
        for (int offset = 0; offset < length && !socket.IsClosed; offset += segment)
        {
            int each = Math.Min(segment, length - offset);
            receiver.Received(socket, new Span<byte>(slot + offset, each), 0, each, remote);
        }
    }

    private void ReadControl(in MessageHeader header, ref int segment)
    {
        byte* at = (byte*)header.Control, end = at + header.ControlLength;
        while (end - at >= sizeof(ControlHeader))
        {
            ControlHeader control = Unsafe.ReadUnaligned<ControlHeader>(at);
            byte* data = at + sizeof(ControlHeader);
            if (control.Length < (nuint)sizeof(ControlHeader) || control.Length > (nuint)(end - at)) return;
            switch (control.Level, control.Type)
            {
                case (LevelUdp, UdpCoalesce):
                    int size = Unsafe.ReadUnaligned<int>(data);
                    if (size > 0) segment = size;
                    break;
                case (LevelIPv4, TypeOfService):
                    Ecn = (byte)(*data & 3);
                    break;
                case (LevelIPv6, TrafficClass):
                    Ecn = (byte)(Unsafe.ReadUnaligned<int>(data) & 3);
                    break;
            }
            nuint step = (control.Length + (nuint)sizeof(nuint) - 1) & ~((nuint)sizeof(nuint) - 1);
            if (step >= (nuint)(end - at)) return;
            at += step;
        }
    }
}
#endif
