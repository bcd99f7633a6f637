using System.Buffers.Binary;
using System.IO;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Captures;

/// <summary>Reads the UDP datagrams of a pcapng file: little-endian, Ethernet or raw IP, unfragmented; all that the corpus has.</summary>
public static class Pcapng
{
    private const uint InterfaceDescription = 1;
    private const uint EnhancedPacket = 6;
    private const int LinkEthernet = 1;

    /// <summary>A datagram and its way, seen from the sender.</summary>
    public sealed record Datagram(NetworkPath Path, byte[] Payload);

    /// <summary>The UDP datagrams of a capture in Tests/Corpus/pcap, in order.</summary>
    public static IEnumerable<Datagram> ReadUdp(string name)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "pcap", name + ".pcapng"));
        int link = LinkEthernet;
        for (int offset = 0; offset + 12 <= file.Length;)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset));
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(offset + 4));
            if (type == InterfaceDescription)
            {
                link = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(offset + 8));
            }
            else if (type == EnhancedPacket)
            {
                int captured = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(offset + 20));
                if (TryReadUdp(file.AsSpan(offset + 28, captured), link, out Datagram? datagram)) yield return datagram!;
            }
            offset += length;
        }
    }

    private static bool TryReadUdp(ReadOnlySpan<byte> frame, int link, out Datagram? datagram)
    {
        datagram = null;
        if (link == LinkEthernet) frame = frame[14..];
        if (frame[0] >> 4 != 4 || frame[9] != 17) return false;
        ReadOnlySpan<byte> udp = frame[((frame[0] & 15) * 4)..BinaryPrimitives.ReadUInt16BigEndian(frame[2..])];
        datagram = new Datagram(
            new NetworkPath(
                TransportAddress.FromBytes(frame[12..16], BinaryPrimitives.ReadUInt16BigEndian(udp)),
                TransportAddress.FromBytes(frame[16..20], BinaryPrimitives.ReadUInt16BigEndian(udp[2..]))),
            udp[8..].ToArray());
        return true;
    }
}
