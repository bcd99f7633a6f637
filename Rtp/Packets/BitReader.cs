namespace WebRtcStack.Rtp;

/// <summary>Takes fields of single bits off the front of a span, high bits first.</summary>
/// <remarks>Reading beyond the end yields zeros and sets <see cref="Overran"/>, so that a run of fields is checked once at its end.</remarks>
internal ref struct BitReader(ReadOnlySpan<byte> source)
{
    private readonly ReadOnlySpan<byte> _source = source;
    private int _position;

    /// <summary>Whether more was asked for than there is.</summary>
    public bool Overran { get; private set; }

    /// <summary>Bits that have not been read yet.</summary>
    public readonly int Remaining => _source.Length * 8 - _position;

    /// <summary>Reads a bit.</summary>
    public bool ReadFlag() => Read(1) != 0;

    /// <summary>Reads up to 32 bits.</summary>
    public uint Read(int count)
    {
        Debug.Assert(count is >= 0 and <= 32, "a field has up to 32 bits");
        if (count > Remaining)
        {
            Overran = true;
            _position = _source.Length * 8;
            return 0;
        }
        ulong value = 0;
        int first = _position >> 3, last = (_position + count + 7) >> 3;
        for (int i = first; i < last; i++) value = value << 8 | _source[i];
        _position += count;
        return (uint)(value >> (last * 8 - _position) & ((1UL << count) - 1));
    }

    /// <summary>Reads a number below <paramref name="limit"/> in the non-symmetric code of AV1 RTP §A.8.2, ns(n).</summary>
    public uint ReadNonSymmetric(uint limit)
    {
        int width = 0;
        for (uint x = limit; x != 0; x >>= 1) width++;
        if (width == 0) return 0;
        uint shorter = (1u << width) - limit;
        uint value = Read(width - 1);
        return value < shorter ? value : (value << 1) - shorter + Read(1);
    }

    /// <summary>Reads an unsigned Exp-Golomb number, ue(v) of H.264 §9.1 and H.265 §9.2.</summary>
    public uint ReadExpGolomb()
    {
        int zeros = 0;
        while (!ReadFlag())
        {
            if (Overran || ++zeros > 31)
            {
                Overran = true;
                return 0;
            }
        }
        return (1u << zeros) - 1 + Read(zeros);
    }
}
