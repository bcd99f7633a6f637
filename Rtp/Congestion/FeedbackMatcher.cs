using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Turns feedback of either kind into the fates of packets that were sent.</summary>
internal sealed class FeedbackMatcher(RtpSessionState state, SentPacketLog transport)
{
    private const int MaxResults = 256;                 // a feedback on more is told in parts
    private const long TicksPerUnit = 2500;             // transport-wide feedback counts 250 µs
    private const long TransportWrap = 256L << 24;
    private const double TicksPerCompactNtp = TimeSpan.TicksPerSecond / 65536.0;
    private PacketResult[]? _results;
    private int _count;
    private long _transportTime;
    private bool _hasTransportTime;

    /// <summary>Feedback packets taken.</summary>
    public ulong Feedbacks { get; private set; }

    /// <summary>Packets that feedback has said to have arrived.</summary>
    public ulong PacketsAcknowledged { get; private set; }

    public bool TakeTransportWide(in RtcpFeedback feedback, Instant now)
    {
        if (!TransportWideFeedback.TryParse(feedback, out TransportWideFeedback parsed)) return false;
        Feedbacks++;
        long shift = Unwrap(parsed.ReferenceTime) - parsed.ReferenceTime;
        while (parsed.TryRead(out TransportWideStatus status))
        {
            TimeSpan? arrival = status.ArrivalTime is { } time ? TimeSpan.FromTicks((time + shift) * TicksPerUnit) : null;
            Match(transport, status.SequenceNumber, status.IsReceived, arrival, 0, now);
        }
        Tell(now);
        return true;
    }

    public bool TakeCongestionControl(in RtcpFeedback feedback, Instant now)
    {
        if (!CongestionControlFeedback.TryParse(feedback, out CongestionControlFeedback parsed)) return false;
        Feedbacks++;
        RtpSendStream? stream = null;
        while (parsed.TryRead(out CongestionControlStatus status))
        {
            if (stream?.Ssrc != status.Ssrc) stream = state.FindSendStream(status.Ssrc);
            if (stream is null)
            {
                state.Drop(RtpDropReason.UnknownFeedback);
                continue;
            }
            TimeSpan? arrival = status.ArrivalOffset is { } offset
                ? TimeSpan.FromTicks((long)(parsed.ReportTimestamp * TicksPerCompactNtp) - offset * TimeSpan.TicksPerSecond / 1024)
                : null;
            Match(stream.Log, status.SequenceNumber, status.IsReceived, arrival, status.Ecn, now);
        }
        Tell(now);
        return true;
    }

    private void Match(SentPacketLog log, ushort number, bool isReceived, TimeSpan? arrival, byte ecn, Instant now)
    {
        if (!log.TryAcknowledge(number, isReceived, out SentPacket packet, out bool isNews))
        {
            state.Drop(RtpDropReason.UnknownFeedback);
            return;
        }
        if (!isNews) return;
        if (isReceived) PacketsAcknowledged++;
        if (state.Controller is null) return;
        _results ??= new PacketResult[MaxResults];
        if (_count == _results.Length) Tell(now);
        _results[_count++] = new PacketResult(packet, isReceived, arrival, ecn);
    }

    private void Tell(Instant now)
    {
        if (_count > 0) state.Controller?.FeedbackReceived(_results.AsSpan(0, _count), now);
        _count = 0;
    }

    // The reference time has 24 bits of 64 ms: it goes on where the last one was.
    private long Unwrap(long reference)
    {
        if (_hasTransportTime)
        {
            long ahead = (reference - _transportTime) % TransportWrap;
            if (ahead > TransportWrap / 2) ahead -= TransportWrap;
            else if (ahead < -TransportWrap / 2) ahead += TransportWrap;
            reference = _transportTime + ahead;
        }
        (_transportTime, _hasTransportTime) = (reference, true);
        return reference;
    }
}
