using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The latest packets that were sent, by a 16-bit number: feedback is matched to them.</summary>
/// <remarks>A ring of 2048 packets of 48 bytes, made when the first is sent.</remarks>
internal sealed class SentPacketLog
{
    private const int Size = 2048;
    private Entry[]? _ring;

    public void Add(ushort number, in SentPacket packet)
    {
        _ring ??= new Entry[Size];
        _ring[number & Size - 1] = new Entry { Packet = packet, Number = number, IsKept = true };
    }

    /// <summary>Finds a packet that feedback is about. False when none was sent by that number of late.</summary>
    /// <param name="number">The number.</param>
    /// <param name="isReceived">Whether the feedback says that it has arrived.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="isNews">False when its arrival has been told before.</param>
    public bool TryAcknowledge(ushort number, bool isReceived, out SentPacket packet, out bool isNews)
    {
        (packet, isNews) = (default, false);
        if (_ring is null) return false;
        ref Entry entry = ref _ring[number & Size - 1];
        if (!entry.IsKept || entry.Number != number) return false;
        (packet, isNews) = (entry.Packet, !entry.HasArrived);
        entry.HasArrived |= isReceived;
        return true;
    }

    private struct Entry
    {
        public SentPacket Packet;
        public ushort Number;
        public bool IsKept, HasArrived;
    }
}
