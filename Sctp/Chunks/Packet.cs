using System.Buffers.Binary;
using WebRtcStack.Core;

namespace WebRtcStack.Sctp;

/// <summary>The common header of a packet (RFC 9260 §3.1).</summary>
internal readonly struct PacketHeader
{
    public const int Length = 12;
    private const int ChecksumOffset = 8;

    public ushort SourcePort { get; private init; }

    public ushort DestinationPort { get; private init; }

    public uint VerificationTag { get; private init; }

    /// <summary>Whether the checksum field is zero, which RFC 9653 gives a meaning.</summary>
    public bool HasZeroChecksum { get; private init; }

    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // +-------------------------------+-------------------------------+
    // |          Source Port          |       Destination Port        |
    // +-------------------------------+-------------------------------+
    // |                       Verification Tag                        |
    // +---------------------------------------------------------------+
    // |                           Checksum                            |

    public static bool TryRead(ReadOnlySpan<byte> packet, out PacketHeader header)
    {
        header = default;
        if (packet.Length < Length) return false;
        header = new PacketHeader
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(packet),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]),
            VerificationTag = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
            HasZeroChecksum = BinaryPrimitives.ReadUInt32LittleEndian(packet[ChecksumOffset..]) == 0,
        };
        return true;
    }

    /// <summary>Whether the CRC32c of the packet is right (§6.8, Appendix A: transmitted little-endian).</summary>
    public static bool HasValidChecksum(ReadOnlySpan<byte> packet) =>
        BinaryPrimitives.ReadUInt32LittleEndian(packet[ChecksumOffset..]) == Checksum(packet);

    /// <summary>Writes the header with the checksum still zero; <see cref="Seal"/> fills it in.</summary>
    public static void Write(ref WireWriter writer, ushort sourcePort, ushort destinationPort, uint verificationTag)
    {
        writer.WriteUInt16(sourcePort);
        writer.WriteUInt16(destinationPort);
        writer.WriteUInt32(verificationTag);
        writer.WriteUInt32(0);
    }

    /// <summary>Fills in the checksum of a complete packet.</summary>
    public static void Seal(Span<byte> packet) =>
        BinaryPrimitives.WriteUInt32LittleEndian(packet[ChecksumOffset..], Checksum(packet));

    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];                      // §6.8: the field itself counts as zero
        uint crc = Crc32c.Append(Crc32c.Initial, packet[..ChecksumOffset]);
        crc = Crc32c.Append(crc, zeros);
        return Crc32c.Finish(Crc32c.Append(crc, packet[Length..]));
    }
}
