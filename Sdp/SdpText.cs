using System.Globalization;

namespace WebRtcStack.Sdp;

/// <summary>The little grammar that lines share: fields between spaces, and decimal numbers without sign.</summary>
internal static class SdpText
{
    /// <summary>Takes the next field off the front; fields are parted by one space, more are tolerated.</summary>
    public static bool TryTakeField(ref ReadOnlySpan<char> text, out ReadOnlySpan<char> field)
    {
        text = text.TrimStart(' ');
        int end = text.IndexOf(' ');
        field = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return !field.IsEmpty;
    }

    public static bool TryParseNumber(ReadOnlySpan<char> digits, out ulong number)
    {
        number = 0;
        foreach (char c in digits)
        {
            if (c is < '0' or > '9') return false;
            ulong digit = (ulong)(c - '0');
            if (number > (ulong.MaxValue - digit) / 10) return false;
            number = number * 10 + digit;
        }
        return !digits.IsEmpty;
    }

    public static bool TryParseNumber(ReadOnlySpan<char> digits, int maximum, out int number)
    {
        bool parsed = TryParseNumber(digits, out ulong value) && value <= (ulong)maximum;
        number = parsed ? (int)value : 0;
        return parsed;
    }

    /// <summary>RFC 8866 §9 "token": letters, digits and !#$%&amp;'*+-.^_`{|}~.</summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c is <= ' ' or >= '\x7f' or '"' or '(' or ')' or ',' or '/' or ':' or ';' or '<' or '=' or '>' or '?' or '@' or '[' or '\\' or ']')
                return false;
        }
        return !text.IsEmpty;
    }

    /// <summary>The fields of a value; none when it is null.</summary>
    public static string[] Fields(string? value) => value?.Split([' '], StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static string Format(long number) => number.ToString(CultureInfo.InvariantCulture);
}
