using WebRtcStack.Core;
using WebRtcStack.Dtls;

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

    private static void Send(DtlsPeer ours, BouncyCastlePeer theirs, Instant now)
    {
        byte[] buffer = new byte[1200];
        while (ours.Transmit(buffer, now) is > 0 and int length) theirs.Incoming.Add(buffer[..length]);
    }
}
