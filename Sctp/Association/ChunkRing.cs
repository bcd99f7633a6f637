namespace WebRtcStack.Sctp;

/// <summary>Sent chunks by TSN: a ring whose size is a power of two and doubles as needed.</summary>
internal sealed class ChunkRing
{
    private OutstandingChunk[] _slots = new OutstandingChunk[4];

    public int Size => _slots.Length;

    public ref OutstandingChunk this[uint tsn] => ref _slots[(int)(tsn & (uint)(_slots.Length - 1))];

    /// <summary>Doubles the ring, which holds the TSNs from <paramref name="first"/> up to but not <paramref name="end"/>.</summary>
    public void Grow(uint first, uint end)
    {
        OutstandingChunk[] larger = new OutstandingChunk[_slots.Length * 2];
        for (uint tsn = first; tsn != end; tsn++) larger[(int)(tsn & (uint)(larger.Length - 1))] = this[tsn];
        _slots = larger;
    }
}
