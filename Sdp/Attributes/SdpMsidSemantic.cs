namespace WebRtcStack.Sdp;

/// <summary>An <c>a=msid-semantic</c> line (drafts of RFC 8830, still written by browsers): which streams the session has.</summary>
/// <param name="Semantic">"WMS" for MediaStreams.</param>
/// <param name="StreamIds">The streams; "*" for all.</param>
public sealed record SdpMsidSemantic(string Semantic, IReadOnlyList<string> StreamIds)
{
    /// <summary>Whether a space stands behind the colon, as the draft's examples had it and Chromium writes.</summary>
    public bool HasLeadingSpace { get; init; }

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpMsidSemantic? semantic)
    {
        string[] fields = SdpText.Fields(value);
        semantic = fields.Length == 0 ? null : new SdpMsidSemantic(fields[0], new ArraySegment<string>(fields, 1, fields.Length - 1))
        {
            HasLeadingSpace = value![0] == ' ',
        };
        return semantic is not null;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() =>
        (HasLeadingSpace ? " " : "") + Semantic + (StreamIds.Count == 0 ? "" : " " + string.Join(" ", StreamIds));

    /// <summary>Equality of all that the line says.</summary>
    public bool Equals(SdpMsidSemantic? other) => other is not null && Semantic == other.Semantic && HasLeadingSpace == other.HasLeadingSpace &&
        StreamIds.SequenceEqual(other.StreamIds);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Semantic, StreamIds.Count);
}
