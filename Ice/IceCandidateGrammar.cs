using System.Globalization;
using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>The grammar of the candidate attribute (RFC 8839 §5.1, RFC 6544 §4.5).</summary>
internal static class IceCandidateGrammar
{
    private const int MaxLength = 1024;

    public static string NameOf(IceCandidateType type) => type switch
    {
        IceCandidateType.Host => "host",
        IceCandidateType.ServerReflexive => "srflx",
        IceCandidateType.PeerReflexive => "prflx",
        _ => "relay",
    };

    public static string NameOf(IceTcpType type) => type switch
    {
        IceTcpType.Active => "active",
        IceTcpType.Passive => "passive",
        _ => "so",
    };

    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out IceCandidate? candidate, [NotNullWhen(false)] out string? error)
    {
        candidate = null;
        text = text.Trim();
        if (text.StartsWith("a=".AsSpan(), StringComparison.Ordinal)) text = text[2..];
        if (!text.StartsWith("candidate:".AsSpan(), StringComparison.OrdinalIgnoreCase))
            return Fail("A candidate starts with \"candidate:\".", out error);
        if (text.Length > MaxLength) return Fail("A candidate has at most 1024 characters.", out error);

        Tokens tokens = new(text["candidate:".Length..]);
        string foundation = tokens.Next();
        if (foundation.Length is 0 or > 32 || !IsIceText(foundation))
            return Fail("The foundation must have 1 to 32 characters of letters, digits, '+', '/', '-', '_' and '='.", out error);
        if (!byte.TryParse(tokens.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out byte component) || component == 0)
            return Fail("The component must be a number from 1.", out error);
        if (!TryParseProtocol(tokens.Next(), out TransportProtocol protocol))
            return Fail("The transport must be UDP or TCP.", out error);
        if (!uint.TryParse(tokens.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out uint priority))
            return Fail("The priority must be a number of 32 bits.", out error);
        string host = tokens.Next();
        if (!ushort.TryParse(tokens.Next(), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            return Fail("The port must be a number from 0 to 65535.", out error);
        bool isAddress = TransportAddress.TryParse(host, port, out TransportAddress address);
        if (!isAddress && !IsHostName(host)) return Fail("The address must be an IP address or a host name.", out error);
        if (!Is(tokens.Next(), "typ") || !TryParseType(tokens.Next(), out IceCandidateType type))
            return Fail("The address must be followed by \"typ\" and host, srflx, prflx or relay.", out error);

        candidate = new IceCandidate
        {
            Foundation = foundation,
            Component = (IceComponent)component,
            Protocol = protocol,
            Priority = priority,
            Address = address,
            HostName = isAddress ? null : host,
            Port = port,
            Type = type,
        };
        if (TryParseExtensions(ref tokens, ref candidate, out error)) return true;
        candidate = null;
        return false;
    }

    private static bool TryParseExtensions(ref Tokens tokens, ref IceCandidate candidate, [NotNullWhen(false)] out string? error)
    {
        error = null;
        string relatedHost = "";
        List<string>? extensions = null;
        while (tokens.Next() is { Length: > 0 } name)
        {
            string value = tokens.Next();
            if (Is(name, "raddr"))
            {
                relatedHost = value;
            }
            else if (Is(name, "rport"))
            {
                if (!ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
                    return Fail("rport must be a number from 0 to 65535.", out error);
                // A name here (multicast DNS) tells nothing that checks need.
                if (TransportAddress.TryParse(relatedHost, port, out TransportAddress related))
                    candidate = candidate with { RelatedAddress = related };
            }
            else if (Is(name, "tcptype"))
            {
                if (!TryParseTcpType(value, out IceTcpType tcpType)) return Fail("tcptype must be active, passive or so.", out error);
                candidate = candidate with { TcpType = tcpType };
            }
            else if (Is(name, "ufrag") && value.Length > 0)
            {
                candidate = candidate with { UsernameFragment = value };
            }
            else
            {
                (extensions ??= []).Add(value.Length > 0 ? $"{name} {value}" : name);
            }
        }
        if (candidate.Protocol == TransportProtocol.Tcp && candidate.TcpType == IceTcpType.None)
            candidate = candidate with { TcpType = IceTcpType.Passive };      // older than RFC 6544's final form
        if (extensions is not null) candidate = candidate with { Extensions = string.Join(" ", extensions) };
        return true;
    }

    private static bool TryParseProtocol(string text, out TransportProtocol protocol)
    {
        protocol = Is(text, "tcp") ? TransportProtocol.Tcp : TransportProtocol.Udp;
        return protocol == TransportProtocol.Tcp || Is(text, "udp");
    }

    private static bool TryParseType(string text, out IceCandidateType type)
    {
        for (type = IceCandidateType.Host; type <= IceCandidateType.Relayed; type++)
        {
            if (Is(text, NameOf(type))) return true;
        }
        return false;
    }

    private static bool TryParseTcpType(string text, out IceTcpType type)
    {
        for (type = IceTcpType.Active; type <= IceTcpType.SimultaneousOpen; type++)
        {
            if (Is(text, NameOf(type))) return true;
        }
        return false;
    }

    // RFC 8839 §5.1: ice-char; '-', '_' and '=' are let through, as deployed implementations write them.
    private static bool IsIceText(string text)
    {
        foreach (char c in text)
        {
            if (c is not (>= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '+' or '/' or '-' or '_' or '=')) return false;
        }
        return true;
    }

    private static bool IsHostName(string host)
    {
        if (host.Length is 0 or > 253) return false;
        bool letter = false;
        foreach (char c in host)
        {
            if (c is >= 'a' and <= 'z' or >= 'A' and <= 'Z') letter = true;
            else if (c is not (>= '0' and <= '9' or '-' or '.' or '_')) return false;
        }
        return letter;      // "999.1.1.1" is a broken address, not a name
    }

    private static bool Is(string text, string keyword) => string.Equals(text, keyword, StringComparison.OrdinalIgnoreCase);

    private static bool Fail(string sentence, out string? error)
    {
        error = sentence;
        return false;
    }

    /// <summary>Words separated by spaces; an empty word is the end.</summary>
    private ref struct Tokens(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;

        public string Next()
        {
            _rest = _rest.TrimStart();
            int end = _rest.IndexOf(' ');
            if (end < 0) end = _rest.Length;
            string word = _rest[..end].ToString();
            _rest = _rest[end..];
            return word;
        }
    }
}
