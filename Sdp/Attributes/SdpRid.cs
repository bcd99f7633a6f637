namespace WebRtcStack.Sdp;

/// <summary>An <c>a=rid</c> line (RFC 8851 §4): one RTP stream of a section, and what restricts it.</summary>
/// <param name="Id">The rid-id: letters and digits, "-" and "_" are tolerated; at most 255.</param>
/// <param name="IsSend">Whether the writer sends it; otherwise it is ready to receive it.</param>
/// <param name="Restrictions">What stands behind, verbatim: "max-width=1280;max-fps=15", or null.</param>
public sealed record SdpRid(string Id, bool IsSend, string? Restrictions = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRid? rid)
    {
        rid = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> id) || !IsId(id) ||
            !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> direction)) return false;
        bool isSend = direction.SequenceEqual("send".AsSpan());
        if (!isSend && !direction.SequenceEqual("recv".AsSpan())) return false;
        rid = new SdpRid(id.ToString(), isSend, fields.IsEmpty ? null : fields.ToString());
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Id + (IsSend ? " send" : " recv") + (Restrictions is null ? "" : " " + Restrictions);

    internal static bool IsId(ReadOnlySpan<char> id)
    {
        foreach (char c in id)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_')) return false;
        }
        return id.Length is > 0 and <= 255;
    }
}

/// <summary>An <c>a=simulcast</c> line (RFC 8853 §5.1): which streams are sent and received, with their alternatives.</summary>
public sealed record SdpSimulcast
{
    /// <summary>The streams the writer sends; each a list of alternatives in order of preference. A "~" marks a stream that starts paused.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Send { get; init; } = [];

    /// <summary>The streams the writer is ready to receive.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Receive { get; init; } = [];

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
