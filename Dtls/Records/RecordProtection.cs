using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>
/// AEAD protection of DTLS 1.2 records in one direction (RFC 5246 §6.2.3.3): AES-GCM with an explicit nonce of 8 bytes
/// (RFC 5288 §3), ChaCha20-Poly1305 without (RFC 7905 §2).
/// </summary>
internal sealed class RecordProtection : IDisposable
{
    public const int MaxOverhead = GcmExplicitNonceLength + Aead.TagLength;
    private const int GcmExplicitNonceLength = 8;
    private const int AssociatedDataLength = 13;
    private readonly Aead _aead;
    private readonly byte[] _iv;

    /// <summary>Takes the key and the fixed part of the nonce: 4 bytes (salt) for GCM, 12 for ChaCha20-Poly1305. Both are copied.</summary>
    public RecordProtection(AeadAlgorithm algorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        _aead = new Aead(algorithm, key);
        _iv = iv.ToArray();
        ExplicitNonceLength = algorithm == AeadAlgorithm.ChaCha20Poly1305 ? 0 : GcmExplicitNonceLength;
    }

    /// <summary>key_block: both keys, then both fixed parts of the nonce; AEAD suites have no MAC keys (RFC 5246 §6.3).</summary>
    public static (RecordProtection Client, RecordProtection Server) CreatePair(
        in CipherSuite suite, ReadOnlySpan<byte> master, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> serverRandom)
    {
        Span<byte> seed = stackalloc byte[64];
        serverRandom.CopyTo(seed);                                 // here the server's random comes first
        clientRandom.CopyTo(seed[serverRandom.Length..]);
        int key = suite.KeyLength, iv = suite.IvLength;
        Span<byte> block = stackalloc byte[2 * (32 + Aead.NonceLength)];
        block = block[..(2 * (key + iv))];
        Prf.Expand(suite.Hash, master, "key expansion", seed, block);
        RecordProtection client = new(suite.Aead, block[..key], block.Slice(2 * key, iv));
        RecordProtection server = new(suite.Aead, block.Slice(key, key), block.Slice(2 * key + iv, iv));
        SecretMemory.Clear(block);
        return (client, server);
    }

    /// <summary>Bytes between the record header and the ciphertext.</summary>
    public int ExplicitNonceLength { get; }

    /// <summary>Bytes that protection adds to the plaintext.</summary>
    public int Overhead => ExplicitNonceLength + Aead.TagLength;

    /// <summary>Seals the plaintext that stands in <paramref name="fragment"/> between the room for explicit nonce and tag.</summary>
    public void Seal(in RecordHeader header, Span<byte> fragment)
    {
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        if (ExplicitNonceLength > 0) BinaryPrimitives.WriteUInt64BigEndian(fragment, header.EpochAndSequence);
        Nonce(header, fragment, nonce);
        Span<byte> data = fragment[ExplicitNonceLength..^Aead.TagLength];
        Span<byte> associatedData = stackalloc byte[AssociatedDataLength];
        AssociatedData(header, data.Length, associatedData);
        _aead.Seal(nonce, associatedData, data, fragment[^Aead.TagLength..]);
    }

    /// <summary>Opens a record's fragment in place; the plaintext lies behind the explicit nonce.</summary>
    public bool TryOpen(in RecordHeader header, Span<byte> fragment, out int length)
    {
        length = fragment.Length - Overhead;
        if (length < 0) return false;
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        Nonce(header, fragment, nonce);
        Span<byte> associatedData = stackalloc byte[AssociatedDataLength];
        AssociatedData(header, length, associatedData);
        return _aead.TryOpen(nonce, associatedData, fragment.Slice(ExplicitNonceLength, length), fragment[^Aead.TagLength..]);
    }

    public void Dispose()
    {
        _aead.Dispose();
        SecretMemory.Clear(_iv);
    }

    private void Nonce(in RecordHeader header, ReadOnlySpan<byte> fragment, Span<byte> nonce)
    {
        _iv.CopyTo(nonce);
        if (ExplicitNonceLength > 0)
        {
            fragment[..ExplicitNonceLength].CopyTo(nonce[_iv.Length..]);
            return;
        }
        Span<byte> low = nonce[4..];                                // RFC 7905 §2: the padded sequence number is XORed in
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ header.EpochAndSequence);
    }

    // additional_data = seq_num + type + version + length of the plaintext
    private static void AssociatedData(in RecordHeader header, int length, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, header.EpochAndSequence);
        destination[8] = (byte)header.Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[9..], header.Version);
        BinaryPrimitives.WriteUInt16BigEndian(destination[11..], (ushort)length);
    }
}
