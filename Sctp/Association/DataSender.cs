using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The sending half of an association: what may go out now, T3, fast retransmit, FORWARD TSN (RFC 9260 §6, §7; RFC 3758).</summary>
internal sealed class DataSender
{
    private readonly AssociationContext _context;
    private readonly ICongestionController _congestion;
    private readonly PartialReliability _partial;
    private long _peerWindow;
    private long _burstBytes;                      // what may still go out before the next SACK (§6.1 D)
    private uint _recoveryExit;
    private bool _inRecovery;
    private bool _fastRetransmitDue;               // one packet regardless of the congestion window (§7.2.4, 3)
    private Instant _t3 = Instant.Never;
    private Instant _lastSent;

    public DataSender(AssociationContext context, ICongestionController congestion)
    {
        _context = context;
        _congestion = congestion;
        Messages = new SendQueue(context);
        Outstanding = new RetransmissionQueue(context, Messages);
        _partial = new PartialReliability(context, Messages, Outstanding);
    }

    public SendQueue Messages { get; }

    public RetransmissionQueue Outstanding { get; }

    public Instant NextTimeout => Instant.Min(_t3, _partial.NextTimeout);

    public long CongestionWindow => _congestion.WindowBytes;

    public long PeerWindow => _peerWindow;

    public long Timeouts { get; private set; }

    /// <summary>Whether everything sent was acknowledged and nothing waits.</summary>
    public bool IsDrained => Outstanding.Count == 0 && Messages.IsEmpty;

    private int Mtu => _context.Mtu;

    private int DataHeaderLength => DataChunk.HeaderLength(_context.Interleaves);

    private long BurstLimit => (long)_context.Options.MaxBurst * Mtu;

    /// <summary>Begins with the TSN and the window of the handshake. What was in flight before is lost (restart).</summary>
    public void Start(uint initialTsn, uint peerWindow)
    {
        Outstanding.Start(initialTsn);
        _congestion.Restart(Mtu);
        _peerWindow = peerWindow;
        _burstBytes = BurstLimit;
        (_inRecovery, _fastRetransmitDue, _t3) = (false, false, Instant.Never);
        _partial.Start();
        Messages.NoteWindow(peerWindow);
    }

    /// <summary>Frees all that is queued or in flight.</summary>
    public void Clear()
    {
        Messages.Clear();
        Start(Outstanding.NextTsn, 0);
    }

    public void Receive(in SackChunk sack, Instant now)
    {
        long flightBefore = Outstanding.FlightBytes;
        SackOutcome outcome = Outstanding.Acknowledge(sack, _inRecovery, now);
        if (!outcome.IsValid) return;
        if (outcome.RoundTrip >= TimeSpan.Zero) _context.Rto.Measure(outcome.RoundTrip);
        if (outcome.AcknowledgedBytes > 0 || sack.AdvertisedWindow < Mtu) _context.Errors = 0;       // §8.1; §6.1 A for probes
        if (_inRecovery && SerialNumber.IsLessOrEqual(_recoveryExit, Outstanding.CumulativeAck)) _inRecovery = false;
        if (outcome.AcknowledgedBytes > 0)
            _congestion.OnAcknowledged(outcome.AcknowledgedBytes, flightBefore, outcome.CumulativeAdvanced, _inRecovery, Mtu);
        if (outcome.FoundLoss) OnLoss(now);
        _peerWindow = Math.Max(0, sack.AdvertisedWindow - Outstanding.FlightBytes);                  // §6.2.1 D ii

        // Deviation, RFC 9260 §6.1 D: Max.Burst counts what goes out beyond the acknowledged, so that a SACK which
        // acknowledges a whole batch of packets does not throttle the path.
        _burstBytes = Math.Min(_burstBytes + outcome.AcknowledgedBytes, _congestion.WindowBytes) + BurstLimit;

        _partial.Advance(outcome.CumulativeAdvanced);
        Messages.NoteWindow(sack.AdvertisedWindow);
        if (Outstanding.Count == 0) _t3 = Instant.Never;                                             // §6.3.2 R2
        else if (outcome.CumulativeAdvanced) _t3 = now + _context.Rto.Rto;                           // R3
    }

    /// <summary>The cumulative TSN ack that SHUTDOWN carries (§9.2): a SACK without window and gaps.</summary>
    public void ReceiveCumulative(uint cumulativeTsn, Instant now)
    {
        long window = _peerWindow + Outstanding.FlightBytes;
        Receive(SackChunk.Cumulative(cumulativeTsn, (uint)Math.Min(window, uint.MaxValue)), now);
    }

    public void AdvanceTo(Instant now)
    {
        _partial.AdvanceTo(now);
        if (now < _t3) return;
        Timeouts++;
        _context.Errors++;                                                                           // §8.1
        _context.Rto.BackOff();                                                                      // §6.3.3 E2
        _congestion.OnTimeout(Mtu);
        _peerWindow += Outstanding.FlightBytes;
        Outstanding.MarkAllLost(now);
        _inRecovery = _fastRetransmitDue = false;
        _burstBytes = Math.Max(_burstBytes, BurstLimit);
        _partial.Advance(isNews: true);                                                               // RFC 3758 §3.5 A5
        _t3 = Outstanding.Count > 0 ? now + _context.Rto.Rto : Instant.Never;
    }

    /// <summary>Whether <see cref="WriteData"/> would write something into a packet with nothing else in it.</summary>
    public bool HasDataToSend(Instant now)
    {
        if (_partial.IsOwed) return true;
        if (Outstanding.TryPeekLost(now, out uint tsn)) return MaySend(Outstanding[tsn].Length, isRetransmission: true);
        _partial.Advance(isNews: false);                               // looking for lost chunks may have given some up
        if (_partial.IsOwed) return true;
        return !Outstanding.IsFull && Messages.Peek(now) is { } message && MaySend(FragmentLength(message, Mtu), isRetransmission: false);
    }

    /// <summary>The packet that the next retransmission needs: it may have been cut for a larger MTU.</summary>
    public int RequiredPacket(Instant now) => Outstanding.TryPeekLost(now, out uint tsn)
        ? PacketHeader.Length + DataHeaderLength + ((Outstanding[tsn].Length + 3) & ~3)
        : 0;

    /// <summary>Fills the packet: FORWARD TSN, then what is to be sent again, then what is new (§6.1, §6.10).</summary>
    public void WriteData(ref WireWriter writer, Instant now)
    {
        if (_partial.IsOwed && _partial.Write(ref writer) && _t3.IsNever) _t3 = now + _context.Rto.Rto;
        if (now - _lastSent > _context.Rto.Rto && Outstanding.Count == 0)
        {
            if (_lastSent != default) _congestion.OnIdle(Mtu);
            _burstBytes = BurstLimit;
        }
        bool wrote = false;
        while (Outstanding.TryPeekLost(now, out uint tsn) && MaySend(Outstanding[tsn].Length, isRetransmission: true) &&
               Chunk.PaddedSize(DataHeaderLength - Chunk.HeaderLength + Outstanding[tsn].Length) <= writer.Free)
        {
            Outstanding.Resend(tsn, now);
            if (tsn == Outstanding.CumulativeAck + 1) _t3 = now + _context.Rto.Rto;                  // §6.3.2 R4
            Write(ref writer, tsn, now);
            wrote = true;
        }
        if (Outstanding.LostCount == 0) wrote |= WriteNew(ref writer, now);
        if (wrote) _fastRetransmitDue = false;
    }

    private bool WriteNew(ref WireWriter writer, Instant now)
    {
        bool wrote = false;
        while (!Outstanding.IsFull && Messages.Peek(now) is { } message)
        {
            int length = FragmentLength(message, writer.Free + PacketHeader.Length);
            if (length <= 0 || !MaySend(length, isRetransmission: false)) break;
            uint tsn = Outstanding.Add(message, length, now);
            Messages.Take(message, length, tsn);
            Write(ref writer, tsn, now);
            wrote = true;
        }
        if (Messages.IsEmpty) _burstBytes = Math.Min(_burstBytes, BurstLimit);                       // unused leave is not saved up
        return wrote;
    }

    // The rest of the message where it fits, else a full packet or what is left of one, but no crumbs.
    private int FragmentLength(OutgoingMessage message, int packetRoom)
    {
        int whole = Mtu - PacketHeader.Length - DataHeaderLength & ~3;
        int room = packetRoom - PacketHeader.Length - DataHeaderLength & ~3;
        int left = message.Length - message.Sent;
        if (left <= room) return left;
        return room >= Math.Min(left, whole) / 2 ? room : 0;
    }

    private bool MaySend(int length, bool isRetransmission)
    {
        if (isRetransmission && _fastRetransmitDue) return true;
        if (Outstanding.FlightBytes == 0) return true;                // §6.1 A: one chunk may always be in flight
        if (!isRetransmission && _peerWindow < length) return false;
        return Outstanding.FlightBytes < _congestion.WindowBytes && _burstBytes > 0;                 // §6.1 B
    }

    private void Write(ref WireWriter writer, uint tsn, Instant now)
    {
        ref OutstandingChunk chunk = ref Outstanding[tsn];
        OutgoingMessage message = chunk.Message;
        bool isLast = Messages.IsEmpty && Outstanding.LostCount == 0;
        bool isEnding = _context.State != SctpAssociationState.Established;                          // RFC 7053 §4
        ChunkFlags flags = chunk.Flags | (isLast && isEnding ? ChunkFlags.Immediate : 0);
        DataChunk.Write(
            ref writer, _context.Interleaves, flags, tsn, message, chunk.Fragment, message.Payload.Span.Slice(chunk.Offset, chunk.Length));
        _peerWindow = Math.Max(0, _peerWindow - chunk.Length);
        _burstBytes -= chunk.Length;
        _lastSent = now;
        if (_t3.IsNever) _t3 = now + _context.Rto.Rto;                                               // §6.3.2 R1
    }

    private void OnLoss(Instant now)
    {
        if (!_inRecovery)                                                                            // §7.2.4, 2 and 6
        {
            _inRecovery = _fastRetransmitDue = true;
            _recoveryExit = Outstanding.NextTsn - 1;
            _congestion.OnLoss(Mtu);
        }
        _t3 = Instant.Min(_t3, now + _context.Rto.Rto);
    }
}
