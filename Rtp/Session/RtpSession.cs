using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The RTP session of one transport (RFC 3550): streams out and in, reports, feedback and repair between.</summary>
/// <remarks>Sans-IO; what it takes and gives is plain RTP and RTCP, which SRTP protects outside. Not thread-safe: one run loop owns it.</remarks>
public sealed class RtpSession
{
    private static readonly TimeSpan s_loopTime = TimeSpan.FromSeconds(10);
    private readonly RtpSessionState _state;
    private readonly PacketOutput _packets;
    private readonly RtcpReporter _reporter;
    private readonly FeedbackOutput _feedback;
    private readonly FeedbackMatcher _matcher;
    private readonly RtcpInput _input;
    private long _target;
    private Instant _collidedAt = new(long.MinValue / 2);

    /// <summary>Creates a session with no streams.</summary>
    public RtpSession(RtpSessionOptions options, RandomSource random)
    {
        _state = new RtpSessionState(options, random);
        _packets = new PacketOutput(_state);
        _reporter = new RtcpReporter(_state);
        _feedback = new FeedbackOutput(_state);
        _matcher = new FeedbackMatcher(_state, _packets.Log);
        _input = new RtcpInput(_state, _reporter, _packets, _feedback, _matcher);
    }

    /// <summary>The streams that are sent, those of retransmissions included.</summary>
    public IReadOnlyList<RtpSendStream> SendStreams => _state.SendStreams;

    /// <summary>The streams that are received, those of retransmissions included.</summary>
    public IReadOnlyCollection<RtpReceiveStream> ReceiveStreams => _state.ReceiveStreams;

    /// <summary>Whether feedback may go without reports in front (a=rtcp-rsize, RFC 5506). Default false.</summary>
    public bool UsesReducedSize { get; set; }

    /// <summary>Whether a receiver's round trips are measured (a=rtcp-xr:rcvr-rtt, RFC 3611 §4.4, §4.5). Default false.</summary>
    public bool MeasuresAsReceiver
    {
        get => _reporter.MeasuresAsReceiver;
        set => _reporter.MeasuresAsReceiver = value;
    }

    /// <summary>
    /// Whether a packet of a stream without retransmission stream is sent again as it was. Default false: SRTP with AEAD forbids to
    /// protect a sequence number twice (RFC 7714 §10.1), and SRTP's replay protection drops it where it was not lost.
    /// </summary>
    public bool RepeatsPackets
    {
        get => _packets.MayRepeat;
        set => _packets.MayRepeat = value;
    }

    /// <summary>What controls the bit rate, or null.</summary>
    public ICongestionController? CongestionController
    {
        get => _state.Controller;
        set => _state.Controller = value;
    }

    /// <summary>The rate that the other side says it can take (REMB), or null before it has said one.</summary>
    public long? ReceiverEstimate => _state.ReceiverEstimate;

    /// <summary>The smoothed round-trip time of all that measures one; null before that.</summary>
    public TimeSpan? RoundTripTime => _state.RoundTrip.HasMeasured ? _state.RoundTrip.Smoothed : null;

    /// <summary>The latest round-trip time as a receiver (DLRR, RFC 3611 §4.5), or null.</summary>
    public TimeSpan? ReceiverRoundTripTime => _state.ReceiverRoundTripTime;

    /// <summary>All of <see cref="ReceiverRoundTripTime"/> added up.</summary>
    public TimeSpan TotalReceiverRoundTripTime => _state.TotalReceiverRoundTripTime;

    /// <summary>How many times <see cref="ReceiverRoundTripTime"/> was measured.</summary>
    public ulong ReceiverRoundTripMeasurements => _state.ReceiverRoundTripMeasurements;

    /// <summary>Feedback packets on arrival times that have come.</summary>
    public ulong ArrivalFeedbacks => _matcher.Feedbacks;

    /// <summary>Packets of ours that such feedback has said to have arrived.</summary>
    public ulong PacketsAcknowledged => _matcher.PacketsAcknowledged;

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout
    {
        get
        {
            // What is due already waits for Transmit, or for the bandwidth that the scheduler allows.
            Instant feedback = _state.Scheduler.HasFeedback ? _feedback.NextArrivalsTimeout : _feedback.NextTimeout;
            Instant next = Instant.Min(_state.Scheduler.NextTimeout, feedback);
            return _state.Controller is { } controller ? Instant.Min(next, controller.NextTimeout) : next;
        }
    }

    /// <summary>Packets that were dropped for a reason.</summary>
    public long GetDropped(RtpDropReason reason) => _state.GetDropped(reason);

    /// <summary>Makes a media section's packets known.</summary>
    public void AddSection(RtpSection section) => _state.Demultiplexer.Add(Require.NotNull(section));

    /// <summary>Forgets a media section and its streams.</summary>
    public void RemoveSection(RtpSection section) => _state.Demultiplexer.Remove(Require.NotNull(section));

    /// <summary>Adds a source that is sent.</summary>
    /// <param name="ssrc">Its number.</param>
    /// <param name="clockRate">The clock rate of its payload in Hz.</param>
    /// <param name="repairSsrc">The number of the source of its retransmissions (RFC 4588), or null for none.</param>
    public RtpSendStream AddSendStream(uint ssrc, uint clockRate, uint? repairSsrc = null)
    {
        RtpSendStream stream = Add(ssrc, clockRate);
        if (repairSsrc is { } repair)
        {
            stream.Repair = Add(repair, clockRate);
            stream.Repair.Repairs = stream;
        }
        return stream;
    }

    /// <summary>Ends a source that is sent, with that of its retransmissions: the other side is told goodbye.</summary>
    public void RemoveSendStream(RtpSendStream stream)
    {
        if (!_state.SendStreams.Remove(Require.NotNull(stream))) return;
        if (stream.PacketsSent > 0) _reporter.SayGoodbye(stream.Ssrc);
        _packets.Forget(stream);
        stream.Close();
        if (stream.Repair is { } repair) RemoveSendStream(repair);
    }

    /// <summary>Queues a packet. Its payload and elements pass to the session, which disposes them: at once, or when no repair can be asked for any more.</summary>
    /// <param name="stream">The source it is sent by; the header's source is not looked at.</param>
    /// <param name="header">The fields of its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="elements">What its header has beside the fields, as <see cref="RtpHeaderElements"/> writes it.</param>
    public void Send(RtpSendStream stream, in RtpHeader header, MessageLease payload, MessageLease elements = default) =>
        _packets.Send(Require.NotNull(stream), header, payload, elements);

    /// <summary>Asks a source for a key frame, soon: PLI or FIR (RFC 4585 §6.3.1, RFC 5104 §4.3.1), what was negotiated, throttled.</summary>
    public void RequestKeyFrame(RtpReceiveStream stream) => _feedback.RequestKeyFrame(Require.NotNull(stream).Repairs ?? stream);

    /// <summary>Tells the other side what we can take, once a second and at once when it falls (REMB); null ends it.</summary>
    public void SetReceiverEstimate(long? bitsPerSecond, Instant now)
    {
        if (bitsPerSecond is { } given) Require.InRange(given, 0, long.MaxValue, nameof(bitsPerSecond));
        _feedback.SetEstimate(bitsPerSecond, now);
    }

    /// <summary>
    /// Asks a source not to exceed a bit rate (TMMBR, RFC 5104 §4.2.1), where that was negotiated: again until the source says which limits hold
    /// (TMMBN), at most 10 times.
    /// </summary>
    /// <param name="stream">The source.</param>
    /// <param name="bitsPerSecond">The limit with the headers of IP, UDP and RTP, in bits per second, from 0; null takes it back.</param>
    /// <param name="now">The time of the call.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public void RequestMaxBitrate(RtpReceiveStream stream, long? bitsPerSecond, Instant now)
    {
        if (bitsPerSecond is { } given) Require.InRange(given, 0, long.MaxValue, nameof(bitsPerSecond));
        _feedback.RequestMaxBitrate(Require.NotNull(stream).Repairs ?? stream, bitsPerSecond, now);
    }

    /// <summary>Takes an RTP packet.</summary>
    /// <param name="datagram">The packet, not protected any more; it is not kept. A retransmission is turned into the original in place.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="packet">The packet's fields, as a view into <paramref name="datagram"/>: the original's, where it was a retransmission.</param>
    /// <returns>The stream it belongs to; null when it was dropped, or had arrived before.</returns>
    public RtpReceiveStream? Receive(Span<byte> datagram, Instant now, out RtpPacket packet)
    {
        if (!RtpPacket.TryParse(datagram, out packet))
        {
            _state.Drop(RtpDropReason.Malformed);
            return null;
        }
        if (!MayBeOthers(packet.Ssrc, now)) return null;
        RtpReceiveStream? stream = _state.Demultiplexer.Assign(packet, now, out ReceivedElements elements, out bool isNew, out RtpDropReason reason);
        if (stream is null)
        {
            _state.Drop(reason);
            return null;
        }
        if (_state.Demultiplexer.Evicted is { } evicted && isNew) _state.Raise(new RtpEvent(RtpEventKind.StreamEnded, evicted));
        RtpPayloadType type = stream.Section.PayloadTypes[packet.PayloadType]!;
        if (elements.HasTransportSequence) _feedback.TransportArrived(elements.TransportSequence, packet.Ssrc, stream.Section.TransportSequenceIsOnRequest, now);
        if ((type.Feedback & RtpFeedback.CongestionControl) != 0) _feedback.Arrived(stream, packet.SequenceNumber, now);
        stream.Statistics.Count(packet, now);
        stream.PacketArrived(packet.Timestamp);
        _state.Scheduler.Start(_state.Members, now);
        if (type.Repairs is { } original) return Restore(datagram, stream, original, now, ref packet);
        if (isNew) _state.Raise(new RtpEvent(RtpEventKind.StreamAdded, stream));
        return Track(stream, type, packet.SequenceNumber, isRetransmission: false, now) ? stream : null;
    }

    /// <summary>Takes an RTCP compound, not protected any more; it is not kept.</summary>
    public void ReceiveRtcp(ReadOnlySpan<byte> compound, Instant now)
    {
        _input.Receive(compound, now);
        NoteTarget();
    }

    /// <summary>Lets a report or a feedback fall due. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        _state.Scheduler.AdvanceTo(now);
        _feedback.AdvanceTo(now);
        if (_state.Controller is not { } controller || now < controller.NextTimeout) return;
        controller.AdvanceTo(now);
        NoteTarget();
    }

    /// <summary>Writes the next RTP packet or RTCP compound.</summary>
    /// <param name="destination">Where it goes; room for a packet of the path's size.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="isRtcp">Which of the two it is.</param>
    /// <returns>Bytes written; 0 when nothing is owed.</returns>
    public int Transmit(Span<byte> destination, Instant now, out bool isRtcp)
    {
        _feedback.AdvanceTo(now);                                        // what was asked for since then, too
        bool isRegular = _state.Scheduler.IsRegularDue || _reporter.OwesGoodbye;
        isRtcp = isRegular || _feedback.OwesArrivals || _state.Scheduler.IsFeedbackDue;
        if (isRtcp && WriteCompound(destination, isRegular, now) is > 0 and int written) return written;
        isRtcp = false;
        return _packets.Transmit(destination, now);
    }

    /// <summary>Reads the next event. False when there is none.</summary>
    public bool TryReadEvent(out RtpEvent e) => _state.TryReadEvent(out e);

    /// <summary>Gives back what waits to be sent, and what was kept to be sent again.</summary>
    public void Close()
    {
        _packets.Close();
        foreach (RtpSendStream stream in _state.SendStreams) stream.Close();
    }

    private RtpSendStream Add(uint ssrc, uint clockRate)
    {
        RtpSendStream stream = new(ssrc, clockRate, _state.Options) { NextSequence = (ushort)(_state.Random.NextUInt32() & 0x7FFF) };
        _state.SendStreams.Add(stream);
        return stream;
    }

    private RtpReceiveStream? Restore(Span<byte> datagram, RtpReceiveStream repair, byte originalType, Instant now, ref RtpPacket packet)
    {
        if (packet.PayloadLength < Retransmission.HeaderLength)
        {
            _state.Drop(RtpDropReason.EmptyRetransmission);
            return null;
        }
        if (_state.Demultiplexer.FindRepaired(repair, originalType) is not { } stream || stream.Section.PayloadTypes[originalType] is not { } type)
        {
            _state.Drop(RtpDropReason.UnknownRetransmission);
            return null;
        }
        int length = packet.HeaderLength + packet.PayloadLength;         // padding is the retransmission's own
        int start = Retransmission.Restore(datagram, packet, stream.Ssrc, originalType);
        bool isPacket = RtpPacket.TryParse(datagram[start..length], out packet);
        Debug.Assert(isPacket, "it has the header of the retransmission, which was read");
        stream.RetransmittedPackets++;
        stream.RetransmittedBytes += (ulong)packet.PayloadLength;
        stream.PayloadType = originalType;
        return Track(stream, type, packet.SequenceNumber, isRetransmission: true, now) ? stream : null;
    }

    private bool Track(RtpReceiveStream stream, RtpPayloadType type, ushort sequence, bool isRetransmission, Instant now)
    {
        if ((type.Feedback & RtpFeedback.Nack) == 0) return true;
        bool isFirst = stream.Track(sequence, now, isRetransmission, out TimeSpan? roundTrip);
        if (roundTrip is { } measured) _state.RoundTrip.Measured(measured);
        if (!isFirst) _state.Drop(RtpDropReason.Duplicate);
        else _feedback.Tracked(stream);
        return isFirst;
    }

    // RFC 3550 §8.2: two sources of a number cannot be told apart, so that we take another; but only once for a packet that we sent
    // ourselves and that comes back.
    private bool MayBeOthers(uint ssrc, Instant now)
    {
        if (ssrc == _state.ReporterSsrc) _state.ReporterSsrc = _state.Random.NextUInt32();
        if (_state.FindSendStream(ssrc) is not { } ours) return true;
        if (now - _collidedAt < s_loopTime)
        {
            _state.Drop(RtpDropReason.LoopedSource);
            return false;
        }
        _collidedAt = now;
        if (ours.PacketsSent > 0) _reporter.SayGoodbye(ssrc);
        uint next;
        do next = _state.Random.NextUInt32(); while (_state.FindSendStream(next) is not null || _state.Demultiplexer.Find(next) is not null);
        ours.ChangeSource(next);
        _state.Raise(new RtpEvent(RtpEventKind.SourceChanged, SendStream: ours));
        return true;
    }

    // A compound starts with a report (RFC 3550 §6.1), feedback follows it (RFC 4585 §3.1); of reduced size it is feedback alone (RFC 5506).
    private int WriteCompound(Span<byte> destination, bool isRegular, Instant now)
    {
        RtcpWriter writer = new(destination);
        if (isRegular || !UsesReducedSize) _reporter.Write(ref writer, _state.Scheduler.IsRegularDue, now);
        int reports = writer.Length;
        _feedback.Write(ref writer, now);
        _reporter.WriteGoodbyes(ref writer);                             // RFC 3550 §6.1: they come last
        if (writer.Length == reports && !isRegular)
        {
            _state.Scheduler.FeedbackIsMoot();
            return 0;
        }
        _state.Scheduler.Sent(writer.Length, _state.Scheduler.IsRegularDue, _state.Members, now);
        return writer.Length;
    }

    private void NoteTarget()
    {
        if (_state.Controller is not { } controller || controller.TargetBitsPerSecond == _target) return;
        _target = controller.TargetBitsPerSecond;
        _state.Raise(new RtpEvent(RtpEventKind.TargetBitrateChanged));
    }
}
