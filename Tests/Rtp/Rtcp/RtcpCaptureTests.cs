using System.IO;
using WebRtcStack.Dtls;
using WebRtcStack.Srtp;
using WebRtcStack.Tests.Dtls;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The RTCP of calls between two Chromiums, opened with the exporter's secret: every packet is of a kind we read.</summary>
public sealed class RtcpCaptureTests
{
    [TestCase("chromium-chromium-audio-video-datachannel", "TWCC")]
    [TestCase("chromium-chromium-audio-video-rfc8888", "CCFB")]
    public void Walk_OfACapturedCall_ReadsEveryPacket(string name, string feedback)
    {
        Dictionary<string, int> counts = [];
        foreach (byte[] compound in ReadRtcp(name))
            Assert.That(RtcpWalk.TryWalk(compound, kind => counts[kind] = counts.TryGetValue(kind, out int count) ? count + 1 : 1), Convert.ToHexString(compound));
        TestContext.Out.WriteLine(string.Join(", ", counts.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Value} {pair.Key}")));
        Assert.Multiple(() =>
        {
            Assert.That(counts.Keys.Where(kind => kind.StartsWith("unread", StringComparison.Ordinal)), Is.Empty);
            Assert.That(counts.GetValueOrDefault(feedback), Is.GreaterThan(50));
            Assert.That(counts.GetValueOrDefault("SR"), Is.GreaterThan(2));
            Assert.That(counts.GetValueOrDefault("SDES"), Is.GreaterThan(2));
        });
    }

    private static IEnumerable<byte[]> ReadRtcp(string name)
    {
        const SrtpProfile Profile = SrtpProfile.Aes128CmHmacSha1_80;
        (SrtpUnprotector fromClient, SrtpUnprotector fromServer) = Unprotectors(name, Profile);
        using (fromClient)
        using (fromServer)
        {
            ushort client = Capture.ReadDtls(name)[0].SourcePort;        // the ClientHello is the first of all
            foreach ((ushort port, byte[] packet) in Capture.ReadSrtp(name))
            {
                if (packet[1] is < 192 or > 223) continue;
                Assert.That((port == client ? fromClient : fromServer).TryUnprotectRtcp(packet, out int length));
                yield return packet[..length];
            }
        }
    }

    private static (SrtpUnprotector FromClient, SrtpUnprotector FromServer) Unprotectors(string name, SrtpProfile profile)
    {
        string line = File.ReadLines(Capture.PathOf(name + ".keys")).Single(line => line.StartsWith("EXPORTER_SECRET ", StringComparison.Ordinal));
        using Secret exporter = new(Convert.FromHexString(line.Split(' ')[2]));
        byte[] material = new byte[SrtpKeyingMaterial.Length(profile)];
        new KeySchedule(DtlsHash.Sha256).Export(exporter, SrtpKeyingMaterial.ExporterLabel, [], material);
        SrtpKeyingMaterial keys = SrtpKeyingMaterial.Split(profile, material);
        return (new SrtpUnprotector(profile, keys.ClientKey, keys.ClientSalt, new SrtpOptions()), new SrtpUnprotector(profile, keys.ServerKey, keys.ServerSalt, new SrtpOptions()));
    }
}
