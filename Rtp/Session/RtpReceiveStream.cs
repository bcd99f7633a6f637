using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>One source that is received: which section it belongs to, and how it is received.</summary>
public sealed class RtpReceiveStream
{
    internal RtpReceiveStream(uint ssrc, RtpSection section, byte payloadType, uint clockRate) =>
        (Ssrc, Section, PayloadType, Statistics) = (ssrc, section, payloadType, new ReceptionStatistics(clockRate));

    /// <summary>The synchronization source.</summary>
    public uint Ssrc { get; }

    /// <summary>The media section it was assigned to.</summary>
    public RtpSection Section { get; internal set; }

    /// <summary>The payload type of its latest packet.</summary>
    public byte PayloadType { get; internal set; }

    /// <summary>Loss, jitter and counts.</summary>
    public ReceptionStatistics Statistics { get; }

    /// <summary>The latest sender report, or the default value.</summary>
    public SenderInfo LastSenderReport { get; internal set; }

    /// <summary>When the latest sender report arrived.</summary>
    public Instant LastSenderReportAt { get; internal set; }

    /// <summary>Sender reports received.</summary>
    public ulong SenderReports { get; internal set; }

    /// <summary>Picture loss indications sent for it.</summary>
    public ulong PictureLossIndications { get; internal set; }

    internal bool OwesPictureLossIndication { get; set; }

    internal Instant PictureLossIndicationAllowedAt { get; set; }

    internal bool HasNewPackets { get; set; }
}
