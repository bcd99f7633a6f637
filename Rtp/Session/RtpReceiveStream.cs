using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>One source that is received: which section it belongs to, and how it is received.</summary>
public sealed class RtpReceiveStream
{
    private readonly RtpSessionOptions _options;
    private NackTracker? _nacks;
    private ArrivalWindow? _arrivals;
    private uint _latestFrame;

    internal RtpReceiveStream(uint ssrc, RtpSection section, RtpPayloadType type, RtpSessionOptions options)
    {
        (Ssrc, Section, _options, ClockRate) = (ssrc, section, options, type.ClockRate);
        PayloadType = type.Number;
        Statistics = new ReceptionStatistics(type.ClockRate);
    }

    /// <summary>The synchronization source.</summary>
    public uint Ssrc { get; }

    /// <summary>The media section it was assigned to.</summary>
    public RtpSection Section { get; internal set; }

    /// <summary>The payload type of its latest packet.</summary>
    public byte PayloadType { get; internal set; }

    /// <summary>Its rid (RFC 8852 §4.1), once it has said it; or null.</summary>
    public string? Rid { get; internal set; }

    /// <summary>The rid of the stream that it retransmits (RFC 8852 §4.2), once it has said it; or null.</summary>
    public string? RepairedRid { get; internal set; }

    /// <summary>The stream that it retransmits (RFC 4588); null for one that has media of its own.</summary>
    public RtpReceiveStream? Repairs { get; internal set; }

    /// <summary>The source of its retransmissions, once one has come; or null.</summary>
    public uint? RepairSsrc { get; internal set; }

    /// <summary>The canonical name by its source description (RFC 3550 §6.5.1), or null.</summary>
    public string? Cname { get; internal set; }

    /// <summary>Loss, jitter and counts.</summary>
    public ReceptionStatistics Statistics { get; }

    /// <summary>The latest sender report, or the default value.</summary>
    public SenderInfo LastSenderReport { get; private set; }

    /// <summary>When the latest sender report arrived; <see cref="Instant.Never"/> before the first.</summary>
    public Instant LastSenderReportAt { get; private set; } = Instant.Never;

    /// <summary>Sender reports received.</summary>
    public ulong SenderReports { get; private set; }

    /// <summary>Picture loss indications sent for it.</summary>
    public ulong PictureLossIndications { get; internal set; }

    /// <summary>Full intra requests sent for it.</summary>
    public ulong FullIntraRequests { get; internal set; }

    /// <summary>Negative acknowledgements sent for it: RTCP packets, each naming any number of packets.</summary>
    public ulong Nacks { get; internal set; }

    /// <summary>Packets that are missed and may still be repaired.</summary>
    public int PacketsMissing => _nacks?.Count ?? 0;

    /// <summary>Packets that came after they were asked for.</summary>
    public ulong PacketsRepaired => _nacks?.Repaired ?? 0;

    /// <summary>Packets that were not repaired in time.</summary>
    public ulong PacketsGivenUp => _nacks?.GivenUp ?? 0;

    /// <summary>Retransmissions received, by a stream of their own or by this one.</summary>
    public ulong RetransmittedPackets { get; internal set; }

    /// <summary>Payload bytes of <see cref="RetransmittedPackets"/>.</summary>
    public ulong RetransmittedBytes { get; internal set; }

    /// <summary>The timestamp of the latest packet.</summary>
    public uint LastTimestamp { get; private set; }

    /// <summary>Frames that have begun to arrive: timestamps, each later than those before.</summary>
    public ulong FramesReceived { get; private set; }

    /// <summary>The bit rate that the source is asked not to exceed (<see cref="RtpSession.RequestMaxBitrate"/>), or null.</summary>
    public long? RequestedMaxBitrate => MaxBitrateRequest?.BitsPerSecond;

    /// <summary>The limits that hold for the source as it has told them last (TMMBN, RFC 5104 §4.2.2): the lowest in bits per second; null for none.</summary>
    public long? NotifiedMaxBitrate { get; internal set; }

    internal MaxBitrateRequest? MaxBitrateRequest { get; set; }

    internal uint ClockRate { get; }

    internal SenderClock Clock { get; } = new();

    internal NackTracker? NackTracker => _nacks;

    internal ArrivalWindow? Arrivals => _arrivals;

    internal bool OwesKeyFrameRequest { get; set; }

    internal Instant KeyFrameRequestAllowedAt { get; set; } = new(long.MinValue);

    internal byte FullIntraSequence { get; set; }

    internal bool HasNewPackets { get; set; }

    internal ushort LastMidUpdate { get; set; }

    /// <summary>The sender's wall clock for an RTP timestamp: NTP time by its latest report (RFC 3550 §6.4.1). False before one came.</summary>
    public bool TryGetSenderTime(uint timestamp, out ulong ntpTime) => Clock.TryGetTime(timestamp, ClockRate, out ntpTime);

    /// <summary>
    /// How much later this stream arrives than another of the same sender: what is to be played together is, when the other one is
    /// delayed by so much (negative: this one). False unless both have reports, packets and the same CNAME (RFC 3550 §6.5.1).
    /// </summary>
    public bool TryGetSkew(RtpReceiveStream other, out TimeSpan skew)
    {
        skew = default;
        Require.NotNull(other);
        if (Cname is null || Cname != other.Cname || !Statistics.HasPackets || !other.Statistics.HasPackets ||
            !TryGetSenderTime(LastTimestamp, out ulong mine) || !other.TryGetSenderTime(other.LastTimestamp, out ulong theirs)) return false;
        skew = Statistics.LastPacketAt - other.Statistics.LastPacketAt - NtpClock.ToTimeSpan((long)(mine - theirs));
        return true;
    }

    internal void PacketArrived(uint timestamp)
    {
        if (FramesReceived == 0 || SerialNumber.IsLess(_latestFrame, timestamp))
        {
            FramesReceived++;
            _latestFrame = timestamp;
        }
        (LastTimestamp, HasNewPackets) = (timestamp, true);
    }

    /// <summary>Looks for losses in what arrives. False for a duplicate.</summary>
    internal bool Track(ushort sequence, Instant now, bool isRetransmission, out TimeSpan? roundTrip) =>
        (_nacks ??= new NackTracker(_options)).Arrived(sequence, now, isRetransmission, out roundTrip);

    internal void RecordArrival(ushort sequence, Instant now) => (_arrivals ??= new ArrivalWindow()).Arrived(sequence, now.Ticks);

    internal void SenderReportArrived(in SenderInfo info, Instant now)
    {
        Statistics.SenderReportArrived(info, now);
        Clock.ReportArrived(info);
        (LastSenderReport, LastSenderReportAt) = (info, now);
        SenderReports++;
    }
}
