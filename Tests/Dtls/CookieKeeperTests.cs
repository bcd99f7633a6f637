using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>A server on a socket that anybody can send to (RFC 9147 §5.1, RFC 6347 §4.2.1): nothing is kept or computed before a valid cookie.</summary>
public sealed class CookieKeeperTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly TransportAddress s_here = TransportAddress.FromIPv4(0xC0000201, 5000);
    private static readonly DtlsOptions s_client = new() { Certificate = DtlsPeer.Ecdsa, PostQuantum = DtlsPostQuantumPolicy.Off };
    private static readonly DtlsOptions s_server = s_client with { Certificate = DtlsPeer.OtherEcdsa, Role = DtlsRole.Server };
    private readonly byte[] _buffer = new byte[1500];
    private readonly byte[] _answer = new byte[DtlsCookieKeeper.MaxAnswerLength];

    [Test]
    public void Receive_OfAnHonestClient_AdmitsItAndItConnects(
        [Values] DtlsVersionPolicy versions, [Values] bool postQuantum, [Values(256, 400, 1200)] int mtu)
    {
        DtlsPostQuantumPolicy policy = postQuantum ? DtlsPostQuantumPolicy.Prefer : DtlsPostQuantumPolicy.Off;
        using DtlsPeer client = CreateClient(s_client with { Versions = versions, PostQuantum = policy, PathMtu = mtu });
        DtlsOptions options = s_server with { Versions = versions, PostQuantum = policy };
        using DtlsCookieKeeper keeper = new(options, new DtlsCookieOptions(), RandomSource.Seeded(2));
        using DtlsPeer server = Connect(keeper, options, client);
        Assert.Multiple(() =>
        {
            Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", client.Events));
            Assert.That(server.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", server.Events));
            Assert.That(client.Connection.Retransmissions + server.Connection.Retransmissions, Is.Zero);
            Assert.That(client.Connection.NegotiatedGroup, Is.EqualTo(
                postQuantum && versions != DtlsVersionPolicy.Only12 ? DtlsNamedGroup.X25519MLKEM768 : DtlsNamedGroup.X25519));
        });
    }

    [Test]
    public void Receive_OfAClientWithAShareOfTheWrongGroup_AsksForBothAtOnce()
    {
        DtlsOptions options = s_server with { Groups = [DtlsNamedGroup.Secp384r1] };
        using DtlsPeer client = CreateClient(s_client);
        using DtlsCookieKeeper keeper = new(options, new DtlsCookieOptions(), RandomSource.Seeded(2));
        using DtlsPeer server = Connect(keeper, options, client);
        Assert.That(client.Connection.NegotiatedGroup, Is.EqualTo(DtlsNamedGroup.Secp384r1), string.Join(", ", client.Events));
        Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected));
    }

    [Test]
    public void Receive_OfACookieFromAnotherAddressOrPortOrTooLate_RefusesIt([Values] bool dtls13, [Values("address", "port", "late", "changed")] string how)
    {
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        using DtlsPeer client = CreateClient(s_client with { Versions = versions });
        using DtlsCookieKeeper keeper = new(s_server with { Versions = versions }, new DtlsCookieOptions(), RandomSource.Seeded(2));
        byte[] second = AskForCookie(keeper, client);
        Instant now = s_start;
        TransportAddress from = s_here;
        if (how == "address") from = TransportAddress.FromIPv4(0xC0000202, 5000);
        if (how == "port") from = s_here.WithPort(5001);
        if (how == "late") now += TimeSpan.FromSeconds(61);
        if (how == "changed") second[dtls13 ? second.AsSpan().IndexOf((byte[])[0, 0x2C, 0, 0x47, 0, 0x45]) + 20 : RecordHeader.Size + FragmentHeader.Size + 40] ^= 1;
        int length = keeper.Receive(second, from, now, _answer, out DtlsAdmission? admission);
        Assert.Multiple(() =>
        {
            Assert.That(admission, Is.Null);
            Assert.That(keeper.GetDropCount(DtlsDropReason.BadCookie), Is.EqualTo(1));
            if (dtls13) Assert.That(_answer[RecordHeader.Size..length], Is.EqualTo(new byte[] { 2, (byte)DtlsAlert.IllegalParameter }), "RFC 9147 §5.1");
            else Assert.That(_answer[RecordHeader.Size], Is.EqualTo((byte)HandshakeType.HelloVerifyRequest), "RFC 6347 §4.2.1: as if there was none");
        });
    }

    [Test]
    public void Receive_OfACookieOfTheSecretBefore_AdmitsTheClient([Values] bool dtls13)
    {
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        using DtlsPeer client = CreateClient(s_client with { Versions = versions });
        using DtlsCookieKeeper keeper = new(s_server with { Versions = versions }, new DtlsCookieOptions(), RandomSource.Seeded(2));
        byte[] second = AskForCookie(keeper, client);
        keeper.Receive(second, s_here, s_start + TimeSpan.FromSeconds(40), _answer, out DtlsAdmission? admission);
        Assert.That(admission?.Client, Is.EqualTo(s_here));
    }

    // No connection, no key share, no signature: the key of the certificate is gone, and nothing is drawn from the random source.
    [Test]
    public void Receive_OfAFloodOfClientHellos_ComputesNothingAsymmetricAndKeepsNothing([Values] bool dtls13)
    {
        using DtlsCertificate dead = DtlsCertificate.Create(new DtlsCertificateOptions(), DateTimeOffset.UnixEpoch.AddYears(50), RandomSource.Seeded(1));
        dead.Dispose();
        DtlsVersionPolicy versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12;
        CountingRandom random = new();
        using DtlsCookieKeeper keeper = new(s_server with { Certificate = dead, Versions = versions }, new DtlsCookieOptions(), random);
        using DtlsPeer client = CreateClient(s_client with { Versions = versions });
        byte[] hello = Next(client);
        long drawn = random.Drawn, before = 0;
        int answered = 0, longest = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (i == 10_000) before = GC.GetAllocatedBytesForCurrentThread();
            hello[RecordHeader.Size + FragmentHeader.Size + 10]++;
            int length = keeper.Receive(hello, TransportAddress.FromIPv4((uint)i, 1000), s_start, _answer, out DtlsAdmission? admission);
            if (length > 0 && admission is null) answered++;
            longest = Math.Max(longest, length);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Multiple(() =>
        {
            Assert.That(answered, Is.EqualTo(20_000), "each gets its cookie");
            Assert.That(longest, Is.LessThan(hello.Length), "nothing is amplified");
            Assert.That(random.Drawn - drawn, Is.Zero, "no key share is drawn");
            Assert.That(allocated, Is.Zero);
        });
    }

    [Test]
    public void Receive_OfAFloodOfFragments_KeepsNoMoreThanItsLimit()
    {
        DtlsCookieOptions limits = new() { MaxPendingClients = 16 };
        using DtlsCookieKeeper keeper = new(s_server, limits, RandomSource.Seeded(2));
        byte[] part = new byte[RecordHeader.Size + FragmentHeader.Size + 100];
        new RecordHeader(ContentType.Handshake, DtlsVersion.Dtls10, 0, 0, part.Length - RecordHeader.Size).Write(part);
        new FragmentHeader(HandshakeType.ClientHello, 4000, 0, 0, 100).Write(part.AsSpan(RecordHeader.Size));
        for (int i = 0; i < 10_000; i++) keeper.Receive(part, TransportAddress.FromIPv4((uint)i, 1000), s_start, _answer, out _);
        Assert.That(keeper.GetDropCount(DtlsDropReason.HandshakeLimit), Is.EqualTo(10_000 - 16));

        DtlsOptions fragmented = s_client with { PathMtu = 256 };
        using DtlsPeer client = CreateClient(fragmented);
        using DtlsPeer server = Connect(keeper, s_server, client);
        Assert.That(client.Connection.State, Is.EqualTo(DtlsState.Connected), "an honest one still comes through");
    }

    [TestCase(0, 4001, DtlsDropReason.MalformedRecord)]
    [TestCase(100, 5000, DtlsDropReason.HandshakeLimit)]
    [TestCase(100, 100, DtlsDropReason.MalformedHandshake)]
    public void Receive_OfWhatIsNoClientHello_CountsIt(int content, int announced, DtlsDropReason reason)
    {
        using DtlsCookieKeeper keeper = new(s_server, new DtlsCookieOptions(), RandomSource.Seeded(2));
        byte[] datagram = new byte[content == 0 ? 5 : RecordHeader.Size + FragmentHeader.Size + content];
        if (content > 0)
        {
            new RecordHeader(ContentType.Handshake, DtlsVersion.Dtls10, 0, 0, datagram.Length - RecordHeader.Size).Write(datagram);
            new FragmentHeader(HandshakeType.ClientHello, announced, 0, 0, content).Write(datagram.AsSpan(RecordHeader.Size));
        }
        Assert.That(keeper.Receive(datagram, s_here, s_start, _answer, out DtlsAdmission? admission), Is.Zero);
        Assert.That(admission, Is.Null);
        Assert.That(keeper.GetDropCount(reason), Is.EqualTo(1));
    }

    [Test]
    public void Receive_WithNothingInCommon_SaysSo()
    {
        using DtlsPeer client = CreateClient(s_client with { Versions = DtlsVersionPolicy.Only12 });
        using DtlsCookieKeeper keeper = new(s_server with { Versions = DtlsVersionPolicy.Only13 }, new DtlsCookieOptions(), RandomSource.Seeded(2));
        int length = keeper.Receive(Next(client), s_here, s_start, _answer, out _);
        client.Receive(_answer.AsSpan(0, length), s_start);
        client.DrainEvents();
        Assert.That(client.Events.Single().Alert, Is.EqualTo(DtlsAlert.ProtocolVersion));

        using DtlsPeer other = CreateClient(s_client with { Versions = DtlsVersionPolicy.Only13, CipherSuites = [DtlsCipherSuite.TLS_AES_256_GCM_SHA384] });
        using DtlsCookieKeeper strict = new(s_server with { CipherSuites = [DtlsCipherSuite.TLS_AES_128_GCM_SHA256] }, new DtlsCookieOptions(), RandomSource.Seeded(2));
        length = strict.Receive(Next(other), s_here, s_start, _answer, out _);
        other.Receive(_answer.AsSpan(0, length), s_start);
        other.DrainEvents();
        Assert.That(other.Events.Single().Alert, Is.EqualTo(DtlsAlert.HandshakeFailure));
    }

    [Test]
    public void Constructor_WhenMisused_Throws() => Assert.Multiple(() =>
    {
        Assert.That(() => new DtlsCookieKeeper(s_client, new DtlsCookieOptions(), RandomSource.Seeded(1)), Throws.ArgumentException);
        Assert.That(() => new DtlsCookieOptions { MaxClientHelloSize = 1 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DtlsCookieOptions { MaxPendingClients = 0 }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DtlsCookieOptions { Lifetime = TimeSpan.Zero }, Throws.TypeOf<ArgumentOutOfRangeException>());
        using DtlsCookieKeeper keeper = new(s_server, new DtlsCookieOptions(), RandomSource.Seeded(1));
        Assert.That(() => keeper.Receive([], s_here, s_start, new byte[10], out _), Throws.ArgumentException);
    });

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Receive_OfAnyBytes_Survives(byte[] content, bool framed)
    {
        using DtlsCookieKeeper keeper = new(s_server, new DtlsCookieOptions(), RandomSource.Seeded(1));
        byte[] datagram = content;
        if (framed)
        {
            datagram = new byte[RecordHeader.Size + content.Length];
            new RecordHeader(ContentType.Handshake, DtlsVersion.Dtls10, 0, 0, content.Length).Write(datagram);
            content.CopyTo(datagram, RecordHeader.Size);
        }
        keeper.Receive(datagram, s_here, s_start, _answer, out DtlsAdmission? admission);
        Assert.That(admission, Is.Null);
    }

    private static DtlsPeer CreateClient(DtlsOptions options)
    {
        DtlsPeer client = new(options, RandomSource.Seeded(1));
        client.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        client.Connection.Start(s_start);
        return client;
    }

    private byte[] AskForCookie(DtlsCookieKeeper keeper, DtlsPeer client)
    {
        int length = keeper.Receive(Next(client), s_here, s_start, _answer, out DtlsAdmission? admission);
        Assert.That(admission, Is.Null);
        client.Receive(_answer.AsSpan(0, length), s_start);
        return Next(client);
    }

    private DtlsPeer Connect(DtlsCookieKeeper keeper, DtlsOptions options, DtlsPeer client)
    {
        DtlsPeer? server = null;
        for (int i = 0; i < 100 && server is null; i++)
        {
            while (server is null && client.Transmit(_buffer, s_start) is > 0 and int sent)
            {
                int length = keeper.Receive(_buffer.AsSpan(0, sent), s_here, s_start, _answer, out DtlsAdmission? admission);
                if (length > 0) client.Receive(_answer.AsSpan(0, length), s_start);
                if (admission is not null) server = new DtlsPeer(options, RandomSource.Seeded(3), admission);
            }
            client.DrainEvents();
        }
        Assert.That(server, Is.Not.Null, string.Join(", ", client.Events));
        server!.Connection.SetRemoteFingerprints([DtlsPeer.Ecdsa.GetFingerprint()]);
        server.Connection.Start(s_start);
        DtlsPeer.Exchange(client, server, s_start);
        return server;
    }

    private byte[] Next(DtlsPeer peer) => _buffer[..peer.Transmit(_buffer, s_start)];

    private sealed class CountingRandom : RandomSource
    {
        private readonly RandomSource _inner = Seeded(1);

        public long Drawn { get; private set; }

        public override void Fill(Span<byte> destination)
        {
            Drawn += destination.Length;
            _inner.Fill(destination);
        }
    }
}
