using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>What SRTP needs to know of RTP and RTCP headers (RFC 3550 §5.1, §6.4.1).</summary>
internal readonly struct PacketHeader
{
    /// <summary>The part of an RTCP packet that stays in the clear: its first 8 bytes (RFC 3711 §3.4).</summary>
    public const int RtcpLength = 8;

    private const int RtpFixedLength = 12;
    private const byte VersionMask = 0xC0;
    private const byte Version2 = 0x80;
    private const byte ExtensionBit = 0x10;

    private PacketHeader(uint ssrc, ushort sequence, int length, int csrcLength = 0, bool hasExtension = false, bool isCryptex = false) =>
        (Ssrc, Sequence, Length, CsrcLength, HasExtension, IsCryptex) = (ssrc, sequence, length, csrcLength, hasExtension, isCryptex);

    public uint Ssrc { get; }

    /// <summary>The sequence number of RTP.</summary>
    public ushort Sequence { get; }

    /// <summary>Bytes in the clear: fixed header, CSRCs and header extension; with Cryptex less.</summary>
    public int Length { get; }

    /// <summary>Bytes of CSRCs.</summary>
    public int CsrcLength { get; }

    public bool HasExtension { get; }

    /// <summary>Where the header of the extension stands.</summary>
    public int ExtensionOffset => RtpFixedLength + CsrcLength;

    /// <summary>Whether CSRCs and extension are encrypted with the payload (RFC 9335).</summary>
    public bool IsCryptex { get; }

    /// <summary>The same of a packet that Cryptex protects: less of it is in the clear.</summary>
    public PacketHeader AsCryptex() => new(Ssrc, Sequence, CryptexHeader.ClearLength, CsrcLength, hasExtension: true, isCryptex: true);

    public static bool TryParseRtp(ReadOnlySpan<byte> packet, out PacketHeader header)
    {
        header = default;
        if (packet.Length < RtpFixedLength || (packet[0] & VersionMask) != Version2) return false;
        int csrcLength = 4 * (packet[0] & 0x0F), length = RtpFixedLength + csrcLength;
        bool hasExtension = (packet[0] & ExtensionBit) != 0;
        if (hasExtension)
        {
            if (packet.Length < length + 4) return false;
            length += 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]);
        }
        if (packet.Length < length) return false;
        header = new PacketHeader(
            BinaryPrimitives.ReadUInt32BigEndian(packet[8..]), BinaryPrimitives.ReadUInt16BigEndian(packet[2..]), length, csrcLength,
            hasExtension);
        return true;
    }

    public static bool TryParseRtcp(ReadOnlySpan<byte> packet, out PacketHeader header)
    {
        header = default;
        if (packet.Length < RtcpLength || (packet[0] & VersionMask) != Version2) return false;
        header = new PacketHeader(BinaryPrimitives.ReadUInt32BigEndian(packet[4..]), 0, RtcpLength);
        return true;
    }
}
