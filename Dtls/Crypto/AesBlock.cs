using System.Security.Cryptography;
#if NET
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
        if (allowInstructions && AesRoundKeys.IsSupported)
        {
            _roundKeys = AesRoundKeys.Expand(key);
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
        AesRoundKeys.Clear(_roundKeys);
#endif
    }
}
