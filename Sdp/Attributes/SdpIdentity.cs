namespace WebRtcStack.Sdp;

/// <summary>An <c>a=identity</c> line (RFC 8827 §5): an identity assertion, in base64, and extensions.</summary>
/// <param name="Assertion">The assertion as it was written, which is base64.</param>
/// <param name="Extensions">What stands behind, verbatim: "name=value;name"; or null.</param>
public sealed record SdpIdentity(string Assertion, string? Extensions = null)
{
    /// <summary>Reads the value of the attribute.</summary>
    public static bool TryParse(string? value, [NotNullWhen(true)] out SdpIdentity? identity)
    {
        identity = null;
        ReadOnlySpan<char> fields = value.AsSpan();
        if (!SdpText.TryTakeField(ref fields, out ReadOnlySpan<char> assertion) || !IsBase64(assertion)) return false;
        identity = new SdpIdentity(assertion.ToString(), fields.IsEmpty ? null : fields.ToString());
        return true;
    }

    /// <summary>The value of the attribute.</summary>
    public override string ToString() => Extensions is null ? Assertion : Assertion + " " + Extensions;

    private static bool IsBase64(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> digits = text.TrimEnd('=');
        foreach (char c in digits)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '+' or '/')) return false;
        }
        return text.Length % 4 == 0 && text.Length - digits.Length <= 2 && !digits.IsEmpty;
    }
}
