namespace WebRtcStack.Dtls;

/// <summary>One message of a flight, and how much of it the peer has acknowledged (RFC 9147 §7.2).</summary>
internal sealed class FlightItem(ContentType type, ushort epoch, byte[] message)
{
    private ByteSet? _acknowledged;

    public ContentType Type => type;

    public ushort Epoch => epoch;

    public byte[] Message => message;

    public bool IsAcknowledged => _acknowledged is { Missing: 0 };

    private int Length => type == ContentType.Handshake ? message.Length - FragmentHeader.Size : message.Length;

    /// <summary>Finds the next piece that has not been acknowledged; a message without a body is one piece of no bytes.</summary>
    public bool TryFindPiece(int from, out int start, out int count)
    {
        if (_acknowledged is not null) return _acknowledged.TryFindMissing(from, out start, out count);
        (start, count) = (from, Length - from);
        return from == 0 || count > 0;
    }

    public void Acknowledge(int offset, int count)
    {
        _acknowledged ??= new ByteSet(Length);
        _acknowledged.Add(offset, count);
    }

    /// <summary>Writes a piece as a fragment of its own.</summary>
    /// <returns>The fragment's length.</returns>
    public int WriteFragment(int offset, int count, Span<byte> destination)
    {
        WireReader reader = new(message);
        bool read = FragmentHeader.TryRead(ref reader, out FragmentHeader whole, out ReadOnlySpan<byte> body);
        Debug.Assert(read, "we built it");
        new FragmentHeader(whole.Type, whole.Length, whole.Sequence, offset, count).Write(destination);
        body.Slice(offset, count).CopyTo(destination[FragmentHeader.Size..]);
        return FragmentHeader.Size + count;
    }
}
