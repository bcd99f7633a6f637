using System.Buffers.Binary;
using System.IO;

namespace WebRtcStack.Tests.Dtls;

/// <summary>The datagrams of a pcapng file of the corpus, in order, with the port they came from.</summary>
public static class Capture
{
    private const uint EnhancedPacketBlock = 6;
    private const uint InterfaceDescriptionBlock = 1;
    private const int EthernetLink = 1;
    private const byte Udp = 17;

    /// <summary>The DTLS datagrams, by their first byte (RFC 7983).</summary>
    public static List<(ushort SourcePort, byte[] Payload)> ReadDtls(string name) => Read(name, 20, 63);

    /// <summary>The SRTP and SRTCP datagrams.</summary>
    public static List<(ushort SourcePort, byte[] Payload)> ReadSrtp(string name) => Read(name, 128, 191);

    public static string PathOf(string file) => Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "pcap", file);

    private static List<(ushort SourcePort, byte[] Payload)> Read(string name, byte firstFrom, byte firstTo)
    {
        byte[] file = File.ReadAllBytes(PathOf(name + ".pcapng"));
        List<(ushort, byte[])> datagrams = [];
        int link = -1;
        for (int at = 0; at + 12 <= file.Length;)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (type == InterfaceDescriptionBlock) link = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 8));
            if (type == EnhancedPacketBlock)
            {
                int captured = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 20));
                AddUdp(file.AsSpan(at + 28, captured), link, datagrams);
            }
            at += length;
        }
        return datagrams.FindAll(datagram => datagram.Item2[0] >= firstFrom && datagram.Item2[0] <= firstTo);
    }

    private static void AddUdp(ReadOnlySpan<byte> frame, int link, List<(ushort, byte[])> datagrams)
    {
        ReadOnlySpan<byte> ip = link switch
        {
            EthernetLink => frame[14..],
            113 => frame[16..],                                     // Linux cooked
            276 => frame[20..],                                     // Linux cooked, version 2
            _ => frame,
        };
        if (ip[0] >> 4 != 4 || ip[9] != Udp) return;
        ReadOnlySpan<byte> udp = ip[((ip[0] & 15) * 4)..];
        ReadOnlySpan<byte> payload = udp[8..BinaryPrimitives.ReadUInt16BigEndian(udp[4..])];
        if (payload.Length > 0)
            datagrams.Add((BinaryPrimitives.ReadUInt16BigEndian(udp), payload.ToArray()));
    }
}
