using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>How a controlling agent nominates.</summary>
public enum IceNomination : byte
{
    /// <summary>One pair, by a check of its own once it has proved to work (RFC 8445 §8.1.1).</summary>
    Regular,

    /// <summary>USE-CANDIDATE in every check, as browsers do (RFC 5245 §8.1.1.2); the best pair that works wins.</summary>
    Aggressive,
}

/// <summary>Which candidates an agent gathers and uses, as RTCIceTransportPolicy has it.</summary>
public enum IceGatheringPolicy : byte
{
    /// <summary>All.</summary>
    All,

    /// <summary>Relayed ones only.</summary>
    Relay,

    /// <summary>Those whose addresses are global (a value that W3C had in 2016 and removed): private addresses are not told.</summary>
    Public,
}

/// <summary>An address that a NAT in front of this machine maps one to one (RFC 3022 §2.1, "basic NAT", ports unchanged).</summary>
/// <param name="Internal">The address of an interface, whatever its port; none stands for every address of the external one's family.</param>
/// <param name="External">What the peer has to send to; its port is not looked at.</param>
/// <param name="ReplacesHost">Whether the host candidate shows the external address; otherwise a server-reflexive one is added beside it.</param>
public sealed record IceAddressMapping(TransportAddress Internal, TransportAddress External, bool ReplacesHost = true)
{
    /// <summary>Whether it is about an address.</summary>
    public bool Applies(TransportAddress address) =>
        address.IsIPv4 == External.IsIPv4 && (Internal.IsNone || Internal.HasSameAddressAs(address));
}

/// <summary>A TURN server and the credentials for it.</summary>
/// <param name="Address">The server's address.</param>
/// <param name="Username">The user name.</param>
/// <param name="Password">The password.</param>
/// <param name="Protocol">The protocol towards the server.</param>
public sealed record IceTurnServer(
    TransportAddress Address, string Username, string Password, TransportProtocol Protocol = TransportProtocol.Udp)
{
    /// <summary>The configured server that has sent us to this one (300, RFC 8489 §10): new credentials of that one hold for this one. Default none.</summary>
    public TransportAddress RedirectedFrom { get; init; }

    /// <summary>Whether this is the server that another record stands for, or one that it has sent us to.</summary>
    internal bool IsOf(IceTurnServer configured) =>
        Protocol == configured.Protocol && (RedirectedFrom.IsNone ? Address : RedirectedFrom) == configured.Address;

    /// <summary>The server and the user name; the password is not for logs.</summary>
    public override string ToString() => $"turn:{Address} ({Protocol}), {Username}";
}

/// <summary>What an <see cref="IceAgent"/> is told once and for all.</summary>
/// <remarks>
/// Worst-case memory: a candidate takes some 400 bytes and a pair some 600, so that the default limits bound one generation
/// of a stream by about 100 KB; a stream has at most two generations, during an ICE restart.
/// </remarks>
public sealed record IceAgentOptions
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    /// <summary>The role to start with (RFC 8445 §6.1.1); default controlling. A lite agent is always controlled.</summary>
    public IceRole Role { get; init; }

    /// <summary>Whether this agent is a lite implementation (RFC 8445 §2.5): it answers checks and sends none. Default false.</summary>
    public bool IsLite { get; init; }

    /// <summary>How to nominate when controlling. Default regular.</summary>
    public IceNomination Nomination { get; init; }

    /// <summary>Which candidates to gather. Default all.</summary>
    public IceGatheringPolicy GatheringPolicy { get; init; }

    /// <summary>Which local candidates are used, beyond <see cref="GatheringPolicy"/>: false keeps one from being signalled and paired. Default null, all. It is called where the agent is.</summary>
    public Func<IceCandidate, bool>? LocalCandidateFilter { get; init; }

    /// <summary>Which of the peer's candidates are used, signalled or discovered. Default null, all. It is called where the agent is.</summary>
    public Func<IceCandidate, bool>? RemoteCandidateFilter { get; init; }

    /// <summary>What a NAT in front of this machine maps one to one. Default none.</summary>
    public IReadOnlyList<IceAddressMapping> AddressMappings { get; init => field = Require.NotNull(value); } = [];

    /// <summary>Ta, the pace of new transactions. Default 50 ms (RFC 8445 §14.2); from 5 ms to 1 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Ta { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(5), s_second); }
        = TimeSpan.FromMilliseconds(50);

    /// <summary>The least RTO of a check; it is more where many pairs wait (RFC 8445 §14.3). Default 500 ms; from 10 ms to 1 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Rto { get; init => field = Require.InRange(value, TimeSpan.FromMilliseconds(10), s_minute); }
        = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a controlling agent that nominates regularly waits, after the first pair has succeeded, for pairs of higher
    /// priority. Data flows meanwhile. Default 200 ms; from 0 to 1 min.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan NominationDelay { get; init => field = Require.InRange(value, TimeSpan.Zero, s_minute); }
        = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// As <see cref="NominationDelay"/> where the best pair that works goes through a relay or over TCP: a direct one, or the
    /// candidates for it, may take a repetition or two. Default 2 s; from 0 to 1 min.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan RelayNominationDelay { get; init => field = Require.InRange(value, TimeSpan.Zero, s_minute); }
        = TimeSpan.FromSeconds(2);

    /// <summary>The mean time between consent checks; each is between 0.8 and 1.2 of it, so never below 4 s. Default 5 s (RFC 7675 §5.1); from 5 s to 25 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan ConsentInterval { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25)); }
        = TimeSpan.FromSeconds(5);

    /// <summary>How long consent lasts after a response. Default 30 s (RFC 7675 §5.1); from 5 s to 30 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan ConsentTimeout { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)); }
        = TimeSpan.FromSeconds(30);

    /// <summary>How long consent checks go unanswered before the state is disconnected. Default 5 s, about what browsers take; from 0.5 s to 30 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan DisconnectedTimeout { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30)); }
        = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long to stay patient after the peer's parameters are known before the state is failed, even if all pairs have failed:
    /// peer-reflexive pairs may still appear. Default 39.5 s (RFC 8863 §4); from 1 s to 10 min.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan FailedTimeout { get; init => field = Require.InRange(value, s_second, TimeSpan.FromMinutes(10)); }
        = TimeSpan.FromSeconds(39.5);

    /// <summary>Tr, after how long without traffic a path that consent checks do not keep alive gets a keepalive. Default 15 s (RFC 8445 §11); from 1 s to 5 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan KeepaliveInterval { get; init => field = Require.InRange(value, s_second, TimeSpan.FromMinutes(5)); }
        = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for an answer of a STUN or TURN server. Default 9.5 s; from 0.5 s to 1 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan GatheringTimeout { get; init => field = Require.InRange(value, TimeSpan.FromSeconds(0.5), s_minute); }
        = TimeSpan.FromSeconds(9.5);

    /// <summary>How many candidates of each side a stream keeps, and how many bases. Default 64; from 2 to 1024.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxCandidates { get; init => field = Require.InRange(value, 2, 1024); } = 64;

    /// <summary>How many pairs a stream's check list holds; those of lowest priority go first. Default 100 (RFC 8445 §6.1.2.5); from 2 to 1000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPairs { get; init => field = Require.InRange(value, 2, 1000); } = 100;

    /// <summary>How many streams the agent has. Default 64; from 1 to 1024.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxStreams { get; init => field = Require.InRange(value, 1, 1024); } = 64;

    /// <summary>
    /// How many connections with peers go through TCP relayed addresses, each with a connection of its own to the server; peers that
    /// connect have half of them. Default 32; from 2 to 1024.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxRelayConnections { get; init => field = Require.InRange(value, 2, 1024); } = 32;

    /// <summary>How many responses wait to be sent; a further request is dropped, and repeated by the peer. Default 64; from 4 to 1024.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingResponses { get; init => field = Require.InRange(value, 4, 1024); } = 64;

    /// <summary>How many events wait to be read; beyond that the oldest is dropped. Default 1024; from 64 to 65536.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingEvents { get; init => field = Require.InRange(value, 64, 65536); } = 1024;

    /// <summary>How many requests without valid credentials are answered with an error per second. Default 10; from 0 to 1000.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxErrorResponsesPerSecond { get; init => field = Require.InRange(value, 0, 1000); } = 10;

    /// <summary>STUN servers, asked for server-reflexive candidates. Default none.</summary>
    public IReadOnlyList<TransportAddress> StunServers { get; init => field = Require.NotNull(value); } = [];

    /// <summary>TURN servers, asked for relayed candidates. Default none.</summary>
    public IReadOnlyList<IceTurnServer> TurnServers { get; init => field = Require.NotNull(value); } = [];
}
