using System.Globalization;
using System.Text;

namespace WebRtcStack.Stun;

/// <summary>The OpaqueString profile of RFC 8265 §4.2, by which user names, realms and passwords are prepared before they are hashed.</summary>
internal static class OpaqueString
{
    // RFC 8264 §9.9 and §9.13, characters that the categories below do not tell: old Hangul Jamo, and what is ignored by default.
    private static readonly (int First, int Last)[] s_forbidden =
    [
        (0x034F, 0x034F), (0x1100, 0x11FF), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xA960, 0xA97F), (0xD7B0, 0xD7FF),
        (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF),
    ];

    /// <summary>Other spaces become U+0020, then comes normalisation form C (§4.2.2).</summary>
    /// <exception cref="ArgumentException">The profile forbids the text.</exception>
    public static string Prepare(string text, string? name = null)
    {
        if (!IsAllowed(text))
        {
            throw new ArgumentException(
                "Use text that is not empty and has no control, ignorable, unassigned or private-use characters (RFC 8265 §4.2).", name ?? nameof(text));
        }
        if (IsAscii(text)) return text;
        StringBuilder mapped = new(text.Length);
        foreach (char c in text)
            mapped.Append(CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator ? ' ' : c);
        return mapped.ToString().Normalize(NormalizationForm.FormC);
    }

    /// <summary>Whether the text is in the FreeformClass (RFC 8264 §4.3) and not empty.</summary>
    public static bool IsAllowed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = char.IsSurrogatePair(text, i);
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(text, i);
            if (category is UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
                UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) return false;
            int point = isPair ? char.ConvertToUtf32(text, i) : text[i];
            // Deviation, RFC 5892 appendix A.1 and A.2: joiners are good everywhere, since .NET does not tell which scripts join.
            if (category == UnicodeCategory.Format && point is not (0x200C or 0x200D)) return false;
            foreach ((int first, int last) in s_forbidden)
            {
                if (point >= first && point <= last) return false;
            }
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
