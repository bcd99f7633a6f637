using WebRtcStack.Core;

namespace WebRtcStack;

/// <summary>Random names of letters and digits, about six bits a character.</summary>
internal static class RandomText
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Create(RandomSource random, int length)
    {
        char[] text = new char[length];
        for (int i = 0; i < length; i++) text[i] = Alphabet[random.Next(Alphabet.Length)];
        return new string(text);
    }
}
