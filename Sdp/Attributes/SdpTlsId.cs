namespace WebRtcStack.Sdp;

/// <summary>The <c>a=tls-id</c> attribute (RFC 8842 §4): names a DTLS association, so that a new one is told from the old.</summary>
public static class SdpTlsId
{
    /// <summary>The characters that an id has at least (RFC 8842 §4).</summary>
    public const int MinLength = 20;

    /// <summary>The characters that an id has at most.</summary>
    public const int MaxLength = 255;

    /// <summary>Whether text is an id: 20 to 255 letters, digits and "+/-_".</summary>
    public static bool IsValid(string? text)
    {
        if (text is not { Length: >= MinLength and <= MaxLength }) return false;
        foreach (char c in text)
        {
            if (c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '+' or '/' or '-' or '_')) return false;
        }
        return true;
    }
}
