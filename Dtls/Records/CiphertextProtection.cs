using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Protection of DTLS 1.3 records in one direction and one epoch (RFC 9147 §4, §4.2.3; RFC 8446 §5.2, §5.3).</summary>
internal sealed class CiphertextProtection : IDisposable
{
    /// <summary>Bytes that protection adds behind the plaintext: the content type and the tag.</summary>
    public const int Trailer = 1 + Aead.TagLength;

    private readonly Aead _aead;
    private readonly SequenceNumberMask _mask;
    private readonly byte[] _iv = new byte[Aead.NonceLength];

    /// <summary>Derives key, iv and sn_key from a traffic secret (RFC 8446 §7.3, RFC 9147 §4.2.3).</summary>
    public CiphertextProtection(in CipherSuite suite, ReadOnlySpan<byte> trafficSecret)
    {
        KeySchedule schedule = new(suite.Hash);
        Span<byte> key = stackalloc byte[suite.KeyLength];
        schedule.ExpandLabel(trafficSecret, "key", [], key);
        _aead = new Aead(suite.Aead, key);
        schedule.ExpandLabel(trafficSecret, "iv", [], _iv);
        schedule.ExpandLabel(trafficSecret, "sn", [], key);
        _mask = new SequenceNumberMask(suite.Aead, key);
        SecretMemory.Clear(key);
    }

    /// <summary>Seals a record whose plaintext stands behind the room for the header.</summary>
    /// <param name="record">Exactly the record.</param>
    /// <param name="type">The content type, which is encrypted with the plaintext.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="sequence">The sequence number.</param>
    public void Seal(Span<byte> record, ContentType type, ushort epoch, ulong sequence)
    {
        Span<byte> header = record[..UnifiedHeader.Size], body = record[UnifiedHeader.Size..];
        UnifiedHeader.Write(header, epoch, sequence, body.Length);
        body[^Trailer] = (byte)type;
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        Nonce(sequence, nonce);
        _aead.Seal(nonce, header, body[..^Aead.TagLength], body[^Aead.TagLength..]);
        ApplyMask(header[1..3], body);
    }

    /// <summary>Opens a record in place.</summary>
    /// <param name="record">Exactly the record.</param>
    /// <param name="header">Its header.</param>
    /// <param name="expected">The sequence number after the highest one received, which the full number is closest to (RFC 9147 §4.2.2).</param>
    /// <param name="sequence">The full sequence number.</param>
    /// <returns>False when it does not authenticate.</returns>
    public bool TryOpen(Span<byte> record, in UnifiedHeader header, ulong expected, out ulong sequence)
    {
        sequence = 0;
        Span<byte> body = record[header.HeaderLength..];
        if (body.Length < Math.Max(SequenceNumberMask.SampleLength, Trailer)) return false;
        Span<byte> number = record.Slice(1, header.SequenceLength);
        ApplyMask(number, body);
        ulong low = header.SequenceLength == 2 ? BinaryPrimitives.ReadUInt16BigEndian(number) : number[0];
        sequence = Expand(low, 1UL << (8 * header.SequenceLength), expected);
        Span<byte> nonce = stackalloc byte[Aead.NonceLength];
        Nonce(sequence, nonce);
        return _aead.TryOpen(nonce, record[..header.HeaderLength], body[..^Aead.TagLength], body[^Aead.TagLength..]);
    }

    public void Dispose()
    {
        _aead.Dispose();
        _mask.Dispose();
        SecretMemory.Clear(_iv);
    }

    /// <summary>The number closest to <paramref name="expected"/> whose low bits are <paramref name="low"/>.</summary>
    internal static ulong Expand(ulong low, ulong range, ulong expected)
    {
        ulong candidate = expected & ~(range - 1) | low;
        if (candidate + range / 2 < expected) return candidate + range;
        return candidate > expected + range / 2 && candidate >= range ? candidate - range : candidate;
    }

    // RFC 8446 §5.3: the padded sequence number, without the epoch, is XORed into the iv.
    private void Nonce(ulong sequence, Span<byte> nonce)
    {
        _iv.CopyTo(nonce);
        Span<byte> low = nonce[4..];
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) ^ sequence);
    }

    private void ApplyMask(Span<byte> number, ReadOnlySpan<byte> ciphertext)
    {
        ushort mask = _mask.Compute(ciphertext);
        number[0] ^= (byte)(mask >> 8);
        if (number.Length == 2) number[1] ^= (byte)mask;
    }
}
