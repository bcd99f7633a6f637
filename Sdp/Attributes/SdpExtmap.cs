namespace WebRtcStack.Sdp;

/// <summary>An <c>a=extmap</c> line: an RTP header extension and the id it goes by (RFC 8285 §5).</summary>
/// <param name="Id">The id on the wire: 1 to 14 with one-byte headers, to 255 with two-byte headers; larger in offers that leave the choice open.</param>
/// <param name="Uri">The extension.</param>
/// <param name="Direction">The direction it is for; null for both.</param>
/// <param name="Attributes">What the extension itself puts behind, or null.</param>
public sealed record SdpExtmap(int Id, string Uri, SdpDirection? Direction = null, string? Attributes = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpExtmap? extmap)
    {
        extmap = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> head) || !SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> uri)) return false;
        int slash = head.IndexOf('/');
        SdpDirection? direction = null;
        if (slash >= 0)
        {
            if (!SdpDirectionNames.TryParse(head[(slash + 1)..].ToString(), out SdpDirection parsed)) return false;
            direction = parsed;
        }
        if (!SdpText.TryParseNumber(slash < 0 ? head : head[..slash], 4351, out int id) || id == 0) return false;      // RFC 8285 §5: 4096 to 4351 are for offers
        extmap = new SdpExtmap(id, uri.ToString(), direction, fields.IsEmpty ? null : fields.ToString());
        return true;
    }

    /// <summary>The lines of a section, or of a session; malformed ones are passed over.</summary>
    public static IEnumerable<SdpExtmap> ReadAll(SdpAttributeList attributes)
    {
        foreach (string value in Core.Require.NotNull(attributes).All("extmap"))
        {
            if (TryParse(value, out SdpExtmap? extmap)) yield return extmap;
        }
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() =>
        SdpText.Format(Id) + (Direction is { } d ? "/" + d.ToSdp() : "") + " " + Uri + (Attributes is null ? "" : " " + Attributes);
}
