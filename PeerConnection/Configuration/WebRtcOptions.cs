using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Ice;
using WebRtcStack.Rtp;
using WebRtcStack.Sctp;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>Which TCP candidates (RFC 6544) are gathered beside those of UDP.</summary>
public enum TcpCandidates
{
    /// <summary>None; those of the peer are not used.</summary>
    None,

    /// <summary>Active ones, as browsers have them: connections are opened to the peer's passive candidates. No port is opened.</summary>
    Active,

    /// <summary>Active ones, and passive ones on a port of each address.</summary>
    ActiveAndPassive,

    /// <summary>All: also simultaneous-open ones, on a further port of each address.</summary>
    All,
}

/// <summary>What multicast DNS names in candidates are used for (draft-ietf-mmusic-mdns-ice-candidates).</summary>
public enum MulticastDnsUse
{
    /// <summary>Nothing: candidates with such names go to the system's name resolution.</summary>
    None,

    /// <summary>The peer's names are resolved.</summary>
    Resolve,

    /// <summary>The peer's names are resolved, and host candidates of ours show a random name in place of each address.</summary>
    ResolveAndPublish,
}

/// <summary>What W3C leaves to the browser: sockets, interfaces, limits, clocks. One object may serve any number of connections.</summary>
public sealed record WebRtcOptions
{
    /// <summary>Where connections run. Default: event loops over this machine's sockets, shared by the process.</summary>
    public ITransport? Transport { get; init; }

    /// <summary>Which of the machine's addresses are used. Default: all but loopback ones, unless there are no others.</summary>
    public Func<LocalInterfaceAddress, bool>? AddressFilter { get; init; }

    /// <summary>Names of interfaces that are not used, such as "docker0"; an asterisk at the end stands for any rest ("veth*"). Default none.</summary>
    public IReadOnlyList<string> ExcludedInterfaces { get; init => field = Require.NotNull(value); } = [];

    /// <summary>Whether link-local IPv6 addresses are used, which reach the peer on the same link only. Default false.</summary>
    public bool IncludeLinkLocal { get; init; }

    /// <summary>
    /// Whether addresses that the machine gets while a connection lives are gathered on, and told as candidates, without an ICE restart.
    /// Default false: JSEP gathers once per description and says when that is complete (RFC 8829 §3.5.1, RFC 8838 §13), and peers may
    /// rely on it. Switch it on where both sides take candidates at any time, as with mobile hosts that change networks.
    /// </summary>
    public bool GatherContinually { get; init; }

    /// <summary>Which TCP candidates are gathered. Default active ones, as browsers do.</summary>
    public TcpCandidates TcpCandidates { get; init; } = TcpCandidates.Active;

    /// <summary>
    /// Whether TURN servers that are reached over TCP or TLS are asked for TCP relayed addresses too (RFC 6544 §5.5, RFC 6062), each over a
    /// connection of its own; one that relays no TCP says so, which is no error. Default null: where <see cref="TcpCandidates"/> has passive
    /// ones. Browsers have none.
    /// </summary>
    public bool? TcpRelays { get; init; }

    /// <summary>What multicast DNS names (".local") are used for. Default: the peer's are resolved.</summary>
    public MulticastDnsUse MulticastDns { get; init; } = MulticastDnsUse.Resolve;

    /// <summary>Whether loopback addresses are used beside others, for peers on the same machine. Default false.</summary>
    public bool IncludeLoopback { get; init; }

    internal bool AsksForTcpRelays => TcpCandidates != TcpCandidates.None && (TcpRelays ?? TcpCandidates >= TcpCandidates.ActiveAndPassive);

    /// <summary>The local ports that may be taken, of UDP and, for passive candidates, TCP. Default: any.</summary>
    public PortRange PortRange { get; init; } = PortRange.Any;

    /// <summary>
    /// Whether all connections of an event loop that have this set share one UDP socket for each local address, as servers with thousands of
    /// connections want it; with <see cref="PortRange"/> and one loop they share one port. Peers are told apart by the user name in
    /// their first check, then by their address, so that two such endpoints cannot have several connections with one another
    /// over the same two ports. STUN and TURN servers know a client by its address: where there are any over UDP, each transport has a
    /// socket of its own besides, for what they see and lend. Default false.
    /// </summary>
    public bool SharePorts { get; init; }

    /// <summary>
    /// The largest UDP payload that is sent, in bytes. Default 1232, what the least MTU of IPv6 has room for (RFC 8200 §5) and what
    /// browsers' RTP packets of up to 1200 bytes need with SRTP around them; from 640 to 1500.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int Mtu { get; init => field = Require.InRange(value, 640, 1500); } = 1232;

    /// <summary>
    /// The largest UDP payload that is searched for on the path, in bytes, for data channels (RFC 8899), where sockets keep datagrams from
    /// being fragmented; what is not above <see cref="Mtu"/> means no search. Default 1452, what Ethernet has room for with IPv6; from 0 to 2000.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxMtu { get; init => field = Require.InRange(value, 0, 2000); } = 1452;

    /// <summary>How ICE works; role, servers and policy come from the connection.</summary>
    public IceAgentOptions Ice { get; init; } = new();

    /// <summary>Changes how DTLS works: it is given what a connection would use and returns what it is to use; role, certificate and MTU stay the connection's. Called on the loop.</summary>
    public Func<DtlsOptions, DtlsOptions>? ConfigureDtls { get; init; }

    /// <summary>How SCTP works; ports and the peer's limits come from the connection.</summary>
    public SctpOptions Sctp { get; init; } = new();

    /// <summary>
    /// Whether offers carry the INIT chunk of SCTP (<c>a=sctp-init</c>, draft-hancke-tsvwg-snap), which saves a round trip with a peer
    /// that answers in kind. An offer that has one is always answered so. Default false, as with browsers, where it is an experiment yet.
    /// </summary>
    public bool OfferSctpInit { get; init; }

    /// <summary>
    /// Whether offers have RFC 8888's congestion control feedback (<c>ack ccfb</c>) beside the transport-wide one; a peer that knows it
    /// takes it instead. An offer that has it is always answered so. Default false, as browsers' offers have it.
    /// </summary>
    public bool OfferCongestionControlFeedback { get; init; }

    /// <summary>How RTP sessions repair, report and give feedback; name and clock come from the connection.</summary>
    public RtpSessionOptions Rtp { get; init => field = Require.NotNull(value); } = new();

    /// <summary>
    /// Whether <c>a=cryptex</c> is offered and answered (RFC 9335): header extensions and CSRCs of RTP are then encrypted with the payload,
    /// if the peer says the same. Default false, as browsers' offers have it; with <see cref="RTCConfiguration.RtpHeaderEncryptionPolicy"/>
    /// "require" it always is.
    /// </summary>
    public bool Cryptex { get; init; }

    /// <summary>
    /// Makes what controls the bit rate of media, one for each transport; null (default) for none: packets then go as they are written. It is called,
    /// and the controller with it, on the connection's loop, and must not throw.
    /// </summary>
    public Func<ICongestionController>? CreateCongestionController { get; init; }

    /// <summary>
    /// How many earlier packets go with each packet of audio, where the peer takes RED (RFC 2198): so many losses in a row are repaired without
    /// asking, for as many times the bit rate more. Default 0, which sends none; up to 8; browsers use 1 or 2. Receiving needs no option.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int AudioRedundancy { get; init => field = Require.InRange(value, 0, RedSender.MaxDistance); }

    /// <summary>
    /// RTP packets that may wait: of a remote track for the application, where the oldest is dropped when more come, and of a sender for its
    /// loop, where the newest is. Default 512, at most 1500 bytes each; from 16 to 65536.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxQueuedRtpPackets { get; init => field = Require.InRange(value, 16, 65_536); } = 512;

    /// <summary>Frames of a remote track that may wait for the application. Default 64; from 1 to 4096. When more come the oldest is dropped. Each is at most <see cref="Rtp.JitterBufferOptions.MaxFrameBytes"/> of <see cref="JitterBuffer"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxQueuedFrames { get; init => field = Require.InRange(value, 1, 4096); } = 64;

    /// <summary>How frames are put together and delayed, for each received source; whether it is audio or video comes from the track.</summary>
    public Rtp.JitterBufferOptions JitterBuffer { get; init => field = Require.NotNull(value); } = new();

    /// <summary>Encodings that a sender of video may have, and that are accepted of a peer's simulcast. Default 4; from 1 to 16.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxSimulcastEncodings { get; init => field = Require.InRange(value, 1, 16); } = 4;

    /// <summary>The source of everything random. Default: cryptographic.</summary>
    public RandomSource Random { get; init; } = RandomSource.Cryptographic;

    /// <summary>The wall clock, for certificates, statistics and RTCP.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where connections log to. Addresses appear at Debug only; keys, credentials and payload never.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
