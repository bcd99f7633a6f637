namespace WebRtcStack.Sdp;

/// <summary>A session description (RFC 8866 §5): the session's lines and its media sections.</summary>
/// <remarks>Reading text and writing it again gives the same text, attributes that nobody here knows included.</remarks>
public sealed class SdpDescription
{
    /// <summary>The <c>o=</c> line.</summary>
    public SdpOrigin Origin { get; set; } = new("-", "0", "0", "IN", "IP4", "127.0.0.1");

    /// <summary>The <c>s=</c> line; "-" when there is no name (RFC 8866 §5.3). Peers also write it empty or as one space.</summary>
    public string SessionName { get; set; } = "-";

    /// <summary>The session's <c>i=</c> line, or null.</summary>
    public string? Information { get; set; }

    /// <summary>The <c>u=</c> line, or null.</summary>
    public string? Uri { get; set; }

    /// <summary>The <c>e=</c> lines.</summary>
    public IList<string> Emails { get; } = new List<string>();

    /// <summary>The <c>p=</c> lines.</summary>
    public IList<string> Phones { get; } = new List<string>();

    /// <summary>The session's <c>c=</c> line, or null.</summary>
    public SdpConnection? Connection { get; set; }

    /// <summary>The session's <c>b=</c> lines.</summary>
    public IList<SdpBandwidth> Bandwidths { get; } = new List<SdpBandwidth>();

    /// <summary>The <c>t=</c> lines; a description that is written without one gets "0 0".</summary>
    public IList<SdpTiming> Timings { get; } = new List<SdpTiming>();

    /// <summary>The <c>z=</c> line, verbatim, or null.</summary>
    public string? TimeZones { get; set; }

    /// <summary>The session's <c>k=</c> line, verbatim (obsolete, RFC 8866 §5.12), or null.</summary>
    public string? Key { get; set; }

    /// <summary>The session's <c>a=</c> lines.</summary>
    public SdpAttributeList Attributes { get; } = [];

    /// <summary>The media sections.</summary>
    public IList<SdpMedia> Media { get; } = new List<SdpMedia>();

    /// <summary>Reads a description. Never throws on bad text.</summary>
    /// <param name="text">The description; lines end with CRLF, or with a bare LF, which peers write too.</param>
    /// <param name="description">The description, or null.</param>
    /// <param name="error">What is wrong, where that is null.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out SdpDescription? description, [NotNullWhen(false)] out SdpError? error) =>
        new SdpParser(text).TryParse(out description, out error);

    /// <summary>The groups of <c>a=group</c> lines with the given semantics, such as "BUNDLE" (RFC 5888 §5).</summary>
    public IEnumerable<IReadOnlyList<string>> GetGroups(string semantics)
    {
        foreach (SdpGroup group in SdpGroup.ReadAll(this))
        {
            if (group.Semantics == semantics) yield return group.Mids;
        }
    }

    /// <summary>The media section with that identification tag, or null.</summary>
    public SdpMedia? FindMedia(string mid)
    {
        foreach (SdpMedia media in Media)
        {
            if (media.Mid == mid) return media;
        }
        return null;
    }

    /// <summary>An attribute that may stand in the section or, for all sections, in the session: the section's line wins.</summary>
    public string? Inherited(SdpMedia media, string name)
    {
        Core.Require.NotNull(media);
        return media.Attributes.First(name) ?? Attributes.First(name);
    }

    /// <summary>
    /// Looks for the first line whose attribute is known here and malformed. <see cref="TryParse"/> takes such a line, since what an
    /// attribute means is for those to say who use it.
    /// </summary>
    /// <returns>The line and what is wrong with it, or null.</returns>
    public SdpError? FindMalformedAttribute() => SdpAttributeSyntax.Check(this);

    /// <summary>Writes the description; every line ends with CRLF.</summary>
    public override string ToString() => SdpWriter.Write(this);
}
