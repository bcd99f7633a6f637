using System.Globalization;
using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>A candidate as it is signalled (RFC 8839 §5.1).</summary>
public sealed record IceCandidate
{
    /// <summary>What candidates of the same type, base and server share (RFC 8445 §5.1.1.3); 1 to 32 characters.</summary>
    public string Foundation { get; init; } = "";

    /// <summary>The component it belongs to.</summary>
    public IceComponent Component { get; init; } = IceComponent.Rtp;

    /// <summary>UDP or TCP.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>The priority (RFC 8445 §5.1.2).</summary>
    public uint Priority { get; init; }

    /// <summary>The address; none while only <see cref="HostName"/> is known.</summary>
    public TransportAddress Address { get; init; }

    /// <summary>The name in place of an address: "….local" (multicast DNS) or a domain name; else null.</summary>
    public string? HostName { get; init; }

    /// <summary>The port, also while the address of <see cref="HostName"/> is unknown.</summary>
    public ushort Port { get; init; }

    /// <summary>How it was obtained.</summary>
    public IceCandidateType Type { get; init; }

    /// <summary>The base of a reflexive candidate, the mapped address of a relayed one (raddr, rport); none when not given.</summary>
    public TransportAddress RelatedAddress { get; init; }

    /// <summary>tcptype of a TCP candidate.</summary>
    public IceTcpType TcpType { get; init; }

    /// <summary>The generation it belongs to ("ufrag"); null when not given.</summary>
    public string? UsernameFragment { get; init; }

    /// <summary>The STUN or TURN server that a local candidate is from; none otherwise. It is not signalled.</summary>
    public TransportAddress Server { get; init; }

    /// <summary>The protocol towards the TURN server that a local relayed candidate is from; null otherwise. It is not signalled.</summary>
    public TransportProtocol? RelayProtocol { get; init; }

    /// <summary>Other extensions as they were written, "name value" pairs separated by single spaces; else empty.</summary>
    public string Extensions { get; init; } = "";

    /// <summary>Reads "candidate:…" with or without "a=" in front. Never throws.</summary>
    /// <param name="text">The attribute.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="error">What is wrong, as a sentence; null on success.</param>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out IceCandidate? candidate, [NotNullWhen(false)] out string? error) =>
        IceCandidateGrammar.TryParse(text.AsSpan(), out candidate, out error);

    /// <inheritdoc cref="TryParse(string?, out IceCandidate?, out string?)"/>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out IceCandidate? candidate, [NotNullWhen(false)] out string? error) =>
        IceCandidateGrammar.TryParse(text, out candidate, out error);

    /// <summary>The "candidate:…" form.</summary>
    public override string ToString()
    {
        System.Text.StringBuilder text = new("candidate:", 128);
        text.Append(Foundation).Append(' ')
            .Append(((int)Component).ToString(CultureInfo.InvariantCulture)).Append(' ')
            .Append(Protocol == TransportProtocol.Udp ? "udp" : "tcp").Append(' ')
            .Append(Priority.ToString(CultureInfo.InvariantCulture)).Append(' ')
            .Append(HostName ?? (Address.IsNone ? "0.0.0.0" : Address.ToIPAddress().ToString())).Append(' ')
            .Append(Port.ToString(CultureInfo.InvariantCulture)).Append(" typ ").Append(IceCandidateGrammar.NameOf(Type));
        if (!RelatedAddress.IsNone)
        {
            text.Append(" raddr ").Append(RelatedAddress.ToIPAddress())
                .Append(" rport ").Append(RelatedAddress.Port.ToString(CultureInfo.InvariantCulture));
        }
        if (TcpType != IceTcpType.None) text.Append(" tcptype ").Append(IceCandidateGrammar.NameOf(TcpType));
        if (Extensions.Length > 0) text.Append(' ').Append(Extensions);
        if (UsernameFragment is not null) text.Append(" ufrag ").Append(UsernameFragment);
        return text.ToString();
    }
}
