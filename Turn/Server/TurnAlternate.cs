using System.Text;
using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>Another server that clients are sent to (300, RFC 8489 §10).</summary>
public sealed record TurnAlternate
{
    private const int MaxDomainLength = 255;

    /// <summary>Names a server for clients of its address family.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="protocol">For clients of which protocol; null: of any, for a server that listens for all at the same port.</param>
    /// <param name="domain">The name that its certificate has, where that is not the one that clients came here by (ALTERNATE-DOMAIN, §14.16); null: the same.</param>
    /// <exception cref="ArgumentException">The address has no port, or the name is not one of 1 to 255 ASCII characters.</exception>
    public TurnAlternate(TransportAddress address, TransportProtocol? protocol = null, string? domain = null)
    {
        if (address.IsNone || address.Port == 0) throw new ArgumentException("Name an address with a port.", nameof(address));
        if (domain is not null && (domain.Length is 0 or > MaxDomainLength || domain.Any(static character => character is <= ' ' or > '~')))
            throw new ArgumentException("A domain name has from 1 to 255 ASCII characters (RFC 8489 §14.16); leave it null where it does not change.", nameof(domain));
        (Address, Protocol, Domain) = (address, protocol, domain);
        DomainBytes = domain is null ? [] : Encoding.ASCII.GetBytes(domain);
    }

    /// <summary>Where it listens.</summary>
    public TransportAddress Address { get; }

    /// <summary>For clients of which protocol; null: of any.</summary>
    public TransportProtocol? Protocol { get; }

    /// <summary>The name that its certificate has; null: the one that clients came here by.</summary>
    public string? Domain { get; }

    internal byte[] DomainBytes { get; }

    /// <summary>A server that listens for all protocols at one port.</summary>
    public static implicit operator TurnAlternate(TransportAddress address) => new(address);

    /// <summary>The server for a client: of its family (RFC 8489 §10), and rather for its protocol than for all.</summary>
    internal static TurnAlternate? Find(List<TurnAlternate> all, in NetworkPath client)
    {
        TurnAlternate? found = null;
        foreach (TurnAlternate each in all)
        {
            if (each.Address.IsIPv4 != client.Remote.IsIPv4) continue;
            if (each.Protocol == client.Protocol) return each;
            if (each.Protocol is null) found ??= each;
        }
        return found;
    }
}
