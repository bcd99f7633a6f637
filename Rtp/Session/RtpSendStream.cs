using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>One source that is sent: its counts, and how the other side says that it is received.</summary>
public sealed class RtpSendStream
{
    internal RtpSendStream(uint ssrc, uint clockRate) => (Ssrc, ClockRate) = (ssrc, clockRate);

    /// <summary>The synchronization source.</summary>
    public uint Ssrc { get; }

    /// <summary>The clock rate of its payload in Hz.</summary>
    public uint ClockRate { get; set; }

    /// <summary>The media section's identification tag, put into each packet once <see cref="MidExtensionId"/> is set.</summary>
    public ReadOnlyMemory<byte> Mid { get; set; }

    /// <summary>The id of the mid header extension (RFC 9143 §15), or 0 when it was not negotiated.</summary>
    public byte MidExtensionId { get; set; }

    /// <summary>Packets sent.</summary>
    public ulong PacketsSent { get; private set; }

    /// <summary>Payload bytes sent.</summary>
    public ulong BytesSent { get; private set; }

    /// <summary>Header bytes sent.</summary>
    public ulong HeaderBytesSent { get; private set; }

    /// <summary>Picture loss indications and full intra requests received for it.</summary>
    public ulong KeyFrameRequests { get; internal set; }

    /// <summary>Packets that negative acknowledgements have named.</summary>
    public ulong PacketsNacked { get; internal set; }

    /// <summary>The latest report block on it, or the default value.</summary>
    public ReportBlock LastReport { get; private set; }

    /// <summary>When that report arrived; <see cref="Instant.Never"/> before the first.</summary>
    public Instant LastReportAt { get; private set; } = Instant.Never;

    /// <summary>The latest round-trip time (RFC 3550 §6.4.1), or null.</summary>
    public TimeSpan? RoundTripTime { get; private set; }

    /// <summary>All round-trip times added up.</summary>
    public TimeSpan TotalRoundTripTime { get; private set; }

    /// <summary>How many round-trip times were measured.</summary>
    public ulong RoundTripTimeMeasurements { get; private set; }

    /// <summary>The RTP timestamp of the latest packet.</summary>
    public uint LastTimestamp { get; private set; }

    /// <summary>When the latest packet was sent.</summary>
    public Instant LastSentAt { get; private set; }

    internal bool KeyFrameEventWaits { get; set; }

    internal bool SentSinceReport { get; set; }

    internal void CountSent(int headerBytes, int payloadBytes, uint timestamp, Instant now)
    {
        PacketsSent++;
        HeaderBytesSent += (ulong)headerBytes;
        BytesSent += (ulong)payloadBytes;
        (LastTimestamp, LastSentAt, SentSinceReport) = (timestamp, now, true);
    }

    /// <summary>What a sender report says now: the timestamp goes on with the clock from the latest packet (RFC 3550 §6.4.1).</summary>
    internal SenderInfo Report(ulong ntpTime, Instant now) => new(
        Ssrc, ntpTime, LastTimestamp + (uint)((now - LastSentAt).TotalSeconds * ClockRate), (uint)PacketsSent, (uint)BytesSent);

    internal void ReportArrived(in ReportBlock block, ulong ntpTime, Instant now)
    {
        (LastReport, LastReportAt) = (block, now);
        if (block.LastSenderReport == 0) return;
        uint elapsed = (uint)(ntpTime >> 16) - block.LastSenderReport - block.DelaySinceLastSenderReport;
        if (elapsed > 60 * 65536) return;                        // clocks that jump, or a report that lies
        RoundTripTime = TimeSpan.FromSeconds(elapsed / 65536.0);
        TotalRoundTripTime += RoundTripTime.Value;
        RoundTripTimeMeasurements++;
    }
}
