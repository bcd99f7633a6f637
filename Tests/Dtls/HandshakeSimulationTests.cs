using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Dtls;

public sealed class HandshakeSimulationTests
{
    private const string SrtpLabel = "EXTRACTOR-dtls_srtp";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Test]
    public void Handshake_OverAnHonestPath_ConnectsInTwoRoundTrips()
    {
        VirtualTime time = new(1);
        (DtlsPeer client, DtlsPeer server) = DtlsPeer.CreatePair(time.Random, time.Now);
        Instant start = time.Now;
        Assert.That(Connect(time, client, server, new PathOptions { Delay = TimeSpan.FromMilliseconds(10) }));
        Assert.That(time.Now - start, Is.EqualTo(TimeSpan.FromMilliseconds(40)));
        AssertAgreed(client, server, time);
    }

    [Test]
    public void Handshake_OverABadPath_Connects([ValueSource(nameof(ManySeeds))] int seed)
    {
        VirtualTime time = new(seed);
        RandomSource random = time.Random;
        PathOptions path = PathOptions.Draw(random, worst: 0.3);
        DtlsOptions options = new()
        {
            Certificate = random.Next(2) == 0 ? DtlsPeer.Ecdsa : DtlsPeer.Rsa,
            PathMtu = 300 + random.Next(1201),
            Groups = random.Next(2) == 0 ? [DtlsNamedGroup.X25519] : [DtlsNamedGroup.Secp256r1, DtlsNamedGroup.X25519],
            HandshakeTimeout = TimeSpan.FromMinutes(5),
        };
        DtlsOptions server = options with
        {
            Certificate = random.Next(2) == 0 ? DtlsPeer.OtherEcdsa : DtlsPeer.Rsa,
            PathMtu = 300 + random.Next(1201),
            RequireCookie = random.Next(3) == 0,
        };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(random, time.Now, options, server);
        Assert.That(Connect(time, left, right, path), $"{path}\n{time.Timeline}");
        AssertAgreed(left, right, time);
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

    private static bool Connect(VirtualTime time, DtlsPeer left, DtlsPeer right, PathOptions path)
    {
        LayerPair pair = new(time, left, right, path, datagramSize: 1500);
        return pair.RunUntil(
            () => left.Connection.State != DtlsState.Connecting && right.Connection.State != DtlsState.Connecting, s_patience);
    }

    private static void AssertAgreed(DtlsPeer left, DtlsPeer right, VirtualTime time)
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
            Assert.That(left.Connection.NegotiatedVersion, Is.EqualTo(0xFEFD));
        });
    }
}
