using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack;

/// <summary>The URLs that servers were configured by, found by their addresses: candidates, errors and statistics name them (webrtc-pc §4.8.3).</summary>
internal sealed class ServerUrls
{
    private volatile Dictionary<(TransportAddress, TransportProtocol, bool IsTurn), string> _known = [];      // replaced, never changed

    public void Add(IceServerResolution servers)
    {
        if (servers.Urls.Count == 0) return;
        Dictionary<(TransportAddress, TransportProtocol, bool IsTurn), string> known = new(_known);
        foreach (((TransportAddress Address, TransportProtocol Protocol, bool IsTurn) server, string url) in servers.Urls) known[server] = url;
        _known = known;
    }

    /// <summary>The URL of a server; one that is made from its address when it was named by another server (RFC 8656 §6.4).</summary>
    public string Find(TransportAddress server, TransportProtocol protocol, bool isTurn)
    {
        if (server.IsNone) return "";
        if (_known.TryGetValue((server, protocol, isTurn), out string? url)) return url;
        string scheme = (isTurn ? "turn" : "stun") + (protocol == TransportProtocol.Tls ? "s" : "");
        return isTurn ? $"{scheme}:{server}?transport={(protocol == TransportProtocol.Udp ? "udp" : "tcp")}" : $"{scheme}:{server}";
    }

    /// <summary>The URL that a local candidate is from, or null.</summary>
    public string? Find(IceCandidate candidate) => candidate.Server.IsNone ? null
        : candidate.Type == IceCandidateType.Relayed
            ? Find(candidate.Server, candidate.RelayProtocol ?? TransportProtocol.Udp, isTurn: true)
            : _known.TryGetValue((candidate.Server, TransportProtocol.Udp, false), out string? stun) ? stun
            : Find(candidate.Server, TransportProtocol.Udp, isTurn: true);
}
