namespace WebRtcStack.Sdp;

/// <summary>An <c>a=simulcast</c> line (RFC 8853 §5.1): which streams are sent and received, with their alternatives.</summary>
public sealed record SdpSimulcast
{
    /// <summary>The streams the writer sends; each a list of alternatives in order of preference. A "~" marks a stream that starts paused.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Send { get; init; } = [];

    /// <summary>The streams the writer is ready to receive.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Receive { get; init; } = [];

    /// <summary>The rid-id of an alternative, without the "~" of one that starts paused.</summary>
    public static string IdOf(string alternative) => Core.Require.NotNull(alternative).TrimStart('~');

    /// <summary>Whether an alternative starts paused (RFC 8853 §5.2).</summary>
    public static bool IsPaused(string alternative) => Core.Require.NotNull(alternative).StartsWith('~');

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpSimulcast? simulcast)
    {
        simulcast = null;
        SdpSimulcast result = new();
        ReadOnlySpan<char> fields = value.AsSpan();
        bool any = false;
        while (SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> direction))
        {
            if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> list) || !TryParseStreams(list, out List<IReadOnlyList<string>> streams)) return false;
            if (direction.SequenceEqual("send".AsSpan()) && result.Send.Count == 0) result = result with { Send = streams };
            else if (direction.SequenceEqual("recv".AsSpan()) && result.Receive.Count == 0) result = result with { Receive = streams };
            else return false;
            any = true;
        }
        simulcast = any ? result : null;
        return any;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString()
    {
        string send = Send.Count == 0 ? "" : "send " + Join(Send);
        string receive = Receive.Count == 0 ? "" : "recv " + Join(Receive);
        return send + (send.Length > 0 && receive.Length > 0 ? " " : "") + receive;
    }

    /// <summary>Equality of all that the line says.</summary>
    public bool Equals(SdpSimulcast? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Send.Count, Receive.Count);

    private static string Join(IReadOnlyList<IReadOnlyList<string>> streams) =>
        string.Join(";", System.Linq.Enumerable.Select(streams, alternatives => string.Join(",", alternatives)));

    private static bool TryParseStreams(ReadOnlySpan<char> list, out List<IReadOnlyList<string>> streams)
    {
        streams = [];
        foreach (string stream in list.ToString().Split(';'))
        {
            string[] alternatives = stream.Split(',');
            foreach (string id in alternatives)
            {
                if (!SdpRid.IsId(id.AsSpan().TrimStart('~'))) return false;
            }
            streams.Add(alternatives);
        }
        return true;
    }
}
