namespace WebRtcStack.Dtls;

/// <summary>Which bytes of a handshake message have arrived: here, or by the peer's acknowledgement there. One bit per byte.</summary>
internal sealed class ByteSet(int size)
{
    private readonly ulong[] _bits = new ulong[(size + 63) / 64];
    private readonly int _size = size;

    /// <summary>How many bytes are not in the set.</summary>
    public int Missing { get; private set; } = size;

    public bool Contains(int index) => (_bits[index / 64] & 1UL << (index % 64)) != 0;

    public void Add(int offset, int count)
    {
        for (int i = offset; i < offset + count; i++)
        {
            if (Contains(i)) continue;
            _bits[i / 64] |= 1UL << (i % 64);
            Missing--;
        }
    }

    /// <summary>Finds the first run of missing bytes at or behind <paramref name="from"/>.</summary>
    public bool TryFindMissing(int from, out int start, out int count)
    {
        for (start = from; start < _size && Contains(start);) start++;
        count = 0;
        while (start + count < _size && !Contains(start + count)) count++;
        return count > 0;
    }
}
