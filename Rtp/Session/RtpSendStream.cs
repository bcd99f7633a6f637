using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>One source that is sent: its counts, and how the other side says that it is received.</summary>
public sealed class RtpSendStream
{
    private readonly RtpSessionOptions _options;
    private PacketHistory? _history;
    private uint _latestFrame;
    private SentPacketLog? _log;
    private BitrateLimits? _limits;

    internal RtpSendStream(uint ssrc, uint clockRate, RtpSessionOptions options) => (Ssrc, ClockRate, _options) = (ssrc, clockRate, options);

    /// <summary>The synchronization source; it changes when the other side uses the same (<see cref="RtpEventKind.SourceChanged"/>).</summary>
    public uint Ssrc { get; private set; }

    /// <summary>The clock rate of its payload in Hz.</summary>
    public uint ClockRate { get; set; }

    /// <summary>The payload types, with their retransmissions' and the feedback that is negotiated for them.</summary>
    public RtpPayloadTypes PayloadTypes { get; set; } = RtpPayloadTypes.None;

    /// <summary>The stream of its retransmissions (RFC 4588), or null.</summary>
    public RtpSendStream? Repair { get; internal set; }

    /// <summary>The stream that this one retransmits, or null.</summary>
    public RtpSendStream? Repairs { get; internal set; }

    /// <summary>The media section's identification tag, put into each packet once <see cref="MidExtensionId"/> is set.</summary>
    public ReadOnlyMemory<byte> Mid { get; set; }

    /// <summary>The id of the mid header extension (RFC 9143 §15), or 0 when it was not negotiated.</summary>
    public byte MidExtensionId { get; set; }

    /// <summary>The rid (RFC 8852), put into packets until the other side has reported on the source.</summary>
    public ReadOnlyMemory<byte> Rid { get; set; }

    /// <summary>The id of the rid header extension (RFC 8852 §4.1), or 0.</summary>
    public byte RidExtensionId { get; set; }

    /// <summary>The id of the repaired rid header extension (RFC 8852 §4.2), for retransmissions; or 0.</summary>
    public byte RepairedRidExtensionId { get; set; }

    /// <summary>The id of the transport-wide sequence number's extension, or 0.</summary>
    public byte TransportSequenceExtensionId { get; set; }

    /// <summary>Whether that extension is of version 2: packets ask for feedback, which the other side does not send by itself (transport-wide-cc-02).</summary>
    public bool RequestsTransportFeedback { get; set; }

    /// <summary>
    /// Whether packets may have two-byte header extension elements beside others with one-byte ones (a=extmap-allow-mixed, RFC 8285 §4.1.2):
    /// those do which an element needs it for, by its id above 14 or its length above 16. Default false: such elements are left out.
    /// </summary>
    public bool MixesHeaderForms { get; set; }

    /// <summary>The id of the absolute send time's extension, or 0.</summary>
    public byte AbsoluteSendTimeExtensionId { get; set; }

    /// <summary>The ids by which a packet's <see cref="RtpHeaderElements"/> go: at index n that of the element with number n, 0 where it was not negotiated.</summary>
    public ReadOnlyMemory<byte> ElementIds { get; set; }

    /// <summary>The bit rate that receivers ask not to exceed (TMMBR, RFC 5104 §4.2.1), with <see cref="MaxBitrateOverheadBytes"/> of each packet; null without a limit.</summary>
    public long? MaxBitrate => _limits?.BitsPerSecond;

    /// <summary>Bytes of header per packet that <see cref="MaxBitrate"/> counts in, as its owner has measured them: IP, UDP and RTP.</summary>
    public int MaxBitrateOverheadBytes => _limits?.OverheadBytes ?? 0;

    /// <summary>Packets sent.</summary>
    public ulong PacketsSent { get; private set; }

    /// <summary>Payload bytes sent.</summary>
    public ulong BytesSent { get; private set; }

    /// <summary>Header bytes sent.</summary>
    public ulong HeaderBytesSent { get; private set; }

    /// <summary>Packets that were sent again, by a stream of their own or by this one.</summary>
    public ulong RetransmittedPackets { get; internal set; }

    /// <summary>Payload bytes of <see cref="RetransmittedPackets"/>.</summary>
    public ulong RetransmittedBytes { get; internal set; }

    /// <summary>Picture loss indications received for it.</summary>
    public ulong PictureLossIndications { get; internal set; }

    /// <summary>Full intra requests received for it; a repetition does not count.</summary>
    public ulong FullIntraRequests { get; internal set; }

    /// <summary>Requests for key frames of both kinds.</summary>
    public ulong KeyFrameRequests => PictureLossIndications + FullIntraRequests;

    /// <summary>Negative acknowledgements received for it: RTCP packets.</summary>
    public ulong Nacks { get; internal set; }

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

    /// <summary>Sender reports sent.</summary>
    public ulong SenderReports { get; internal set; }

    /// <summary>Frames sent: RTP timestamps.</summary>
    public ulong FramesSent { get; private set; }

    /// <summary>The payload type of the latest packet.</summary>
    public byte PayloadType { get; private set; }

    /// <summary>The first sequence number that was sent, which the extended ones of reports count from; null before.</summary>
    public ushort? FirstSequence { get; private set; }

    /// <summary>Limits that receivers have asked for, or null before the first.</summary>
    internal BitrateLimits? Limits => _limits;

    internal BitrateLimits AskedLimits => _limits ??= new BitrateLimits();

    internal bool OwesLimits { get; set; }

    internal bool KeyFrameEventWaits { get; set; }

    internal bool SentSinceReport { get; set; }

    internal ushort NextSequence { get; set; }

    internal (uint Sender, byte Sequence)? LastFullIntra { get; set; }

    internal (uint Sender, byte Sequence)? LastLayerRefresh { get; set; }

    internal bool KeepsHistory => (PayloadTypes.Feedback & RtpFeedback.Nack) != 0;

    internal bool LogsPackets => (PayloadTypes.Feedback & RtpFeedback.CongestionControl) != 0;

    internal PacketHistory History => _history ??= new PacketHistory(_options);

    internal SentPacketLog Log => _log ??= new SentPacketLog();

    /// <summary>A packet is sent for the first time, before it is counted.</summary>
    internal void Introduce(in RtpHeader header)
    {
        if (FirstSequence is null || header.Timestamp != _latestFrame) FramesSent++;
        (PayloadType, _latestFrame) = (header.PayloadType, header.Timestamp);
        FirstSequence ??= header.SequenceNumber;
    }

    internal void CountSent(int headerBytes, int payloadBytes, uint timestamp, Instant now)
    {
        PacketsSent++;
        HeaderBytesSent += (ulong)headerBytes;
        BytesSent += (ulong)payloadBytes;
        SentSinceReport = true;
        (LastTimestamp, LastSentAt) = (timestamp, now);
    }

    /// <summary>What a sender report says now: the timestamp goes on with the clock from the latest packet (RFC 3550 §6.4.1).</summary>
    internal SenderInfo Report(ulong ntpTime, Instant now) => new(
        Ssrc, ntpTime, LastTimestamp + (uint)(long)((now - LastSentAt).TotalSeconds * ClockRate), (uint)PacketsSent, (uint)BytesSent);

    internal void ReportArrived(in ReportBlock block, NtpClock clock, Instant now)
    {
        (LastReport, LastReportAt) = (block, now);
        if (clock.RoundTrip(block.LastSenderReport, block.DelaySinceLastSenderReport, now) is not { } roundTrip) return;
        RoundTripTime = roundTrip;
        TotalRoundTripTime += roundTrip;
        RoundTripTimeMeasurements++;
    }

    /// <summary>Goes on as another source (RFC 3550 §8.2).</summary>
    internal void ChangeSource(uint ssrc)
    {
        (Ssrc, LastReport, LastReportAt) = (ssrc, default, Instant.Never);
        _history?.Clear();
    }

    internal void Close() => _history?.Close();
}
