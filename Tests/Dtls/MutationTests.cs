using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Dtls;

/// <summary>
/// Each byte of each message of recorded handshakes is changed, and each message cut at each place: it ends with an alert, or waits for
/// what was lost, but never connects.
/// </summary>
/// <remarks>
/// With Ed25519 and X25519 a handshake with a seeded source repeats byte for byte, so the honest peer's messages of one run fit into all.
/// Every position is tried where <see cref="Seeds.IsExhaustive"/>, else every seventh, the messages' headers always.
/// </remarks>
public sealed class MutationTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    [Test]
    public void Receive_OfAChangedMessage_NeverEndsTheHandshake([Values] DtlsRole victim, [Values] bool dtls13, [Values] bool cookie)
    {
        List<(byte[] Raw, ushort Epoch)> honest = Record(victim, dtls13, cookie);
        Assert.That(Replay(victim, dtls13, cookie, honest, -1, []), Is.EqualTo("Established"), "unchanged");
        Dictionary<string, int> outcomes = [];
        for (int message = 0; message < honest.Count; message++)
        {
            byte[] raw = honest[message].Raw;
            for (int position = 0; position < raw.Length; position += Stride(position))
            {
                foreach (byte change in (byte[])[(byte)(1 << position % 8), 0xFF])
                {
                    byte[] changed = (byte[])raw.Clone();
                    changed[position] ^= change;
                    string outcome = Replay(victim, dtls13, cookie, honest, message, changed);
                    // RFC 6347 §4.2.1: HelloVerifyRequest, whose version says nothing, and the ClientHello before it belong to no transcript.
                    bool mayConnect = !dtls13 && cookie && message == 0 && (victim == DtlsRole.Server || position is 12 or 13);
                    if (!mayConnect) Assert.That(outcome, Is.Not.EqualTo("Established"), $"{(HandshakeType)raw[0]}, byte {position} ^ {change:X2}");
                    outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                }
            }
        }
        Print("changed", outcomes);
    }

    [Test]
    public void Receive_OfACutMessage_NeverEndsTheHandshake([Values] DtlsRole victim, [Values] bool dtls13, [Values] bool cookie)
    {
        List<(byte[] Raw, ushort Epoch)> honest = Record(victim, dtls13, cookie);
        Dictionary<string, int> outcomes = [];
        for (int message = 0; message < honest.Count; message++)
        {
            byte[] raw = honest[message].Raw;
            for (int length = 0; length < raw.Length; length += Stride(length))
            {
                // The datagram ends there; and, from the header on, a message that says that it is so short.
                byte[] shorter = length < FragmentHeader.Size
                    ? raw[..length]
                    : HandshakeMessage.Build((HandshakeType)raw[0], new HandshakeMessage(raw).Sequence, raw.AsSpan(FragmentHeader.Size, length - FragmentHeader.Size));
                foreach (byte[] cut in (byte[][])[raw[..length], shorter])
                {
                    string outcome = Replay(victim, dtls13, cookie, honest, message, cut);
                    // The ClientHello before the cookie belongs to no transcript of DTLS 1.2, and cut behind its fixed fields it is a valid one.
                    bool mayConnect = !dtls13 && cookie && message == 0 && victim == DtlsRole.Server;
                    if (!mayConnect) Assert.That(outcome, Is.Not.EqualTo("Established"), $"{(HandshakeType)raw[0]} cut to {length}");
                    outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                }
            }
        }
        Print("cut", outcomes);
    }

    private static int Stride(int position) => position < FragmentHeader.Size || Seeds.IsExhaustive ? 1 : 7;

    private static void Print(string what, Dictionary<string, int> outcomes) => TestContext.Out.WriteLine(
        $"{outcomes.Values.Sum()} {what}: {string.Join(", ", outcomes.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}"))}");

    private static DtlsOptions Options(DtlsRole role, bool dtls13, bool cookie) => new()
    {
        Certificate = DtlsPeer.Ed25519,
        Role = role,
        Versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12,
        PostQuantum = DtlsPostQuantumPolicy.Off,
        RequireCookie = cookie && role == DtlsRole.Server,
    };

    private static List<(byte[] Raw, ushort Epoch)> Record(DtlsRole victim, bool dtls13, bool cookie)
    {
        using HandshakeHarness harness = new(Options(victim, dtls13, cookie), RandomSource.Seeded(1));
        harness.Start(new DtlsPeer(Options(victim == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client, dtls13, cookie), RandomSource.Seeded(2)), s_start);
        while (!harness.Machine.IsEstablished) harness.DeliverNext(s_start);
        return harness.Delivered;
    }

    private static string Replay(
        DtlsRole victim, bool dtls13, bool cookie, List<(byte[] Raw, ushort Epoch)> honest, int changedMessage, byte[] instead)
    {
        using HandshakeHarness harness = new(Options(victim, dtls13, cookie), RandomSource.Seeded(1));
        harness.Start();
        for (int i = 0; i < honest.Count && harness.Machine.State is not HandshakeFailed; i++)
        {
            harness.Discard(s_start);
            harness.Deliver(i == changedMessage ? instead : honest[i].Raw, honest[i].Epoch, s_start);
        }
        if (harness.Machine.IsEstablished) return "Established";
        return harness.Machine.State is HandshakeFailed failed ? failed.Event.Alert!.Value.ToRfcName() : "waits";
    }
}
