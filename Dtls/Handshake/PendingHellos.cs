namespace WebRtcStack.Dtls;

/// <summary>Parts of fragmented ClientHellos of clients that nothing is known of; the oldest goes when there are too many.</summary>
internal sealed class PendingHellos(DtlsCookieOptions options, DropCounters drops)
{
    private readonly Dictionary<TransportAddress, Pending> _byClient = [];
    private readonly Pending?[] _ring = new Pending?[options.MaxPendingClients];
    private int _next;

    public int Count => _byClient.Count;

    /// <summary>Adds a fragment.</summary>
    /// <param name="client">Whose it is.</param>
    /// <param name="header">Its header.</param>
    /// <param name="fragment">The fragment.</param>
    /// <param name="whole">The whole message when this was its last missing part.</param>
    public bool TryComplete(
        TransportAddress client, in FragmentHeader header, ReadOnlySpan<byte> fragment, [NotNullWhen(true)] out byte[]? whole)
    {
        whole = null;
        // A client that is new, or that has begun another ClientHello.
        if (!_byClient.TryGetValue(client, out Pending? pending) || pending.Sequence != header.Sequence || pending.Length != header.Length)
            pending = Begin(client, header);
        if (pending.Reassembler.Add(header, fragment) == FragmentOutcome.Contradictory)
        {
            drops.Count(DtlsDropReason.MalformedHandshake);
            Remove(pending);
            return false;
        }
        if (!pending.Reassembler.TryTake(out whole, out _)) return false;
        Remove(pending);
        return true;
    }

    private Pending Begin(TransportAddress client, in FragmentHeader header)
    {
        if (_byClient.TryGetValue(client, out Pending? former)) Remove(former);
        if (_ring[_next] is Pending oldest)
        {
            drops.Count(DtlsDropReason.HandshakeLimit);
            Remove(oldest);
        }
        Pending pending = new(client, header.Sequence, header.Length, _next, new HandshakeReassembler(options.MaxClientHelloSize, drops, header.Sequence));
        (_ring[_next], _byClient[client]) = (pending, pending);
        _next = (_next + 1) % _ring.Length;
        return pending;
    }

    private void Remove(Pending pending)
    {
        _byClient.Remove(pending.Client);
        _ring[pending.Slot] = null;
    }

    private sealed record Pending(TransportAddress Client, ushort Sequence, int Length, int Slot, HandshakeReassembler Reassembler);
}
