using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A packet that waits: its payload, and what was read of it when it arrived.</summary>
internal struct PacketSlot
{
    public MessageLease Payload;
    public long Sequence;                                                 // extended; 0 in an empty slot
    public long MediaTime;                                                // the timestamp on the playout clock, in ticks of 100 ns
    public Instant Arrival;
    public RtpPayloadInfo Info;
    public RtpFrameHints Hints;
    public uint Timestamp, Ssrc;
    public int Epoch;
    public byte PayloadType;
    public bool Marker;

    public readonly bool IsPadding => Payload.Length == 0;

    public readonly bool EndsFrame => Marker || Info.IsWholeFrame;
}

/// <summary>Packets by sequence number, in slots that are used again and again.</summary>
internal sealed class PacketRing
{
    private readonly PacketSlot[] _slots;
    private readonly int _mask;

    public PacketRing(int capacity)
    {
        int size = 16;
        while (size < capacity) size *= 2;
        _slots = new PacketSlot[size];
        _mask = size - 1;
    }

    public int Capacity => _slots.Length;

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    public bool Has(long sequence) => _slots[sequence & _mask].Sequence == sequence;

    public ref PacketSlot At(long sequence) => ref _slots[sequence & _mask];

    public void Add(in PacketSlot packet)
    {
        Debug.Assert(At(packet.Sequence).Sequence == 0, "the owner makes room first");
        _slots[packet.Sequence & _mask] = packet;
        Count++;
        Bytes += packet.Payload.Length;
    }

    public void Remove(long sequence)
    {
        ref PacketSlot slot = ref At(sequence);
        if (slot.Sequence != sequence) return;
        Bytes -= slot.Payload.Length;
        Count--;
        slot.Payload.Dispose();
        slot = default;
    }

    public void Clear()
    {
        for (int i = 0; i < _slots.Length && Count > 0; i++)
        {
            if (_slots[i].Sequence != 0) Remove(_slots[i].Sequence);
        }
    }
}
