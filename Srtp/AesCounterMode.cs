using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
#if NET
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AesInstructions = System.Runtime.Intrinsics.X86.Aes;
#endif

namespace WebRtcStack.Srtp;

/// <summary>
/// AES in counter mode (RFC 3711 §4.1.1), keyed once. With the processor's instructions, eight counter blocks at a time; without them the
/// platform encrypts many blocks in one call.
/// </summary>
internal sealed class AesCounterMode : IDisposable
{
    public const int BlockLength = 16;
    private const int BatchLength = 128 * BlockLength;              // more than a packet of 1500 bytes needs
    private readonly ICryptoTransform? _platform;
    private readonly byte[] _counters = [];
    private readonly byte[] _keyStream = [];
#if NET
    private readonly Vector128<byte>[] _roundKeys = [];
#endif

    /// <summary>Takes a key of 16 or 32 bytes, which is copied.</summary>
    public AesCounterMode(ReadOnlySpan<byte> key, bool allowInstructions = true)
    {
#if NET
        if (allowInstructions && AesRoundKeys.IsSupported)
        {
            _roundKeys = AesRoundKeys.Expand(key);
            return;
        }
#endif
        _platform = AesPlatform.CreateEncryptor(key);
        (_counters, _keyStream) = (new byte[BatchLength], new byte[BatchLength]);
    }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="iv">16 bytes, the last two of which count blocks and are 0 at the start.</param>
    /// <param name="data">At most 2^16 blocks, which no datagram reaches.</param>
    public void Transform(ReadOnlySpan<byte> iv, Span<byte> data)
    {
#if NET
        if (_platform is null)
        {
            TransformByInstructions(iv, data);
            return;
        }
#endif
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
            _platform!.TransformBlock(_counters, 0, rounded, _keyStream, 0);
            Xor(data[..length], _keyStream);
            data = data[length..];
        }
    }

    public void Dispose()
    {
        _platform?.Dispose();
        SecretMemory.Clear(_keyStream);
#if NET
        AesRoundKeys.Clear(_roundKeys);
#endif
    }

    private static void Xor(Span<byte> data, ReadOnlySpan<byte> keyStream)
    {
        Span<Vector<byte>> wide = MemoryMarshal.Cast<byte, Vector<byte>>(data);
        ReadOnlySpan<Vector<byte>> wideKey = MemoryMarshal.Cast<byte, Vector<byte>>(keyStream);
        for (int i = 0; i < wide.Length; i++) wide[i] ^= wideKey[i];
        for (int i = wide.Length * Vector<byte>.Count; i < data.Length; i++) data[i] ^= keyStream[i];
    }

#if NET
    private void TransformByInstructions(ReadOnlySpan<byte> iv, Span<byte> data)
    {
        const int Batch = 8;                                        // enough to hide the latency of a round
        ulong high = MemoryMarshal.Read<ulong>(iv), low = BinaryPrimitives.ReadUInt64BigEndian(iv[8..]);
        Span<Vector128<byte>> blocks = MemoryMarshal.Cast<byte, Vector128<byte>>(data);
        ReadOnlySpan<Vector128<byte>> keys = _roundKeys;
        Vector128<byte> first = keys[0], last = keys[^1];
        for (; blocks.Length >= Batch; blocks = blocks[Batch..], low += Batch)
        {
            Vector128<byte> a = Counter(high, low) ^ first, b = Counter(high, low + 1) ^ first, c = Counter(high, low + 2) ^ first;
            Vector128<byte> d = Counter(high, low + 3) ^ first, e = Counter(high, low + 4) ^ first, f = Counter(high, low + 5) ^ first;
            Vector128<byte> g = Counter(high, low + 6) ^ first, h = Counter(high, low + 7) ^ first;
            for (int round = 1; round < keys.Length - 1; round++)
            {
                Vector128<byte> key = keys[round];
                (a, b) = (AesInstructions.Encrypt(a, key), AesInstructions.Encrypt(b, key));
                (c, d) = (AesInstructions.Encrypt(c, key), AesInstructions.Encrypt(d, key));
                (e, f) = (AesInstructions.Encrypt(e, key), AesInstructions.Encrypt(f, key));
                (g, h) = (AesInstructions.Encrypt(g, key), AesInstructions.Encrypt(h, key));
            }
            blocks[0] ^= AesInstructions.EncryptLast(a, last);
            blocks[1] ^= AesInstructions.EncryptLast(b, last);
            blocks[2] ^= AesInstructions.EncryptLast(c, last);
            blocks[3] ^= AesInstructions.EncryptLast(d, last);
            blocks[4] ^= AesInstructions.EncryptLast(e, last);
            blocks[5] ^= AesInstructions.EncryptLast(f, last);
            blocks[6] ^= AesInstructions.EncryptLast(g, last);
            blocks[7] ^= AesInstructions.EncryptLast(h, last);
        }
        foreach (ref Vector128<byte> block in blocks) block ^= AesRoundKeys.Encrypt(Counter(high, low++), keys);
        Span<byte> rest = data[(data.Length & -BlockLength)..];
        if (rest.IsEmpty) return;
        Span<byte> keyStream = stackalloc byte[BlockLength];
        AesRoundKeys.Encrypt(Counter(high, low), keys).CopyTo(keyStream);
        for (int i = 0; i < rest.Length; i++) rest[i] ^= keyStream[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(ulong high, ulong low) =>
        Vector128.Create(high, BinaryPrimitives.ReverseEndianness(low)).AsByte();
#endif
}
