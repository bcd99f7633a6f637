using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A peer that has the right keys and breaks the rules with them, and the limits that hold against it.</summary>
public sealed class ForgedRecordTests
{
    private const ulong Fresh = 100;                               // a record number that was not used
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly DtlsOptions s_client = new() { Certificate = DtlsPeer.Ecdsa, PostQuantum = DtlsPostQuantumPolicy.Off };
    private static readonly DtlsOptions s_server = s_client with { Certificate = DtlsPeer.OtherEcdsa };
    private readonly byte[] _buffer = new byte[2000];

    // RFC 5746 §4.5 with RFC 5246 §7.2.2: a warning; the connection goes on.
    [Test]
    public void Renegotiation_IsRefusedWithNoRenegotiation([Values] DtlsRole victim)
    {
        using Forger forger = Forger.Connect(Only(s_client, false), Only(s_server, false), s_start);
        DtlsPeer attacked = Of(forger, victim);
        DtlsRole sender = Other(victim);
        byte[] hello = HandshakeMessage.Build(
            victim == DtlsRole.Client ? HandshakeType.HelloRequest : HandshakeType.ClientHello, victim == DtlsRole.Client ? (ushort)6 : (ushort)5, []);
        for (ulong i = 0; i < 3; i++) attacked.Receive(forger.Record(sender, ContentType.Handshake, 1, Fresh + i, hello), s_start);
        List<byte[]> answers = Drain(attacked);
        foreach (byte[] answer in answers) Of(forger, sender).Receive(answer, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(answers, Has.Count.EqualTo(1), "one warning, however often it is asked");
            Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connected));
            Assert.That(Of(forger, sender).Connection.State, Is.EqualTo(DtlsState.Connected));
            Assert.That(Of(forger, sender).Connection.GetDropCount(DtlsDropReason.IgnoredAlert), Is.EqualTo(1));
        });
    }

    // RFC 8449 §4: a DTLS endpoint may discard a record that is larger than it has announced.
    [Test]
    public void Record_LargerThanAnnounced_IsDropped([Values] DtlsRole victim, [Values] bool dtls13)
    {
        DtlsOptions limited = Only(victim == DtlsRole.Client ? s_client : s_server, dtls13) with { RecordSizeLimit = 200 };
        DtlsOptions other = Only(victim == DtlsRole.Client ? s_server : s_client, dtls13) with { RecordSizeLimit = 16384 };
        using Forger forger = Forger.Connect(victim == DtlsRole.Client ? limited : other, victim == DtlsRole.Client ? other : limited, s_start);
        DtlsPeer attacked = Of(forger, victim);
        int most = dtls13 ? 199 : 200;
        ushort epoch = dtls13 ? HandshakeState13.ApplicationEpoch : (ushort)1;
        attacked.Receive(forger.Record(Other(victim), ContentType.ApplicationData, epoch, Fresh, new byte[most + 1]), s_start);
        attacked.Receive(forger.Record(Other(victim), ContentType.ApplicationData, epoch, Fresh + 1, new byte[most]), s_start);
        Assert.Multiple(() =>
        {
            Assert.That(attacked.ReceivedBytes, Is.EqualTo(most));
            Assert.That(attacked.Connection.GetDropCount(DtlsDropReason.UnknownRecord), Is.EqualTo(1));
            Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connected));
        });
    }

    [Test]
    public void Handshake_UnderASmallRecordSizeLimit_KeepsToIt([Values] bool dtls13)
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start,
            Only(s_client, dtls13) with { RecordSizeLimit = 64 }, Only(s_server, dtls13));
        foreach (byte[] datagram in Drain(client)) server.Receive(datagram, s_start);
        List<byte[]> flight = Drain(server);
        int largest = 0;
        foreach (byte[] datagram in flight)
        {
            for (int at = 0; RecordLayer.TryMeasure(datagram.AsSpan(at), out int size); at += size)
            {
                bool isProtected = UnifiedHeader.Matches(datagram[at]);
                largest = Math.Max(largest, size - (isProtected ? UnifiedHeader.Size + Aead.TagLength : RecordHeader.Size));
            }
            client.Receive(datagram, s_start);
        }
        DtlsPeer.Exchange(client, server, s_start);
        Assert.That(largest, Is.LessThanOrEqualTo(64));
        Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected));
    }

    // RFC 8446 §5.1 and RFC 9147 §4.1: no data in epochs 0 and 2, whoever has the keys.
    [Test]
    public void ApplicationData_InAnEpochOfTheHandshake_IsDropped([Values] DtlsRole victim, [Values((ushort)0, (ushort)2)] ushort epoch)
    {
        using Forger forger = Forger.Connect(Only(s_client, true), Only(s_server, true), s_start);
        DtlsPeer attacked = Of(forger, victim);
        bool areKeysGone = victim == DtlsRole.Client && epoch == 2;             // the server goes on reading with them, as the client may repeat its last flight
        DtlsDropReason reason = areKeysGone ? DtlsDropReason.UnknownEpoch : DtlsDropReason.UnprotectedApplicationData;
        attacked.Receive(forger.Record(Other(victim), ContentType.ApplicationData, epoch, Fresh, "data"u8), s_start);
        Assert.Multiple(() =>
        {
            Assert.That(attacked.ReceivedBytes, Is.Zero);
            Assert.That(attacked.Connection.GetDropCount(reason), Is.EqualTo(1));
            Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connected));
        });
    }

    // Early CCS (CVE-2014-0224): whoever makes a peer derive keys too early knows them. Here CCS means nothing and keys come with their secret.
    [Test]
    public void ChangeCipherSpec_BeforeTheKeys_DoesNotMakeKeysOfNothing([Values] DtlsRole victim)
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, Only(s_client, false), Only(s_server, false));
        DtlsPeer attacked = victim == DtlsRole.Client ? client : server;
        byte[] hello = Drain(client).Single();
        byte[] clientRandom = hello.AsSpan(RecordHeader.Size + FragmentHeader.Size + 2, 32).ToArray();
        server.Receive(hello, s_start);
        List<byte[]> flight = Drain(server);
        byte[] serverRandom = flight[0].AsSpan(RecordHeader.Size + FragmentHeader.Size + 2, 32).ToArray();
        Assert.That(CipherSuite.TryGet(server.Connection.CipherSuite, out CipherSuite suite));
        (RecordProtection ofClient, RecordProtection ofServer) = RecordProtection.CreatePair(suite, new byte[48], clientRandom, serverRandom);
        RecordProtection known = victim == DtlsRole.Client ? ofServer : ofClient;
        byte[] finished = HandshakeMessage.Build(HandshakeType.Finished, 4, new byte[12]);
        byte[] fragment = new byte[finished.Length + known.Overhead];
        finished.CopyTo(fragment, known.ExplicitNonceLength);
        RecordHeader header = new(ContentType.Handshake, DtlsVersion.Dtls12, 1, 0, fragment.Length);
        known.Seal(header, fragment);
        byte[] record = new byte[RecordHeader.Size + fragment.Length];
        header.Write(record);
        fragment.CopyTo(record, RecordHeader.Size);

        if (victim == DtlsRole.Client) client.Receive(flight[0], s_start);     // at least ServerHello, so that there is a suite
        attacked.Receive(Forger.Plain(ContentType.ChangeCipherSpec, 50, [1]), s_start);
        attacked.Receive(record, s_start);
        Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connecting));
        Assert.That(attacked.Connection.CanSend, Is.False);
        foreach (byte[] datagram in flight.Skip(victim == DtlsRole.Client ? 1 : 0)) client.Receive(datagram, s_start);
        DtlsPeer.Exchange(client, server, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connected), "the honest handshake is not disturbed");
            Assert.That(attacked.Connection.GetDropCount(DtlsDropReason.BadRecordMac), Is.EqualTo(1));
        });
    }

    [Test]
    public void Records_BeforeTheirKeys_AreKeptUpToTheLimit([Values] bool dtls13, [Values] DtlsRole victim)
    {
        DtlsOptions limited = Only(s_client, dtls13) with { MaxEarlyBytes = 1000, Role = victim };
        using DtlsPeer attacked = new(limited, RandomSource.Seeded(1));
        attacked.Connection.Start(s_start);
        Drain(attacked);
        byte[] classic = [23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 7, 0, 100, .. new byte[100]], unified = [0x2E, 0, 0, 0, 100, .. new byte[100]];
        for (int i = 0; i < 50; i++) attacked.Receive((byte[])(dtls13 ? unified : classic).Clone(), s_start);
        Assert.Multiple(() =>
        {
            Assert.That(attacked.Connection.GetDropCount(DtlsDropReason.EarlyLimit), Is.EqualTo(dtls13 ? 41 : 42), "nine of 105 bytes, eight of 113");
            Assert.That(attacked.Connection.State, Is.EqualTo(DtlsState.Connecting));
        });
    }

    [Test]
    public void Data_BeforeThePeerIsKnown_IsKeptUpToTheLimit([Values] bool dtls13)
    {
        (DtlsPeer client, DtlsPeer server) = (Unknown(DtlsRole.Client), Unknown(DtlsRole.Server));
        client.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        DtlsPeer.Exchange(client, server, s_start);
        for (int i = 0; i < 30; i++)
        {
            client.Send(new byte[50]);
            DtlsPeer.Exchange(client, server, s_start);
        }
        Assert.That(server.Connection.GetDropCount(DtlsDropReason.EarlyLimit), Is.EqualTo(10));
        server.Connection.SetRemoteFingerprints([DtlsPeer.Ecdsa.GetFingerprint()]);
        int kept = 0;
        while (server.Connection.TryReadEarlyData(_buffer, out int length)) kept += length;
        Assert.That(kept, Is.EqualTo(1000));

        DtlsPeer Unknown(DtlsRole role)
        {
            DtlsOptions options = Only(role == DtlsRole.Client ? s_client : s_server, dtls13) with { Role = role, MaxEarlyBytes = 1000 };
            DtlsPeer peer = new(options, RandomSource.Seeded((ulong)role));
            peer.Connection.Start(s_start);
            return peer;
        }
    }

    // RFC 8446 §6.2, RFC 5246 §7.2.2: which alert says that there is nothing in common; each side reports it.
    [TestCase("version", DtlsAlert.ProtocolVersion)]
    [TestCase("suite 1.2", DtlsAlert.HandshakeFailure)]
    [TestCase("suite 1.3", DtlsAlert.HandshakeFailure)]
    [TestCase("group 1.2", DtlsAlert.HandshakeFailure)]
    [TestCase("group 1.3", DtlsAlert.HandshakeFailure)]
    [TestCase("certificate 1.2", DtlsAlert.HandshakeFailure)]
    [TestCase("post-quantum", DtlsAlert.HandshakeFailure)]
    public void Handshake_WithNothingInCommon_EndsWithTheRfcsAlertOnBothSides(string what, DtlsAlert alert)
    {
        DtlsOptions client = Only(s_client, !what.EndsWith("1.2", StringComparison.Ordinal)), server = client with { Certificate = DtlsPeer.OtherEcdsa };
        server = what switch
        {
            "version" => Only(server, false),
            "suite 1.2" => server with { CipherSuites = [DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] },
            "suite 1.3" => server with { CipherSuites = [DtlsCipherSuite.TLS_AES_256_GCM_SHA384] },
            "certificate 1.2" => server with { Certificate = DtlsPeer.Rsa },
            "post-quantum" => server with { PostQuantum = DtlsPostQuantumPolicy.Require },
            _ => server with { Groups = [DtlsNamedGroup.Secp384r1] },
        };
        client = what switch
        {
            "suite 1.2" or "certificate 1.2" => client with { CipherSuites = [DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256] },
            "suite 1.3" => client with { CipherSuites = [DtlsCipherSuite.TLS_AES_128_GCM_SHA256] },
            _ => client with { Groups = [DtlsNamedGroup.X25519] },
        };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, client, server);
        DtlsPeer.Exchange(left, right, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(right.Events.Single(), Is.EqualTo(new DtlsEvent(DtlsEventType.Failed, DtlsFailure.ProtocolError, alert, right.Events[0].Reason)));
            Assert.That(left.Events.Single().Failure, Is.EqualTo(DtlsFailure.AlertReceived));
            Assert.That(left.Events.Single().Alert, Is.EqualTo(alert));
            Assert.That(left.Events.Single().Reason, Does.Contain(alert.ToRfcName()));
        });
    }

    // RFC 7627 §5.2: somebody who strips the extension reaches a refusal, and without the requirement a broken handshake, never a connection.
    [Test]
    public void ExtendedMasterSecret_WhenItIsStripped_NeverConnects([Values] bool required)
    {
        DtlsOptions client = Only(s_client, false) with { RequireExtendedMasterSecret = required };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(
            RandomSource.Seeded(1), s_start, client, client with { Certificate = DtlsPeer.OtherEcdsa });
        byte[] hello = Drain(left).Single();
        int at = hello.AsSpan().IndexOf((byte[])[0, 0x17, 0, 0]);
        (hello[at], hello[at + 1]) = (0xFA, 0xFA);                  // an extension that nobody knows
        right.Receive(hello, s_start);
        DtlsPeer.Exchange(left, right, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(left.Connection.State, Is.EqualTo(DtlsState.Failed));
            Assert.That(right.Connection.State, Is.EqualTo(DtlsState.Failed));
            Assert.That(right.Events[^1].Alert, Is.EqualTo(required ? DtlsAlert.HandshakeFailure : DtlsAlert.DecryptError));
        });
    }

    private static DtlsOptions Only(DtlsOptions options, bool dtls13) =>
        options with { Versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12 };

    private static DtlsRole Other(DtlsRole role) => role == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client;

    private static DtlsPeer Of(Forger forger, DtlsRole role) => role == DtlsRole.Client ? forger.Client : forger.Server;

    private List<byte[]> Drain(DtlsPeer peer)
    {
        List<byte[]> datagrams = [];
        while (peer.Transmit(_buffer, s_start) is > 0 and int length) datagrams.Add(_buffer[..length]);
        return datagrams;
    }
}
