using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Feedback that is owed: packets that are missed, key frames, arrival times, the receiver's estimate.</summary>
internal sealed class FeedbackOutput(RtpSessionState state)
{
    private const int MaxNacksAtOnce = 128;
    private const int ManyArrivals = 200;               // feedback does not wait when so many packets have come
    private const int MaxArrivals = 1024;
    private const long TicksPerUnit = 2500;             // transport-wide feedback counts 250 µs
    private readonly ArrivalWindow _transport = new();
    private Instant _nackAt = Instant.Never, _keyFrameAt = Instant.Never, _arrivalsAt = Instant.Never, _estimateAt = Instant.Never, _limitsAt = Instant.Never, _askAt = Instant.Never;
    private uint _mediaSsrc;
    private byte _feedbackCount;
    private bool _owesTransport, _owesArrivals;

    /// <summary>The estimate that is sent (REMB), or null.</summary>
    public long? Estimate { get; private set; }

    public Instant NextTimeout => Instant.Min(Instant.Min(Instant.Min(_nackAt, _keyFrameAt), Instant.Min(_arrivalsAt, _estimateAt)), Instant.Min(_limitsAt, _askAt));

    /// <summary>The same of arrival times alone.</summary>
    public Instant NextArrivalsTimeout => _arrivalsAt;

    /// <summary>Whether arrival times are due: they keep their own pace.</summary>
    public bool OwesArrivals => _owesTransport || _owesArrivals;

    public void RequestKeyFrame(RtpReceiveStream stream)
    {
        stream.OwesKeyFrameRequest = true;
        _keyFrameAt = Instant.Min(_keyFrameAt, stream.KeyFrameRequestAllowedAt);
    }

    public void SetEstimate(long? bitsPerSecond, Instant now)
    {
        bool falls = bitsPerSecond < Estimate;
        Estimate = bitsPerSecond;
        if (bitsPerSecond is null) _estimateAt = Instant.Never;
        else if (falls || _estimateAt.IsNever) _estimateAt = now;
    }

    /// <summary>A receiver has asked for a limit, or has left: it is to be told which limits hold now (RFC 5104 §4.2.2).</summary>
    public void NotifyLimits(RtpSendStream stream, Instant now)
    {
        stream.OwesLimits = true;
        _limitsAt = Instant.Min(_limitsAt, now);
    }

    /// <summary>A source is asked to keep a limit (RFC 5104 §4.2.1).</summary>
    public void RequestMaxBitrate(RtpReceiveStream stream, long? bitsPerSecond, Instant now)
    {
        if (stream.MaxBitrateRequest is null && bitsPerSecond is null) return;
        (stream.MaxBitrateRequest ??= new MaxBitrateRequest()).Set(bitsPerSecond, now);
        _askAt = Instant.Min(_askAt, stream.MaxBitrateRequest.NextAt);
    }

    /// <summary>A source has said which limits hold (§4.2.2).</summary>
    public bool MaxBitratesNotified(RtpReceiveStream stream, ReadOnlySpan<byte> information, Instant now)
    {
        WireReader entries = new(information), requested = entries;
        ulong lowest = ulong.MaxValue;
        while (MaxBitrateEntry.TryRead(ref entries, out MaxBitrateEntry entry)) lowest = Math.Min(lowest, entry.BitsPerSecond);
        if (entries.Remaining != 0) return false;
        stream.NotifiedMaxBitrate = lowest > long.MaxValue ? null : (long)lowest;
        if (stream.MaxBitrateRequest is not { } request) return true;
        request.Notified(ref requested, now);
        _askAt = Instant.Min(_askAt, request.NextAt);
        return true;
    }

    /// <summary>A packet with a transport-wide sequence number has arrived.</summary>
    public void TransportArrived(in TransportSequenceNumber number, uint ssrc, bool isOnRequest, Instant now)
    {
        _mediaSsrc = ssrc;
        _transport.Arrived(number.Value, now.Ticks / TicksPerUnit);
        if (!isOnRequest)
        {
            if (_transport.Count >= ManyArrivals) _owesTransport = true;
            else if (_arrivalsAt.IsNever) _arrivalsAt = now + state.Options.ArrivalFeedbackInterval;
        }
        else if (number.FeedbackCount > 0)
        {
            _transport.Rewind(number.FeedbackCount);
            _owesTransport = true;
        }
    }

    /// <summary>A packet of a stream with feedback of RFC 8888 has arrived.</summary>
    public void Arrived(RtpReceiveStream stream, ushort sequence, Instant now)
    {
        stream.RecordArrival(sequence, now);
        if (stream.Arrivals!.Count >= ManyArrivals) _owesArrivals = true;
        else if (_arrivalsAt.IsNever) _arrivalsAt = now + state.Options.ArrivalFeedbackInterval;
    }

    /// <summary>Losses may have been found.</summary>
    public void Tracked(RtpReceiveStream stream) => _nackAt = Instant.Min(_nackAt, stream.NackTracker!.NextAt);

    public void AdvanceTo(Instant now)
    {
        if (now >= _arrivalsAt)
        {
            _arrivalsAt = Instant.Never;
            _owesTransport |= _transport.HasNews;
            foreach (RtpReceiveStream stream in state.Demultiplexer.All) _owesArrivals |= stream.Arrivals is { HasNews: true };
        }
        if (now >= _nackAt || now >= _keyFrameAt || now >= _estimateAt || now >= Instant.Min(_limitsAt, _askAt)) state.Scheduler.FeedbackArose(now);
    }

    /// <summary>Writes all that is due and has room.</summary>
    public void Write(ref RtcpWriter writer, Instant now)
    {
        if (now >= _keyFrameAt) WriteKeyFrameRequests(ref writer, now);
        if (now >= _nackAt) WriteNacks(ref writer, now);
        if (now >= _estimateAt) WriteEstimate(ref writer, now);
        if (now >= _limitsAt) WriteLimits(ref writer, now);
        if (now >= _askAt) WriteMaxBitrateRequests(ref writer, now);
        if (_owesArrivals) WriteArrivals(ref writer, now);
        if (_owesTransport) WriteTransport(ref writer);
    }

    private void WriteKeyFrameRequests(ref RtcpWriter writer, Instant now)
    {
        _keyFrameAt = Instant.Never;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (!stream.OwesKeyFrameRequest) continue;
            bool may = now >= stream.KeyFrameRequestAllowedAt;
            if (!may || !TryWriteKeyFrameRequest(ref writer, stream))
            {
                _keyFrameAt = Instant.Min(_keyFrameAt, may ? now : stream.KeyFrameRequestAllowedAt);
                continue;
            }
            stream.OwesKeyFrameRequest = false;
            stream.KeyFrameRequestAllowedAt = now + state.Options.MinPictureLossIndicationInterval;
        }
    }

    private bool TryWriteKeyFrameRequest(ref RtcpWriter writer, RtpReceiveStream stream)
    {
        RtpFeedback feedback = stream.Section.PayloadTypes[stream.PayloadType]?.Feedback ?? RtpFeedback.None;
        if ((feedback & RtpFeedback.PictureLossIndication) != 0)
        {
            if (!writer.WritePictureLossIndication(state.FeedbackSsrc, stream.Ssrc)) return false;
            stream.PictureLossIndications++;
        }
        else if ((feedback & RtpFeedback.FullIntraRequest) != 0)
        {
            if (!writer.WriteFullIntraRequest(state.FeedbackSsrc, stream.Ssrc, (byte)(stream.FullIntraSequence + 1))) return false;
            stream.FullIntraSequence++;
            stream.FullIntraRequests++;
        }
        return true;
    }

    private void WriteNacks(ref RtcpWriter writer, Instant now)
    {
        const int FixedLength = RtcpPacket.HeaderLength + 8;
        Span<ushort> lost = stackalloc ushort[MaxNacksAtOnce];
        _nackAt = Instant.Never;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (stream.NackTracker is not { } tracker) continue;
            int room = Math.Max(0, Math.Min((writer.Free - FixedLength) / 4, lost.Length));       // each may need an entry of its own
            int count = tracker.Collect(lost[..room], now, state.RoundTrip.Patience);
            if (count > 0 && writer.WriteGenericNack(state.FeedbackSsrc, stream.Ssrc, lost[..count])) stream.Nacks++;
            _nackAt = Instant.Min(_nackAt, tracker.NextAt);
        }
    }

    private void WriteEstimate(ref RtcpWriter writer, Instant now)
    {
        _estimateAt = now + state.Options.MinReportInterval;
        if (Estimate is not { } estimate) return;
        Span<uint> sources = stackalloc uint[64];
        int count = 0;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (count < sources.Length && (stream.Section.PayloadTypes.Feedback & RtpFeedback.ReceiverEstimate) != 0) sources[count++] = stream.Ssrc;
        }
        if (count > 0) writer.WriteReceiverEstimatedMaxBitrate(state.FeedbackSsrc, (ulong)estimate, sources[..count]);
    }

    private void WriteLimits(ref RtcpWriter writer, Instant now)
    {
        _limitsAt = Instant.Never;
        foreach (RtpSendStream stream in state.SendStreams)
        {
            if (stream is not { OwesLimits: true, Limits: { } limits }) continue;
            if (writer.WriteMaxBitrateNotification(stream.Ssrc, limits.BoundingSet)) stream.OwesLimits = false;
            else _limitsAt = now;                        // no room: the next datagram goes on
        }
    }

    private void WriteMaxBitrateRequests(ref RtcpWriter writer, Instant now)
    {
        const int LowerHeaders = 28;                     // RFC 5104 §4.2.1.2 counts IP, UDP and RTP: IPv4
        const int MaxOverhead = 511;
        _askAt = Instant.Never;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (stream.MaxBitrateRequest is not { } request || (stream.Section.PayloadTypes.Feedback & RtpFeedback.MaxBitrate) == 0) continue;
            ReceptionStatistics statistics = stream.Statistics;
            int header = (int)(statistics.HeaderBytesReceived / Math.Max(1, statistics.PacketsReceived));
            if (now >= request.NextAt && writer.WriteMaxBitrateRequest(state.FeedbackSsrc, [request.EntryFor(stream.Ssrc, Math.Min(LowerHeaders + header, MaxOverhead))]))
                request.Sent(state.FeedbackSsrc, now, state.RoundTrip.Patience);
            _askAt = Instant.Min(_askAt, request.NextAt);
        }
    }

    private void WriteTransport(ref RtcpWriter writer)
    {
        Span<long> times = stackalloc long[MaxArrivals];
        while (_transport.HasNews)
        {
            int count = _transport.CopyTo(times);
            int told = writer.WriteTransportWideFeedback(state.FeedbackSsrc, _mediaSsrc, _feedbackCount, _transport.First, times[..count]);
            if (told == 0 && !HasArrivals(times[..count])) told = count;      // all of these are lost: they go without saying
            else if (told == 0) break;                   // no room: the next datagram goes on
            else _feedbackCount++;
            _transport.Reported(told, forget: true);
        }
        _owesTransport = _transport.HasNews;
    }

    private static bool HasArrivals(ReadOnlySpan<long> times)
    {
        foreach (long time in times)
        {
            if (time != ArrivalWindow.None) return true;
        }
        return false;
    }

    private void WriteArrivals(ref RtcpWriter writer, Instant now)
    {
        Span<long> times = stackalloc long[MaxArrivals];
        Span<ushort> metrics = stackalloc ushort[MaxArrivals];
        CongestionControlFeedbackWriter feedback = writer.BeginCongestionControlFeedback(state.FeedbackSsrc);
        bool any = false, left = false;
        foreach (RtpReceiveStream stream in state.Demultiplexer.All)
        {
            if (stream.Arrivals is not { HasNews: true } arrivals) continue;
            int count = arrivals.CopyTo(times[..Math.Min(feedback.Room, times.Length)]);
            for (int i = 0; i < count; i++)
            {
                metrics[i] = times[i] == ArrivalWindow.None
                    ? CongestionControlFeedbackWriter.NotReceived
                    : CongestionControlFeedbackWriter.Received(TimeSpan.FromTicks(now.Ticks - times[i]));
            }
            if (count > 0 && feedback.TryAdd(stream.Ssrc, arrivals.First, metrics[..count]))
            {
                arrivals.Reported(count, forget: false);
                any = true;
            }
            left |= arrivals.HasNews;
        }
        if (any) writer.End(ref feedback, state.Clock.CompactAt(now));
        _owesArrivals = left && any;
    }
}
