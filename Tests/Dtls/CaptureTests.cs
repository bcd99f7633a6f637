using System.IO;
using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Dtls;

/// <summary>What browsers and other endpoints put on the wire, with the secrets of their connections.</summary>
public sealed class CaptureTests
{
    [TestCase("chromium-pion-datachannel", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("pion-chromium-datachannel", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [TestCase("openssl-dtls12-srtp-ecdsa", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [TestCase("openssl-dtls12-srtp-x25519-chacha20", DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    public void TryOpen_OnACapturedConnection_OpensEveryRecord(string name, DtlsCipherSuite expected)
    {
        List<(ushort SourcePort, byte[] Payload)> datagrams = Capture.ReadDtls(name);
        (CipherSuite suite, byte[] clientRandom, byte[] serverRandom, ushort serverPort, _) = ReadHellos(datagrams);
        Assert.That(suite.Id, Is.EqualTo(expected));
        (RecordProtection client, RecordProtection server) =
            RecordProtection.CreatePair(suite, MasterSecret(name, clientRandom), clientRandom, serverRandom);
        int opened = 0, data = 0;
        foreach ((ushort port, RecordHeader header, byte[] record) in Records(datagrams))
        {
            if (header.Epoch == 0) continue;
            RecordProtection protection = port == serverPort ? server : client;
            Assert.That(protection.TryOpen(header, record.AsSpan(RecordHeader.Size), out _), $"record {header.Sequence} from {port}");
            opened++;
            if (header.Type == ContentType.ApplicationData) data++;
        }
        Assert.That(opened, Is.GreaterThan(0), "at least one Finished");
        if (name.Contains("datachannel", StringComparison.Ordinal)) Assert.That(data, Is.GreaterThan(10));
    }

    [Test]
    public void Export_OnACapturedConnection_YieldsWhatOpenSslExported()
    {
        const string Name = "openssl-dtls12-srtp-ecdsa";
        (CipherSuite suite, byte[] clientRandom, byte[] serverRandom, _, _) = ReadHellos(Capture.ReadDtls(Name));
        byte[] exported = new byte[60];
        Prf.Expand(suite.Hash, MasterSecret(Name, clientRandom), "EXTRACTOR-dtls_srtp", [.. clientRandom, .. serverRandom], exported);
        string noted = File.ReadAllText(Capture.PathOf(Name + ".txt"));
        string material = noted[(noted.IndexOf("Keying material: ", StringComparison.Ordinal) + "Keying material: ".Length)..].Trim();
        Assert.That(material, Has.Length.GreaterThan(100));
        Assert.That(Convert.ToHexString(exported), Does.StartWith(material));
    }

    [TestCase("chromium-pion-datachannel", DtlsVersionPolicy.Prefer13, 0xFEFD, DtlsNamedGroup.X25519)]
    [TestCase("firefox-chromium-datachannel", DtlsVersionPolicy.Only12, 0xFEFD, DtlsNamedGroup.X25519)]
    [TestCase("firefox-chromium-datachannel", DtlsVersionPolicy.Prefer13, 0xFEFC, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase("firefox-firefox-datachannel", DtlsVersionPolicy.Prefer13, 0xFEFC, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase("chromium-chromium-datachannel", DtlsVersionPolicy.Prefer13, 0xFEFC, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase("pion-chromium-datachannel", DtlsVersionPolicy.Only12, 0xFEFD, DtlsNamedGroup.X25519)]
    public void Server_OnACapturedClientHello_Answers(string name, DtlsVersionPolicy versions, int version, DtlsNamedGroup group)
    {
        DtlsOptions options = new() { Certificate = DtlsPeer.Ecdsa, Role = DtlsRole.Server, Versions = versions };
        using DtlsPeer server = new(options, RandomSource.Seeded(1));
        Instant now = new(1);
        server.Connection.Start(now);
        byte[] buffer = new byte[1200];
        List<(ushort SourcePort, byte[] Payload)> datagrams = Capture.ReadDtls(name);
        ushort client = datagrams[0].SourcePort;
        int answered = 0;
        foreach ((_, byte[] payload) in datagrams.Where(datagram => datagram.SourcePort == client).TakeWhile(_ => answered == 0))
        {
            server.Receive(payload, now);
            answered = server.Transmit(buffer, now);
        }
        Assert.Multiple(() =>
        {
            Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connecting));
            Assert.That(buffer[RecordHeader.Size], Is.EqualTo((byte)HandshakeType.ServerHello));
            Assert.That(server.Connection.NegotiatedVersion, Is.EqualTo(version));
            Assert.That(server.Connection.CipherSuite, Is.EqualTo(version == 0xFEFC
                ? DtlsCipherSuite.TLS_AES_128_GCM_SHA256
                : DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
            Assert.That(server.Connection.NegotiatedGroup, Is.EqualTo(group));
            Assert.That(server.Connection.SelectedSrtpProfile, Is.Not.Null);
        });
    }

    [Test]
    public void Unprotect_OnACapturedCall_OpensEveryPacket()
    {
        const string Name = "chromium-aiortc-audio-video";
        (CipherSuite suite, byte[] clientRandom, byte[] serverRandom, ushort serverPort, ushort number) = ReadHellos(Capture.ReadDtls(Name));
        SrtpProfile profile = (SrtpProfile)number;
        byte[] exported = new byte[SrtpKeyingMaterial.Length(profile)];
        Prf.Expand(suite.Hash, MasterSecret(Name, clientRandom), SrtpKeyingMaterial.ExporterLabel, [.. clientRandom, .. serverRandom], exported);
        SrtpKeyingMaterial keys = SrtpKeyingMaterial.Split(profile, exported);
        using SrtpUnprotector fromClient = new(profile, keys.ClientKey, keys.ClientSalt);
        using SrtpUnprotector fromServer = new(profile, keys.ServerKey, keys.ServerSalt);
        int rtp = 0, rtcp = 0;
        foreach ((ushort port, byte[] packet) in Capture.ReadSrtp(Name))
        {
            SrtpUnprotector unprotector = port == serverPort ? fromServer : fromClient;
            bool isRtcp = packet[1] is >= 192 and <= 223;           // RFC 5761 §4
            bool opened = isRtcp ? unprotector.TryUnprotectRtcp(packet, out _) : unprotector.TryUnprotectRtp(packet, out _);
            Assert.That(opened, $"{profile}: packet {rtp + rtcp}, RTCP {isRtcp}");
            if (isRtcp) rtcp++;
            else rtp++;
        }
        Assert.That((rtp, rtcp), Is.EqualTo((582, 27)));
    }

    [Test]
    public void Server_OnAClientHelloOfDtls10_FailsWithProtocolVersion()
    {
        using DtlsPeer server = new(new DtlsOptions { Certificate = DtlsPeer.Ecdsa, Role = DtlsRole.Server }, RandomSource.Seeded(1));
        server.Connection.Start(new Instant(1));
        server.Receive(Capture.ReadDtls("openssl-dtls10-srtp")[0].Payload, new Instant(1));
        server.DrainEvents();
        Assert.That(server.Events.Single().Alert, Is.EqualTo(DtlsAlert.ProtocolVersion));
    }

    // The last ClientHello counts: the first may have been answered with a cookie.
    private static (CipherSuite Suite, byte[] ClientRandom, byte[] ServerRandom, ushort ServerPort, ushort SrtpProfile) ReadHellos(
        List<(ushort SourcePort, byte[] Payload)> datagrams)
    {
        Dictionary<ushort, HandshakeReassembler> reassemblers = [];
        CipherSuite suite = default;
        byte[] clientRandom = [], serverRandom = [];
        ushort serverPort = 0, profile = 0;
        foreach ((ushort port, RecordHeader header, byte[] record) in Records(datagrams))
        {
            if (header.Epoch != 0 || header.Type != ContentType.Handshake) continue;
            if (!reassemblers.TryGetValue(port, out HandshakeReassembler? reassembler))
                reassemblers[port] = reassembler = new HandshakeReassembler(65536, new DropCounters());
            WireReader reader = new(record.AsSpan(RecordHeader.Size));
            while (FragmentHeader.TryRead(ref reader, out FragmentHeader fragment, out ReadOnlySpan<byte> body)) reassembler.Add(fragment, body);
            while (reassembler.TryTake(out byte[]? raw, out _))
            {
                HandshakeMessage message = new(raw);
                if (message.Type == HandshakeType.ClientHello && ClientHello.TryParse(message.Body, out ClientHello clientHello))
                    clientRandom = clientHello.Random.ToArray();
                if (message.Type != HandshakeType.ServerHello || !ServerHello.TryParse(message.Body, out ServerHello serverHello)) continue;
                serverRandom = serverHello.Random.ToArray();
                serverPort = port;
                new WireReader(serverHello.Extensions.SrtpProfiles).TryReadUInt16(out profile);
                Assert.That(CipherSuite.TryGet(serverHello.CipherSuite, out suite));
            }
        }
        return (suite, clientRandom, serverRandom, serverPort, profile);
    }

    private static IEnumerable<(ushort Port, RecordHeader Header, byte[] Record)> Records(List<(ushort SourcePort, byte[] Payload)> datagrams)
    {
        foreach ((ushort port, byte[] payload) in datagrams)
        {
            int at = 0;
            while (RecordHeader.TryParse(payload.AsSpan(at), out RecordHeader header))
            {
                int size = RecordHeader.Size + header.Length;
                yield return (port, header, payload[at..(at + size)]);
                at += size;
            }
        }
    }

    private static byte[] MasterSecret(string name, byte[] clientRandom)
    {
        string start = $"CLIENT_RANDOM {Convert.ToHexString(clientRandom)} ";
        string line = File.ReadLines(Capture.PathOf(name + ".keys"))
            .First(line => line.StartsWith(start, StringComparison.OrdinalIgnoreCase));
        return Convert.FromHexString(line[start.Length..]);
    }
}
