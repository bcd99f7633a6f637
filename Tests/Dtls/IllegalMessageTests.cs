using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Every message in every state of both roles and versions, but the one or two that belong there: each is refused.</summary>
/// <remarks>
/// A state is reached with an honest peer whose messages are handed over one by one. The table of what is legal is that of RFC 8446
/// appendix A and RFC 5246 §7.3; all else is generated.
/// </remarks>
public sealed class IllegalMessageTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    private static readonly HandshakeType[] s_types =
    [
        HandshakeType.ClientHello, HandshakeType.ServerHello, HandshakeType.HelloVerifyRequest, HandshakeType.NewSessionTicket,
        HandshakeType.EncryptedExtensions, HandshakeType.Certificate, HandshakeType.ServerKeyExchange, HandshakeType.CertificateRequest,
        HandshakeType.ServerHelloDone, HandshakeType.CertificateVerify, HandshakeType.ClientKeyExchange, HandshakeType.Finished,
        HandshakeType.KeyUpdate, HandshakeType.MessageHash, (HandshakeType)99,
    ];

    // What the peer sends, in order; the state before the n-th is reached after n messages.
    private static readonly Dictionary<(DtlsRole Victim, bool Dtls13), HandshakeType[]> s_order = new()
    {
        [(DtlsRole.Client, true)] =
        [
            HandshakeType.ServerHello, HandshakeType.EncryptedExtensions, HandshakeType.CertificateRequest, HandshakeType.Certificate,
            HandshakeType.CertificateVerify, HandshakeType.Finished,
        ],
        [(DtlsRole.Server, true)] =
            [HandshakeType.ClientHello, HandshakeType.Certificate, HandshakeType.CertificateVerify, HandshakeType.Finished],
        [(DtlsRole.Client, false)] =
        [
            HandshakeType.ServerHello, HandshakeType.Certificate, HandshakeType.ServerKeyExchange, HandshakeType.CertificateRequest,
            HandshakeType.ServerHelloDone, HandshakeType.Finished,
        ],
        [(DtlsRole.Server, false)] =
        [
            HandshakeType.ClientHello, HandshakeType.Certificate, HandshakeType.ClientKeyExchange, HandshakeType.CertificateVerify,
            HandshakeType.Finished,
        ],
    };

    public static IEnumerable<TestCaseData> IllegalMessages()
    {
        foreach (((DtlsRole victim, bool dtls13), HandshakeType[] order) in s_order)
        {
            for (int state = 0; state < order.Length; state++)
            {
                foreach (HandshakeType type in s_types)
                {
                    if (!IsLegal(order, state, type, victim, dtls13)) yield return new TestCaseData(victim, dtls13, state, (int)type);
                }
            }
        }
    }

    [TestCaseSource(nameof(IllegalMessages))]
    public void Receive_OfAMessageThatDoesNotBelong_FailsWithUnexpectedMessage(
        DtlsRole victim, bool dtls13, int state, int type)
    {
        DtlsOptions options = new()
        {
            Certificate = DtlsPeer.Ecdsa,
            Role = victim,
            Versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12,
            PostQuantum = DtlsPostQuantumPolicy.Off,
        };
        DtlsPeer other = new(options with { Role = victim == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client }, RandomSource.Seeded(2));
        using HandshakeHarness harness = new(options, RandomSource.Seeded(1));
        HandshakeType[] order = s_order[(victim, dtls13)];
        harness.Start(other, s_start);
        for (int i = 0; i < state; i++) Assert.That(harness.DeliverNext(s_start), Is.EqualTo(order[i]), "the honest peer's messages");

        harness.Inject((HandshakeType)type, [0], s_start);
        HandshakeFailed? failed = harness.Machine.State as HandshakeFailed;
        Assert.Multiple(() =>
        {
            Assert.That(failed?.Event.Alert, Is.EqualTo(DtlsAlert.UnexpectedMessage), $"{harness.Machine.State}");
            Assert.That(harness.Machine.IsEstablished, Is.False);
        });
    }

    private static bool IsLegal(HandshakeType[] order, int state, HandshakeType type, DtlsRole victim, bool dtls13)
    {
        if (type == order[state]) return true;
        if (victim == DtlsRole.Client && !dtls13 && state == 0) return type == HandshakeType.HelloVerifyRequest;
        return order[state] == HandshakeType.CertificateRequest && type == order[state + 1];       // it is optional
    }
}
