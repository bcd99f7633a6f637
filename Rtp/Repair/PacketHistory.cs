using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>A packet that was sent and may be asked for again.</summary>
internal struct SentMedia
{
    public RtpHeader Header;
    public MessageLease Payload;
    public MessageLease Elements;

    /// <summary>The header as it was sent, for retransmissions that have no stream of their own; else empty.</summary>
    public MessageLease SentHeader;

    public Instant SentAt, AllowedAt;
    public byte Retransmissions;
    public bool IsKept;

    public readonly int Bytes => Payload.Length + Elements.Length + SentHeader.Length;

    public void Dispose()
    {
        Payload.Dispose();
        Elements.Dispose();
        SentHeader.Dispose();
        this = default;
    }
}

/// <summary>What was sent of a source, for as long as a repair is of use: bounded by packets, bytes and time.</summary>
/// <remarks>It keeps the payloads that were given to be sent, so that no byte is copied. The ring is made when the first packet is kept.</remarks>
internal sealed class PacketHistory(RtpSessionOptions options)
{
    private SentMedia[]? _ring;
    private ushort _oldest, _next;
    private int _bytes;

    /// <summary>Takes a packet that was sent; it passes to the history.</summary>
    public void Add(in SentMedia packet, Instant now)
    {
        _ring ??= new SentMedia[Size()];
        ushort sequence = packet.Header.SequenceNumber;
        if (_oldest == _next || Math.Abs(SerialNumber.Distance(_next, sequence)) >= _ring.Length)
        {
            Clear();                                                     // the first, or one that does not go on where the others ended
            (_oldest, _next) = (sequence, sequence);
        }
        if (SerialNumber.IsLess(sequence, _oldest)) _oldest = sequence;
        if (SerialNumber.IsLessOrEqual(_next, sequence)) _next = (ushort)(sequence + 1);
        while (SerialNumber.Distance(_oldest, _next) > _ring.Length) DropOldest();
        ref SentMedia slot = ref Slot(sequence);
        Release(ref slot);
        slot = packet;
        slot.IsKept = true;
        _bytes += packet.Bytes;
        Trim(now);
    }

    /// <summary>Forgets what is too old, or too much.</summary>
    public void Trim(Instant now)
    {
        if (_ring is null) return;
        while (_oldest != _next)
        {
            ref SentMedia slot = ref Slot(_oldest);
            if (slot.IsKept && _bytes <= options.MaxHistoryBytes && now - slot.SentAt <= options.MaxHistoryTime) return;
            DropOldest();
        }
    }

    /// <summary>Finds a packet, to change how often it was sent. False when it is not kept, or not any more.</summary>
    public bool TryFind(ushort sequence, out int slot)
    {
        slot = -1;
        if (_ring is null || _oldest == _next) return false;
        slot = sequence & _ring.Length - 1;
        return _ring[slot].IsKept && _ring[slot].Header.SequenceNumber == sequence;
    }

    public ref SentMedia this[int slot] => ref _ring![slot];

    /// <summary>Gives all memory back; what is sent later is kept again.</summary>
    public void Close()
    {
        Clear();
        _ring = null;
    }

    public void Clear()
    {
        if (_ring is null) return;
        while (_oldest != _next) DropOldest();
    }

    private int Size()
    {
        int size = 64;
        while (size < options.MaxHistoryPackets) size *= 2;
        return size;
    }

    private ref SentMedia Slot(ushort sequence) => ref _ring![sequence & _ring.Length - 1];

    private void DropOldest() => Release(ref Slot(_oldest++));

    private void Release(ref SentMedia slot)
    {
        if (!slot.IsKept) return;
        _bytes -= slot.Bytes;
        slot.Dispose();
    }
}
