using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Makes RED payloads of audio: each carries, besides its own, the payloads before it (RFC 2198).</summary>
/// <remarks>It keeps up to <see cref="MaxDistance"/> payloads of up to 1023 bytes each; longer ones are never repeated.</remarks>
public sealed class RedSender
{
    /// <summary>The most payloads that a packet repeats.</summary>
    public const int MaxDistance = 8;

    private const int MaxBlockLength = 0x3FF;                             // §3: ten bits of length
    private const int MaxOffset = 0x3FFF;                                 // §3: fourteen bits of timestamp offset
    private readonly Earlier[] _history = new Earlier[MaxDistance];
    private int _next, _distance;

    /// <summary>Creates a sender without history.</summary>
    /// <param name="distance">How many earlier payloads go with each, 0 to 8; browsers use 1 or 2.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="distance"/> lies outside its range.</exception>
    public RedSender(int distance = 1)
    {
        Distance = distance;
        for (int i = 0; i < MaxDistance; i++) _history[i].Payload = new byte[MaxBlockLength];
    }

    /// <summary>How many earlier payloads go with each, 0 to 8. It may change from packet to packet, with the loss that the receiver reports.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside its range.</exception>
    public int Distance { get => _distance; set => _distance = Require.InRange(value, 0, MaxDistance); }

    /// <summary>Forgets the history; call it when the stream starts anew.</summary>
    public void Reset()
    {
        for (int i = 0; i < MaxDistance; i++) _history[i].Length = 0;
    }

    /// <summary>Writes the payload of a packet. Earlier payloads that do not fit are left out, the oldest first.</summary>
    /// <param name="destination">Where it goes.</param>
    /// <param name="payloadType">The payload type of <paramref name="payload"/>; the packet's own is that of RED.</param>
    /// <param name="timestamp">The packet's timestamp.</param>
    /// <param name="payload">The primary payload.</param>
    /// <returns>Bytes written; 0 when not even the primary payload fits.</returns>
    public int Write(Span<byte> destination, byte payloadType, uint timestamp, ReadOnlySpan<byte> payload)
    {
        int needed = RedReader.PrimaryHeaderLength + payload.Length;
        if (destination.Length < needed) return 0;
        int count = 0;
        for (int back = 1; back <= _distance; back++)                     // from the youngest on, until one does not go
        {
            ref Earlier earlier = ref Back(back);
            int block = RedReader.BlockHeaderLength + earlier.Length;
            if (earlier.Length == 0 || timestamp - earlier.Timestamp > MaxOffset || needed + block > destination.Length) break;
            needed += block;
            count = back;
        }
        WireWriter writer = new(destination);
        for (int back = count; back > 0; back--)
        {
            ref Earlier earlier = ref Back(back);
            uint offset = timestamp - earlier.Timestamp;
            writer.WriteUInt32(0x80000000 | (uint)earlier.PayloadType << 24 | offset << 10 | (uint)earlier.Length);
        }
        writer.WriteByte((byte)(payloadType & 0x7F));
        for (int back = count; back > 0; back--) writer.WriteBytes(Back(back).Payload.AsSpan(0, Back(back).Length));
        writer.WriteBytes(payload);
        Remember((byte)(payloadType & 0x7F), timestamp, payload);
        return writer.Length;
    }

    private ref Earlier Back(int back) => ref _history[(_next - back + MaxDistance) % MaxDistance];

    private void Remember(byte payloadType, uint timestamp, ReadOnlySpan<byte> payload)
    {
        ref Earlier slot = ref _history[_next];
        _next = (_next + 1) % MaxDistance;
        (slot.PayloadType, slot.Timestamp, slot.Length) = (payloadType, timestamp, payload.Length <= MaxBlockLength ? payload.Length : 0);
        if (slot.Length > 0) payload.CopyTo(slot.Payload);
    }

    private struct Earlier
    {
        public byte[] Payload;
        public int Length;
        public uint Timestamp;
        public byte PayloadType;
    }
}
