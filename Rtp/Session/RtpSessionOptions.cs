using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Settings of an <see cref="RtpSession"/>.</summary>
/// <remarks>
/// Worst-case memory: each received source about 1 KiB, with NACK and losses another 32 bytes times <see cref="MaxMissingPackets"/>, with RFC 8888
/// feedback 16 KiB; each sent source with NACK <see cref="MaxHistoryBytes"/> and 112 bytes times <see cref="MaxHistoryPackets"/>; waiting packets
/// 1500 bytes times <see cref="MaxQueuedPackets"/>; the session itself below 300 KiB.
/// </remarks>
public sealed record RtpSessionOptions
{
    /// <summary>The canonical name of our sources (RFC 7022 §4.2: random, the same for all of them). Up to 255 bytes of UTF-8.</summary>
    public string Cname { get; init; } = "";

    /// <summary>NTP time (seconds since 1900 in 32.32 fixed point) at the origin of <see cref="Instant"/>.</summary>
    public ulong NtpTimeAtOrigin { get; init; }

    /// <summary>The session's bandwidth in bit/s, 5 % of which RTCP may take. Default 2 Mbit/s; from 8 kbit/s to 10 Gbit/s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public long BandwidthBitsPerSecond { get; init => field = Require.InRange(value, 8_000, 10_000_000_000); } = 2_000_000;

    /// <summary>The shortest mean time between regular reports (T_rr_interval). Default 1 s; from 100 ms to 60 s (RFC 3550 §6.2 says 5 s, which AVPF lifts, RFC 4585 §3.4).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MinReportInterval { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60)); }
        = TimeSpan.FromSeconds(1);

    /// <summary>Sources that may be received. Default 256; from 1 to 65536. When more come, one that has been silent for <see cref="IdleTime"/> makes room; else their packets are dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxReceiveStreams { get; init => field = Require.InRange(value, 1, 65_536); } = 256;

    /// <summary>How long a source must be silent before it may make room for another. Default 10 s; from 1 s to 1 h.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan IdleTime { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>Packets that may wait to be sent. Default 1024, at most 1500 bytes each; from 1 to 1048576. When more come the oldest is dropped: late media is worth nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxQueuedPackets { get; init => field = Require.InRange(value, 1, 1 << 20); } = 1024;

    /// <summary>The shortest time between two requests for a key frame of one source. Default 500 ms; from 0 to 60 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MinPictureLossIndicationInterval { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(60)); }
        = TimeSpan.FromMilliseconds(500);

    /// <summary>The round-trip time that is assumed before one was measured. Default 200 ms; from 1 ms to 5 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan InitialRoundTripTime { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5)); }
        = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a packet that is missed may be late before it is asked for. Default 10 ms; from 0 to 1 s. It grows with the reordering that is seen, to <see cref="MaxReorderingTolerance"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan ReorderingTolerance { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(1)); } = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest that reordering makes requests wait. Default 50 ms; from 0 to 1 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxReorderingTolerance { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(1)); } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long after it was missed a packet is still asked for. Default 2 s; from 50 ms to 30 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxRepairTime { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)); }
        = TimeSpan.FromSeconds(2);

    /// <summary>How often one packet is asked for, a round trip apart. Default 10; from 1 to 100.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxNacksPerPacket { get; init => field = Require.InRange(value, 1, 100); } = 10;

    /// <summary>Packets of one source that may be missed at a time; a larger gap is a new start. Default 512; from 16 to 8192.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxMissingPackets { get; init => field = Require.InRange(value, 16, 8192); } = 512;

    /// <summary>Sent packets of one source that are kept to be sent again. Default 1024; from 64 to 16384.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxHistoryPackets { get; init => field = Require.InRange(value, 64, 16_384); } = 1024;

    /// <summary>Bytes of sent packets of one source that are kept. Default 2 MiB; from 16 KiB to 256 MiB.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxHistoryBytes { get; init => field = Require.InRange(value, 16 << 10, 256 << 20); } = 2 << 20;

    /// <summary>How long sent packets are kept. Default 2 s; from 50 ms to 60 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxHistoryTime { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(60)); }
        = TimeSpan.FromSeconds(2);

    /// <summary>How often one packet is sent again, about a round trip apart. Default 10; from 0, which answers no NACK, to 100.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxRetransmissionsPerPacket { get; init => field = Require.InRange(value, 0, 100); } = 10;

    /// <summary>The mean time between two feedbacks of arrival times (transport-wide or RFC 8888). Default 100 ms; from 10 ms to 1 s. Many packets make it shorter.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan ArrivalFeedbackInterval { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)); }
        = TimeSpan.FromMilliseconds(100);
}

/// <summary>Why a packet, or a part of one, was not taken.</summary>
public enum RtpDropReason
{
    /// <summary>It is no RTP packet.</summary>
    Malformed,

    /// <summary>It is no RTCP compound, or a packet of it is not what it says.</summary>
    MalformedRtcp,

    /// <summary>No media section takes it (RFC 9143 §9.2).</summary>
    UnknownStream,

    /// <summary>Its section has no such payload type.</summary>
    UnknownPayloadType,

    /// <summary><see cref="RtpSessionOptions.MaxReceiveStreams"/> are in use.</summary>
    TooManyStreams,

    /// <summary><see cref="RtpSessionOptions.MaxQueuedPackets"/> wait to be sent.</summary>
    SendQueueFull,

    /// <summary>A packet to send is larger than a datagram may be.</summary>
    TooLarge,

    /// <summary>It had arrived before.</summary>
    Duplicate,

    /// <summary>A retransmission (RFC 4588) without a packet inside: a probe of the bandwidth.</summary>
    EmptyRetransmission,

    /// <summary>A retransmission (RFC 4588) of a source that is not known.</summary>
    UnknownRetransmission,

    /// <summary>It has the source that we send by, again and again: our own packets come back (RFC 3550 §8.2).</summary>
    LoopedSource,

    /// <summary>A NACK of a packet that is not kept, or never was sent.</summary>
    UnknownNack,

    /// <summary>A NACK of a packet that was sent again a moment ago, or as often as it may be.</summary>
    RepeatedNack,

    /// <summary>Feedback on a packet that was never sent, or long ago.</summary>
    UnknownFeedback,

    /// <summary>An event that nobody has read in time.</summary>
    EventQueueFull,
}

/// <summary>What a session has to tell.</summary>
public enum RtpEventKind
{
    /// <summary>A source is received for the first time.</summary>
    StreamAdded,

    /// <summary>A source has said goodbye (RFC 3550 §6.6), or made room for another.</summary>
    StreamEnded,

    /// <summary>The other side asks for a key frame (PLI or FIR).</summary>
    KeyFrameRequested,

    /// <summary>A source of ours has a new number, since the other side uses the old one as well (RFC 3550 §8.2).</summary>
    SourceChanged,

    /// <summary>The congestion controller has another target bit rate, or the receiver another estimate.</summary>
    TargetBitrateChanged,

    /// <summary>A receiver asks a source of ours not to exceed a bit rate, or does so no more (TMMBR, RFC 5104 §4.2.1): <see cref="RtpSendStream.MaxBitrate"/>.</summary>
    MaxBitrateRequested,

    /// <summary>The other side tells an encoder more than that: <see cref="RtpEvent.Feedback"/>. Raised where the payload type has negotiated it.</summary>
    EncoderFeedbackReceived,
}

/// <summary>Something that a session has to tell.</summary>
/// <param name="Kind">What.</param>
/// <param name="ReceiveStream">The source that is received, if it is about one.</param>
/// <param name="SendStream">The source that is sent, if it is about one.</param>
/// <param name="Feedback">What an encoder is told; null unless it is <see cref="RtpEventKind.EncoderFeedbackReceived"/>.</param>
public readonly record struct RtpEvent(
    RtpEventKind Kind, RtpReceiveStream? ReceiveStream = null, RtpSendStream? SendStream = null, EncoderFeedback? Feedback = null);
