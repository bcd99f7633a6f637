namespace WebRtcStack.Stun;

/// <summary>The nonce cookie: "obMatJos2" and 24 bits of features as four characters of base64 (RFC 8489 §9.2).</summary>
public static class StunNonceCookie
{
    /// <summary>Bytes of the cookie with its features.</summary>
    public const int Length = 13;

    private const int PrefixLength = 9;

    private static ReadOnlySpan<byte> Prefix => "obMatJos2"u8;

    /// <summary>The features that a NONCE announces; none when it does not start with the cookie.</summary>
    public static StunSecurityFeatures Read(ReadOnlySpan<byte> nonce)
    {
        if (nonce.Length < Length || !nonce.StartsWith(Prefix)) return StunSecurityFeatures.None;
        int features = 0;
        foreach (byte character in nonce[PrefixLength..Length])
        {
            int value = Base64.ValueOf(character);
            if (value < 0) return StunSecurityFeatures.None;
            features = features << 6 | value;
        }
        return (StunSecurityFeatures)features;
    }

    /// <summary>Writes the cookie.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <see cref="Length"/>.</exception>
    public static void Write(Span<byte> destination, StunSecurityFeatures features)
    {
        Prefix.CopyTo(destination);
        int bits = (int)features;
        for (int i = 0; i < Length - PrefixLength; i++) destination[PrefixLength + i] = Base64.Character(bits >> (18 - 6 * i));
    }
}
