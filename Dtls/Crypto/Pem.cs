using System.Text;

namespace WebRtcStack.Dtls;

/// <summary>Textual encoding of DER structures (RFC 7468 §2).</summary>
internal static class Pem
{
    private const int LineLength = 64;

    public static string Encode(string label, ReadOnlySpan<byte> der)
    {
        string base64 = Convert.ToBase64String(der.ToArray());
        StringBuilder text = new();
        text.Append("-----BEGIN ").Append(label).Append("-----\n");
        for (int i = 0; i < base64.Length; i += LineLength)
            text.Append(base64, i, Math.Min(LineLength, base64.Length - i)).Append('\n');
        return text.Append("-----END ").Append(label).Append("-----\n").ToString();
    }

    /// <summary>Finds the first structure with this label.</summary>
    /// <exception cref="FormatException">There is none, or it is no base64.</exception>
    public static byte[] Decode(string text, string label)
    {
        string begin = $"-----BEGIN {label}-----", end = $"-----END {label}-----";
        int from = text.IndexOf(begin, StringComparison.Ordinal);
        int to = from < 0 ? -1 : text.IndexOf(end, from, StringComparison.Ordinal);
        if (to < 0) throw new FormatException($"The text holds no '{label}' in PEM.");
        from += begin.Length;
        return Convert.FromBase64String(text.Substring(from, to - from));
    }
}
