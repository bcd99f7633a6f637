using System.Text;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>Where servers send a client (300, RFC 8489 §10): of the same family, and to none that was asked before.</summary>
internal sealed class TurnRedirects(TurnAllocationOptions options)
{
    private const int MaxDomainLength = 255;                              // RFC 8489 §14.16

    private readonly List<TransportAddress> _asked = [];                  // servers that have named others

    /// <summary>The server to ask.</summary>
    public TransportAddress Server { get; private set; } = options.Server;

    /// <summary>Where a server over TCP or TLS has sent us; that connection cannot move, who owns it has to.</summary>
    public TransportAddress Alternate { get; private set; }

    /// <summary>The name in the certificate of <see cref="Alternate"/>, where it is another one.</summary>
    public string? Domain { get; private set; }

    /// <summary>Takes a 300.</summary>
    /// <returns>Whether <see cref="Server"/> is to be asked now.</returns>
    public bool TryFollow(in StunMessage response)
    {
        if (!response.TryGet(StunAttributeType.AlternateServer, out StunAttribute attribute) ||
            !attribute.TryGetAddress(out TransportAddress server) || server == Server || server.IsIPv4 != Server.IsIPv4 ||
            _asked.Contains(server) || _asked.Count >= options.MaxRedirects) return false;
        if (options.Protocol != TransportProtocol.Udp)
        {
            Alternate = server;
            if (response.TryGet(StunAttributeType.AlternateDomain, out StunAttribute domain) && domain.Value.Length is > 0 and <= MaxDomainLength)
                Domain = Encoding.UTF8.GetString(domain.Value.ToArray());
            return false;
        }
        _asked.Add(Server);
        Server = server;
        return true;
    }
}
