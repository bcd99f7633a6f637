using WebRtcStack.Core;

namespace WebRtcStack.Benchmarks.Sctp.Goodput;

/// <summary>
/// One direction of a path: a drop-tail queue before a link of a rate, then a delay; some packets are lost at random on the
/// way. Packets stay in order, so a ring holds them. The rate counts the bytes of SCTP packets.
/// </summary>
internal sealed class GoodputLink(double bytesPerSecond, TimeSpan delay, double loss, long queueBytes, ulong seed)
{
    private readonly Stack<byte[]> _pool = new();
    private Packet[] _ring = new Packet[1024];
    private long _head;
    private long _tail;
    private ulong _state = seed * 0x9E3779B97F4A7C15 + 1;
    private double _freeAt;                                           // in ticks, with their fractions

    /// <summary>When the next packet arrives.</summary>
    public Instant NextArrival => _head == _tail ? Instant.Never : _ring[_head & (_ring.Length - 1)].Arrival;

    public long Dropped { get; private set; }

    public void Send(ReadOnlySpan<byte> packet, int flow, Instant now)
    {
        double start = Math.Max(_freeAt, now.Ticks);
        if ((start - now.Ticks) * bytesPerSecond / TimeSpan.TicksPerSecond + packet.Length > Math.Max(queueBytes, 2L * packet.Length))
        {
            Dropped++;
            return;
        }
        _freeAt = start + packet.Length * (double)TimeSpan.TicksPerSecond / bytesPerSecond;
        if (Draw() < loss) return;
        if (_tail - _head == _ring.Length) Grow();
        byte[] bytes = _pool.Count > 0 ? _pool.Pop() : new byte[1536];
        packet.CopyTo(bytes);
        _ring[_tail++ & (_ring.Length - 1)] = new Packet(new Instant((long)_freeAt) + delay, bytes, packet.Length, flow);
    }

    /// <summary>Takes the packet that arrives first; <see cref="Return"/> its bytes.</summary>
    public (byte[] Bytes, int Length, int Flow) Take()
    {
        Packet packet = _ring[_head++ & (_ring.Length - 1)];
        return (packet.Bytes, packet.Length, packet.Flow);
    }

    public void Return(byte[] bytes) => _pool.Push(bytes);

    private double Draw()                                             // xorshift64*: the same in every run
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return (_state * 0x2545F4914F6CDD1D >> 11) * (1.0 / (1UL << 53));
    }

    private void Grow()
    {
        Packet[] larger = new Packet[_ring.Length * 2];
        for (long i = _head; i < _tail; i++) larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }

    private readonly record struct Packet(Instant Arrival, byte[] Bytes, int Length, int Flow);
}
