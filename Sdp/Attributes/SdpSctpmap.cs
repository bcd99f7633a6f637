namespace WebRtcStack.Sdp;

/// <summary>An <c>a=sctpmap</c> line, which drafts of RFC 8841 had in place of <c>a=sctp-port</c> and some peers still write.</summary>
/// <param name="Port">The SCTP port, which is the format of the section too.</param>
/// <param name="Application">"webrtc-datachannel".</param>
/// <param name="Streams">How many streams the writer takes; null when it does not say.</param>
public sealed record SdpSctpmap(int Port, string Application, int? Streams = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpSctpmap? map)
    {
        map = null;
        string[] fields = SdpText.Fields(value);
        int streams = 0;
        if (fields.Length is not (2 or 3) || !SdpText.TryParseNumber(fields[0].AsSpan(), 65535, out int port) || port == 0) return false;
        if (fields.Length == 3 && !SdpText.TryParseNumber(fields[2].AsSpan(), 65536, out streams)) return false;
        map = new SdpSctpmap(port, fields[1], fields.Length == 3 ? streams : null);
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => $"{SdpText.Format(Port)} {Application}" + (Streams is { } streams ? " " + SdpText.Format(streams) : "");
}
