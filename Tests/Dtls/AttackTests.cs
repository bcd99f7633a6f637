using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Known attacks on the state machines of DTLS, by somebody on the path.</summary>
public sealed class AttackTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly DtlsOptions s_client = new() { Certificate = DtlsPeer.Ecdsa, PostQuantum = DtlsPostQuantumPolicy.Off };
    private static readonly DtlsOptions s_server = s_client with { Certificate = DtlsPeer.OtherEcdsa };
    private readonly byte[] _buffer = new byte[2000];

    [Test]
    public void Downgrade_OfTheVersion_IsSeenByTheClient()
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, s_server);
        byte[] hello = Next(client);
        Replace(hello, [0, 0x2B, 0, 5, 4, 0xFE, 0xFC], [0, 0x2B, 0, 5, 4, 0xFE, 0xFA]);
        server.Receive(hello, s_start);
        Assert.That(server.Connection.NegotiatedVersion, Is.EqualTo(0xFEFD));
        DtlsPeer.Exchange(client, server, s_start);
        AssertFailed(client, server, client, DtlsAlert.IllegalParameter);
    }

    [Test]
    public void Downgrade_OfTheSuite_NeverConnects([Values] bool dtls13)
    {
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(
            RandomSource.Seeded(1), s_start, s_client with { Versions = versions }, s_server with { Versions = versions });
        byte[] hello = Next(client);
        Replace(hello, dtls13 ? [0x13, 0x01, 0x13, 0x02] : [0xC0, 0x2B, 0xC0, 0x2F], dtls13 ? [0xFA, 0xFA, 0x13, 0x02] : [0xFA, 0xFA, 0xC0, 0x2F]);
        server.Receive(hello, s_start);
        Assert.That(server.Connection.CipherSuite, Is.EqualTo(
            dtls13 ? DtlsCipherSuite.TLS_AES_256_GCM_SHA384 : DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384));
        DtlsPeer.Exchange(client, server, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(client.Connection.CanSend, Is.False);
            Assert.That(server.Connection.CanSend, Is.False);
        });
    }

    [Test]
    public void Cookie_ThatIsNotTheServers_IsRefused()
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, s_server with { RequireCookie = true });
        server.Receive(Next(client), s_start);
        byte[] retry = Next(server);
        retry[^1] ^= 1;                                            // the last byte of the cookie, which is the last extension
        client.Receive(retry, s_start);
        DtlsPeer.Exchange(client, server, s_start);
        AssertFailed(client, server, server, DtlsAlert.IllegalParameter);
    }

    [Test]
    public void Fragment_ThatOverlapsWithOtherContent_IsRefused()
    {
        using DtlsPeer server = new(s_server with { Role = DtlsRole.Server }, RandomSource.Seeded(1));
        server.Connection.Start(s_start);
        server.Receive(Record(0, Fragment(HandshakeType.ClientHello, 100, 0, 0, new byte[50])), s_start);
        server.Receive(Record(1, Fragment(HandshakeType.ClientHello, 100, 0, 40, [1, 1, 1])), s_start);
        server.DrainEvents();
        Assert.That(server.Events.Single().Alert, Is.EqualTo(DtlsAlert.IllegalParameter));
    }

    [Test]
    public void Message_InTheClearThatBelongsIntoEpoch2_IsForgottenWhenItCameBeforeServerHello()
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, s_server);
        for (ushort sequence = 1; sequence < 6; sequence++)
            client.Receive(Record(sequence, Fragment(HandshakeType.Certificate, 4, sequence, 0, new byte[4])), s_start);
        DtlsPeer.Exchange(client, server, s_start);
        Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", client.Events));
    }

    [Test]
    public void Message_InTheClearAfterServerHello_IsRefused()
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, s_server with { PathMtu = 300 });
        server.Receive(Next(client), s_start);
        client.Receive(Next(server), s_start);
        client.Receive(Record(9, Fragment(HandshakeType.Finished, 32, 4, 0, new byte[32])), s_start);
        client.DrainEvents();
        Assert.That(client.Events.Single().Alert, Is.EqualTo(DtlsAlert.UnexpectedMessage));
    }

    [Test]
    public void Records_ThatMeanNothing_ChangeNothing([Values] bool dtls13)
    {
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(
            RandomSource.Seeded(1), s_start, s_client with { Versions = versions }, s_server with { Versions = versions });
        byte[][] noise =
        [
            [20, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 1],                                     // ChangeCipherSpec
            [23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1, 42],                                    // data in the clear
            [26, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 0, 0],                                  // an ACK in the clear
            [26, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 18, 0, 16, .. new byte[16]],               // one that names our first record
            [0x2E, 0, 0, 0, 20, .. new byte[20]], [0x2F, 0, 0, 0, 20, .. new byte[20]],           // protected, but not by the peer
            [0x2C, 0, 0, 0, 20, .. new byte[20]], [0x3F, 1, 2, 3], [0x21], [0x2C, 0, 0, 0xFF, 0xFF],
            Record(0, Fragment(HandshakeType.ServerHello, 100_000, 0, 0, [])),
        ];
        for (int round = 0; round < 8; round++)
        {
            foreach (byte[] datagram in noise)
            {
                client.Receive((byte[])datagram.Clone(), s_start);
                server.Receive((byte[])datagram.Clone(), s_start);
            }
            if (client.Transmit(_buffer, s_start) is > 0 and int sent) server.Receive(_buffer.AsSpan(0, sent), s_start);
            if (server.Transmit(_buffer, s_start) is > 0 and int answered) client.Receive(_buffer.AsSpan(0, answered), s_start);
        }
        DtlsPeer.Exchange(client, server, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", client.Events));
            Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", server.Events));
            Assert.That(client.ReceivedBytes + server.ReceivedBytes, Is.Zero);
            Assert.That(client.Connection.GetDropCount(DtlsDropReason.UnprotectedApplicationData), Is.GreaterThan(0));
        });
    }

    [Test]
    public void Data_SentBeforeTheClientIsKnown_WaitsForItsFinished()
    {
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, s_client, s_server);
        server.Receive(Next(client), s_start);
        while (server.Transmit(_buffer, s_start) is > 0 and int length) client.Receive(_buffer.AsSpan(0, length), s_start);
        byte[] flight = Next(client);                              // Certificate, CertificateVerify and Finished
        client.Send("early"u8);
        byte[] data = Next(client);
        server.Receive(data, s_start);
        Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connecting));
        Assert.That(server.ReceivedBytes, Is.Zero);
        server.Receive(flight, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connected));
            Assert.That(server.Connection.TryReadEarlyData(_buffer, out int length), Is.True);
            Assert.That(_buffer.AsSpan(0, length).SequenceEqual("early"u8));
        });
    }

    private static void AssertFailed(DtlsPeer client, DtlsPeer server, DtlsPeer finder, DtlsAlert alert) => Assert.Multiple(() =>
    {
        Assert.That(finder.Events.Single().Failure, Is.EqualTo(DtlsFailure.ProtocolError));
        Assert.That(client.Events[^1].Alert, Is.EqualTo(alert));
        Assert.That(server.Events[^1].Alert, Is.EqualTo(alert));
    });

    private static byte[] Fragment(HandshakeType type, int length, ushort sequence, int offset, byte[] content)
    {
        byte[] fragment = new byte[FragmentHeader.Size + content.Length];
        new FragmentHeader(type, length, sequence, offset, content.Length).Write(fragment);
        content.CopyTo(fragment, FragmentHeader.Size);
        return fragment;
    }

    private static byte[] Record(ulong sequence, byte[] fragment)
    {
        byte[] record = new byte[RecordHeader.Size + fragment.Length];
        new RecordHeader(ContentType.Handshake, DtlsVersion.Dtls12, 0, sequence, fragment.Length).Write(record);
        fragment.CopyTo(record, RecordHeader.Size);
        return record;
    }

    private static void Replace(byte[] datagram, byte[] pattern, byte[] by)
    {
        int at = datagram.AsSpan().IndexOf(pattern);
        Assert.That(at, Is.GreaterThan(0), "the bytes are there");
        by.CopyTo(datagram, at);
    }

    private byte[] Next(DtlsPeer peer) => _buffer[..peer.Transmit(_buffer, s_start)];
}
