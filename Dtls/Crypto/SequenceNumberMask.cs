using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>The mask that hides sequence numbers in DTLS 1.3 (RFC 9147 §4.2.3), keyed once.</summary>
internal sealed class SequenceNumberMask : IDisposable
{
    public const int SampleLength = 16;
    private readonly AesBlock? _aes;
    private readonly uint[] _chaChaKey = [];

    public SequenceNumberMask(AeadAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        if (algorithm == AeadAlgorithm.ChaCha20Poly1305)
        {
            _chaChaKey = new uint[8];
            for (int i = 0; i < 8; i++) _chaChaKey[i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            return;
        }
        _aes = new AesBlock(key);
    }

    /// <summary>The first 16 bits of the mask.</summary>
    /// <param name="sample">The first 16 bytes of the ciphertext.</param>
    public ushort Compute(ReadOnlySpan<byte> sample)
    {
        if (_aes is null) return ChaChaMask(sample);
        Span<byte> mask = stackalloc byte[AesBlock.Size];
        _aes.Encrypt(sample, mask);
        return BinaryPrimitives.ReadUInt16BigEndian(mask);
    }

    public void Dispose()
    {
        _aes?.Dispose();
        Array.Clear(_chaChaKey, 0, _chaChaKey.Length);
    }

    // The block function of RFC 8439 §2.3. Neither the platform nor BouncyCastle lets a caller choose the block counter.
    private ushort ChaChaMask(ReadOnlySpan<byte> sample)
    {
        Span<uint> state = stackalloc uint[16];
        (state[0], state[1], state[2], state[3]) = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574);
        _chaChaKey.CopyTo(state[4..]);
        for (int i = 0; i < 4; i++) state[12 + i] = BinaryPrimitives.ReadUInt32LittleEndian(sample[(4 * i)..]);
        for (int round = 0; round < 10; round++)
        {
            for (int column = 0; column < 4; column++) QuarterRound(state, column, column + 4, column + 8, column + 12);
            for (int i = 0; i < 4; i++) QuarterRound(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
        }
        uint word = state[0] + 0x61707865;                         // only the first word of the key stream is needed
        state.Clear();
        return BinaryPrimitives.ReverseEndianness((ushort)word);
    }

    private static void QuarterRound(Span<uint> s, int a, int b, int c, int d)
    {
        s[d] = RotateLeft(s[d] ^ (s[a] += s[b]), 16);
        s[b] = RotateLeft(s[b] ^ (s[c] += s[d]), 12);
        s[d] = RotateLeft(s[d] ^ (s[a] += s[b]), 8);
        s[b] = RotateLeft(s[b] ^ (s[c] += s[d]), 7);
    }

    private static uint RotateLeft(uint value, int bits) => value << bits | value >> (32 - bits);
}
