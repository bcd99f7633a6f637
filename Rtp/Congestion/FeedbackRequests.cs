using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>When a packet asks for transport-wide feedback (version 2 of the extension): on all packets since the last request, after some time or many packets.</summary>
internal sealed class FeedbackRequests(RtpSessionOptions options)
{
    private const int ManyPackets = 200;
    private Instant _askedAt = Instant.Never;
    private int _packets;

    /// <summary>How many packets the next one asks about, itself included; 0 when it asks for nothing.</summary>
    public ushort Next(Instant now)
    {
        _packets++;
        if (_askedAt.IsNever) _askedAt = now;
        if (_packets < ManyPackets && now - _askedAt < options.ArrivalFeedbackInterval) return 0;
        int asked = _packets;
        (_packets, _askedAt) = (0, now);
        return (ushort)asked;
    }
}
