using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Stun;

/// <summary>The value of address attributes, plain or XORed with cookie and transaction id (RFC 8489 §14.1 and §14.2).</summary>
internal static class StunAddress
{
    private const byte FamilyIPv4 = 0x01;
    private const byte FamilyIPv6 = 0x02;

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |0 0 0 0 0 0 0 0|    Family     |           Port                |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                 Address (32 bits or 128 bits)                 |

    /// <summary>Bytes of the value for <paramref name="address"/>.</summary>
    public static int LengthOf(TransportAddress address) => 4 + address.AddressLength;

    /// <summary>Reads a value; a cookie of zero and the default id read it as it stands.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, uint cookie, StunTransactionId id, out TransportAddress address)
    {
        address = default;
        if (value.Length < 4) return false;
        int expected = value[1] switch { FamilyIPv4 => 8, FamilyIPv6 => 20, _ => -1 };
        if (value.Length != expected) return false;
        ushort port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ cookie >> 16);
        Span<byte> bytes = stackalloc byte[expected - 4];
        value[4..].CopyTo(bytes);
        Mask(bytes, cookie, id);
        address = TransportAddress.FromBytes(bytes, port);
        return true;
    }

    /// <summary>Writes a value into exactly <see cref="LengthOf"/> bytes.</summary>
    public static void Write(Span<byte> value, TransportAddress address, uint cookie, StunTransactionId id)
    {
        Debug.Assert(!address.IsNone, "our own caller knows what it sends");
        value[0] = 0;
        value[1] = address.IsIPv4 ? FamilyIPv4 : FamilyIPv6;
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ cookie >> 16));
        address.WriteAddress(value[4..]);
        Mask(value[4..], cookie, id);
    }

    private static void Mask(Span<byte> address, uint cookie, StunTransactionId id)
    {
        Span<byte> mask = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(mask, cookie);
        id.Write(mask[4..]);
        for (int i = 0; i < address.Length; i++) address[i] ^= mask[i];
    }
}
