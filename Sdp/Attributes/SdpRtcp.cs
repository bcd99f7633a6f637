namespace WebRtcStack.Sdp;

/// <summary>An <c>a=rtcp</c> line (RFC 3605 §2.1): where RTCP goes when it does not share RTP's port.</summary>
/// <param name="Port">The port; 9 where candidates are to come.</param>
/// <param name="Connection">The address; null when it is the section's.</param>
public sealed record SdpRtcp(int Port, SdpConnection? Connection = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRtcp? rtcp)
    {
        rtcp = null;
        string[] fields = SdpText.Fields(value);
        if (fields.Length is not (1 or 4) || !SdpText.TryParseNumber(fields[0].AsSpan(), 65535, out int port)) return false;
        rtcp = new SdpRtcp(port, fields.Length == 1 ? null : new SdpConnection(fields[1], fields[2], fields[3]));
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => SdpText.Format(Port) + (Connection is null ? "" : " " + Connection);
}

/// <summary>An <c>a=rtcp-fb</c> line (RFC 4585 §4.2, RFC 5104 §7.1): feedback that the writer takes for a payload type.</summary>
/// <param name="PayloadType">The payload type; null for all of the section ("*").</param>
/// <param name="Type">"nack", "ccm", "transport-cc", "goog-remb", ...</param>
/// <param name="Parameter">What stands behind, such as "pli" or "fir"; null when nothing does.</param>
public sealed record SdpRtcpFeedback(byte? PayloadType, string Type, string? Parameter = null)
{
    /// <summary>Type and parameter: "nack pli".</summary>
    public string Feedback => Parameter is null ? Type : Type + " " + Parameter;

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpRtcpFeedback? feedback)
    {
        feedback = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> format)) return false;
        bool isForAll = format.SequenceEqual("*".AsSpan());
        int payloadType = 0;
        if (!isForAll && !SdpText.TryParseNumber(format, 127, out payloadType)) return false;
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> type) || !SdpText.IsToken(type)) return false;
        ReadOnlySpan<char> parameter = fields.Trim(' ');
        feedback = new SdpRtcpFeedback(isForAll ? null : (byte)payloadType, type.ToString(), parameter.IsEmpty ? null : parameter.ToString());
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => (PayloadType is { } type ? SdpText.Format(type) : "*") + " " + Feedback;
}
