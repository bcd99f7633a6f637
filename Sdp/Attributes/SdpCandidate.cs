namespace WebRtcStack.Sdp;

/// <summary>An <c>a=candidate</c> line (RFC 8839 §5.1), as the grammar has it: what a candidate means is for ICE to say.</summary>
public sealed record SdpCandidate
{
    private const int MaxFoundation = 32;                // RFC 8839 §5.1: foundation = 1*32ice-char

    /// <summary>What candidates of the same type, base and server share; 1 to 32 ice-chars.</summary>
    public required string Foundation { get; init; }

    /// <summary>The component, 1 to 256: 1 is RTP, 2 is RTCP.</summary>
    public required int Component { get; init; }

    /// <summary>The transport, "udp", "tcp" or an extension, as it was written: Firefox writes "UDP".</summary>
    public required string Transport { get; init; }

    /// <summary>The priority, up to 2^32-1.</summary>
    public required uint Priority { get; init; }

    /// <summary>An address, or a name ("….local" for multicast DNS).</summary>
    public required string Address { get; init; }

    /// <summary>The port; 9 for a TCP candidate that only connects (RFC 6544 §4.5).</summary>
    public required int Port { get; init; }

    /// <summary>"host", "srflx", "prflx", "relay" or an extension.</summary>
    public required string Type { get; init; }

    /// <summary>The address that it was derived from, or null.</summary>
    public string? RelatedAddress { get; init; }

    /// <summary>The port that it was derived from, or null.</summary>
    public int? RelatedPort { get; init; }

    /// <summary>Further names and values in the order of the line: "tcptype" (RFC 6544 §4.5), "ufrag", "generation", ...</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Extensions { get; init; } = [];

    /// <summary>The value of an extension; null when the line does not have it.</summary>
    public string? this[string extension]
    {
        get
        {
            foreach (KeyValuePair<string, string> each in Extensions)
            {
                if (each.Key == extension) return each.Value;
            }
            return null;
        }
    }

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpCandidate? candidate)
    {
        candidate = null;
        ReadOnlySpan<char> rest = value.AsSpan();
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> foundation) || foundation.Length > MaxFoundation || !SdpIce.AreIceChars(foundation)) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> component) || !SdpText.TryParseNumber(component, 256, out int number) || number == 0) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> transport) || !SdpText.IsToken(transport)) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> priority) || !SdpText.TryParseNumber(priority, out ulong rank) || rank > uint.MaxValue) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> address)) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> port) || !SdpText.TryParseNumber(port, 65535, out int portNumber)) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> typ) || !typ.SequenceEqual("typ".AsSpan())) return false;
        if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> type) || !SdpText.IsToken(type)) return false;
        SdpCandidate read = new()
        {
            Foundation = foundation.ToString(), Component = number, Transport = transport.ToString(), Priority = (uint)rank,
            Address = address.ToString(), Port = portNumber, Type = type.ToString(),
        };
        return TryParseRest(rest, read, out candidate);
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString()
    {
        string text = $"{Foundation} {SdpText.Format(Component)} {Transport} {SdpText.Format(Priority)} {Address} {SdpText.Format(Port)} typ {Type}";
        if (RelatedAddress is not null) text += " raddr " + RelatedAddress;
        if (RelatedPort is { } port) text += " rport " + SdpText.Format(port);
        foreach (KeyValuePair<string, string> extension in Extensions) text += $" {extension.Key} {extension.Value}";
        return text;
    }

    /// <summary>Equality of all that the line says.</summary>
    public bool Equals(SdpCandidate? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Foundation, Component, Address, Port);

    // The grammar has raddr and rport right behind the type, extensions after them.
    private static bool TryParseRest(ReadOnlySpan<char> rest, SdpCandidate read, out SdpCandidate? candidate)
    {
        candidate = null;
        List<KeyValuePair<string, string>> extensions = [];
        while (SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> name))
        {
            if (!SdpText.TryTakeField(ref rest, out ReadOnlySpan<char> value)) return false;
            if (name.SequenceEqual("raddr".AsSpan()) && extensions.Count == 0 && read.RelatedAddress is null)
            {
                read = read with { RelatedAddress = value.ToString() };
            }
            else if (name.SequenceEqual("rport".AsSpan()) && extensions.Count == 0 && read.RelatedPort is null)
            {
                if (!SdpText.TryParseNumber(value, 65535, out int port)) return false;
                read = read with { RelatedPort = port };
            }
            else
            {
                extensions.Add(new KeyValuePair<string, string>(name.ToString(), value.ToString()));
            }
        }
        candidate = read with { Extensions = extensions };
        return true;
    }
}
