using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Ice;

/// <summary>The two messages that ICE needs: a question for a name's addresses, and the answer (RFC 1035 §4.1, RFC 6762 §18).</summary>
//   0  1  2  3  4  5  6  7  8  9  0  1  2  3  4  5
//  +-----------------------------------------------+
//  |                      ID                       |
//  |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//  |       QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT       |
//  +-----------------------------------------------+
internal static class MulticastDnsMessage
{
    public const int HeaderLength = 12;
    public const ushort TypeA = 1, TypeAaaa = 28, TypeAny = 255;

    private const ushort ClassInternet = 1, ClassAny = 255, TopBit = 0x8000, Response = 0x8400;

    /// <summary>Seconds that an answer is good for (RFC 6762 §10); to a querier that is no multicast DNS one, at most 10 (§6.7).</summary>
    private const uint Lifetime = 120, LegacyLifetime = 10;

    public static bool IsResponse(ReadOnlySpan<byte> message) => (message[2] & 0x80) != 0;

    public static ushort Id(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message);

    public static int QuestionCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[4..]);

    public static int RecordCount(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[6..]) +
        BinaryPrimitives.ReadUInt16BigEndian(message[8..]) + BinaryPrimitives.ReadUInt16BigEndian(message[10..]);

    /// <summary>Reads a question.</summary>
    /// <param name="message">The message.</param>
    /// <param name="offset">Where it starts; on success where it ends.</param>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">The type of record asked for.</param>
    /// <param name="wantsUnicast">Whether the answer may go to the asker alone (RFC 6762 §5.4).</param>
    public static bool TryReadQuestion(ReadOnlySpan<byte> message, ref int offset, out string name, out ushort type, out bool wantsUnicast)
    {
        (type, wantsUnicast) = (0, false);
        if (!DnsName.TryRead(message, ref offset, out name) || message.Length - offset < 4) return false;
        type = BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        ushort @class = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]);
        wantsUnicast = (@class & TopBit) != 0;
        if ((@class & ~TopBit) is not (ClassInternet or ClassAny)) type = 0;
        offset += 4;
        return true;
    }

    /// <summary>Reads a record; <paramref name="address"/> is none when it is not an address.</summary>
    public static bool TryReadRecord(ReadOnlySpan<byte> message, ref int offset, out string name, out TransportAddress address)
    {
        address = default;
        if (!DnsName.TryRead(message, ref offset, out name) || message.Length - offset < 10) return false;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        ushort @class = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]) & ~TopBit);
        int length = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 8)..]);
        offset += 10;
        if (message.Length - offset < length) return false;
        if (@class == ClassInternet && (type, length) is (TypeA, 4) or (TypeAaaa, 16))
            address = TransportAddress.FromBytes(message.Slice(offset, length), 0);
        offset += length;
        return true;
    }

    /// <summary>Writes a question for a name's addresses of both families.</summary>
    /// <remarks>
    /// Deviation, draft-ietf-mmusic-mdns-ice-candidates §3.2.2: it does not ask for a unicast answer, which on a machine where
    /// several programs share port 5353 any of them might get (RFC 6762 §15.1).
    /// </remarks>
    public static int WriteQuery(Span<byte> destination, string name)
    {
        destination[..HeaderLength].Clear();                              // RFC 6762 §18.1: the ID is zero
        destination[5] = 2;
        int at = HeaderLength;
        at += WriteQuestion(destination[at..], name, TypeA);
        return at + WriteQuestion(destination[at..], name, TypeAaaa);
    }

    /// <summary>Writes an answer.</summary>
    /// <param name="destination">Takes it.</param>
    /// <param name="name">The name.</param>
    /// <param name="address">Its address.</param>
    /// <param name="legacyId">The query's ID where the asker is an ordinary DNS client, that wants its question back (RFC 6762 §6.7); else null.</param>
    public static int WriteAnswer(Span<byte> destination, string name, TransportAddress address, ushort? legacyId)
    {
        ushort type = address.IsIPv4 ? TypeA : TypeAaaa;
        destination[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(destination, legacyId ?? 0);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Response);
        destination[7] = 1;
        int at = HeaderLength;
        if (legacyId is not null)
        {
            destination[5] = 1;
            at += WriteQuestion(destination[at..], name, type);
        }
        at += DnsName.Write(destination[at..], name);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 2)..], (ushort)(legacyId is null ? ClassInternet | TopBit : ClassInternet));   // §10.2: cache flush
        BinaryPrimitives.WriteUInt32BigEndian(destination[(at + 4)..], legacyId is null ? Lifetime : LegacyLifetime);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 8)..], (ushort)address.AddressLength);
        at += 10;
        return at + address.WriteAddress(destination[at..]);
    }

    private static int WriteQuestion(Span<byte> destination, string name, ushort type)
    {
        int at = DnsName.Write(destination, name);
        BinaryPrimitives.WriteUInt16BigEndian(destination[at..], type);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(at + 2)..], ClassInternet);
        return at + 4;
    }
}
