namespace WebRtcStack.Sdp;

/// <summary>An <c>a=rid</c> line (RFC 8851 §4): one RTP stream of a section, and what restricts it.</summary>
/// <param name="Id">The rid-id: letters and digits, "-" and "_" are tolerated; at most 255.</param>
/// <param name="IsSend">Whether the writer sends it; otherwise it is ready to receive it.</param>
/// <param name="Restrictions">What stands behind, verbatim: "max-width=1280;max-fps=15", or null.</param>
public sealed record SdpRid(string Id, bool IsSend, string? Restrictions = null)
{
    /// <summary>The restrictions by name (RFC 8851 §5); none when nothing stands behind.</summary>
    public SdpRidRestrictions GetRestrictions() => new(new SdpFormatParameters(Restrictions ?? ""));

    /// <summary>The lines of a section; malformed ones are passed over.</summary>
    public static IEnumerable<SdpRid> ReadAll(SdpMedia media)
    {
        foreach (string value in Core.Require.NotNull(media).Attributes.All("rid"))
        {
            if (TryParse(value, out SdpRid? rid)) yield return rid;
        }
    }

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
