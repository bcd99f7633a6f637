using System.Buffers.Binary;

namespace WebRtcStack.Rtp;

/// <summary>The payload format of retransmissions (RFC 4588 §4): the original sequence number, then the original payload.</summary>
internal static class Retransmission
{
    public const int HeaderLength = 2;

    /// <summary>Makes the original packet out of its retransmission, in place.</summary>
    /// <param name="datagram">The retransmission; the original is a part of it.</param>
    /// <param name="packet">The retransmission's fields.</param>
    /// <param name="ssrc">The original's source.</param>
    /// <param name="payloadType">The original's payload type.</param>
    /// <returns>Where the original begins; it ends where the payload ends, so that there is no padding. -1 when there is none inside.</returns>
    public static int Restore(Span<byte> datagram, in RtpPacket packet, uint ssrc, byte payloadType)
    {
        if (packet.PayloadLength < HeaderLength) return -1;              // padding alone, as probes have it
        int header = packet.HeaderLength;
        ushort original = BinaryPrimitives.ReadUInt16BigEndian(datagram[header..]);
        datagram[..header].CopyTo(datagram[HeaderLength..]);             // the header moves over the number
        Span<byte> restored = datagram[HeaderLength..];
        restored[0] = (byte)(restored[0] & ~0x20);
        restored[1] = (byte)(restored[1] & 0x80 | payloadType & 0x7F);
        BinaryPrimitives.WriteUInt16BigEndian(restored[2..], original);
        BinaryPrimitives.WriteUInt32BigEndian(restored[8..], ssrc);
        return HeaderLength;
    }
}
