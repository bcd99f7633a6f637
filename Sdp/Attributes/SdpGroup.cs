namespace WebRtcStack.Sdp;

/// <summary>An <c>a=group</c> line (RFC 5888 §5): sections that belong together.</summary>
/// <param name="Semantics">"BUNDLE" (RFC 9143), "LS" for lip synchronisation, or another.</param>
/// <param name="Mids">The identification tags of the sections; none is legal (RFC 9143 §7.3.3).</param>
public sealed record SdpGroup(string Semantics, IReadOnlyList<string> Mids)
{
    /// <summary>Sections that share one transport (RFC 9143).</summary>
    public const string Bundle = "BUNDLE";

    /// <summary>Sections that are played in step (RFC 5888 §7).</summary>
    public const string LipSynchronisation = "LS";

    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpGroup? group)
    {
        group = null;
        string[] fields = SdpText.Fields(value);
        foreach (string field in fields)
        {
            if (!SdpText.IsToken(field.AsSpan())) return false;
        }
        if (fields.Length > 0) group = new SdpGroup(fields[0], new ArraySegment<string>(fields, 1, fields.Length - 1));
        return group is not null;
    }

    /// <summary>The groups of a description; malformed lines are passed over.</summary>
    public static IEnumerable<SdpGroup> ReadAll(SdpDescription description)
    {
        foreach (string value in Core.Require.NotNull(description).Attributes.All("group"))
        {
            if (TryParse(value, out SdpGroup? group)) yield return group;
        }
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Mids.Count == 0 ? Semantics : Semantics + " " + string.Join(" ", Mids);

    /// <summary>Equality of the semantics and of the tags with their order.</summary>
    public bool Equals(SdpGroup? other) => other is not null && Semantics == other.Semantics && Mids.SequenceEqual(other.Mids);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Semantics, Mids.Count);
}
