namespace WebRtcStack.Sdp;

/// <summary>A media section: an <c>m=</c> line and the lines that belong to it (RFC 8866 §5.14).</summary>
public sealed class SdpMedia
{
    /// <summary>The media type: "audio", "video", "application", "text", ...</summary>
    public string Kind { get; set; } = "audio";

    /// <summary>The port; 0 rejects or stops the section, or marks it as bundle-only (RFC 9143 §6).</summary>
    public int Port { get; set; } = 9;

    /// <summary>The number of consecutive ports behind a slash; null when the line names none.</summary>
    public int? PortCount { get; set; }

    /// <summary>The transport protocol, such as "UDP/TLS/RTP/SAVPF".</summary>
    public string Protocol { get; set; } = "UDP/TLS/RTP/SAVPF";

    /// <summary>The format tokens: payload types for RTP, "webrtc-datachannel" for data channels.</summary>
    public IList<string> Formats { get; } = new List<string>();

    /// <summary>The <c>i=</c> line, or null.</summary>
    public string? Information { get; set; }

    /// <summary>The <c>c=</c> lines.</summary>
    public IList<SdpConnection> Connections { get; } = new List<SdpConnection>();

    /// <summary>The <c>b=</c> lines.</summary>
    public IList<SdpBandwidth> Bandwidths { get; } = new List<SdpBandwidth>();

    /// <summary>The <c>k=</c> line, verbatim (obsolete, RFC 8866 §5.12), or null.</summary>
    public string? Key { get; set; }

    /// <summary>The <c>a=</c> lines.</summary>
    public SdpAttributeList Attributes { get; } = [];

    /// <summary>The number of the <c>m=</c> line in the text it was read from, from 1; 0 when it was not read. Not part of the description.</summary>
    public int LineNumber { get; init; }

    /// <summary>The identification tag of <c>a=mid</c> (RFC 5888 §4), or null.</summary>
    public string? Mid => Attributes.First("mid");

    /// <summary>The first direction attribute among the section's lines, or null when it has none (which means sendrecv, RFC 8866 §6.7).</summary>
    public SdpDirection? Direction
    {
        get
        {
            foreach (SdpAttribute line in Attributes)
            {
                if (line.Value is null && SdpDirectionNames.TryParse(line.Name, out SdpDirection direction)) return direction;
            }
            return null;
        }
    }

    /// <summary>Whether this is a section of audio or video over RTP.</summary>
    public bool IsRtp => Protocol.Contains("RTP/", StringComparison.Ordinal);

    /// <summary>Whether this is a section of SCTP data channels, in the form of RFC 8841 or the older "DTLS/SCTP" of its drafts.</summary>
    public bool IsDataChannel => Kind == "application" && Protocol.EndsWith("DTLS/SCTP", StringComparison.Ordinal);

    /// <summary>The codecs of the section: every format with its rtpmap, fmtp and rtcp-fb lines.</summary>
    public IReadOnlyList<SdpCodec> GetCodecs() => SdpCodec.Read(this);

    /// <summary>The section's line without "m=".</summary>
    public override string ToString()
    {
        string port = Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (PortCount is { } count) port += "/" + count.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"{Kind} {port} {Protocol} {string.Join(" ", Formats)}";
    }
}
