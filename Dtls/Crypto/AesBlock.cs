using System.Security.Cryptography;
#if NET
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AesInstructions = System.Runtime.Intrinsics.X86.Aes;
#endif

namespace WebRtcStack.Dtls;

/// <summary>One block of AES at a time, keyed once. A call of the platform's costs more than the cipher, so the processor's instructions come first.</summary>
internal sealed class AesBlock : IDisposable
{
    public const int Size = 16;
    private readonly ICryptoTransform? _platform;
    private readonly byte[] _block = new byte[Size];
#if NET
    private readonly Vector128<byte>[] _roundKeys = [];
#endif

    /// <summary>Takes a key of 16 or 32 bytes, which is copied.</summary>
    public AesBlock(ReadOnlySpan<byte> key, bool allowInstructions = true)
    {
#if NET
        if (allowInstructions && AesInstructions.IsSupported)
        {
            _roundKeys = ExpandKey(key);
            return;
        }
#endif
        byte[] keyBytes = key.ToArray();
        using Aes aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.Key = keyBytes;
        _platform = aes.CreateEncryptor();
        SecretMemory.Clear(keyBytes);
    }

    /// <summary>Encrypts one block.</summary>
    public void Encrypt(ReadOnlySpan<byte> input, Span<byte> output)
    {
#if NET
        if (_platform is null)
        {
            ReadOnlySpan<Vector128<byte>> keys = _roundKeys;
            Vector128<byte> state = Vector128.Create(input[..Size]) ^ keys[0];
            for (int round = 1; round < keys.Length - 1; round++) state = AesInstructions.Encrypt(state, keys[round]);
            AesInstructions.EncryptLast(state, keys[^1]).CopyTo(output);
            return;
        }
#endif
        input[..Size].CopyTo(_block);
        _platform!.TransformBlock(_block, 0, Size, _block, 0);
        _block.CopyTo(output);
    }

    public void Dispose()
    {
        _platform?.Dispose();
        SecretMemory.Clear(_block);
#if NET
        SecretMemory.Clear(MemoryMarshal.AsBytes(_roundKeys.AsSpan()));
#endif
    }

#if NET
    // FIPS 197 §5.2, with words as they lie in memory.
    private static Vector128<byte>[] ExpandKey(ReadOnlySpan<byte> key)
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

    // The last round without a key is SubBytes and ShiftRows, and the latter changes nothing when all columns are the same.
    private static uint SubWord(uint word) =>
        AesInstructions.EncryptLast(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();
#endif
}
