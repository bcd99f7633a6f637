namespace WebRtcStack.Rtp;

/// <summary>Puts fields of single bits into the caller's span, high bits first; the rest of the last byte is zero.</summary>
/// <remarks>What does not fit sets <see cref="Overflowed"/> and is left out.</remarks>
internal ref struct BitWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;
    private int _position;

    /// <summary>Whether something did not fit.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Bytes begun so far.</summary>
    public readonly int Length => (_position + 7) >> 3;

    /// <summary>Writes a bit.</summary>
    public void WriteFlag(bool value) => Write(1, value ? 1u : 0u);

    /// <summary>Writes the low <paramref name="count"/> bits of <paramref name="value"/>.</summary>
    public void Write(int count, uint value)
    {
        Debug.Assert(count is >= 0 and <= 32, "a field has up to 32 bits");
        if (Overflowed || _position + count > _destination.Length * 8)
        {
            Overflowed = true;
            return;
        }
        for (int left = count; left > 0;)
        {
            int index = _position >> 3, used = _position & 7;
            int taken = Math.Min(8 - used, left);
            uint bits = value >> (left - taken) & ((1u << taken) - 1);
            byte before = used == 0 ? (byte)0 : _destination[index];
            _destination[index] = (byte)(before | bits << (8 - used - taken));
            _position += taken;
            left -= taken;
        }
    }

    /// <summary>Writes a number below <paramref name="limit"/> in the non-symmetric code of AV1 RTP §A.8.2, ns(n).</summary>
    public void WriteNonSymmetric(uint limit, uint value)
    {
        if (limit <= 1) return;
        int width = 0;
        for (uint x = limit; x != 0; x >>= 1) width++;
        uint shorter = (1u << width) - limit;
        if (value < shorter) Write(width - 1, value);
        else Write(width, value + shorter);
    }
}
