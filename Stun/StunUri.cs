using System.Globalization;
using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>The scheme of a STUN or TURN URI.</summary>
public enum StunUriScheme : byte
{
    /// <summary>stun (RFC 7064).</summary>
    Stun,

    /// <summary>stuns: STUN over TLS (RFC 7064).</summary>
    Stuns,

    /// <summary>turn (RFC 7065).</summary>
    Turn,

    /// <summary>turns: TURN over TLS (RFC 7065).</summary>
    Turns,
}

/// <summary>A "stun:", "stuns:", "turn:" or "turns:" URI (RFC 7064 §3.1, RFC 7065 §3.1), as RTCIceServer.urls has them.</summary>
/// <param name="Scheme">The scheme.</param>
/// <param name="Host">A host name or IP address; an IPv6 address without its brackets.</param>
/// <param name="Port">The port; 3478 where the URI has none, 5349 with TLS.</param>
/// <param name="Transport">UDP where the URI does not say "?transport=tcp"; TCP by default, and TLS, for the secure schemes.</param>
public sealed record StunUri(StunUriScheme Scheme, string Host, ushort Port, TransportProtocol Transport)
{
    /// <summary>Whether the URI names a TURN server.</summary>
    public bool IsTurn => Scheme is StunUriScheme.Turn or StunUriScheme.Turns;

    /// <summary>Whether the server is spoken to over TLS (or DTLS).</summary>
    public bool IsSecure => Scheme is StunUriScheme.Stuns or StunUriScheme.Turns;

    /// <summary>Reads a URI. Never throws.</summary>
    /// <param name="text">The URI.</param>
    /// <param name="uri">The URI's parts.</param>
    /// <param name="error">What is wrong with it, as a sentence; null on success.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StunUri? uri, [NotNullWhen(false)] out string? error)
    {
        uri = null;
        error = null;
        int colon = text is null ? -1 : text.IndexOf(':');
        if (text is null || colon < 0 || !TryParseScheme(text[..colon], out StunUriScheme scheme))
        {
            error = "A STUN or TURN URI starts with stun:, stuns:, turn: or turns:.";
            return false;
        }
        bool secure = scheme is StunUriScheme.Stuns or StunUriScheme.Turns;
        string rest = text[(colon + 1)..];
        TransportProtocol transport = secure ? TransportProtocol.Tls : TransportProtocol.Udp;
        int question = rest.IndexOf('?');
        if (question >= 0)
        {
            if (scheme is StunUriScheme.Stun or StunUriScheme.Stuns)
            {
                error = "A stun: or stuns: URI has no query part (RFC 7064 §3.1).";
                return false;
            }
            if (!TryParseTransport(rest[(question + 1)..], secure, out transport))
            {
                error = "The query part must be transport=udp or transport=tcp; DTLS to a TURN server is not supported.";
                return false;
            }
            rest = rest[..question];
        }
        if (!TryParseAuthority(rest, out string host, out string? portText))
        {
            error = "The host must be a name, an IPv4 address, or an IPv6 address in brackets.";
            return false;
        }
        ushort port = (ushort)(secure ? 5349 : 3478);
        if (portText is not null && (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port == 0))
        {
            error = "The port must be a number from 1 to 65535.";
            return false;
        }
        uri = new StunUri(scheme, host, port, transport);
        return true;
    }

    /// <summary>The URI's shortest form that means the same.</summary>
    public override string ToString()
    {
        string host = Host.Contains(':') ? $"[{Host}]" : Host;
        string port = Port == (IsSecure ? 5349 : 3478) ? "" : ":" + Port.ToString(CultureInfo.InvariantCulture);
        string query = Scheme == StunUriScheme.Turn && Transport == TransportProtocol.Tcp ? "?transport=tcp" : "";
        return Scheme.ToString().ToLowerInvariant() + ":" + host + port + query;
    }

    private static bool TryParseScheme(string text, out StunUriScheme scheme)
    {
        (bool known, scheme) = text.ToUpperInvariant() switch
        {
            "STUN" => (true, StunUriScheme.Stun),
            "STUNS" => (true, StunUriScheme.Stuns),
            "TURN" => (true, StunUriScheme.Turn),
            "TURNS" => (true, StunUriScheme.Turns),
            _ => (false, default),
        };
        return known;
    }

    private static bool TryParseTransport(string query, bool secure, out TransportProtocol transport)
    {
        switch (query.ToUpperInvariant())
        {
            case "TRANSPORT=UDP":
                transport = TransportProtocol.Udp;
                return !secure;
            case "TRANSPORT=TCP":
                transport = secure ? TransportProtocol.Tls : TransportProtocol.Tcp;
                return true;
            default:
                transport = default;
                return false;
        }
    }

    private static bool TryParseAuthority(string text, out string host, out string? port)
    {
        port = null;
        if (text.Length > 0 && text[0] == '[')
        {
            int close = text.IndexOf(']');
            host = close < 0 ? "" : text[1..close];
            string after = close < 0 ? "" : text[(close + 1)..];
            if (after.Length > 0)
            {
                if (after[0] != ':') return false;
                port = after[1..];
            }
            return IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }
        int colon = text.IndexOf(':');
        host = colon < 0 ? text : text[..colon];
        if (colon >= 0) port = text[(colon + 1)..];
        foreach (char c in host)
        {
            // RFC 3986 reg-name without percent-encoding, which no name of a server needs.
            bool ok = c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '.' or '_';
            if (!ok) return false;
        }
        return host.Length is > 0 and <= 253;
    }
}
