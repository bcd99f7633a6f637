using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>What a <see cref="TurnAllocation"/> is told once and for all.</summary>
/// <remarks>Worst-case memory: some 200 bytes for each of <see cref="MaxPeers"/>, and 2 KB besides.</remarks>
public sealed record TurnAllocationOptions
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <summary>The server's address. Required.</summary>
    public required TransportAddress Server { get; init; }

    /// <summary>The user name of the long-term credential. Required.</summary>
    /// <exception cref="ArgumentException">It is not what <see cref="StunKey.IsUsable"/> lets through.</exception>
    public required string Username { get; init => field = RequireUsable(value, nameof(Username)); }

    /// <summary>The password of the long-term credential. Required.</summary>
    /// <exception cref="ArgumentException">It is not what <see cref="StunKey.IsUsable"/> lets through.</exception>
    public required string Password { get; init => field = RequireUsable(value, nameof(Password)); }

    /// <summary>The protocol towards the server; over TCP and TLS requests are not repeated and ChannelData is padded. Default UDP.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>Whether to ask for an IPv6 relayed address (RFC 8656 §18.6). Default false.</summary>
    public bool RequestIPv6 { get; init; }

    /// <summary>Whether to ask for an IPv6 relayed address besides an IPv4 one (RFC 8656 §18.11). Default false; excludes the other wishes about addresses.</summary>
    public bool RequestBothFamilies { get; init; }

    /// <summary>
    /// Whether an address of the other family is welcome where the server has none of the wanted one (440), or refuses to give both (400,
    /// 420, 440, 508): another request is then made, for IPv6 alone and last for IPv4 (RFC 8656 §7.2; what §7.4 forbids after 440 is to repeat
    /// the same one). Default false: the error ends the attempt.
    /// </summary>
    public bool AcceptOtherFamily { get; init; }

    /// <summary>Whether to ask for an even port (RFC 8656 §18.7). Default false.</summary>
    public bool RequestEvenPort { get; init; }

    /// <summary>Whether to have the next higher port reserved as well; see <see cref="TurnAllocation.ReservationToken"/>. Default false.</summary>
    public bool ReserveNextPort { get; init; }

    /// <summary>The token of a port that another allocation has reserved (RFC 8656 §18.10). Default 0: none.</summary>
    public ulong ReservationToken { get; init; }

    /// <summary>Whether the server is to set DF in what it sends to peers (RFC 8656 §18.9); given up if it cannot. Default false.</summary>
    public bool DontFragment { get; init; }

    /// <summary>
    /// Whether to ask for a TCP relayed address (RFC 6062): peers are connected with <see cref="TurnAllocation.Connect"/>, and data flows over
    /// streams of its own, <see cref="TurnDataConnection"/>. Needs TCP or TLS towards the server. Default false; excludes the other wishes
    /// but <see cref="RequestIPv6"/>.
    /// </summary>
    public bool RequestTcp { get; init; }

    /// <summary>How often to follow a server that names another one (300). Default 5; from 0 to 32. Servers that were asked before are never asked again.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxRedirects { get; init => field = Require.InRange(value, 0, 32); } = 5;

    /// <summary>The lifetime to ask for. Default 10 min (RFC 8656 §3.2); from 2 min to 1 h. The server decides.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Lifetime { get; init => field = Require.InRange(value, TimeSpan.FromMinutes(2), s_hour); } = TimeSpan.FromMinutes(10);

    /// <summary>How requests are repeated over UDP. Default as RFC 8489 has it.</summary>
    public StunRetransmission Retransmission { get; init => field = Require.NotNull(value); } = StunRetransmission.Default;

    /// <summary>How many peers may have permissions or channels. Default 256; from 1 to 4096.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxPeers { get; init => field = Require.InRange(value, 1, 4096); } = 256;

    /// <summary>The longest realm or nonce to accept from the server, in bytes. Default 763 (RFC 8489 §14.9); from 128 to 763.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public int MaxNonceLength { get; init => field = Require.InRange(value, 128, 763); } = 763;

    internal static string RequireUsable(string value, string name) => StunKey.IsUsable(Require.NotNull(value, name))
        ? value
        : throw new ArgumentException("Use text that is not empty and has no control, ignorable, unassigned or private-use characters (RFC 8265 §4.2).", name);

    /// <summary>The server and the user name; the password is not for logs.</summary>
    public override string ToString() => $"turn:{Server} ({Protocol}), {Username}";
}
