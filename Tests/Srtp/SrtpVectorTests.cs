using System.Globalization;
using System.IO;
using System.Linq;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Srtp;

public sealed class SrtpVectorTests
{
    [Test]
    public void Transform_OnRfc3711B2_YieldsTheKeyStream()
    {
        List<string[]> lines = Lines("rfc3711-b.txt");
        using AesCounterMode cipher = new(Hex(lines.Single(line => line[0] == "session-key")[1]));
        foreach (string[] line in lines.Where(line => line[0] == "stream"))
        {
            byte[] data = new byte[line[2].Length / 2];
            cipher.Transform(Hex(line[1]), data);
            Assert.That(Convert.ToHexString(data), Is.EqualTo(line[2]));
        }
    }

    [Test]
    public void Derive_OnRfc3711B3_YieldsTheSessionKeys()
    {
        List<string[]> lines = Lines("rfc3711-b.txt");
        string Value(string name) => lines.Single(line => line[0] == name)[1];
        using KeyDerivation derivation = new(SrtpProfile.Aes128CmHmacSha1_80, Hex(Value("master-key")), Hex(Value("master-salt")));
        foreach (string[] line in lines.Where(line => line[0] == "label"))
        {
            byte[] key = new byte[line[2].Length / 2];
            derivation.Derive((KeyLabel)byte.Parse(line[1], CultureInfo.InvariantCulture), key);
            Assert.That(Convert.ToHexString(key), Is.EqualTo(line[2]), $"label {line[1]}");
        }
    }

    [TestCaseSource(nameof(Rfc7714))]
    public void Protect_OnRfc7714_YieldsItsPackets(string kind, string key, string salt, uint index, byte[] packet, byte[] expected)
    {
        using GcmTransform transform = new(Hex(key), Hex(salt), Hex(key), Hex(salt));
        byte[] buffer = new byte[expected.Length];
        packet.CopyTo(buffer, 0);
        if (kind == "rtp")
        {
            Assert.That(PacketHeader.TryParseRtp(packet, out PacketHeader header));
            transform.ProtectRtp(buffer, header, index);
            Assert.That(buffer, Is.EqualTo(expected));
            Assert.That(transform.TryUnprotectRtp(buffer, header, index));
        }
        else
        {
            Assert.That(PacketHeader.TryParseRtcp(packet, out PacketHeader header));
            if (kind == "rtcp")
            {
                transform.ProtectRtcp(buffer, header, index);
                Assert.That(buffer, Is.EqualTo(expected));
            }
            expected.CopyTo(buffer, 0);
            Assert.That(transform.ReadRtcpIndex(buffer), Is.EqualTo(index));
            Assert.That(transform.TryUnprotectRtcp(buffer, header));
        }
        Assert.That(buffer.AsSpan(0, packet.Length).ToArray(), Is.EqualTo(packet));
    }

    public static IEnumerable<TestCaseData> Rfc7714() =>
        from line in Lines("rfc7714.txt")
        select new TestCaseData(line[1], line[2], line[3], Convert.ToUInt32(line[4], 16), Hex(line[5]), Hex(line[6]))
            .SetArgDisplayNames(line[0]);

    private static List<string[]> Lines(string file) =>
    [
        .. File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", file))
            .Where(line => !line.StartsWith('#')).Select(line => line.Split(' ')),
    ];

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
