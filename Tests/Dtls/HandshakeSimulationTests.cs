using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Dtls;

public sealed class HandshakeSimulationTests
{
    private const string SrtpLabel = "EXTRACTOR-dtls_srtp";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [TestCase(DtlsVersionPolicy.Only12, false, 40)]
    [TestCase(DtlsVersionPolicy.Only12, true, 60)]
    [TestCase(DtlsVersionPolicy.Only13, false, 30)]
    [TestCase(DtlsVersionPolicy.Only13, true, 50)]
    public void Handshake_OverAnHonestPath_TakesItsRoundTrips(DtlsVersionPolicy versions, bool cookie, int milliseconds)
    {
        VirtualTime time = new(1);
        DtlsOptions options = new() { Certificate = DtlsPeer.Ecdsa, Versions = versions };
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(
            time.Random, time.Now, options, options with { Certificate = DtlsPeer.OtherEcdsa, RequireCookie = cookie });
        Instant start = time.Now;
        Assert.That(Connect(time, client, server, new PathOptions { Delay = TimeSpan.FromMilliseconds(10) }));
        Assert.Multiple(() =>
        {
            Assert.That(time.Now - start, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)), "until both sides are connected");
            Assert.That(client.Connection.Retransmissions + server.Connection.Retransmissions, Is.Zero);
        });
        AssertAgreed(client, server, time);
    }

    [Test]
    public void Handshake_OverABadPath_Connects([ValueSource(nameof(ManySeeds))] int seed)
    {
        VirtualTime time = new(seed);
        RandomSource random = time.Random;
        PathOptions path = PathOptions.Draw(random, worst: 0.3);
        DtlsOptions options = DrawOptions(random, random.Next(2) == 0 ? DtlsPeer.Ecdsa : DtlsPeer.Rsa);
        DtlsOptions server = DrawOptions(random, random.Next(2) == 0 ? DtlsPeer.OtherEcdsa : DtlsPeer.Rsa) with
        {
            RequireCookie = random.Next(3) == 0,
        };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(random, time.Now, options, server);
        Assert.That(Connect(time, left, right, path), $"{path}\n{options}\n{server}\n{time.Timeline}");
        bool only12 = options.Versions == DtlsVersionPolicy.Only12 || server.Versions == DtlsVersionPolicy.Only12;
        bool only13 = options.Versions == DtlsVersionPolicy.Only13 || server.Versions == DtlsVersionPolicy.Only13;
        if (only12 && only13) AssertRefused(left, right, time);
        else AssertAgreed(left, right, time, only12 ? (ushort)0xFEFD : (ushort)0xFEFC);
    }

    [Test]
    public void Handshake_WhenLargeDatagramsVanish_ShrinksItsFragments([Values(260, 300, 576, 1000)] int mtu)
    {
        VirtualTime time = new(mtu);
        DtlsOptions options = new() { Certificate = DtlsPeer.Rsa, PathMtu = 1400 };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(time.Random, time.Now, options, options);
        Assert.That(Connect(time, left, right, new PathOptions { Mtu = mtu }), time.Timeline);
        AssertAgreed(left, right, time);
    }

    public static IEnumerable<int> ManySeeds() => Seeds.Range(150);

    private static DtlsOptions DrawOptions(RandomSource random, DtlsCertificate certificate) => new()
    {
        Certificate = certificate,
        PathMtu = 300 + random.Next(1201),
        Groups = random.Next(3) switch
        {
            0 => [DtlsNamedGroup.X25519, DtlsNamedGroup.Secp384r1],
            1 => [DtlsNamedGroup.Secp256r1, DtlsNamedGroup.X25519],
            _ => [DtlsNamedGroup.Secp384r1, DtlsNamedGroup.X25519],
        },
        Versions = random.Next(5) switch
        {
            0 => DtlsVersionPolicy.Only12,
            1 => DtlsVersionPolicy.Only13,
            _ => DtlsVersionPolicy.Prefer13,
        },
        PostQuantum = random.Next(2) == 0 ? DtlsPostQuantumPolicy.Off : DtlsPostQuantumPolicy.Prefer,
        CipherSuites = Rotate(new DtlsOptions { Certificate = certificate }.CipherSuites, random.Next(9)),
        RecordSizeLimit = random.Next(4) == 0 ? 64 + random.Next(1000) : 16385,
        HandshakeTimeout = TimeSpan.FromMinutes(5),
    };

    private static IReadOnlyList<T> Rotate<T>(IReadOnlyList<T> list, int by) => [.. list.Skip(by), .. list.Take(by)];

    // The alert itself is not repeated, so on a bad path one side may only find out by its own patience.
    private static void AssertRefused(DtlsPeer left, DtlsPeer right, VirtualTime time)
    {
        left.DrainEvents();
        right.DrainEvents();
        Assert.That(right.Events.Concat(left.Events).Select(e => e.Alert), Has.Member(DtlsAlert.ProtocolVersion), time.Timeline);
    }

    private static bool Connect(VirtualTime time, DtlsPeer left, DtlsPeer right, PathOptions path)
    {
        LayerPair pair = new(time, left, right, path, datagramSize: 1500);
        return pair.RunUntil(
            () => left.Connection.State != DtlsState.Connecting && right.Connection.State != DtlsState.Connecting, s_patience);
    }

    private static void AssertAgreed(DtlsPeer left, DtlsPeer right, VirtualTime time, ushort? version = null)
    {
        left.DrainEvents();
        right.DrainEvents();
        byte[] ours = new byte[60], theirs = new byte[60];
        Assert.Multiple(() =>
        {
            Assert.That(left.Events, Is.EqualTo(new[] { new DtlsEvent(DtlsEventType.Connected) }), time.Timeline);
            Assert.That(right.Events, Is.EqualTo(new[] { new DtlsEvent(DtlsEventType.Connected) }), time.Timeline);
        });
        left.Connection.ExportKeyingMaterial(SrtpLabel, [], false, ours);
        right.Connection.ExportKeyingMaterial(SrtpLabel, [], false, theirs);
        Assert.Multiple(() =>
        {
            Assert.That(ours, Is.EqualTo(theirs));
            Assert.That(left.Connection.SelectedSrtpProfile, Is.EqualTo(right.Connection.SelectedSrtpProfile));
            Assert.That(left.Connection.CipherSuite, Is.EqualTo(right.Connection.CipherSuite));
            Assert.That(left.Connection.NegotiatedGroup, Is.EqualTo(right.Connection.NegotiatedGroup));
            Assert.That(left.Connection.NegotiatedVersion, Is.EqualTo(version ?? right.Connection.NegotiatedVersion));
        });
    }
}
