using System.Text;

namespace WebRtcStack.Stun;

/// <summary>The words for error codes.</summary>
public static class StunErrorCodeExtensions
{
    /// <summary>The registered reason phrase (RFC 8489 §18.4, and the registry of STUN error codes); empty for a code that has none.</summary>
    public static string GetReasonPhrase(this StunErrorCode code)
    {
        ReadOnlySpan<byte> phrase = StunReason.For(code);
        return phrase.IsEmpty ? "" : Encoding.ASCII.GetString(phrase.ToArray());
    }
}
