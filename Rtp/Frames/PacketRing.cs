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

    /// <summary>Whether it belongs to the frame that another packet starts: the same time in the same format, or padding between.</summary>
    public readonly bool IsOfFrame(in PacketSlot first) => IsPadding || (Timestamp == first.Timestamp && PayloadType == first.PayloadType);

    public readonly bool EndsFrame => Marker || Info.IsWholeFrame;
}

/// <summary>Packets by sequence number, in slots that are used again and again; more of them, up to a limit, when packets spread wider.</summary>
internal sealed class PacketRing
{
    private const int FirstCapacity = 16;
    private PacketSlot[] _slots = new PacketSlot[FirstCapacity];
    private int _mask = FirstCapacity - 1;

    public PacketRing(int maxCapacity)
    {
        Capacity = FirstCapacity;
        while (Capacity < maxCapacity) Capacity *= 2;
    }

    /// <summary>The most numbers that it spans.</summary>
    public int Capacity { get; }

    public int Count { get; private set; }

    public int Bytes { get; private set; }

    public bool Has(long sequence) => _slots[sequence & _mask].Sequence == sequence;

    public ref PacketSlot At(long sequence) => ref _slots[sequence & _mask];

    /// <summary>Adds a packet.</summary>
    /// <param name="packet">The packet, whose number is not there.</param>
    /// <param name="span">How far the greatest number that is there, this one included, lies from the least; less than <see cref="Capacity"/>.</param>
    public void Add(in PacketSlot packet, long span)
    {
        while (span >= _slots.Length) Grow();
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

    private void Grow()
    {
        PacketSlot[] old = _slots;
        _slots = new PacketSlot[old.Length * 2];
        _mask = _slots.Length - 1;
        foreach (PacketSlot slot in old)
        {
            if (slot.Sequence != 0) _slots[slot.Sequence & _mask] = slot;
        }
    }

    public void Clear()
    {
        for (int i = 0; i < _slots.Length && Count > 0; i++)
        {
            if (_slots[i].Sequence != 0) Remove(_slots[i].Sequence);
        }
    }
}
