using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>The header of a protected record of DTLS 1.3, its sequence number still encrypted (RFC 9147 §4, figure 3).</summary>
internal readonly struct UnifiedHeader
{
    /// <summary>The header that we write: 16-bit sequence number and length, no connection ID.</summary>
    public const int Size = 5;

    private const byte FixedBits = 0b0010_0000;
    private const byte ConnectionIdBit = 0x10;
    private const byte SequenceBit = 0x08;
    private const byte LengthBit = 0x04;
    private const byte EpochBits = 0x03;

    private UnifiedHeader(int epochBits, int sequenceLength, int headerLength, int length) =>
        (LowEpoch, SequenceLength, HeaderLength, Length) = (epochBits, sequenceLength, headerLength, length);

    //  0 0 1 C S L E E | connection ID, if C | sequence number, 8 bits or, if S, 16 | length (2), if L | ciphertext

    /// <summary>The two low bits of the epoch.</summary>
    public int LowEpoch { get; }

    /// <summary>Bytes of the sequence number, which follows the first byte: 1 or 2.</summary>
    public int SequenceLength { get; }

    public int HeaderLength { get; }

    /// <summary>Bytes that follow the header.</summary>
    public int Length { get; }

    /// <summary>Whether a record begins with a unified header (§4.1).</summary>
    public static bool Matches(byte first) => (first & 0b1110_0000) == FixedBits;

    /// <summary>
    /// Reads the header at the front of a datagram; false when header or record do not fit into it. Nor does a record with a
    /// connection ID fit: none was negotiated.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out UnifiedHeader header)
    {
        header = default;
        WireReader reader = new(datagram);
        if (!reader.TryReadByte(out byte first) || (first & ConnectionIdBit) != 0) return false;
        int sequenceLength = (first & SequenceBit) != 0 ? 2 : 1;
        if (!reader.TrySkip(sequenceLength)) return false;
        ushort length = (ushort)reader.Remaining;                  // §4: without a length the record is the rest of the datagram
        if ((first & LengthBit) != 0 && (!reader.TryReadUInt16(out length) || length > reader.Remaining)) return false;
        header = new UnifiedHeader(first & EpochBits, sequenceLength, datagram.Length - reader.Remaining, length);
        return true;
    }

    /// <summary>Writes our header with the sequence number in the clear, as it is authenticated.</summary>
    public static void Write(Span<byte> destination, ushort epoch, ulong sequence, int length)
    {
        destination[0] = (byte)(FixedBits | SequenceBit | LengthBit | epoch & EpochBits);
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)sequence);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], (ushort)length);
    }
}
