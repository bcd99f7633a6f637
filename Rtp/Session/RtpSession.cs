using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>The RTP session of one transport (RFC 3550): streams out and in, and the reports between.</summary>
/// <remarks>Sans-IO; what it takes and gives is plain RTP and RTCP, which SRTP protects outside. Not thread-safe: one run loop owns it.</remarks>
public sealed class RtpSession
{
    private const int MaxReportBlocks = 31;
    private readonly RtpSessionOptions _options;
    private readonly RandomSource _random;
    private readonly byte[] _cname;
    private readonly RtpDemultiplexer _demultiplexer;
    private readonly List<RtpSendStream> _sendStreams = [];
    private readonly Queue<Outgoing> _outgoing = new();
    private readonly Queue<uint> _goodbyes = new();
    private readonly Queue<RtpEvent> _events = new();
    private readonly long[] _dropped = new long[(int)RtpDropReason.TooLarge + 1];
    private readonly uint _reporterSsrc;                 // reports while nothing is sent
    private Instant _reportAt = Instant.Never;
    private Instant _feedbackAt = Instant.Never;         // when a throttled request may go
    private bool _reportDue, _reported, _feedbackDue;
    private double _averageRtcpBytes = 100;

    /// <summary>Creates a session with no streams.</summary>
    public RtpSession(RtpSessionOptions options, RandomSource random)
    {
        _options = Require.NotNull(options);
        _random = Require.NotNull(random);
        _cname = Encoding.UTF8.GetBytes(options.Cname);
        Require.InRange(_cname.Length, 0, 255, nameof(options));
        _demultiplexer = new RtpDemultiplexer(options.MaxReceiveStreams);
        _reporterSsrc = random.NextUInt32();
    }

    /// <summary>The streams that are sent.</summary>
    public IReadOnlyList<RtpSendStream> SendStreams => _sendStreams;

    /// <summary>The streams that are received.</summary>
    public IReadOnlyCollection<RtpReceiveStream> ReceiveStreams => _demultiplexer.Streams;

    /// <summary>When <see cref="AdvanceTo"/> next has work to do, or <see cref="Instant.Never"/>.</summary>
    public Instant NextTimeout => Instant.Min(_reportAt, _feedbackAt);

    /// <summary>Packets that were dropped for a reason.</summary>
    public long GetDropped(RtpDropReason reason) => _dropped[(int)reason];

    /// <summary>Makes a media section's packets known.</summary>
    public void AddSection(RtpSection section) => _demultiplexer.Add(Require.NotNull(section));

    /// <summary>Forgets a media section and its streams.</summary>
    public void RemoveSection(RtpSection section) => _demultiplexer.Remove(Require.NotNull(section));

    /// <summary>Adds a source that is sent.</summary>
    public RtpSendStream AddSendStream(uint ssrc, uint clockRate)
    {
        RtpSendStream stream = new(ssrc, clockRate);
        _sendStreams.Add(stream);
        return stream;
    }

    /// <summary>Ends a source that is sent: the other side is told goodbye.</summary>
    public void RemoveSendStream(RtpSendStream stream)
    {
        if (_sendStreams.Remove(Require.NotNull(stream)) && stream.PacketsSent > 0) _goodbyes.Enqueue(stream.Ssrc);
    }

    /// <summary>Queues a packet. Its payload passes to the session, which disposes it.</summary>
    /// <param name="stream">The source it is sent by; the header's source is not looked at.</param>
    /// <param name="header">The fields of its header.</param>
    /// <param name="payload">Its payload.</param>
    public void Send(RtpSendStream stream, in RtpHeader header, MessageLease payload)
    {
        if (_outgoing.Count >= _options.MaxQueuedPackets)
        {
            _outgoing.Dequeue().Payload.Dispose();
            _dropped[(int)RtpDropReason.SendQueueFull]++;
        }
        _outgoing.Enqueue(new Outgoing(Require.NotNull(stream), header with { Ssrc = stream.Ssrc }, payload));
    }

    /// <summary>Asks a source for a key frame, soon: PLI (RFC 4585 §6.3.1), throttled.</summary>
    public void RequestKeyFrame(RtpReceiveStream stream)
    {
        Require.NotNull(stream).OwesPictureLossIndication = true;
        _feedbackDue = true;
    }

    /// <summary>Takes an RTP packet.</summary>
    /// <param name="datagram">The packet, not protected any more; it is not kept.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="packet">The packet's fields, as a view into <paramref name="datagram"/>.</param>
    /// <returns>The stream it belongs to; null when it was dropped.</returns>
    public RtpReceiveStream? Receive(ReadOnlySpan<byte> datagram, Instant now, out RtpPacket packet)
    {
        if (!RtpPacket.TryParse(datagram, out packet))
        {
            _dropped[(int)RtpDropReason.Malformed]++;
            return null;
        }
        RtpReceiveStream? stream = _demultiplexer.Assign(packet, out bool isNew, out RtpDropReason reason);
        if (stream is null)
        {
            _dropped[(int)reason]++;
            return null;
        }
        stream.Statistics.Count(packet, now);
        stream.HasNewPackets = true;
        if (isNew) _events.Enqueue(new RtpEvent(RtpEventKind.StreamAdded, stream));
        ScheduleReport(now);
        return stream;
    }

    /// <summary>Takes an RTCP compound, not protected any more; it is not kept.</summary>
    public void ReceiveRtcp(ReadOnlySpan<byte> compound, Instant now)
    {
        _averageRtcpBytes += (compound.Length + 28 - _averageRtcpBytes) / 16;       // §6.3.3
        while (!compound.IsEmpty)
        {
            if (!RtcpPacket.TryRead(ref compound, out RtcpPacket packet))
            {
                _dropped[(int)RtpDropReason.MalformedRtcp]++;
                return;
            }
            Take(packet, now);
        }
    }

    /// <summary>Lets a report or a feedback fall due. Early and repeated calls are harmless.</summary>
    public void AdvanceTo(Instant now)
    {
        if (now >= _feedbackAt) (_feedbackAt, _feedbackDue) = (Instant.Never, true);
        if (now < _reportAt) return;
        _reportAt = Instant.Never;
        _reportDue = true;
    }

    /// <summary>Writes the next RTP packet or RTCP compound.</summary>
    /// <param name="destination">Where it goes; room for a packet of the path's size.</param>
    /// <param name="now">The time of the call.</param>
    /// <param name="isRtcp">Which of the two it is.</param>
    /// <returns>Bytes written; 0 when nothing is owed.</returns>
    public int Transmit(Span<byte> destination, Instant now, out bool isRtcp)
    {
        if (_feedbackDue) _feedbackDue = MayRequestKeyFrame(now);
        isRtcp = _reportDue || _feedbackDue || _goodbyes.Count > 0;
        if (isRtcp && WriteCompound(destination, now) is > 0 and int written) return written;
        isRtcp = false;
        while (_outgoing.Count > 0)
        {
            using MessageLease payload = Take(out Outgoing next);
            int header = WriteHeader(destination, next);
            if (header == 0 || destination.Length - header < payload.Length)
            {
                _dropped[(int)RtpDropReason.TooLarge]++;
                continue;
            }
            payload.Span.CopyTo(destination[header..]);
            next.Stream.CountSent(header, payload.Length, next.Header.Timestamp, now);
            ScheduleReport(now);
            return header + payload.Length;
        }
        return 0;
    }

    /// <summary>Reads the next event. False when there is none.</summary>
    public bool TryReadEvent(out RtpEvent e)
    {
        if (!_events.TryDequeue(out e)) return false;
        if (e.SendStream is { } stream) stream.KeyFrameEventWaits = false;
        return true;
    }

    /// <summary>Gives back what waits to be sent.</summary>
    public void Close()
    {
        while (_outgoing.Count > 0) _outgoing.Dequeue().Payload.Dispose();
    }

    private MessageLease Take(out Outgoing next)
    {
        next = _outgoing.Dequeue();
        return next.Payload;
    }

    private static int WriteHeader(Span<byte> destination, in Outgoing next)
    {
        RtpHeaderWriter writer = new(destination, next.Header);
        if (next.Stream.MidExtensionId is > 0 and <= 14 && next.Stream.Mid.Length is > 0 and <= 16)
            writer.AddExtension(next.Stream.MidExtensionId, next.Stream.Mid.Span);
        return writer.Complete();
    }

    private void ScheduleReport(Instant now)
    {
        if (!_reportAt.IsNever || _reportDue) return;
        _reportAt = now + RtcpInterval.Next(_options, _sendStreams.Count + _demultiplexer.Streams.Count + 1, _averageRtcpBytes, !_reported, _random);
    }

    private ulong NtpTime(Instant now) => _options.NtpTimeAtOrigin + (ulong)(now.Ticks / (double)TimeSpan.TicksPerSecond * 4294967296.0);

    // A compound starts with a report (RFC 3550 §6.1), feedback follows it (RFC 4585 §3.1).
    private int WriteCompound(Span<byte> destination, Instant now)
    {
        RtcpWriter writer = new(destination);
        WriteReports(ref writer, now);
        while (_goodbyes.Count > 0 && writer.WriteGoodbye(_goodbyes.Peek())) _goodbyes.Dequeue();
        WriteKeyFrameRequests(ref writer, now);
        (_reportDue, _reported) = (false, true);
        _averageRtcpBytes += (writer.Length + 28 - _averageRtcpBytes) / 16;
        if (_reportAt.IsNever) ScheduleReport(now);
        return writer.Length;
    }

    private void WriteReports(ref RtcpWriter writer, Instant now)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[MaxReportBlocks];
        int count = 0;
        foreach (RtpReceiveStream stream in _demultiplexer.Streams)
        {
            if (!_reportDue || !stream.HasNewPackets || !stream.Statistics.HasPackets || count == blocks.Length) continue;
            blocks[count++] = stream.Statistics.Report(stream.Ssrc, now);
            stream.HasNewPackets = false;
        }
        uint reporter = _reporterSsrc;
        bool any = false;
        foreach (RtpSendStream stream in _sendStreams)
        {
            if (!stream.SentSinceReport) continue;
            if (!writer.WriteSenderReport(stream.Report(NtpTime(now), now), any ? default : blocks[..count])) break;
            writer.WriteSourceDescription(stream.Ssrc, _cname);
            (any, reporter) = (true, stream.Ssrc);
            if (_reportDue) stream.SentSinceReport = false;
        }
        if (any) return;
        writer.WriteReceiverReport(reporter, blocks[..count]);
        writer.WriteSourceDescription(reporter, _cname);
    }

    // False when every request that is owed is too early; the earliest sets the deadline.
    private bool MayRequestKeyFrame(Instant now)
    {
        bool may = false;
        foreach (RtpReceiveStream stream in _demultiplexer.Streams)
        {
            if (!stream.OwesPictureLossIndication) continue;
            if (now >= stream.PictureLossIndicationAllowedAt) may = true;
            else _feedbackAt = Instant.Min(_feedbackAt, stream.PictureLossIndicationAllowedAt);
        }
        return may;
    }

    private void WriteKeyFrameRequests(ref RtcpWriter writer, Instant now)
    {
        if (!_feedbackDue) return;
        _feedbackDue = false;
        foreach (RtpReceiveStream stream in _demultiplexer.Streams)
        {
            if (!stream.OwesPictureLossIndication || now < stream.PictureLossIndicationAllowedAt) continue;
            stream.OwesPictureLossIndication = false;
            if (!writer.WritePictureLossIndication(_sendStreams.Count > 0 ? _sendStreams[0].Ssrc : _reporterSsrc, stream.Ssrc)) return;
            stream.PictureLossIndications++;
            stream.PictureLossIndicationAllowedAt = now + _options.MinPictureLossIndicationInterval;
        }
    }

    private void Take(in RtcpPacket packet, Instant now)
    {
        WireReader reader = new(packet.Body);
        switch (packet.Type)
        {
            case RtcpPacketType.SenderReport:
                if (!SenderInfo.TryRead(ref reader, out SenderInfo info)) break;
                if (_demultiplexer.Find(info.Ssrc) is { } stream)
                {
                    stream.Statistics.SenderReportArrived(info, now);
                    (stream.LastSenderReport, stream.LastSenderReportAt) = (info, now);
                    stream.SenderReports++;
                }
                TakeReportBlocks(ref reader, packet.Count, now);
                return;
            case RtcpPacketType.ReceiverReport:
                if (!reader.TrySkip(4)) break;
                TakeReportBlocks(ref reader, packet.Count, now);
                return;
            case RtcpPacketType.Goodbye:
                for (int i = 0; i < packet.Count && reader.TryReadUInt32(out uint ssrc); i++)
                {
                    if (_demultiplexer.Find(ssrc) is not { } ended) continue;
                    _demultiplexer.Remove(ssrc);
                    _events.Enqueue(new RtpEvent(RtpEventKind.StreamEnded, ended));
                }
                return;
            case RtcpPacketType.PayloadFeedback:
                TakePayloadFeedback(packet.Count, ref reader);
                return;
            case RtcpPacketType.TransportFeedback when packet.Count == RtcpFeedbackFormat.GenericNack:
                TakeNack(ref reader);
                return;
            default:
                return;                                          // what we do not know is nobody's fault
        }
        _dropped[(int)RtpDropReason.MalformedRtcp]++;
    }

    private void TakeReportBlocks(ref WireReader reader, int count, Instant now)
    {
        for (int i = 0; i < count && ReportBlock.TryRead(ref reader, out ReportBlock block); i++)
            FindSendStream(block.Ssrc)?.ReportArrived(block, NtpTime(now), now);
    }

    private void TakePayloadFeedback(byte format, ref WireReader reader)
    {
        if (!reader.TrySkip(4) || !reader.TryReadUInt32(out uint media)) return;
        if (format == RtcpFeedbackFormat.PictureLossIndication) AskForKeyFrame(media);
        if (format != RtcpFeedbackFormat.FullIntraRequest) return;
        while (reader.TryReadUInt32(out uint target) && reader.TrySkip(4)) AskForKeyFrame(target);
    }

    private void AskForKeyFrame(uint ssrc)
    {
        if (FindSendStream(ssrc) is not { } stream) return;
        stream.KeyFrameRequests++;
        if (stream.KeyFrameEventWaits) return;                   // one answer serves all who ask until it is read
        stream.KeyFrameEventWaits = true;
        _events.Enqueue(new RtpEvent(RtpEventKind.KeyFrameRequested, SendStream: stream));
    }

    private void TakeNack(ref WireReader reader)
    {
        if (!reader.TrySkip(4) || !reader.TryReadUInt32(out uint media) || FindSendStream(media) is not { } stream) return;
        while (reader.TryReadUInt16(out _) && reader.TryReadUInt16(out ushort mask))
        {
            stream.PacketsNacked++;
            for (int bits = mask; bits != 0; bits &= bits - 1) stream.PacketsNacked++;
        }
    }

    private RtpSendStream? FindSendStream(uint ssrc)
    {
        foreach (RtpSendStream stream in _sendStreams)
        {
            if (stream.Ssrc == ssrc) return stream;
        }
        return null;
    }

    private readonly record struct Outgoing(RtpSendStream Stream, RtpHeader Header, MessageLease Payload);
}
