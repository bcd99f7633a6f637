using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The sending half of an association: what may go out now, in which packet, FORWARD TSN (RFC 9260 §6, §7; RFC 3758).</summary>
internal sealed class DataSender
{
    private const int LeastFiller = 128;           // what a packet above the base size is filled up with, at least

    private readonly AssociationContext _context;
    private readonly ICongestionController _congestion;
    private readonly LossRecovery _recovery;
    private readonly Pacer _pacer = new();
    private readonly PartialReliability _partial;
    private long _peerWindow;
    private long _burstBytes;                      // without pacing: what may still go out before the next SACK (§6.1 D)
    private Instant _lastSent;

    public DataSender(AssociationContext context)
    {
        _context = context;
        _congestion = context.Options.CongestionControl == SctpCongestionControl.Rfc9260
            ? new Rfc9260CongestionController(context.Mtu)
            : new CubicCongestionController(context.Mtu, context.Options.RandomLossTolerance);
        Messages = new SendQueue(context);
        Outstanding = new RetransmissionQueue(context, Messages);
        _partial = new PartialReliability(context, Messages, Outstanding);
        _recovery = new LossRecovery(context, _congestion, Outstanding);
    }

    public SendQueue Messages { get; }

    public RetransmissionQueue Outstanding { get; }

    public Instant NextTimeout => Instant.Min(_partial.NextTimeout, Instant.Min(_recovery.NextTimeout, _pacer.NextTimeout));

    public long CongestionWindow => _congestion.WindowBytes;

    public long PeerWindow => _peerWindow;

    public long Timeouts => _recovery.Timeouts;

    public long UndoneReductions => _recovery.Undone;

    /// <summary>Whether everything sent was acknowledged and nothing waits.</summary>
    public bool IsDrained => Outstanding.Count == 0 && Messages.IsEmpty;

    private int Mtu => _context.Mtu;

    private int DataHeaderLength => DataChunk.HeaderLength(_context.Interleaves);

    private long BurstLimit => (long)_context.Options.MaxBurst * Mtu;

    private bool IsPaced => _context.Options.Pacing;

    /// <summary>Begins with the TSN and the window of the handshake. What was in flight before is lost (restart).</summary>
    public void Start(uint initialTsn, uint peerWindow)
    {
        Outstanding.Start(initialTsn);
        _recovery.Start();
        _congestion.Restart(Mtu);
        _pacer.Start();
        _peerWindow = peerWindow;
        _burstBytes = BurstLimit;
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
        SackOutcome outcome = Outstanding.Acknowledge(sack, now);
        if (!outcome.IsValid) return;
        bool isNews = outcome.AcknowledgedBytes > 0 || outcome.CumulativeAdvanced;
        if (isNews || sack.AdvertisedWindow < Mtu) _context.Errors = 0;                              // §8.1; §6.1 A for probes
        _recovery.Acknowledged(sack, outcome, flightBefore, now);
        _peerWindow = Math.Max(0, sack.AdvertisedWindow - Outstanding.FlightBytes);                  // §6.2.1 D ii
        AllowBurst(outcome.AcknowledgedBytes);
        _partial.Acknowledged(outcome.CumulativeAdvanced, now);
        Messages.NoteWindow(sack.AdvertisedWindow);
    }

    /// <summary>The cumulative TSN ack that SHUTDOWN carries (§9.2): a SACK without window and gaps.</summary>
    public void ReceiveCumulative(uint cumulativeTsn, Instant now)
    {
        long window = _peerWindow + Outstanding.FlightBytes;
        Receive(SackChunk.Cumulative(cumulativeTsn, (uint)Math.Min(window, uint.MaxValue)), now);
    }

    public void AdvanceTo(Instant now)
    {
        _pacer.AdvanceTo(now);
        _partial.AdvanceTo(now);
        if (now < _recovery.NextTimeout) return;
        long before = Timeouts;
        long flight = Outstanding.FlightBytes;
        _recovery.AdvanceTo(now);
        _peerWindow += Math.Max(0, flight - Outstanding.FlightBytes); // §6.2.1 C: what is lost takes no room there
        if (_recovery.OwesProbe) PrepareProbe(now);
        if (Timeouts == before) return;
        _burstBytes = Math.Max(_burstBytes, BurstLimit);
        _partial.Advance(isNews: true);                                                               // RFC 3758 §3.5 A5
    }

    /// <summary>Whether <see cref="WriteData"/> would write something into a packet with nothing else in it.</summary>
    public bool HasDataToSend(Instant now)
    {
        if (_partial.IsOwed) return true;
        bool isLost = Outstanding.TryPeekLost(now, out uint tsn);
        if (isLost && MaySend(Outstanding[tsn].Length, isRetransmission: true, now)) return true;
        _partial.Advance(isNews: false);                               // looking for lost chunks may have given some up
        if (_partial.IsOwed) return true;
        if (_recovery.OwesProbe && MayProbe(now)) return true;
        return !isLost && !Outstanding.IsFull && Messages.Peek(now) is { } message &&
            MaySend(FragmentLength(message, Mtu), isRetransmission: false, now);
    }

    /// <summary>
    /// How large the next packet with DATA may be. What is sent again goes in packets of the base size, in case that larger ones
    /// are what vanishes, or as large as a chunk needs that was cut for a larger MTU.
    /// </summary>
    public int PacketSize(Instant now)
    {
        bool isFound = Outstanding.TryPeekLost(now, out uint tsn) || (_recovery.OwesProbe && Outstanding.TryPeekProbe(now, out tsn));
        return isFound ? Math.Max(_context.BaseMtu, PacketHeader.Length + DataHeaderLength + ((Outstanding[tsn].Length + 3) & ~3)) : Mtu;
    }

    /// <summary>Fills the packet: FORWARD TSN, then what is to be sent again, then what is new (§6.1, §6.10).</summary>
    public void WriteData(ref WireWriter writer, Instant now)
    {
        int start = writer.Length;
        uint firstNew = Outstanding.NextTsn;
        bool isForwarding = _partial.IsOwed && _partial.Write(ref writer, now);
        if (isForwarding) _recovery.ForwardTsnSent(now);
        LeaveIdle(now);
        if (_recovery.OwesProbe) WriteProbe(ref writer, isForwarding, now);
        while (Outstanding.TryPeekLost(now, out uint tsn) && Fits(tsn, writer) &&
               MaySend(Outstanding[tsn].Length, isRetransmission: true, now))
        {
            Outstanding.Resend(tsn, now);
            Write(ref writer, tsn, isRetransmission: true, now);
        }
        if (Outstanding.LostCount == 0) WriteNew(ref writer, now);
        if (writer.Length > _context.BaseMtu) Outstanding.MarkLarge(firstNew);
        if (IsPaced && writer.Length > start) _pacer.Sent(writer.Length, now);
    }

    private void WriteNew(ref WireWriter writer, Instant now)
    {
        while (!Outstanding.IsFull && Messages.Peek(now) is { } message)
        {
            int length = FragmentLength(message, writer.Free + PacketHeader.Length);
            if (length <= 0 || !MaySend(length, isRetransmission: false, now)) break;
            WriteNew(ref writer, message, length, now);
        }
        if (Messages.IsEmpty) _burstBytes = Math.Min(_burstBytes, BurstLimit);                       // unused leave is not saved up
    }

    private uint WriteNew(ref WireWriter writer, OutgoingMessage message, int length, Instant now)
    {
        uint tsn = Outstanding.Add(message, length, now);
        Messages.Take(message, length, tsn);
        Write(ref writer, tsn, isRetransmission: false, now);
        return tsn;
    }

    // RFC 8985 §7.3: new data where there is some and the peer takes it, else the last chunk again. What is known to be lost goes before both.
    private void WriteProbe(ref WireWriter writer, bool isForwarding, Instant now)
    {
        if (Outstanding.TryPeekLost(now, out uint lost))
        {
            if (!Fits(lost, writer)) return;
            Outstanding.Resend(lost, now);
            Write(ref writer, lost, isRetransmission: true, now);
            _recovery.ProbeSent(lost, repeatsTail: false, now);
        }
        else if (TryPeekNewProbe(now, out OutgoingMessage? message))
        {
            int length = FragmentLength(message, writer.Free + PacketHeader.Length);
            if (length <= 0) return;                                  // it goes into the next packet
            _recovery.ProbeSent(WriteNew(ref writer, message, length, now), repeatsTail: false, now);
        }
        else if (!Outstanding.TryPeekProbe(now, out uint tsn))
        {
            if (isForwarding) _recovery.ForwardTsnProbed(now);
            else _recovery.ForgetProbe();
        }
        else if (Fits(tsn, writer))
        {
            Outstanding.ResendAsProbe(tsn, now);
            Write(ref writer, tsn, isRetransmission: true, now);
            _recovery.ProbeSent(tsn, repeatsTail: true, now);
        }
    }

    // What the peer is to skip is told again by every probe; where there is nothing else that may be sent, it is the probe.
    private void PrepareProbe(Instant now)
    {
        if (!HasProbe(now)) Outstanding.AbandonExhausted(now);
        _partial.Advance(isNews: true);
    }

    private bool MayProbe(Instant now)
    {
        if (HasProbe(now)) return true;
        _recovery.ForgetProbe();
        return false;
    }

    private bool HasProbe(Instant now) =>
        Outstanding.TryPeekLost(now, out _) || TryPeekNewProbe(now, out _) || Outstanding.TryPeekProbe(now, out _);

    private bool TryPeekNewProbe(Instant now, [NotNullWhen(true)] out OutgoingMessage? message)
    {
        message = Outstanding.IsFull ? null : Messages.Peek(now);
        return message is not null && FragmentLength(message, Mtu) <= _peerWindow;
    }

    // §7.2.1: nothing was sent for an RTO or more.
    private void LeaveIdle(Instant now)
    {
        if (Outstanding.Count > 0 || now - _lastSent <= _context.Rto.Rto) return;
        if (_lastSent != default)
        {
            _congestion.OnIdle((int)Math.Min(64, (now - _lastSent).Ticks / _context.Rto.Rto.Ticks), Mtu);
            UpdatePace();
        }
        _burstBytes = BurstLimit;
    }

    // The rest of the message where it fits, else a full packet or what is left of one, but no crumbs.
    private int FragmentLength(OutgoingMessage message, int packetRoom)
    {
        int whole = _context.BaseMtu - PacketHeader.Length - DataHeaderLength & ~3;
        int room = Math.Min(packetRoom - PacketHeader.Length - DataHeaderLength & ~3, whole);
        int left = message.Length - message.Sent;
        if (left <= room) return left;
        bool isCrumb = Mtu > _context.BaseMtu ? room < LeastFiller : room < Math.Min(left, whole) / 2;
        return isCrumb ? 0 : room;
    }

    private bool Fits(uint tsn, in WireWriter writer) =>
        Chunk.PaddedSize(DataHeaderLength - Chunk.HeaderLength + Outstanding[tsn].Length) <= writer.Free;

    private bool MaySend(int length, bool isRetransmission, Instant now)
    {
        if (Outstanding.FlightBytes == 0) return true;                // §6.1 A: one chunk may always be in flight
        if (isRetransmission && _recovery.OwesRetransmission) return true;
        if (!isRetransmission && _peerWindow < length) return false;  // nor is a sliver of the window used (§6.1 A, silly windows)
        if (Outstanding.FlightBytes >= _recovery.WindowBytes)         // §6.1 B
        {
            _recovery.WindowLimits();
            return false;
        }
        return IsPaced ? _pacer.MaySend(now) : _burstBytes > 0;
    }

    private void AllowBurst(long acknowledged)
    {
        UpdatePace();
        // Deviation, RFC 9260 §6.1 D: Max.Burst counts what goes out beyond the acknowledged, so that a SACK which
        // acknowledges a whole batch of packets does not throttle the path.
        _burstBytes = Math.Min(_burstBytes + acknowledged, _congestion.WindowBytes) + BurstLimit;
    }

    private void UpdatePace()
    {
        if (IsPaced) _pacer.Update(_recovery.WindowBytes, _context.Rto.Smoothed, _congestion.IsSlowStart, Mtu);
    }

    private void Write(ref WireWriter writer, uint tsn, bool isRetransmission, Instant now)
    {
        ref OutstandingChunk chunk = ref Outstanding[tsn];
        OutgoingMessage message = chunk.Message;
        bool isLast = Messages.IsEmpty && Outstanding.LostCount == 0;
        bool isEnding = _context.State != SctpAssociationState.Established;                          // RFC 7053 §4
        bool isUrgent = (isLast && isEnding) || _recovery.OwesProbe || _recovery.WantsImmediateSack;
        ChunkFlags flags = chunk.Flags | (isUrgent ? ChunkFlags.Immediate : 0);
        DataChunk.Write(
            ref writer, _context.Interleaves, flags, tsn, message, chunk.Fragment, message.Payload.Span.Slice(chunk.Offset, chunk.Length));
        _peerWindow = Math.Max(0, _peerWindow - chunk.Length);
        _burstBytes -= chunk.Length;
        _lastSent = now;
        _recovery.Sent(tsn, chunk.Length, isRetransmission, now);
    }
}
