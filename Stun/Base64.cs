namespace WebRtcStack.Stun;

/// <summary>Base64 digits (RFC 4648 §4) for nonces, whose lengths need no padding.</summary>
internal static class Base64
{
    private static ReadOnlySpan<byte> Alphabet => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;

    /// <summary>The character of the low six bits.</summary>
    public static byte Character(int bits) => Alphabet[bits & 63];

    /// <summary>The six bits of a character, or -1.</summary>
    public static int ValueOf(byte character) => character switch
    {
        >= (byte)'A' and <= (byte)'Z' => character - 'A',
        >= (byte)'a' and <= (byte)'z' => character - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => character - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };

    /// <summary>Writes bytes whose number is a multiple of three, as four thirds as many characters.</summary>
    public static void Encode(ReadOnlySpan<byte> bytes, Span<byte> characters)
    {
        Debug.Assert(bytes.Length % 3 == 0, "no padding here");
        for (int i = 0, o = 0; i < bytes.Length; i += 3, o += 4)
        {
            int bits = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
            for (int k = 0; k < 4; k++) characters[o + k] = Character(bits >> (18 - 6 * k));
        }
    }
}
