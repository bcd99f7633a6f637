using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>What a <see cref="TurnServer"/> is told once and for all.</summary>
/// <remarks>
/// Worst-case memory: for each of <see cref="MaxAllocations"/> 400 bytes, 200 for each of its
/// <see cref="MaxPermissionsPerAllocation"/> and <see cref="MaxChannelsPerAllocation"/>, 600 for each of its <see cref="MaxConnectionsPerAllocation"/>; 1 KB for each of <see cref="MaxUsers"/>;
/// <see cref="MaxPendingDecisions"/> times a request of at most 2 KB; some 200 KB for replies and rate limits.
/// </remarks>
public sealed record TurnServerOptions
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    /// <summary>The realm of the long-term credentials. Required; RFC 8489 §9.2.4 recommends the provider's domain name.</summary>
    /// <exception cref="ArgumentException">The value has more than 127 characters, or is not what <see cref="StunKey.IsUsable"/> lets through.</exception>
    public required string Realm
    {
        get;
        init => field = Require.NotNull(value).Length <= 127
            ? TurnAllocationOptions.RequireUsable(value, nameof(value))
            : throw new ArgumentException("A realm has from 1 to 127 characters (RFC 8489 §14.9).", nameof(value));
    }

    /// <summary>User names and passwords that are always good. Default none.</summary>
    /// <exception cref="ArgumentException">A name or password is not what <see cref="StunKey.IsUsable"/> lets through.</exception>
    public IReadOnlyDictionary<string, string> Users
    {
        get;
        init
        {
            foreach (KeyValuePair<string, string> each in Require.NotNull(value))
            {
                TurnAllocationOptions.RequireUsable(each.Key, nameof(value));
                TurnAllocationOptions.RequireUsable(each.Value, nameof(value));
            }
            field = value;
        }
    }
        = new Dictionary<string, string>();

    /// <summary>
    /// The secret of time-limited credentials (draft-uberti-behave-turn-rest): user names are "expiry:user", passwords
    /// base64(HMAC-SHA1(secret, user name)). Default null: there are none. See <see cref="TurnRestCredentials"/>.
    /// </summary>
    public string? SharedSecret { get; init; }

    /// <summary>Whether users that are not known otherwise are asked about with <see cref="TurnServerEventKind.Authenticate"/>. Default false.</summary>
    public bool AsksForUsers { get; init; }

    /// <summary>How long an answer about a user is kept. Default 5 min; from 1 s to 1 day.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan UserLifetime { get; init => field = Require.InRange(value, s_second, s_day); } = TimeSpan.FromMinutes(5);

    /// <summary>How many requests may wait for answers about their users; further ones are dropped. Default 256; from 1 to 65536.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPendingDecisions { get; init => field = Require.InRange(value, 1, 65_536); } = 256;

    /// <summary>How long to wait for an answer about a user. Default 10 s; from 1 s to 1 min.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan DecisionTimeout { get; init => field = Require.InRange(value, s_second, TimeSpan.FromMinutes(1)); } = TimeSpan.FromSeconds(10);

    /// <summary>How many users are remembered besides <see cref="Users"/>, with their keys. Default 16384; from 16 to 1048576.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxUsers { get; init => field = Require.InRange(value, 16, 1 << 20); } = 16_384;

    /// <summary>Whether relayed IPv4 addresses can be had. Default true.</summary>
    public bool RelaysIPv4 { get; init; } = true;

    /// <summary>Whether relayed IPv6 addresses can be had. Default false.</summary>
    public bool RelaysIPv6 { get; init; }

    /// <summary>
    /// Whether TCP relayed addresses can be had (RFC 6062); else they are refused with 442. Default false: its clients can open connections
    /// from this machine to whatever <see cref="PeerRules"/> allow.
    /// </summary>
    public bool RelaysTcp { get; init; }

    /// <summary>How many TCP connections with peers an allocation may have; one more is refused with 508. Default 16; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxConnectionsPerAllocation { get; init => field = Require.InRange(value, 1, 4096); } = 16;

    /// <summary>Whether the driver can send from relayed addresses with DF set; else DONT-FRAGMENT is answered with 420. Default false.</summary>
    public bool CanSetDontFragment { get; init; }

    /// <summary>The lifetime of an allocation whose client asks for none. Default 10 min (RFC 8656 §3.2); from 1 min to 1 day.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan DefaultLifetime { get; init => field = Require.InRange(value, TimeSpan.FromMinutes(1), s_day); } = TimeSpan.FromMinutes(10);

    /// <summary>The longest lifetime that is granted. Default 1 h (RFC 8656 §7.2); from 1 min to 1 day.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan MaxLifetime { get; init => field = Require.InRange(value, TimeSpan.FromMinutes(1), s_day); } = TimeSpan.FromHours(1);

    /// <summary>How long a nonce is good. Default 1 h (RFC 8656 §5); from 1 s to 1 day.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan NonceLifetime { get; init => field = Require.InRange(value, s_second, s_day); } = TimeSpan.FromHours(1);

    /// <summary>How many allocations there may be. Default 65536; from 1 to 4194304.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxAllocations { get; init => field = Require.InRange(value, 1, 1 << 22); } = 65_536;

    /// <summary>How many allocations a user may have, over all servers that share their <see cref="TurnAccounts"/>; one more is refused with 486. Default 64; from 1 to 1048576.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxAllocationsPerUser { get; init => field = Require.InRange(value, 1, 1 << 20); } = 64;

    /// <summary>How many permissions an allocation may have; one more is refused with 508. Default 64; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPermissionsPerAllocation { get; init => field = Require.InRange(value, 1, 4096); } = 64;

    /// <summary>How many permissions a user may have in all, over all servers that share their <see cref="TurnAccounts"/>. Default 1024; from 1 to 1048576.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPermissionsPerUser { get; init => field = Require.InRange(value, 1, 1 << 20); } = 1024;

    /// <summary>How many channels an allocation may have. Default 64; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxChannelsPerAllocation { get; init => field = Require.InRange(value, 1, 4096); } = 64;

    /// <summary>Bytes per second that a user may have relayed, both directions together, over all servers that share their <see cref="TurnAccounts"/>; what exceeds them is dropped. Default 0: no limit; up to 10^12.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public long MaxBytesPerSecondPerUser { get; init => field = Require.InRange(value, 0, 1_000_000_000_000); }

    /// <summary>
    /// Responses per second to one source address that has not shown a good credential: what exceeds them is not answered, and costs
    /// no hashing. A burst of as many as in two seconds passes. Default 100; from 1 to 100000.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxUnauthenticatedResponsesPerSecond { get; init => field = Require.InRange(value, 1, 100_000); } = 100;

    /// <summary>Which peers may be spoken to.</summary>
    public TurnPeerRules PeerRules { get; init => field = Require.NotNull(value); } = new();
}
