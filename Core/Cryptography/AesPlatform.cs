using System.Security.Cryptography;

namespace WebRtcStack.Core;

/// <summary>AES of the platform for single blocks, of which layers build what they need where the processor has no instructions for it.</summary>
internal static class AesPlatform
{
    /// <summary>An encryptor of whole blocks under a key of 16, 24 or 32 bytes, which is copied.</summary>
    public static ICryptoTransform CreateEncryptor(ReadOnlySpan<byte> key)
    {
        byte[] keyBytes = key.ToArray();
        using Aes aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.Key = keyBytes;
        SecretMemory.Clear(keyBytes);
        return aes.CreateEncryptor();
    }
}
