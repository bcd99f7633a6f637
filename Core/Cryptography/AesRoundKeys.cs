#if NET
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AesInstructions = System.Runtime.Intrinsics.X86.Aes;

namespace WebRtcStack.Core;

/// <summary>The processor's AES instructions, where it has them, and the key schedule that they need.</summary>
internal static class AesRoundKeys
{
    public static bool IsSupported => AesInstructions.IsSupported;

    /// <summary>Round keys of a key of 16, 24 or 32 bytes (FIPS 197 §5.2), with words as they lie in memory.</summary>
    public static Vector128<byte>[] Expand(ReadOnlySpan<byte> key)
    {
        int keyWords = key.Length / 4;
        Vector128<byte>[] roundKeys = new Vector128<byte>[keyWords + 7];
        Span<uint> words = MemoryMarshal.Cast<Vector128<byte>, uint>(roundKeys.AsSpan());
        key.CopyTo(MemoryMarshal.AsBytes(words));
        uint constant = 1;
        for (int i = keyWords; i < words.Length; i++)
        {
            uint word = words[i - 1];
            if (i % keyWords == 0)
            {
                word = System.Numerics.BitOperations.RotateRight(SubWord(word), 8) ^ constant;
                constant = constant << 1 ^ (constant >> 7) * 0x11B;                      // the next power of x in GF(2^8)
            }
            else if (keyWords > 6 && i % keyWords == 4)
            {
                word = SubWord(word);
            }
            words[i] = words[i - keyWords] ^ word;
        }
        return roundKeys;
    }

    /// <summary>Encrypts one block.</summary>
    public static Vector128<byte> Encrypt(Vector128<byte> block, ReadOnlySpan<Vector128<byte>> roundKeys)
    {
        block ^= roundKeys[0];
        for (int round = 1; round < roundKeys.Length - 1; round++) block = AesInstructions.Encrypt(block, roundKeys[round]);
        return AesInstructions.EncryptLast(block, roundKeys[^1]);
    }

    /// <summary>Forgets round keys.</summary>
    public static void Clear(Vector128<byte>[] roundKeys) => SecretMemory.Clear(MemoryMarshal.AsBytes(roundKeys.AsSpan()));

    // The last round without a key is SubBytes and ShiftRows, and the latter changes nothing when all columns are the same.
    private static uint SubWord(uint word) =>
        AesInstructions.EncryptLast(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();
}
#endif
