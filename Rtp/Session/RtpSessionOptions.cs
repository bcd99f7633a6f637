using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Settings of an <see cref="RtpSession"/>.</summary>
public sealed record RtpSessionOptions
{
    /// <summary>The canonical name of our sources (RFC 7022 §4.2: random, the same for all of them). Up to 255 bytes of UTF-8.</summary>
    public string Cname { get; init; } = "";

    /// <summary>NTP time (seconds since 1900 in 32.32 fixed point) at the origin of <see cref="Instant"/>.</summary>
    public ulong NtpTimeAtOrigin { get; init; }

    /// <summary>The session's bandwidth in bit/s, 5 % of which RTCP may take. Default 2 Mbit/s; from 8 kbit/s to 10 Gbit/s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public long BandwidthBitsPerSecond { get; init => field = Require.InRange(value, 8_000, 10_000_000_000); } = 2_000_000;

    /// <summary>The shortest mean time between regular reports. Default 1 s; from 100 ms to 60 s (RFC 3550 §6.2 says 5 s, which AVPF lifts, RFC 4585 §3.4).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MinReportInterval { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(60)); }
        = TimeSpan.FromSeconds(1);

    /// <summary>Sources that may be received. Default 256, about 400 bytes each; from 1 to 65536. Packets of further ones are dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxReceiveStreams { get; init => field = Require.InRange(value, 1, 65_536); } = 256;

    /// <summary>Packets that may wait to be sent. Default 1024, at most 1500 bytes each; from 1 to 1048576. When more come the oldest is dropped: late media is worth nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxQueuedPackets { get; init => field = Require.InRange(value, 1, 1 << 20); } = 1024;

    /// <summary>The shortest time between two picture loss indications for one source. Default 500 ms; from 0 to 60 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MinPictureLossIndicationInterval { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromSeconds(60)); }
        = TimeSpan.FromMilliseconds(500);
}

/// <summary>Why a packet was not taken.</summary>
public enum RtpDropReason
{
    /// <summary>It is no RTP packet.</summary>
    Malformed,

    /// <summary>It is no RTCP compound.</summary>
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
}

/// <summary>What a session has to tell.</summary>
public enum RtpEventKind
{
    /// <summary>A source is received for the first time.</summary>
    StreamAdded,

    /// <summary>A source has said goodbye (RFC 3550 §6.6).</summary>
    StreamEnded,

    /// <summary>The other side asks for a key frame (PLI or FIR).</summary>
    KeyFrameRequested,
}

/// <summary>Something that a session has to tell.</summary>
/// <param name="Kind">What.</param>
/// <param name="ReceiveStream">The source that is received, if it is about one.</param>
/// <param name="SendStream">The source that is sent, if it is about one.</param>
public readonly record struct RtpEvent(RtpEventKind Kind, RtpReceiveStream? ReceiveStream = null, RtpSendStream? SendStream = null);
