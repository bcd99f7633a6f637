namespace WebRtcStack.Dtls;

/// <summary>Sends our latest flight and repeats it until the peer answers or acknowledges it (RFC 6347 §4.2.4, RFC 9147 §5.8).</summary>
/// <remarks>
/// The flight is remembered as messages; records and fragments are cut when polled, for the MTU of that moment. After some
/// retransmissions in vain the fragments shrink, as the path may swallow large datagrams (RFC 6347 §4.1.1.1). What the peer has
/// acknowledged is left out when the flight is repeated; DTLS 1.2 has no acknowledgements.
/// </remarks>
internal sealed class FlightSender(DtlsOptions options, RecordLayer records)
{
    private const int MinFragment = 32;                            // do not open a record at a datagram's end for less
    private const int FirstShrink = 3;
    private const int SecondShrink = 5;
    private const int FirstShrunkMtu = 548;                        // what every IPv4 host takes (RFC 791), without headers
    private const int MaxSent = 512;                               // pieces that an acknowledgement is still understood for
    private readonly List<FlightItem> _items = [];
    private readonly List<Sent> _sent = [];
    private int _item;
    private int _offset;
    private bool _timed;
    private TimeSpan _initialTimeout = options.InitialRetransmission;
    private int _retransmissions;
    private Instant _firstSent = Instant.Never;
    private Instant _lastSent;

    public int PathMtu { get; set; } = options.PathMtu;

    /// <summary>When the flight is due again.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    /// <summary>When there is no hope left that the peer answers a flight that it must answer.</summary>
    public Instant Expiry => _timed ? _firstSent + options.HandshakeTimeout : Instant.Never;

    /// <summary>What is waited for an answer at present.</summary>
    public TimeSpan Timeout { get; private set; } = options.InitialRetransmission;

    /// <summary>Flights sent again since the connection began.</summary>
    public int Retransmissions { get; private set; }

    /// <summary>Whether no flight waits to be sent or answered.</summary>
    public bool IsEmpty => _items.Count == 0;

    private int EffectiveMtu => _retransmissions switch
    {
        < FirstShrink => PathMtu,
        < SecondShrink => Math.Min(PathMtu, FirstShrunkMtu),
        _ => Math.Min(PathMtu, DtlsOptions.MinPathMtu),
    };

    /// <summary>Starts a new flight: the one before is answered.</summary>
    /// <param name="timed">Whether it is repeated until answered; false for HelloVerifyRequest and for the last flight of DTLS 1.2.</param>
    public void Begin(bool timed)
    {
        // RFC 6347 §4.2.4.1: the timeout stays where it is until a flight was answered that had been sent once.
        if (_retransmissions == 0) Timeout = _initialTimeout;
        Clear();
        _timed = timed;
    }

    public void Add(ContentType type, ushort epoch, byte[] message) => _items.Add(new FlightItem(type, epoch, message));

    /// <summary>Forgets the flight: the peer has shown that it has it all.</summary>
    public void Clear()
    {
        _items.Clear();
        _sent.Clear();
        _items.TrimExcess();                                       // most connections have no flight any more after the handshake
        _sent.TrimExcess();
        (_item, _offset, _retransmissions, Deadline, _firstSent, _timed) = (0, 0, 0, Instant.Never, Instant.Never, false);
    }

    /// <summary>A measured round trip sets the first timeout to one and a half of it, within the options (RFC 9147 §5.8.2).</summary>
    public void UpdateRoundTripTime(TimeSpan roundTrip)
    {
        long ticks = Math.Min(roundTrip.Ticks + roundTrip.Ticks / 2, options.MaxRetransmission.Ticks);
        _initialTimeout = new TimeSpan(Math.Max(ticks, options.InitialRetransmission.Ticks));
        if (_retransmissions == 0) Timeout = _initialTimeout;
    }

    public void AdvanceTo(Instant now)
    {
        if (now < Deadline) return;
        Timeout = new TimeSpan(Math.Min(Timeout.Ticks * 2, Math.Max(options.MaxRetransmission.Ticks, Timeout.Ticks)));
        Repeat();
    }

    /// <summary>The peer repeated its flight, so ours was lost (RFC 6347 §4.2.4, figure 3). Its duplicates on the way do not count twice.</summary>
    public void PeerRepeated(Instant now)
    {
        if (_item < _items.Count || now - _lastSent < new TimeSpan(_initialTimeout.Ticks / 2)) return;
        Repeat();
    }

    /// <summary>Takes what the peer acknowledges of the flight (RFC 9147 §7.2).</summary>
    /// <returns>Whether the number was one of the flight's.</returns>
    public bool Acknowledge(RecordNumber number)
    {
        bool found = false;
        foreach (Sent sent in _sent)
        {
            if (sent.Number != number) continue;
            _items[sent.Item].Acknowledge(sent.Offset, sent.Count);
            found = true;
        }
        return found;
    }

    /// <summary>After an acknowledgement: forgets a flight that has arrived completely, else sends the rest of it at once.</summary>
    /// <returns>Whether the flight has arrived.</returns>
    public bool TryComplete()
    {
        if (_items.Count == 0) return false;
        foreach (FlightItem item in _items)
        {
            if (item.IsAcknowledged) continue;
            if (_item == _items.Count) Repeat();
            return false;
        }
        Clear();
        return true;
    }

    /// <summary>Writes the next datagram of the flight; 0 when all of it is sent.</summary>
    public int Transmit(Span<byte> destination, Instant now)
    {
        if (!TryFindPiece(out _)) return 0;
        int limit = Math.Min(destination.Length, EffectiveMtu);
        int written = 0;
        while (TryFindPiece(out _) && WriteRecord(destination[written..limit]) is > 0 and int length) written += length;
        Debug.Assert(written > 0, "the smallest MTU holds a fragment");
        if (_firstSent.IsNever) _firstSent = now;
        if (!TryFindPiece(out _))
        {
            _lastSent = now;
            Deadline = _timed ? now + Timeout : Instant.Never;
        }
        return written;
    }

    // Moves on to the next piece that the peer has not acknowledged.
    private bool TryFindPiece(out int count)
    {
        for (; _item < _items.Count; (_item, _offset) = (_item + 1, 0))
        {
            if (_items[_item].TryFindPiece(_offset, out _offset, out count)) return true;
        }
        count = 0;
        return false;
    }

    private int WriteRecord(Span<byte> room)
    {
        FlightItem first = _items[_item];
        int free = Math.Min(room.Length - records.Overhead(first.Epoch), records.MaxPlaintext);
        if (free <= 0) return 0;
        Span<byte> content = room.Slice(records.PlaintextOffset(first.Epoch), free);
        int length = 0, firstSent = _sent.Count;
        if (first.Type == ContentType.Handshake) length = WriteFragments(content, first.Epoch);
        else if (first.Message.Length <= free) (length, _item) = (first.Message.Length, _item + 1);
        if (length == 0) return 0;
        if (first.Type != ContentType.Handshake) first.Message.CopyTo(content);
        int size = records.Seal(room, first.Type, first.Epoch, length, out RecordNumber number);
        for (int i = firstSent; i < _sent.Count; i++) _sent[i] = _sent[i] with { Number = number };
        if (_sent.Count > MaxSent) _sent.RemoveRange(0, _sent.Count / 2);
        return size;
    }

    // Many messages share a record in DTLS 1.3 (RFC 9147 §5.5); old peers of DTLS 1.2 get one record each.
    private int WriteFragments(Span<byte> content, ushort epoch)
    {
        int length = 0;
        while (TryFindPiece(out int rest) && _items[_item].Type == ContentType.Handshake && _items[_item].Epoch == epoch)
        {
            int count = Math.Min(rest, content.Length - length - FragmentHeader.Size);
            if (count < Math.Min(rest, MinFragment)) break;
            length += _items[_item].WriteFragment(_offset, count, content[length..]);
            if (records.IsDtls13 != false) _sent.Add(new Sent(default, _item, _offset, count));
            _offset += count;
            if (_items[_item].TryFindPiece(_offset, out _offset, out int more) && more > 0 && _offset > 0) continue;
            (_item, _offset) = (_item + 1, 0);
            if (records.IsDtls13 != true) break;
        }
        return length;
    }

    private void Repeat()
    {
        if (_items.Count == 0) return;
        (_item, _offset, Deadline) = (0, 0, Instant.Never);
        _retransmissions++;
        Retransmissions++;
    }

    private readonly record struct Sent(RecordNumber Number, int Item, int Offset, int Count);
}
