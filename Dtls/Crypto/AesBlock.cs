using System.Security.Cryptography;
#if NET
using System.Runtime.Intrinsics;
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
        _platform = AesPlatform.CreateEncryptor(key);
    }

    /// <summary>Encrypts one block.</summary>
    public void Encrypt(ReadOnlySpan<byte> input, Span<byte> output)
    {
#if NET
        if (_platform is null)
        {
            AesRoundKeys.Encrypt(Vector128.Create(input[..Size]), _roundKeys).CopyTo(output);
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
