using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WebRtcStack.Srtp;

/// <summary>
/// AES in counter mode (RFC 3711 §4.1.1), keyed once: many counter blocks are encrypted in one call and combined with the data.
/// </summary>
internal sealed class AesCounterMode : IDisposable
{
    public const int BlockLength = 16;
    private const int BatchLength = 128 * BlockLength;              // more than a packet of 1500 bytes needs
    private readonly ICryptoTransform _encryptor;
    private readonly byte[] _counters = new byte[BatchLength];
    private readonly byte[] _keyStream = new byte[BatchLength];

    public AesCounterMode(ReadOnlySpan<byte> key)
    {
        byte[] keyBytes = key.ToArray();
        using Aes aes = Aes.Create();
        aes.Mode = CipherMode.ECB;                                  // counter mode is built from single blocks
        aes.Padding = PaddingMode.None;
        aes.Key = keyBytes;
        _encryptor = aes.CreateEncryptor();
        keyBytes.AsSpan().Clear();
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="iv">16 bytes, the last two of which count blocks and are 0 at the start.</param>
    /// <param name="data">At most 2^16 blocks, which no datagram reaches.</param>
    public void Transform(ReadOnlySpan<byte> iv, Span<byte> data)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(iv), low = BinaryPrimitives.ReadUInt64BigEndian(iv[8..]);
        while (!data.IsEmpty)
        {
            int length = Math.Min(data.Length, BatchLength);
            int rounded = (length + BlockLength - 1) & -BlockLength;
            for (int i = 0; i < rounded; i += BlockLength)
            {
                BinaryPrimitives.WriteUInt64BigEndian(_counters.AsSpan(i), high);
                BinaryPrimitives.WriteUInt64BigEndian(_counters.AsSpan(i + 8), low++);
            }
            _encryptor.TransformBlock(_counters, 0, rounded, _keyStream, 0);
            Xor(data[..length], _keyStream);
            data = data[length..];
        }
    }

    public void Dispose()
    {
        _encryptor.Dispose();
        _keyStream.AsSpan().Clear();
    }

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> keyStream)
    {
        Span<Vector<byte>> wide = MemoryMarshal.Cast<byte, Vector<byte>>(data);
        ReadOnlySpan<Vector<byte>> wideKey = MemoryMarshal.Cast<byte, Vector<byte>>(keyStream);
        for (int i = 0; i < wide.Length; i++) wide[i] ^= wideKey[i];
        for (int i = wide.Length * Vector<byte>.Count; i < data.Length; i++) data[i] ^= keyStream[i];
    }
}
