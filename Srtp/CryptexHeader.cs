using System.Buffers.Binary;

namespace WebRtcStack.Srtp;

/// <summary>
/// Complete encryption of header extensions and CSRCs (RFC 9335): what "defined by profile" says marks the packet, and the encrypted
/// part begins behind the 12 bytes of the fixed header and the 4 of the extension's. Those 4 and the CSRCs change places for the time of the
/// encryption, so that it has one piece to encrypt (§6).
/// </summary>
internal static class CryptexHeader
{
    /// <summary>The most bytes that are added: the header of an empty extension, where there are CSRCs without an extension.</summary>
    public const int MaxOverhead = BlockHeaderLength;

    /// <summary>The part in the clear: the fixed header and the header of the extension.</summary>
    public const int ClearLength = FixedLength + BlockHeaderLength;

    private const int FixedLength = 12;
    private const int BlockHeaderLength = 4;
    private const byte ExtensionBit = 0x10;

    /// <summary>Marks a packet that is about to be protected; one with nothing to hide is left as it is.</summary>
    /// <param name="buffer">The packet, and room behind it.</param>
    /// <param name="length">The length of the packet, which grows by <see cref="MaxOverhead"/> where there are CSRCs alone.</param>
    /// <param name="header">Its header; changes to what Cryptex leaves in the clear.</param>
    public static void Mark(Span<byte> buffer, ref int length, ref PacketHeader header)
    {
        if (!header.HasExtension)
        {
            if (header.CsrcLength == 0) return;
            int at = FixedLength + header.CsrcLength;
            buffer[at..length].CopyTo(buffer[(at + BlockHeaderLength)..]);
            BinaryPrimitives.WriteUInt32BigEndian(buffer[at..], (uint)RtpExtensionProfile.OneByte << 16);
            buffer[0] |= ExtensionBit;
            length += BlockHeaderLength;
        }
        Span<byte> profile = buffer[(FixedLength + header.CsrcLength)..];
        ushort form = BinaryPrimitives.ReadUInt16BigEndian(profile);
        if (form == RtpExtensionProfile.OneByte) form = RtpExtensionProfile.CryptexOneByte;
        else if ((form & RtpExtensionProfile.TwoByteMask) == RtpExtensionProfile.TwoByte) form = RtpExtensionProfile.CryptexTwoByte;
        else return;                                               // another form has no mark of its own, and stays in the clear
        BinaryPrimitives.WriteUInt16BigEndian(profile, form);
        header = header.AsCryptex();
    }

    /// <summary>Whether a packet that came is marked; <paramref name="header"/> is then what is in the clear.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> packet, ref PacketHeader header)
    {
        if (!header.HasExtension || BinaryPrimitives.ReadUInt16BigEndian(packet[header.ExtensionOffset..]) is not
                (RtpExtensionProfile.CryptexOneByte or RtpExtensionProfile.CryptexTwoByte)) return false;
        header = header.AsCryptex();
        return true;
    }

    /// <summary>Takes the mark off a packet that was opened.</summary>
    public static void Unmark(Span<byte> packet, in PacketHeader header)
    {
        Span<byte> profile = packet[header.ExtensionOffset..];
        bool isOneByte = BinaryPrimitives.ReadUInt16BigEndian(profile) == RtpExtensionProfile.CryptexOneByte;
        BinaryPrimitives.WriteUInt16BigEndian(profile, isOneByte ? RtpExtensionProfile.OneByte : RtpExtensionProfile.TwoByte);
    }

    /// <summary>Puts the extension's header in front of the CSRCs.</summary>
    public static void Swap(Span<byte> packet, in PacketHeader header)
    {
        if (!header.IsCryptex || header.CsrcLength == 0) return;
        Span<byte> area = packet.Slice(FixedLength, header.CsrcLength + BlockHeaderLength);
        uint block = BinaryPrimitives.ReadUInt32BigEndian(area[header.CsrcLength..]);
        area[..header.CsrcLength].CopyTo(area[BlockHeaderLength..]);
        BinaryPrimitives.WriteUInt32BigEndian(area, block);
    }

    /// <summary>Puts it back behind them.</summary>
    public static void SwapBack(Span<byte> packet, in PacketHeader header)
    {
        if (!header.IsCryptex || header.CsrcLength == 0) return;
        Span<byte> area = packet.Slice(FixedLength, header.CsrcLength + BlockHeaderLength);
        uint block = BinaryPrimitives.ReadUInt32BigEndian(area);
        area[BlockHeaderLength..].CopyTo(area);
        BinaryPrimitives.WriteUInt32BigEndian(area[header.CsrcLength..], block);
    }
}
