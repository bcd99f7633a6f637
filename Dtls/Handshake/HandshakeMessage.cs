using System.Buffers.Binary;

namespace WebRtcStack.Dtls;

/// <summary>Types of handshake messages (RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 9147 §5.2).</summary>
internal enum HandshakeType : byte
{
    HelloRequest = 0,
    ClientHello = 1,
    ServerHello = 2,
    HelloVerifyRequest = 3,
    NewSessionTicket = 4,
    EncryptedExtensions = 8,
    Certificate = 11,
    ServerKeyExchange = 12,
    CertificateRequest = 13,
    ServerHelloDone = 14,
    CertificateVerify = 15,
    ClientKeyExchange = 16,
    Finished = 20,
    KeyUpdate = 24,
    MessageHash = 254,
}

/// <summary>A whole handshake message with the header of an unfragmented one, which is what the transcript of DTLS 1.2 holds (RFC 6347 §4.2.6).</summary>
internal readonly ref struct HandshakeMessage(ReadOnlySpan<byte> raw)
{
    public ReadOnlySpan<byte> Raw { get; } = raw;

    public HandshakeType Type => (HandshakeType)Raw[0];

    public ReadOnlySpan<byte> Body => Raw[FragmentHeader.Size..];

    /// <summary>message_seq.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16BigEndian(Raw[4..]);

    /// <summary>Puts a header in front of a body.</summary>
    public static byte[] Build(HandshakeType type, ushort sequence, ReadOnlySpan<byte> body)
    {
        byte[] raw = new byte[FragmentHeader.Size + body.Length];
        new FragmentHeader(type, body.Length, sequence, 0, body.Length).Write(raw);
        body.CopyTo(raw.AsSpan(FragmentHeader.Size));
        return raw;
    }
}

/// <summary>The header of a fragment of a handshake message (RFC 6347 §4.2.2).</summary>
internal readonly struct FragmentHeader
{
    public const int Size = 12;

    public FragmentHeader(HandshakeType type, int length, ushort sequence, int offset, int fragmentLength) =>
        (Type, Length, Sequence, Offset, FragmentLength) = (type, length, sequence, offset, fragmentLength);

    public HandshakeType Type { get; }

    /// <summary>Bytes of the whole message's body.</summary>
    public int Length { get; }

    /// <summary>message_seq.</summary>
    public ushort Sequence { get; }

    public int Offset { get; }

    public int FragmentLength { get; }

    /// <summary>Whether this fragment is the end of its message.</summary>
    public bool IsLast => Offset + FragmentLength == Length;

    //  msg_type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) | body

    /// <summary>Reads a fragment; false when it is cut off or lies outside its message.</summary>
    public static bool TryRead(ref WireReader reader, out FragmentHeader header, out ReadOnlySpan<byte> body)
    {
        header = default;
        body = default;
        WireReader ahead = reader;
        if (!ahead.TryReadByte(out byte type) || !ahead.TryReadUInt24(out uint length) ||
            !ahead.TryReadUInt16(out ushort sequence) || !ahead.TryReadUInt24(out uint offset) ||
            !ahead.TryReadUInt24(out uint fragmentLength) || !ahead.TryReadBytes((int)fragmentLength, out body) ||
            offset + fragmentLength > length) return false;
        header = new FragmentHeader((HandshakeType)type, (int)length, sequence, (int)offset, (int)fragmentLength);
        reader = ahead;
        return true;
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Type << 24 | (uint)Length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], Sequence);
        destination[6] = (byte)(Offset >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(destination[7..], (ushort)Offset);
        destination[9] = (byte)(FragmentLength >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(destination[10..], (ushort)FragmentLength);
    }
}
