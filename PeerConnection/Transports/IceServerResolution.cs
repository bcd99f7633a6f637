using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Transport;

namespace WebRtcStack;

/// <summary>A TURN server that is reached over TCP, or over TLS under a name that its certificate has to have.</summary>
internal sealed record TurnStreamServer(IceTurnServer Server, string? TlsHost, string Url);

/// <summary>Turns the ICE servers of a configuration into addresses (webrtc-pc §4.2.2), resolving names where there are any. On the loop.</summary>
internal sealed class IceServerResolution
{
    private readonly Action<IceServerResolution> _done;
    private int _waiting = 1;

    private IceServerResolution(Action<IceServerResolution> done) => _done = done;

    public List<TransportAddress> StunServers { get; } = [];

    public List<IceTurnServer> TurnServers { get; } = [];

    /// <summary>The URL of each server.</summary>
    public Dictionary<(TransportAddress, TransportProtocol, bool IsTurn), string> Urls { get; } = [];

    /// <summary>Those of <see cref="TurnServers"/> that are reached over TCP or TLS.</summary>
    public List<TurnStreamServer> TurnStreams { get; } = [];

    /// <summary>The URLs that led to no server, each with the reason.</summary>
    public List<(string Url, string Reason)> Failed { get; } = [];

    public static void Start(EventLoop loop, IReadOnlyList<RTCIceServer> servers, Action<IceServerResolution> done)
    {
        IceServerResolution resolution = new(done);
        foreach (RTCIceServer server in servers)
        {
            foreach (string url in server.Urls) resolution.Add(loop, server, url);
        }
        resolution.OneIsDone();
    }

    private void Add(EventLoop loop, RTCIceServer server, string url)
    {
        if (!StunUri.TryParse(url, out StunUri? uri, out _)) return;             // the configuration was validated
        if (uri.Transport != TransportProtocol.Udp && !uri.IsTurn)
        {
            // For TCP candidates StunStreams asks the same servers without TLS (RFC 6544 §5.2), which would tell nothing else.
            Failed.Add((url, "STUN over TLS shows no UDP address, which a candidate needs: use stun:, or turns: for a relay."));
            return;
        }
        if (uri.IsTurn && !(StunKey.IsUsable(server.Username!) && StunKey.IsUsable(server.Credential!)))
        {
            Failed.Add((url, "The user name or the credential is empty, or has characters that RFC 8265 §4.2 forbids."));
            return;
        }
        if (TransportAddress.TryParse(uri.Host, uri.Port, out TransportAddress address))
        {
            Add(server, uri, url, address);
            return;
        }
        _waiting++;
        loop.Resolve(uri.Host, addresses =>
        {
            foreach (TransportAddress found in addresses) Add(server, uri, url, found.WithPort(uri.Port));
            if (addresses.Count == 0) Failed.Add((url, "The name has no address."));
            OneIsDone();
        });
    }

    private void Add(RTCIceServer server, StunUri uri, string url, TransportAddress address)
    {
        Urls[(address, uri.Transport, uri.IsTurn)] = url;
        if (!uri.IsTurn)
        {
            StunServers.Add(address);
            return;
        }
        IceTurnServer turn = new(address, server.Username!, server.Credential!, uri.Transport);
        TurnServers.Add(turn);
        if (uri.Transport != TransportProtocol.Udp) TurnStreams.Add(new TurnStreamServer(turn, uri.Transport == TransportProtocol.Tls ? uri.Host : null, url));
    }

    private void OneIsDone()
    {
        if (--_waiting == 0) _done(this);
    }
}
