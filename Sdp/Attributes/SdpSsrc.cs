namespace WebRtcStack.Sdp;

/// <summary>An <c>a=ssrc</c> line (RFC 5576 §4.1): one attribute of one source.</summary>
/// <param name="Ssrc">The source.</param>
/// <param name="Attribute">The attribute's name, such as "cname" or "msid".</param>
/// <param name="Value">Its value, or null.</param>
public sealed record SdpSsrc(uint Ssrc, string Attribute, string? Value = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpSsrc? ssrc)
    {
        ssrc = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> number) ||
            !SdpText.TryParseNumber(number, out ulong id) || id > uint.MaxValue || fields.IsEmpty) return false;
        int colon = fields.IndexOf(':');
        ssrc = new SdpSsrc((uint)id, (colon < 0 ? fields : fields[..colon]).ToString(), colon < 0 ? null : fields[(colon + 1)..].ToString());
        return true;
    }

    /// <summary>The lines of a section; malformed ones are passed over.</summary>
    public static IEnumerable<SdpSsrc> ReadAll(SdpMedia media)
    {
        foreach (string value in Core.Require.NotNull(media).Attributes.All("ssrc"))
        {
            if (TryParse(value, out SdpSsrc? ssrc)) yield return ssrc;
        }
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => SdpText.Format(Ssrc) + " " + Attribute + (Value is null ? "" : ":" + Value);
}

/// <summary>An <c>a=ssrc-group</c> line (RFC 5576 §4.2), such as FID: a source and its retransmission (RFC 4588 §8.2).</summary>
/// <param name="Semantics">"FID", "SIM", "FEC-FR", ...</param>
/// <param name="Sources">The sources, in the order of the line.</param>
public sealed record SdpSsrcGroup(string Semantics, IReadOnlyList<uint> Sources)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpSsrcGroup? group)
    {
        group = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> semantics)) return false;
        List<uint> sources = [];
        while (SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> source))
        {
            if (!SdpText.TryParseNumber(source, out ulong id) || id > uint.MaxValue) return false;
            sources.Add((uint)id);
        }
        group = new SdpSsrcGroup(semantics.ToString(), sources);
        return true;
    }

    /// <summary>The lines of a section; malformed ones are passed over.</summary>
    public static IEnumerable<SdpSsrcGroup> ReadAll(SdpMedia media)
    {
        foreach (string value in Core.Require.NotNull(media).Attributes.All("ssrc-group"))
        {
            if (TryParse(value, out SdpSsrcGroup? group)) yield return group;
        }
    }

    /// <summary>Equality of the semantics and of the sources with their order.</summary>
    public bool Equals(SdpSsrcGroup? other) => other is not null && Semantics == other.Semantics && Sources.SequenceEqual(other.Sources);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Semantics, Sources.Count);

    /// <summary>The value of the attribute.</summary>
    public override string ToString() =>
        Semantics + (Sources.Count == 0 ? "" : " ") + string.Join(" ", System.Linq.Enumerable.Select(Sources, source => SdpText.Format(source)));
}
