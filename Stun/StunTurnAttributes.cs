using System.Buffers.Binary;
using System.Text;

namespace WebRtcStack.Stun;

/// <summary>What ICMP tells (RFC 8656 §18.13): that a datagram to a peer was not delivered.</summary>
/// <param name="Type">The type of the ICMP message.</param>
/// <param name="Code">Its code.</param>
/// <param name="Data">More of it: the MTU, for "fragmentation needed" and "packet too big".</param>
public readonly record struct StunIcmp(byte Type, byte Code, uint Data)
{
    /// <summary>
    /// Whether it says that nothing sent there will arrive: the protocol or the port is unreachable (RFC 1122 §4.1.3.3 and §4.2.3.9,
    /// RFC 4443 §3.1 and §3.4). That a host or a network is not reached may pass.
    /// </summary>
    /// <remarks>"Fragmentation needed", a hard error to TCP in RFC 1122, is about the size of one datagram (RFC 1191).</remarks>
    /// <param name="isIPv6">Whether it is one of ICMPv6.</param>
    public bool IsHard(bool isIPv6) => isIPv6 ? (Type, Code) is (1, 4) or (4, 1) : (Type, Code) is (3, 2) or (3, 3);
}

/// <summary>Values of attributes that TURN has added (RFC 8656 §18), and lists and texts of STUN.</summary>
public static class StunTurnAttributes
{
    private const byte FamilyIPv4 = 1, FamilyIPv6 = 2;

    /// <summary>Reads CHANNEL-NUMBER (RFC 8656 §18.1).</summary>
    public static bool TryGetChannelNumber(this in StunAttribute attribute, out ushort number)
    {
        bool read = attribute.TryGetUInt32(out uint value);
        number = (ushort)(value >> 16);
        return read;
    }

    /// <summary>Reads REQUESTED-TRANSPORT: an IP protocol number (RFC 8656 §18.8).</summary>
    public static bool TryGetTransport(this in StunAttribute attribute, out byte protocol)
    {
        bool read = attribute.TryGetUInt32(out uint value);
        protocol = (byte)(value >> 24);
        return read;
    }

    /// <summary>Reads REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.6, §18.11).</summary>
    public static bool TryGetFamily(this in StunAttribute attribute, out bool isIPv6)
    {
        bool read = attribute.TryGetUInt32(out uint value) && value >> 24 is FamilyIPv4 or FamilyIPv6;
        isIPv6 = read && value >> 24 == FamilyIPv6;
        return read;
    }

    /// <summary>Reads EVEN-PORT (RFC 8656 §18.7).</summary>
    public static bool TryGetEvenPort(this in StunAttribute attribute, out bool reservesNext)
    {
        bool read = attribute.Value.Length == 1;
        reservesNext = read && (attribute.Value[0] & 0x80) != 0;
        return read;
    }

    /// <summary>Reads ADDRESS-ERROR-CODE: the family that was not to be had, and why (RFC 8656 §18.12).</summary>
    public static bool TryGetAddressError(this in StunAttribute attribute, out bool isIPv6, out StunErrorCode code)
    {
        isIPv6 = false;
        if (!attribute.TryGetErrorCode(out code) || attribute.Value[0] is not (FamilyIPv4 or FamilyIPv6)) return false;
        isIPv6 = attribute.Value[0] == FamilyIPv6;
        return true;
    }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |  Reserved                     |  ICMP Type  |  ICMP Code      |
    // +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    // |                          Error Data                           |

    /// <summary>Reads ICMP (RFC 8656 §18.13): seven bits of type, nine of code.</summary>
    public static bool TryGetIcmp(this in StunAttribute attribute, out StunIcmp icmp)
    {
        icmp = default;
        if (attribute.Value.Length != 8) return false;
        ushort both = BinaryPrimitives.ReadUInt16BigEndian(attribute.Value[2..]);
        icmp = new StunIcmp((byte)(both >> 9), (byte)both, BinaryPrimitives.ReadUInt32BigEndian(attribute.Value[4..]));
        return true;
    }

    /// <summary>Reads UNKNOWN-ATTRIBUTES (RFC 8489 §14.13).</summary>
    /// <returns>How many types there are; only as many as fit are put into <paramref name="types"/>.</returns>
    public static int GetUnknownAttributes(this in StunAttribute attribute, Span<StunAttributeType> types)
    {
        int count = attribute.Value.Length / 2;
        for (int i = 0; i < count && i < types.Length; i++) types[i] = (StunAttributeType)BinaryPrimitives.ReadUInt16BigEndian(attribute.Value[(2 * i)..]);
        return count;
    }

    /// <summary>Reads a text: USERNAME, REALM, NONCE, SOFTWARE, ALTERNATE-DOMAIN (allocates). Bytes that are no UTF-8 become U+FFFD.</summary>
    public static string GetText(this in StunAttribute attribute) => Encoding.UTF8.GetString(attribute.Value.ToArray());

    /// <summary>Writes CHANNEL-NUMBER.</summary>
    public static void WriteChannelNumber(this ref StunMessageWriter writer, ushort number) =>
        writer.WriteUInt32(StunAttributeType.ChannelNumber, (uint)number << 16);

    /// <summary>Writes REQUESTED-TRANSPORT.</summary>
    public static void WriteTransport(this ref StunMessageWriter writer, byte protocol) =>
        writer.WriteUInt32(StunAttributeType.RequestedTransport, (uint)protocol << 24);

    /// <summary>Writes REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY.</summary>
    public static void WriteFamily(this ref StunMessageWriter writer, StunAttributeType type, bool isIPv6) =>
        writer.WriteUInt32(type, (uint)(isIPv6 ? FamilyIPv6 : FamilyIPv4) << 24);

    /// <summary>Writes EVEN-PORT.</summary>
    public static void WriteEvenPort(this ref StunMessageWriter writer, bool reservesNext) =>
        writer.Write(StunAttributeType.EvenPort, [(byte)(reservesNext ? 0x80 : 0)]);

    /// <summary>Writes ADDRESS-ERROR-CODE, without a reason phrase.</summary>
    public static void WriteAddressError(this ref StunMessageWriter writer, bool isIPv6, StunErrorCode code) => writer.WriteUInt32(
        StunAttributeType.AddressErrorCode, (uint)((isIPv6 ? FamilyIPv6 : FamilyIPv4) << 24 | (int)code / 100 << 8 | (int)code % 100));

    /// <summary>Writes ICMP.</summary>
    public static void WriteIcmp(this ref StunMessageWriter writer, StunIcmp icmp) =>
        writer.WriteUInt64(StunAttributeType.Icmp, (ulong)((uint)icmp.Type << 9 | icmp.Code) << 32 | icmp.Data);
}
