using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

public sealed class Dtls13Tests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly DtlsOptions s_client = new() { Certificate = DtlsPeer.Ecdsa };
    private static readonly DtlsOptions s_server = new() { Certificate = DtlsPeer.OtherEcdsa };

    [TestCase(DtlsPostQuantumPolicy.Prefer, DtlsPostQuantumPolicy.Prefer, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase(DtlsPostQuantumPolicy.Prefer, DtlsPostQuantumPolicy.Off, DtlsNamedGroup.X25519)]
    [TestCase(DtlsPostQuantumPolicy.Off, DtlsPostQuantumPolicy.Prefer, DtlsNamedGroup.X25519)]
    [TestCase(DtlsPostQuantumPolicy.Require, DtlsPostQuantumPolicy.Prefer, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase(DtlsPostQuantumPolicy.Require, DtlsPostQuantumPolicy.Require, DtlsNamedGroup.X25519MLKEM768)]
    [TestCase(DtlsPostQuantumPolicy.Require, DtlsPostQuantumPolicy.Off, DtlsNamedGroup.None)]
    [TestCase(DtlsPostQuantumPolicy.Off, DtlsPostQuantumPolicy.Require, DtlsNamedGroup.None)]
    public void Handshake_UnderThesePolicies_AgreesOnThisGroup(
        DtlsPostQuantumPolicy left, DtlsPostQuantumPolicy right, DtlsNamedGroup group)
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client with { PostQuantum = left }, s_server with { PostQuantum = right });
        if (group == DtlsNamedGroup.None)
        {
            Assert.That(server.Events.Single().Alert, Is.EqualTo(DtlsAlert.HandshakeFailure));
            Assert.That(client.Events.Single().Alert, Is.EqualTo(DtlsAlert.HandshakeFailure));
            return;
        }
        AssertConnected(client, server, 0xFEFC);
        Assert.That((client.Connection.NegotiatedGroup, server.Connection.NegotiatedGroup), Is.EqualTo((group, group)));
    }

    [TestCase(DtlsVersionPolicy.Prefer13, DtlsVersionPolicy.Only12, 0xFEFD)]
    [TestCase(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Prefer13, 0xFEFD)]
    [TestCase(DtlsVersionPolicy.Only13, DtlsVersionPolicy.Prefer13, 0xFEFC)]
    [TestCase(DtlsVersionPolicy.Only13, DtlsVersionPolicy.Only12, 0)]
    [TestCase(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13, 0)]
    public void Handshake_UnderThesePolicies_AgreesOnThisVersion(DtlsVersionPolicy left, DtlsVersionPolicy right, int version)
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client with { Versions = left }, s_server with { Versions = right });
        if (version != 0)
        {
            AssertConnected(client, server, version);
            return;
        }
        Assert.That(server.Events.Single().Alert, Is.EqualTo(DtlsAlert.ProtocolVersion));
        Assert.That(client.Events.Single().Alert, Is.EqualTo(DtlsAlert.ProtocolVersion));
    }

    [Test]
    public void DrawKeys_BeforeTheHandshake_IsDoneOnceAndChangesNothingOfIt([Values] DtlsVersionPolicy versions, [Values] bool hybrid)
    {
        DtlsPostQuantumPolicy policy = hybrid ? DtlsPostQuantumPolicy.Prefer : DtlsPostQuantumPolicy.Off;
        DtlsPeer client = new(s_client with { Role = DtlsRole.Client, Versions = versions, PostQuantum = policy }, RandomSource.Seeded(1));
        DtlsPeer server = new(s_server with { Role = DtlsRole.Server, Versions = versions, PostQuantum = policy }, RandomSource.Seeded(2));
        client.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        server.Connection.SetRemoteFingerprints([DtlsPeer.Ecdsa.GetFingerprint()]);
        foreach (DtlsPeer peer in new[] { client, server })
        {
            Assert.That(peer.Connection.CanDrawKeys);
            peer.Connection.DrawKeys();
            Assert.That(peer.Connection.CanDrawKeys, Is.False);
            peer.Connection.Start(s_start);
        }
        DtlsPeer.Exchange(client, server, s_start);
        AssertConnected(client, server, versions == DtlsVersionPolicy.Only12 ? 0xFEFD : 0xFEFC);
        client.Connection.DrawKeys();                               // too late: nothing happens
    }

    [Test]
    public void ClientHello_WithAHybridShare_HasItsX25519KeyForTheClassicalShareToo()
    {
        using KeyExchange key = KeyExchange.Create(DtlsNamedGroup.X25519MLKEM768, RandomSource.Seeded(1));
        Assert.That(key.PublicKey[^32..].SequenceEqual(((HybridKeyExchange)key).Classical.PublicKey));
    }

    [Test]
    public void Constructor_WhenNothingIsLeftToNegotiate_Throws() => Assert.Multiple(() =>
    {
        Assert.That(() => Create(s_client with { Versions = DtlsVersionPolicy.Only12, PostQuantum = DtlsPostQuantumPolicy.Require }), Throws.ArgumentException);
        Assert.That(() => Create(s_client with { Versions = DtlsVersionPolicy.Only12, CipherSuites = [DtlsCipherSuite.TLS_AES_128_GCM_SHA256] }), Throws.ArgumentException);
        Assert.That(() => s_client with { Groups = [DtlsNamedGroup.X25519MLKEM768] }, Throws.ArgumentException);
    });

    [Test]
    public void Handshake_WhenTheShareIsOfTheWrongGroup_AsksForAnother([Values] bool cookie)
    {
        DtlsOptions client = s_client with { PostQuantum = DtlsPostQuantumPolicy.Off };
        (DtlsPeer left, DtlsPeer right) = Run(client, s_server with { Groups = [DtlsNamedGroup.Secp384r1], RequireCookie = cookie });
        AssertConnected(left, right, 0xFEFC);
        Assert.That(left.Connection.NegotiatedGroup, Is.EqualTo(DtlsNamedGroup.Secp384r1));
    }

    [Test]
    public void Export_InDtls13_IsTheSameOnBothSidesAndNeedsItsLabelAndContext()
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client, s_server);
        byte[] ours = new byte[40], theirs = new byte[40], otherContext = new byte[40], otherLabel = new byte[40];
        client.Connection.ExportKeyingMaterial("EXPERIMENTAL", [1], true, ours);
        server.Connection.ExportKeyingMaterial("EXPERIMENTAL", [1], true, theirs);
        client.Connection.ExportKeyingMaterial("EXPERIMENTAL", [2], true, otherContext);
        client.Connection.ExportKeyingMaterial("EXPERIMENTAL 2", [1], true, otherLabel);
        Assert.Multiple(() =>
        {
            Assert.That(ours, Is.EqualTo(theirs));
            Assert.That(ours, Is.Not.EqualTo(otherContext));
            Assert.That(ours, Is.Not.EqualTo(otherLabel));
        });
    }

    [Test]
    public void UpdateKeys_ManyTimesOnBothSides_LosesNoData([Values] bool requestPeer)
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client, s_server);
        for (int i = 0; i < 20; i++)
        {
            if (i % 3 != 1) client.Connection.UpdateKeys(requestPeer);
            if (i % 3 != 0) server.Connection.UpdateKeys(requestPeer);
            client.Send("ping"u8);
            server.Send("pong"u8);
            DtlsPeer.Exchange(client, server, s_start);
        }
        AssertConnected(client, server, 0xFEFC);
        Assert.Multiple(() =>
        {
            Assert.That(client.ReceivedBytes, Is.EqualTo(80));
            Assert.That(server.ReceivedBytes, Is.EqualTo(80));
            Assert.That(server.Connection.GetDropCount(DtlsDropReason.BadRecordMac), Is.Zero);
        });
    }

    [Test]
    public void Protect_AfterTheLimitOfRecords_UpdatesTheKeys()
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client with { RecordsPerKey = 16 }, s_server);
        HashSet<int> epochs = [];
        byte[] buffer = new byte[300];
        for (int i = 0; i < 100; i++)
        {
            client.Send("ping"u8);
            while (client.Transmit(buffer, s_start) is > 0 and int length)
            {
                epochs.Add(buffer[0] & 3);
                server.Receive(buffer.AsSpan(0, length), s_start);
            }
            DtlsPeer.Exchange(client, server, s_start);
        }
        Assert.Multiple(() =>
        {
            Assert.That(server.ReceivedBytes, Is.EqualTo(400));
            Assert.That(epochs, Is.EquivalentTo(new[] { 0, 1, 2, 3 }), "the low bits of the epoch");
        });
    }

    [Test]
    public void AdvanceTo_WhenAKeyUpdateIsNeverAcknowledged_GivesUp()
    {
        (DtlsPeer client, _) = Run(s_client, s_server);
        client.Connection.UpdateKeys();
        byte[] buffer = new byte[300];
        Instant now = s_start;
        int sent = 0;
        while (client.Connection.State == DtlsState.Connected)
        {
            while (client.Transmit(buffer, now) > 0) sent++;
            now = client.NextTimeout;
            client.AdvanceTo(now);
        }
        client.DrainEvents();
        Assert.That(client.Events[^1].Failure, Is.EqualTo(DtlsFailure.HandshakeTimeout));
        Assert.That(sent, Is.GreaterThan(10));
    }

    [Test]
    public void Transmit_AfterPartOfAFlightWasLost_RepeatsThatPartOnly()
    {
        DtlsOptions small = s_server with { PathMtu = 400, PostQuantum = DtlsPostQuantumPolicy.Off, Certificate = DtlsPeer.Rsa };
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, small);
        byte[] buffer = new byte[1200];
        while (client.Transmit(buffer, s_start) is > 0 and int length) server.Receive(buffer.AsSpan(0, length), s_start);
        List<byte[]> flight = [];
        while (server.Transmit(buffer, s_start) is > 0 and int length) flight.Add(buffer[..length]);
        Assert.That(flight, Has.Count.GreaterThan(2));
        foreach (byte[] datagram in flight.Where((_, i) => i != 1)) client.Receive((byte[])datagram.Clone(), s_start);
        Instant later = Instant.Max(s_start, client.NextTimeout);
        client.AdvanceTo(later);
        int acknowledgement = client.Transmit(buffer, later);
        Assert.That(acknowledgement, Is.GreaterThan(0), "after a quarter of the timeout");
        Assert.That(later - s_start, Is.LessThan(TimeSpan.FromMilliseconds(100)));
        server.Receive(buffer.AsSpan(0, acknowledgement), later);
        int repeated = 0;
        while (server.Transmit(buffer, later) is > 0 and int length)
        {
            repeated += length;
            client.Receive(buffer.AsSpan(0, length), later);
        }
        DtlsPeer.Exchange(client, server, later);
        AssertConnected(client, server, 0xFEFC);
        Assert.That(repeated, Is.LessThanOrEqualTo(flight[1].Length + 60));
    }

    [Test]
    public void KeyLog_InDtls13_ReceivesTheSameSecretsOnBothSides()
    {
        List<string> lines = [];
        Run(s_client with { KeyLog = lines.Add }, s_server with { KeyLog = lines.Add });
        Assert.That(lines, Has.Count.EqualTo(10));
        Assert.That(lines.Distinct().Select(line => line.Split(' ')[0]), Is.EqualTo(new[]
        {
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
        }));
    }

    [Test]
    public void PlaintextArea_UnderThePeersRecordSizeLimit_IsNoLarger([Values] bool dtls13)
    {
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        (DtlsPeer client, DtlsPeer server) = Run(
            s_client with { Versions = versions, RecordSizeLimit = 500 }, s_server with { Versions = versions, RecordSizeLimit = 16384 });
        AssertConnected(client, server, dtls13 ? 0xFEFC : 0xFEFD);
        Assert.That(server.Connection.PlaintextArea(new byte[2000]).Length, Is.EqualTo(dtls13 ? 499 : 500));
        Assert.That(client.Connection.PlaintextArea(new byte[2000]).Length, Is.GreaterThan(1900));
    }

    [Test]
    public void ProtectAndReceive_InDtls13_AllocateNothing(
        [Values(DtlsCipherSuite.TLS_AES_128_GCM_SHA256, DtlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)] DtlsCipherSuite suite)
    {
        (DtlsPeer client, DtlsPeer server) = Run(s_client with { CipherSuites = [suite] }, s_server);
        byte[] buffer = new byte[1300];
        long before = 0;
        for (int i = 0; i < 300; i++)
        {
            if (i == 100) before = GC.GetAllocatedBytesForCurrentThread();
            client.Connection.PlaintextArea(buffer);
            int length = client.Connection.Protect(buffer, 1200);
            server.Connection.Receive(buffer.AsSpan(0, length), s_start, out _, out _);
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static DtlsConnection Create(DtlsOptions options) => new(options, RandomSource.Seeded(1));

    private static (DtlsPeer Client, DtlsPeer Server) Run(DtlsOptions client, DtlsOptions server)
    {
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, client, server);
        DtlsPeer.Exchange(left, right, s_start);
        return (left, right);
    }

    private static void AssertConnected(DtlsPeer client, DtlsPeer server, int version) => Assert.Multiple(() =>
    {
        Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", client.Events));
        Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", server.Events));
        Assert.That(client.Connection.NegotiatedVersion, Is.EqualTo(version));
        Assert.That(server.Connection.NegotiatedVersion, Is.EqualTo(version));
    });
}
