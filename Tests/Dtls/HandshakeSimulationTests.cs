using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Dtls;

public sealed class HandshakeSimulationTests
{
    private const string SrtpLabel = "EXTRACTOR-dtls_srtp";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // A round trip is 20 ms. DTLS 1.3: one, two with a cookie, and half a one more until the server knows the client; DTLS 1.2: two, or three.
    [TestCase(DtlsVersionPolicy.Only12, false, 40, 40)]
    [TestCase(DtlsVersionPolicy.Only12, true, 60, 60)]
    [TestCase(DtlsVersionPolicy.Only13, false, 20, 30)]
    [TestCase(DtlsVersionPolicy.Only13, true, 40, 50)]
    public void Handshake_OverAnHonestPath_TakesItsRoundTrips(DtlsVersionPolicy versions, bool cookie, int clientMilliseconds, int milliseconds)
    {
        VirtualTime time = new(1);
        DtlsOptions options = new() { Certificate = DtlsPeer.Ecdsa, Versions = versions };
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(
            time.Random, time.Now, options, options with { Certificate = DtlsPeer.OtherEcdsa, RequireCookie = cookie });
        Instant start = time.Now;
        LayerPair pair = new(time, client, server, new PathOptions { Delay = TimeSpan.FromMilliseconds(10) }, datagramSize: 1500);
        Assert.That(pair.RunUntil(() => client.Connection.State == DtlsState.Connected, s_patience));
        TimeSpan clientTime = time.Now - start;
        Assert.That(pair.RunUntil(() => server.Connection.State == DtlsState.Connected, s_patience));
        Assert.Multiple(() =>
        {
            Assert.That(clientTime, Is.EqualTo(TimeSpan.FromMilliseconds(clientMilliseconds)), "until the client is connected");
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
        DtlsOptions options = DrawOptions(random, DrawCertificate(random, DtlsPeer.Ecdsa));
        DtlsOptions server = DrawOptions(random, DrawCertificate(random, DtlsPeer.OtherEcdsa)) with
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

    [Test]
    public void Handshake_WithEachSuiteAndGroupOverABadPath_AgreesOnThem([ValueSource(nameof(SuitesAndGroups))] (DtlsCipherSuite Suite, DtlsNamedGroup Group) chosen)
    {
        VirtualTime time = new((int)chosen.Suite + (int)chosen.Group);
        bool hybrid = chosen.Group == DtlsNamedGroup.X25519MLKEM768;
        Assert.That(CipherSuite.TryGet(chosen.Suite, out CipherSuite suite));
        DtlsCertificate certificate = !suite.IsDtls13 && !suite.IsEcdsa ? DtlsPeer.Rsa : time.Random.Next(2) == 0 ? DtlsPeer.Ed25519 : DtlsPeer.OtherEcdsa;
        DtlsOptions options = new()
        {
            Certificate = certificate,
            CipherSuites = [chosen.Suite],
            Groups = [hybrid ? DtlsNamedGroup.X25519 : chosen.Group],
            PostQuantum = hybrid ? DtlsPostQuantumPolicy.Require : DtlsPostQuantumPolicy.Off,
            PathMtu = 300 + time.Random.Next(1201),
            HandshakeTimeout = TimeSpan.FromMinutes(5),
        };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(time.Random, time.Now, options, options);
        Assert.That(Connect(time, left, right, PathOptions.Draw(time.Random, worst: 0.3)), time.Timeline);
        AssertAgreed(left, right, time, suite.IsDtls13 ? (ushort)0xFEFC : (ushort)0xFEFD);
        Assert.That((left.Connection.CipherSuite, left.Connection.NegotiatedGroup), Is.EqualTo(chosen));
    }

    // How long it takes until both sides are connected, in round trips of 100 ms. The first timeout is one round trip.
    [Test]
    public void Handshake_UnderLoss_TakesThisManyRoundTrips(
        [Values(0.0, 0.1, 0.2, 0.3)] double loss, [Values(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13)] DtlsVersionPolicy versions, [Values] bool cookie)
    {
        List<double> trips = [];
        foreach (int seed in Seeds.Range(25))
        {
            VirtualTime time = new(seed);
            DtlsOptions options = new() { Certificate = DtlsPeer.Ecdsa, Versions = versions, PostQuantum = DtlsPostQuantumPolicy.Off, HandshakeTimeout = TimeSpan.FromMinutes(5) };
            (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(
                time.Random, time.Now, options, options with { Certificate = DtlsPeer.OtherEcdsa, RequireCookie = cookie });
            Instant start = time.Now;
            Assert.That(Connect(time, client, server, new PathOptions { Delay = TimeSpan.FromMilliseconds(50), Loss = loss }), time.Timeline);
            AssertAgreed(client, server, time);
            trips.Add((time.Now - start) / TimeSpan.FromMilliseconds(100));
        }
        trips.Sort();
        double median = trips[trips.Count / 2];
        TestContext.Out.WriteLine($"DTLS {(versions == DtlsVersionPolicy.Only12 ? "1.2" : "1.3")}{(cookie ? " with cookie" : "")}, {loss:P0} loss, {trips.Count} runs: " +
            $"{trips[0]:F1} at least, median {median:F1}, 90 % {trips[trips.Count * 9 / 10]:F1}, most {trips[^1]:F1} round trips");
        double least = (versions == DtlsVersionPolicy.Only12 ? 2 : 1.5) + (cookie ? 1 : 0);
        Assert.That(trips[0], Is.EqualTo(least).Within(0.01).Or.GreaterThan(least));
        if (loss == 0) Assert.That(trips[^1], Is.EqualTo(least).Within(0.01));
        else Assert.That(median, Is.LessThan(8), "a timeout or two");
    }

    public static IEnumerable<(DtlsCipherSuite Suite, DtlsNamedGroup Group)> SuitesAndGroups()
    {
        foreach (DtlsCipherSuite suite in new DtlsOptions { Certificate = DtlsPeer.Ecdsa }.CipherSuites)
        {
            foreach (DtlsNamedGroup group in Enum.GetValues<DtlsNamedGroup>())
            {
                bool isDtls13 = (ushort)suite >> 8 == 0x13;
                if (group != DtlsNamedGroup.None && (isDtls13 || group != DtlsNamedGroup.X25519MLKEM768)) yield return (suite, group);
            }
        }
    }

    private static DtlsCertificate DrawCertificate(RandomSource random, DtlsCertificate ecdsa) => random.Next(3) switch
    {
        0 => DtlsPeer.Rsa,
        1 => DtlsPeer.Ed25519,
        _ => ecdsa,
    };

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
