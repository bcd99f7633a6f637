using System.Globalization;
using System.Text;

namespace WebRtcStack.Stun;

/// <summary>The OpaqueString profile of RFC 8265 §4.2, by which user names, realms and passwords are prepared before they are hashed.</summary>
internal static class OpaqueString
{
    /// <summary>Other spaces become U+0020, then comes normalisation form C (§4.2.2). Text that the profile forbids is left as it is.</summary>
    public static string Prepare(string text)
    {
        if (IsAscii(text) || !IsAllowed(text)) return text;
        StringBuilder mapped = new(text.Length);
        foreach (char c in text)
            mapped.Append(CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator ? ' ' : c);
        return mapped.ToString().Normalize(NormalizationForm.FormC);
    }

    /// <summary>Whether the text is in the FreeformClass (RFC 8264 §4.3): not empty, no controls, nothing unassigned or for private use.</summary>
    public static bool IsAllowed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = char.IsSurrogatePair(text, i);
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(text, i);
            if (category is UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
                UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) return false;
            if (isPair) i++;
        }
        return text.Length > 0;
    }

    private static bool IsAscii(string text)
    {
        foreach (char c in text)
        {
            if (c >= 0x80) return false;
        }
        return true;
    }
}
