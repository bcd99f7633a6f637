using System.Globalization;
using System.IO;
using System.Linq;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Srtp;

public sealed class SrtpVectorTests
{
    [Test]
    public void Transform_OnRfc3711B2_YieldsTheKeyStream([Values] bool allowInstructions)
    {
        List<string[]> lines = Lines("rfc3711-b.txt");
        using AesCounterMode cipher = new(Hex(lines.Single(line => line[0] == "session-key")[1]), allowInstructions);
        foreach (string[] line in lines.Where(line => line[0] == "stream"))
        {
            byte[] data = new byte[line[2].Length / 2];
            cipher.Transform(Hex(line[1]), data);
            Assert.That(Convert.ToHexString(data), Is.EqualTo(line[2]));
        }
    }

    [Test]
    public void Derive_OnRfc3711B3AndRfc6904A1_YieldsTheSessionKeys()
    {
        List<string[]> lines = Lines("rfc3711-b.txt");
        string Value(string name) => lines.Single(line => line[0] == name)[1];
        using KeyDerivation derivation = new(SrtpProfile.Aes128CmHmacSha1_80, Hex(Value("master-key")), Hex(Value("master-salt")));
        foreach (string[] line in lines.Concat(Lines("rfc6904-a.txt")).Where(line => line[0] == "label"))
        {
            byte[] key = new byte[line[2].Length / 2];
            derivation.Derive((KeyLabel)byte.Parse(line[1], CultureInfo.InvariantCulture), key);
            Assert.That(Convert.ToHexString(key), Is.EqualTo(line[2]), $"label {line[1]}");
        }
    }

    [TestCaseSource(nameof(Rfc7714))]
    public void Protect_OnRfc7714_YieldsItsPackets(string kind, string key, string salt, uint index, byte[] packet, byte[] expected)
    {
        foreach (bool allowNative in (bool[])[true, false])
        {
            using GcmTransform transform = new(Hex(key), Hex(salt), Hex(key), Hex(salt), allowNative);
            AssertVector(transform, kind, index, packet, expected);
        }
    }

    [Test]
    public void Apply_OnRfc6904A2_YieldsTheCiphertext([Values] bool allowNative)
    {
        List<string[]> keys = Lines("rfc3711-b.txt");
        string[] line = Lines("rfc6904-a.txt").Single(line => line[0] == "extension");
        byte[] plain = Hex(line[4]);
        byte[] packet = [0x90, 0, .. Hex(line[3]), 0, 0, 0, 0, .. Hex(line[2]), 0xBE, 0xDE, 0, (byte)(plain.Length / 4), .. plain];
        SrtpOptions options = new() { EncryptedHeaderExtensions = [.. line[1].Split(',').Select(id => int.Parse(id, CultureInfo.InvariantCulture))] };
        using HeaderExtensionCipher? cipher = HeaderExtensionCipher.Create(SrtpProfile.Aes128CmHmacSha1_80,
            Hex(keys.Single(key => key[0] == "master-key")[1]), Hex(keys.Single(key => key[0] == "master-salt")[1]), options, allowNative);
        Assert.That(PacketHeader.TryParseRtp(packet, out PacketHeader header));
        cipher!.Apply(packet, header, header.Sequence);
        Assert.That(Convert.ToHexString(packet.AsSpan(16)), Is.EqualTo(line[5]));
        cipher.Apply(packet, header, header.Sequence);
        Assert.That(packet.AsSpan(16).ToArray(), Is.EqualTo(plain));
    }

    private static void AssertVector(GcmTransform transform, string kind, uint index, byte[] packet, byte[] expected)
    {
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
