using System.Diagnostics;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Dtls;

[Category("Interop")]
public sealed class BouncyCastleInteropTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Test]
    public void Handshake_WithBouncyCastle_AgreesAndExchangesData([Values] DtlsRole role)
    {
        using BouncyCastlePeer theirs = new(client: role == DtlsRole.Server, DtlsPeer.OtherEcdsa);
        using DtlsPeer ours = new(new DtlsOptions { Certificate = DtlsPeer.Ecdsa, Role = role }, RandomSource.Cryptographic) { KeepData = true };
        ours.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        Instant now = new(TimeSpan.TicksPerSecond);                // it stands still: nothing gets lost here
        ours.Connection.Start(now);
        Send(ours, theirs, now);
        bool sent = false;
        while (ours.Data.Count == 0)
        {
            Assert.That(theirs.Outgoing.TryTake(out byte[]? datagram, s_patience),
                $"{ours.Connection.State}, {string.Join(", ", ours.Events)}, {theirs.Failure}");
            ours.Receive(datagram, now);
            ours.DrainEvents();
            if (ours.Connection.State == DtlsState.Connected && !sent)
            {
                sent = true;
                ours.Send("to be echoed"u8);
            }
            Send(ours, theirs, now);
        }
        byte[] exported = new byte[32];
        ours.Connection.ExportKeyingMaterial("EXPERIMENTAL test", [1, 2], true, exported);
        Assert.Multiple(() =>
        {
            Assert.That(ours.Data[0], Is.EqualTo("to be echoed"u8.ToArray()));
            Assert.That(theirs.Exported, Is.EqualTo(exported));
        });
    }

    // RFC 7627 §5.2, §5.3: a peer without extended_master_secret is refused unless the application allows it.
    [Test]
    public void Handshake_WithAPeerWithoutExtendedMasterSecret_IsRefusedUnlessAllowed([Values] DtlsRole role, [Values] bool required)
    {
        using BouncyCastlePeer theirs = new(client: role == DtlsRole.Server, DtlsPeer.OtherEcdsa, extendedMasterSecret: false);
        using DtlsPeer ours = new(
            new DtlsOptions { Certificate = DtlsPeer.Ecdsa, Role = role, RequireExtendedMasterSecret = required }, RandomSource.Cryptographic);
        ours.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        Instant now = new(TimeSpan.TicksPerSecond);
        ours.Connection.Start(now);
        Send(ours, theirs, now);
        while (ours.Connection.State == DtlsState.Connecting)
        {
            Assert.That(theirs.Outgoing.TryTake(out byte[]? datagram, s_patience), $"{theirs.Failure}");
            ours.Receive(datagram, now);
            Send(ours, theirs, now);
        }
        ours.DrainEvents();
        Assert.That(ours.Connection.State, Is.EqualTo(required ? DtlsState.Failed : DtlsState.Connected), string.Join(", ", ours.Events));
        if (required) Assert.That(ours.Events[^1].Alert, Is.EqualTo(DtlsAlert.HandshakeFailure));
    }

    // Its API blocks and reads the clock, so this runs in real time; what is lost, doubled and overtaken is drawn from the seed.
    [Test]
    public void Handshake_WithBouncyCastleOverALossyPath_ConnectsAndExchangesData([Values] DtlsRole role, [ValueSource(nameof(FewSeeds))] int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        int mtu = 300 + random.Next(901);
        using BouncyCastlePeer theirs = new(client: role == DtlsRole.Server, DtlsPeer.OtherEcdsa, mtu);
        using DtlsPeer ours = new(
            new DtlsOptions
            {
                Certificate = DtlsPeer.Ecdsa, Role = role, PathMtu = mtu, PostQuantum = DtlsPostQuantumPolicy.Off, RequireCookie = random.Next(2) == 0,
                InitialRetransmission = TimeSpan.FromMilliseconds(20), MaxRetransmission = TimeSpan.FromMilliseconds(200),
            },
            RandomSource.Cryptographic) { KeepData = true };
        ours.Connection.SetRemoteFingerprints([DtlsPeer.OtherEcdsa.GetFingerprint()]);
        Stopwatch clock = Stopwatch.StartNew();
        LossyQueue toThem = new(random, theirs.Incoming.Add);
        byte[] buffer = new byte[1500];
        ours.Connection.Start(Now());
        LossyQueue toUs = new(random, datagram => ours.Receive(datagram, Now()));
        Instant sendAgain = Now();
        while (ours.Data.Count == 0)
        {
            ours.DrainEvents();
            Assert.That(clock.Elapsed, Is.LessThan(s_patience), $"seed {seed}: {ours.Connection.State}, {string.Join(", ", ours.Events)}, {theirs.Failure}");
            if (ours.Connection.State == DtlsState.Connected && Now() >= sendAgain)
            {
                ours.Send("to be echoed"u8);
                sendAgain = Now() + TimeSpan.FromMilliseconds(20);
            }
            while (ours.Transmit(buffer, Now()) is > 0 and int length) toThem.Add(buffer[..length]);
            if (theirs.Outgoing.TryTake(out byte[]? datagram, 2)) toUs.Add(datagram);
            else (toThem.Flush, toUs.Flush) = (true, true);
            ours.AdvanceTo(Now());
        }
        Assert.That(ours.Data[0], Is.EqualTo("to be echoed"u8.ToArray()));

        Instant Now() => new(TimeSpan.TicksPerSecond + clock.Elapsed.Ticks);
    }

    public static IEnumerable<int> FewSeeds() => Seeds.Range(4);

    // Up to 30 % are lost, 10 % come twice, 10 % wait until another has overtaken them.
    private sealed class LossyQueue(RandomSource random, Action<byte[]> deliver)
    {
        private readonly double _loss = random.NextDouble() * 0.3;
        private byte[]? _held;

        /// <summary>Nothing more comes for a while: what is held back goes on its way.</summary>
        public bool Flush
        {
            set
            {
                if (value && _held is not null) deliver(_held);
                _held = null;
            }
        }

        public void Add(byte[] datagram)
        {
            if (random.NextDouble() < _loss) return;
            if (_held is null && random.NextDouble() < 0.1)
            {
                _held = datagram;
                return;
            }
            deliver((byte[])datagram.Clone());
            if (random.NextDouble() < 0.1) deliver((byte[])datagram.Clone());
            Flush = true;
        }
    }

    private static void Send(DtlsPeer ours, BouncyCastlePeer theirs, Instant now)
    {
        byte[] buffer = new byte[1200];
        while (ours.Transmit(buffer, now) is > 0 and int length) theirs.Incoming.Add(buffer[..length]);
    }
}
