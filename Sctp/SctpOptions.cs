using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>Settings of one association; all limits are here.</summary>
/// <remarks>
/// Worst-case memory of an association is about <see cref="MaxSendBuffer"/> for what it sends, twice the largest of
/// <see cref="ReceiveWindow"/>, <see cref="MaxReceiveWindow"/> and <see cref="MaxMessageSize"/> for what it receives, and 4 MiB
/// of bookkeeping when the flight is as large as the protocol permits (65535 chunks).
/// </remarks>
public sealed record SctpOptions
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_minute = TimeSpan.FromSeconds(60);

    /// <summary>Our SCTP port. Default 5000 (RFC 8841 §5); from 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int LocalPort { get; init => field = Require.InRange(value, 1, 65535); } = 5000;

    /// <summary>The peer's SCTP port (its <c>a=sctp-port</c>). Default 5000; from 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int RemotePort { get; init => field = Require.InRange(value, 1, 65535); } = 5000;

    /// <summary>The largest message we take, in bytes, to be announced as <c>a=max-message-size</c> (RFC 8841 §6). Default 256 KiB; from 1 KiB to 1 GiB. A peer that exceeds it is aborted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxMessageSize { get; init => field = Require.InRange(value, 1024, 1 << 30); } = 256 * 1024;

    /// <summary>The largest message the peer takes, in bytes (its <c>a=max-message-size</c>; 0 there means no limit and is <see cref="int.MaxValue"/> here). Default 64 KiB, what RFC 8841 §6.1 says of a peer that does not tell; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int PeerMaxMessageSize { get; init => field = Require.InRange(value, 1, int.MaxValue); } = 64 * 1024;

    /// <summary>Bytes that may wait here at first, unread or incomplete (a_rwnd, RFC 9260 §3.3.2). Default 1 MiB; from 16 KiB to 1 GiB. Below <see cref="MaxMessageSize"/> plus 64 KiB it counts as that, for a message must fit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int ReceiveWindow { get; init => field = Require.InRange(value, 16 * 1024, 1 << 30); } = 1 << 20;

    /// <summary>To what the receive window may grow while the application reads as fast as the peer sends; it should be twice what the path carries in a round trip. Default 32 MiB; from 16 KiB to 1 GiB. At or below <see cref="ReceiveWindow"/> it does not grow.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxReceiveWindow { get; init => field = Require.InRange(value, 16 * 1024, 1 << 30); } = 32 << 20;

    /// <summary>Bytes of messages that may wait for sending or for their acknowledgement; what exceeds it is refused with <see cref="SctpSendResult.BufferFull"/>. Default 16 MiB; from 16 KiB to <see cref="int.MaxValue"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxSendBuffer { get; init => field = Require.InRange(value, 16 * 1024, int.MaxValue); } = 16 << 20;

    /// <summary>The largest SCTP packet we send, in bytes. Default 1172: with DTLS, UDP and IPv6 it stays below 1280 (RFC 8261 §5); from 512 to 65000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Mtu { get; init => field = Require.InRange(value, 512, 65000); } = 1172;

    /// <summary>
    /// Up to which packet size the path is searched for a larger one than <see cref="Mtu"/> (RFC 8899), in bytes. Default 0, for
    /// no search; to 65000. Search only where packets are not fragmented on their way.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxMtu { get; init => field = Require.InRange(value, 0, 65000); }

    /// <summary>RTO.Initial, the first retransmission delay. Default 1 s (RFC 9260 §16); from 10 ms to 60 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RtoInitial { get; init => field = Require.InRange(value, s_tick, s_minute); } = TimeSpan.FromSeconds(1);

    /// <summary>RTO.Min. Default 300 ms; from 10 ms to 60 s.</summary>
    /// <remarks>Deviation from RFC 9260 §16 (1 s): a delayed SACK comes within 200 ms, and interactive traffic cannot wait longer.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RtoMin { get; init => field = Require.InRange(value, s_tick, s_minute); } = TimeSpan.FromMilliseconds(300);

    /// <summary>RTO.Max. Default 10 s; from 10 ms to 60 s.</summary>
    /// <remarks>Deviation from RFC 9260 §16 (60 s): ICE consent ends a dead path after 30 s, so a longer wait only delays recovery.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RtoMax { get; init => field = Require.InRange(value, s_tick, s_minute); } = TimeSpan.FromSeconds(10);

    /// <summary>Max.Init.Retransmits: how often INIT or COOKIE ECHO is repeated before the association fails. Default 8 (RFC 9260 §16); from 0 to 1000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxInitRetransmits { get; init => field = Require.InRange(value, 0, 1000); } = 8;

    /// <summary>Association.Max.Retrans: timeouts in a row before the association fails. Default 10 (RFC 9260 §16); from 0 to 1000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxRetransmits { get; init => field = Require.InRange(value, 0, 1000); } = 10;

    /// <summary>HB.interval: how long the association is idle before it asks whether the peer lives. Default 30 s (RFC 9260 §16); from 1 s to 1 h, or <see cref="TimeSpan.Zero"/> for never.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan HeartbeatInterval
    {
        get;
        init => field = value == TimeSpan.Zero ? value : Require.InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
    } = TimeSpan.FromSeconds(30);

    /// <summary>How long an acknowledgement may wait for company. Default 200 ms; from 0 to 500 ms (RFC 9260 §6.2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan SackDelay { get; init => field = Require.InRange(value, TimeSpan.Zero, TimeSpan.FromMilliseconds(500)); }
        = TimeSpan.FromMilliseconds(200);

    /// <summary>Max.Burst: packets that one SACK lets out beyond those it acknowledged, where <see cref="Pacing"/> is off (RFC 9260 §6.1 D). Default 4; from 1 to 1000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxBurst { get; init => field = Require.InRange(value, 1, 1000); } = 4;

    /// <summary>How much may be in flight. Default <see cref="SctpCongestionControl.Cubic"/>.</summary>
    public SctpCongestionControl CongestionControl { get; init; } = SctpCongestionControl.Cubic;

    /// <summary>Whether packets are spread over the round trip in place of being sent as fast as they come. Default true. Without it <see cref="MaxBurst"/> holds.</summary>
    public bool Pacing { get; init; } = true;

    /// <summary>
    /// The share of bytes that a path may lose without a queue being seen on it before CUBIC takes losses as congestion.
    /// Default 0.04; from 0, which takes every loss as congestion as RFC 9438 does, to 0.1.
    /// </summary>
    /// <remarks>Deviation from RFC 9260 §7.2: such losses are noise of the path, not a reason to slow down; see docs/sctp-sender.md.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public double RandomLossTolerance { get; init => field = Require.InRange(value, 0, 0.1); } = 0.04;

    /// <summary>Streams to ask for in each direction. Default 65535 (RFC 8831 §6.2); from 1 to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Streams { get; init => field = Require.InRange(value, 1, 65535); } = 65535;

    /// <summary>Offer to leave the CRC32c out, and do so when the peer offers it as well (RFC 9653). Default false. Set it only where DTLS carries the packets.</summary>
    public bool ZeroChecksum { get; init; }

    /// <summary>Offer I-DATA (RFC 8260), so that a large message does not hold up those of other streams; without a peer that knows it, DATA is sent. Default true.</summary>
    public bool Interleaving { get; init; } = true;
}
