using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>Draws user name fragments and passwords (RFC 8839 §5.4).</summary>
internal static class IceCredentials
{
    // ice-char; 64 of them, so that a character is six random bits.
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// <summary>A fragment of 48 bits (at least 24 are required) and a password of 144 bits (at least 128).</summary>
    public static IceParameters Create(RandomSource random, bool isLite) => new(Draw(random, 8), Draw(random, 24), isLite);

    /// <summary>Throws what is wrong with parameters that an application hands over.</summary>
    public static void Validate(IceParameters parameters)
    {
        Require.NotNull(parameters);
        if (!IsIceString(parameters.UsernameFragment, 4))
            throw new ArgumentException("A user name fragment has 4 to 256 characters of A-Z a-z 0-9 + /.", nameof(parameters));
        if (!IsIceString(parameters.Password, 22))
            throw new ArgumentException("A password has 22 to 256 characters of A-Z a-z 0-9 + /.", nameof(parameters));
    }

    internal static bool IsIceString(string? text, int minimum)
    {
        if (text is null || text.Length < minimum || text.Length > 256) return false;
        foreach (char c in text)
        {
            // Deviation, RFC 8839 §5.4: '-', '_' and '=' are let through, as deployed implementations draw them.
            if (!(c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '+' or '/' or '-' or '_' or '=')) return false;
        }
        return true;
    }

    private static string Draw(RandomSource random, int length)
    {
        Span<byte> bits = stackalloc byte[length];
        random.Fill(bits);
        char[] text = new char[length];
        for (int i = 0; i < length; i++) text[i] = Alphabet[bits[i] & 63];
        return new string(text);
    }
}
