using System.IO;
using System.Linq;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Protection of DTLS 1.3 records: what browsers sent, and the borders of sequence numbers.</summary>
public sealed class CiphertextTests
{
    [TestCase("firefox-chromium-datachannel", true)]
    [TestCase("firefox-firefox-datachannel", true)]
    [TestCase("chromium-chromium-datachannel", false)]              // its log lacks the secrets of the handshake
    public void TryOpen_OnACapturedConnection_OpensEveryRecord(string name, bool hasHandshakeSecrets)
    {
        List<(ushort SourcePort, byte[] Payload)> datagrams = Capture.ReadDtls(name);
        Assert.That(CipherSuite.TryGet(DtlsCipherSuite.TLS_AES_128_GCM_SHA256, out CipherSuite suite));
        Dictionary<string, CiphertextProtection> keys = ReadKeys(name, suite);
        ushort clientPort = datagrams[0].SourcePort;
        Dictionary<(ushort, int), ulong> expected = [];
        int handshake = 0, data = 0;
        foreach ((ushort port, byte[] payload) in datagrams)
        {
            for (Span<byte> rest = payload; RecordLayer.TryMeasure(rest, out int size); rest = rest[size..])
            {
                Span<byte> record = rest[..size];
                if (!UnifiedHeader.Matches(record[0])) continue;
                Assert.That(UnifiedHeader.TryParse(record, out UnifiedHeader header));
                string label = (port == clientPort ? "CLIENT_" : "SERVER_") +
                    (header.LowEpoch == 2 ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0");
                if (header.LowEpoch == 2 && !hasHandshakeSecrets) continue;
                Assert.That(keys[label].TryOpen(record, header, expected.GetValueOrDefault((port, header.LowEpoch)), out ulong sequence), label);
                expected[(port, header.LowEpoch)] = sequence + 1;
                if (header.LowEpoch == 2) handshake++;
                else data++;
            }
        }
        Assert.Multiple(() =>
        {
            Assert.That(handshake > 0, Is.EqualTo(hasHandshakeSecrets));
            Assert.That(data, Is.GreaterThan(10));
        });
    }

    [Test]
    public void TryOpen_OfWhatWasSealed_YieldsItsNumber(
        [Values(DtlsCipherSuite.TLS_AES_128_GCM_SHA256, DtlsCipherSuite.TLS_AES_256_GCM_SHA384, DtlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
        DtlsCipherSuite id, [Values(0UL, 0xFFFFUL, 0x10000UL, 0x7FFF_FFFF_FFFFUL)] ulong sequence)
    {
        Assert.That(CipherSuite.TryGet(id, out CipherSuite suite));
        byte[] secret = new byte[48], record = new byte[UnifiedHeader.Size + 10 + CiphertextProtection.Trailer];
        using CiphertextProtection protection = new(suite, secret);
        protection.Seal(record, ContentType.ApplicationData, 3, sequence);
        byte[] changed = (byte[])record.Clone();
        changed[^1] ^= 1;
        UnifiedHeader.TryParse(record, out UnifiedHeader header);
        Assert.Multiple(() =>
        {
            Assert.That(protection.TryOpen(changed, header, sequence, out _), Is.False);
            Assert.That(protection.TryOpen(record, header, sequence, out ulong opened));
            Assert.That(opened, Is.EqualTo(sequence));
            Assert.That(record[15], Is.EqualTo((byte)ContentType.ApplicationData));
        });
    }

    // RFC 9147 §4.2.2: numerically closest to the one that is expected.
    [TestCase(0xFFUL, 0x100UL, 0x100UL, 0xFFUL)]
    [TestCase(0x00UL, 0x100UL, 0xFFUL, 0x100UL)]
    [TestCase(0xFFUL, 0x100UL, 1UL, 0xFFUL)]
    [TestCase(0x05UL, 0x100UL, 0x1F0UL, 0x205UL)]
    [TestCase(0xFFFFUL, 0x10000UL, 0x50000UL, 0x4FFFFUL)]
    public void Expand_NearTheBorder_FindsTheClosest(ulong low, ulong range, ulong expected, ulong full) =>
        Assert.That(CiphertextProtection.Expand(low, range, expected), Is.EqualTo(full));

    private static Dictionary<string, CiphertextProtection> ReadKeys(string name, CipherSuite suite) => File
        .ReadLines(Capture.PathOf(name + ".keys"))
        .Where(line => line.Contains("TRAFFIC_SECRET", StringComparison.Ordinal))
        .Select(line => line.Split(' '))
        .GroupBy(parts => parts[0])
        .ToDictionary(group => group.Key, group => new CiphertextProtection(suite, Convert.FromHexString(group.First()[2])));
}
