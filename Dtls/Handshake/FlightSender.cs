namespace WebRtcStack.Dtls;

/// <summary>Sends our latest flight and repeats it until the peer answers (RFC 6347 §4.2.4).</summary>
/// <remarks>
/// The flight is remembered as messages; records and fragments are cut when polled, for the MTU of that moment. After some
/// retransmissions in vain the fragments shrink, as the path may swallow large datagrams (RFC 6347 §4.1.1.1).
/// </remarks>
internal sealed class FlightSender(DtlsOptions options, RecordLayer records)
{
    private const int MinFragment = 32;                            // do not open a record at a datagram's end for less
    private const int FirstShrink = 3;
    private const int SecondShrink = 5;
    private const int FirstShrunkMtu = 548;                        // what every IPv4 host takes (RFC 791), without headers
    private readonly List<Item> _items = [];
    private int _item;
    private int _offset;
    private bool _timed;
    private TimeSpan _initialTimeout = options.InitialRetransmission;
    private TimeSpan _timeout = options.InitialRetransmission;
    private int _retransmissions;
    private Instant _lastSent;

    public int PathMtu { get; set; } = options.PathMtu;

    /// <summary>When the flight is due again.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    /// <summary>Flights sent again since the connection began.</summary>
    public int Retransmissions { get; private set; }

    private int EffectiveMtu => _retransmissions switch
    {
        < FirstShrink => PathMtu,
        < SecondShrink => Math.Min(PathMtu, FirstShrunkMtu),
        _ => Math.Min(PathMtu, DtlsOptions.MinPathMtu),
    };

    /// <summary>Starts a new flight: the one before is answered.</summary>
    /// <param name="timed">Whether it is repeated until answered; false for HelloVerifyRequest and for a handshake's last flight.</param>
    public void Begin(bool timed)
    {
        // §4.2.4.1: the timeout stays where it is until a flight was answered that had been sent once.
        if (_retransmissions == 0) _timeout = _initialTimeout;
        Clear();
        _timed = timed;
    }

    public void Add(ContentType type, ushort epoch, byte[] message) => _items.Add(new Item(type, epoch, message));

    /// <summary>Forgets the flight: the peer has shown that it has it all.</summary>
    public void Clear()
    {
        _items.Clear();
        (_item, _offset, _retransmissions, Deadline) = (0, 0, 0, Instant.Never);
    }

    /// <summary>A measured round trip sets the first timeout to one and a half of it, within the options (RFC 9147 §5.8.2).</summary>
    public void UpdateRoundTripTime(TimeSpan roundTrip)
    {
        long ticks = Math.Min(roundTrip.Ticks + roundTrip.Ticks / 2, options.MaxRetransmission.Ticks);
        _initialTimeout = new TimeSpan(Math.Max(ticks, options.InitialRetransmission.Ticks));
        if (_retransmissions == 0) _timeout = _initialTimeout;
    }

    public void AdvanceTo(Instant now)
    {
        if (now < Deadline) return;
        _timeout = new TimeSpan(Math.Min(_timeout.Ticks * 2, Math.Max(options.MaxRetransmission.Ticks, _timeout.Ticks)));
        Repeat();
    }

    /// <summary>The peer repeated its flight, so ours was lost (RFC 6347 §4.2.4, figure 3). Its duplicates on the way do not count twice.</summary>
    public void PeerRepeated(Instant now)
    {
        if (_item < _items.Count || now - _lastSent < new TimeSpan(_initialTimeout.Ticks / 2)) return;
        Repeat();
    }

    /// <summary>Writes the next datagram of the flight; 0 when all of it is sent.</summary>
    public int Transmit(Span<byte> destination, Instant now)
    {
        if (_item == _items.Count) return 0;
        int limit = Math.Min(destination.Length, EffectiveMtu);
        int written = 0;
        while (_item < _items.Count && WriteRecord(destination[written..limit]) is > 0 and int length) written += length;
        Debug.Assert(written > 0, "the smallest MTU holds a fragment");
        if (_item == _items.Count)
        {
            _lastSent = now;
            Deadline = _timed ? now + _timeout : Instant.Never;
        }
        return written;
    }

    private int WriteRecord(Span<byte> room)
    {
        Item item = _items[_item];
        int free = room.Length - records.Overhead(item.Epoch);
        if (item.Type != ContentType.Handshake)
        {
            if (free < item.Message.Length) return 0;
            item.Message.CopyTo(room[records.PlaintextOffset(item.Epoch)..]);
            _item++;
            return records.Seal(room, item.Type, item.Epoch, item.Message.Length);
        }
        int rest = item.Message.Length - FragmentHeader.Size - _offset;
        int count = Math.Min(rest, Math.Min(free, RecordHeader.MaxPlaintext) - FragmentHeader.Size);
        if (count < Math.Min(rest, MinFragment)) return 0;
        WriteFragment(item.Message, count, room[records.PlaintextOffset(item.Epoch)..]);
        _offset += count;
        if (count == rest) (_item, _offset) = (_item + 1, 0);
        return records.Seal(room, item.Type, item.Epoch, FragmentHeader.Size + count);
    }

    private void WriteFragment(ReadOnlySpan<byte> message, int count, Span<byte> destination)
    {
        WireReader reader = new(message);
        bool read = FragmentHeader.TryRead(ref reader, out FragmentHeader whole, out ReadOnlySpan<byte> body);
        Debug.Assert(read, "we built it");
        new FragmentHeader(whole.Type, whole.Length, whole.Sequence, _offset, count).Write(destination);
        body.Slice(_offset, count).CopyTo(destination[FragmentHeader.Size..]);
    }

    private void Repeat()
    {
        if (_items.Count == 0) return;
        (_item, _offset, Deadline) = (0, 0, Instant.Never);
        _retransmissions++;
        Retransmissions++;
    }

    private readonly record struct Item(ContentType Type, ushort Epoch, byte[] Message);
}
