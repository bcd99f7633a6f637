namespace WebRtcStack.Dtls;

/// <summary>Content types of records (RFC 5246 §6.2.1, RFC 9147 §7).</summary>
internal enum ContentType : byte
{
    ChangeCipherSpec = 20,
    Alert = 21,
    Handshake = 22,
    ApplicationData = 23,
    Ack = 26,
}

/// <summary>Versions as they are on the wire: ones' complement of the version number (RFC 6347 §4.1).</summary>
internal static class DtlsVersion
{
    public const ushort Dtls10 = 0xFEFF;
    public const ushort Dtls12 = 0xFEFD;
    public const ushort Dtls13 = 0xFEFC;
}

/// <summary>The header of a record (RFC 6347 §4.1): of all in DTLS 1.2, of those in the clear in DTLS 1.3.</summary>
internal readonly struct RecordHeader
{
    public const int Size = 13;

    /// <summary>2^14 bytes of plaintext and what protection may add to it (RFC 5246 §6.2.3).</summary>
    public const int MaxLength = (1 << 14) + 2048;

    public const int MaxPlaintext = 1 << 14;

    public RecordHeader(ContentType type, ushort version, ushort epoch, ulong sequence, int length) =>
        (Type, Version, Epoch, Sequence, Length) = (type, version, epoch, sequence, length);

    public ContentType Type { get; }

    public ushort Version { get; }

    public ushort Epoch { get; }

    /// <summary>48 bits, counted anew in each epoch.</summary>
    public ulong Sequence { get; }

    /// <summary>Bytes that follow the header.</summary>
    public int Length { get; }

    /// <summary>Epoch and sequence number as one 64-bit number: the seq_num of RFC 5246 §6.2.3.3.</summary>
    public ulong EpochAndSequence => (ulong)Epoch << 48 | Sequence;

    //  type (1) | version (2) | epoch (2) | sequence_number (6) | length (2) | fragment

    /// <summary>Reads the header at the front of a datagram; false when header or fragment do not fit into it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out RecordHeader header)
    {
        header = default;
        WireReader reader = new(datagram);
        if (!reader.TryReadByte(out byte type) || !reader.TryReadUInt16(out ushort version) ||
            !reader.TryReadUInt16(out ushort epoch) || !reader.TryReadUInt48(out ulong sequence) ||
            !reader.TryReadUInt16(out ushort length) || length > reader.Remaining) return false;
        header = new RecordHeader((ContentType)type, version, epoch, sequence, length);
        return true;
    }

    public void Write(Span<byte> destination)
    {
        WireWriter writer = new(destination);
        writer.WriteByte((byte)Type);
        writer.WriteUInt16(Version);
        writer.WriteUInt64(EpochAndSequence);
        writer.WriteUInt16((ushort)Length);
        Debug.Assert(!writer.Overflowed, "room for the header is the caller's duty");
    }
}
