using System.Linq;
using System.Reflection;
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
            for (int state = 0; state <= order.Length; state++)
            {
                foreach (HandshakeType type in s_types)
                {
                    if (!IsLegal(order, state, type, victim, dtls13)) yield return new TestCaseData(victim, dtls13, state, (int)type);
                }
                if (dtls13 && state > 0) yield return new TestCaseData(victim, dtls13, state, (int)HandshakeType.HelloRequest);
            }
        }
    }

    public static IEnumerable<TestCaseData> States()
    {
        foreach (((DtlsRole victim, bool dtls13), HandshakeType[] order) in s_order)
        {
            for (int state = 0; state < order.Length; state++) yield return new TestCaseData(victim, dtls13, state);
        }
    }

    [TestCaseSource(nameof(IllegalMessages))]
    public void Receive_OfAMessageThatDoesNotBelong_FailsWithUnexpectedMessageAndClearsEverySecret(
        DtlsRole victim, bool dtls13, int state, int type)
    {
        using HandshakeHarness harness = Reach(victim, dtls13, state);
        List<Secret> secrets = [];
        List<byte[]> privateKeys = [];
        Collect(harness.Machine.State!, secrets, privateKeys);
        harness.Inject((HandshakeType)type, [0], s_start);
        HandshakeFailed? failed = harness.Machine.State as HandshakeFailed;
        Assert.Multiple(() =>
        {
            Assert.That(failed?.Event.Alert, Is.EqualTo(DtlsAlert.UnexpectedMessage), $"{harness.Machine.State}");
            Assert.That(harness.Machine.IsEstablished, Is.False);
            Assert.That(secrets.All(secret => secret.Span.IsEmpty), "the state that was left has cleared its secrets");
            Assert.That(privateKeys.All(key => key.All(value => value == 0)), "and its private keys");
        });
    }

    // The attacks on state machines that left out a message: Certificate, CertificateVerify, ServerKeyExchange, ...
    [TestCaseSource(nameof(States))]
    public void Receive_WhenAMessageIsSkipped_NeverEndsTheHandshake(DtlsRole victim, bool dtls13, int state)
    {
        HandshakeType[] order = s_order[(victim, dtls13)];
        if (state == order.Length - 1) return;                      // nothing comes behind the last one
        using HandshakeHarness harness = Reach(victim, dtls13, state);
        if (state == 0 && victim == DtlsRole.Server) return;        // without a ClientHello the honest client says nothing more
        if (order[state] == HandshakeType.ServerHello && dtls13) return;       // without its keys nothing can be read; the table has it
        if (!dtls13 && state == order.Length - 2 && victim == DtlsRole.Client) return;  // its Finished answers our flight, which is then not sent
        harness.SkipNext(s_start);
        bool optional = order[state] == HandshakeType.CertificateRequest;
        for (int guard = 0; optional && guard < 8 && harness.Machine.State is not HandshakeFailed && !harness.IsSilent(s_start); guard++)
            harness.DeliverNext(s_start);
        HandshakeFailed? failed = harness.Machine.State as HandshakeFailed;
        Assert.That(harness.Machine.IsEstablished, Is.False);
        if (!optional) Assert.That(failed?.Event.Alert, Is.EqualTo(DtlsAlert.UnexpectedMessage), $"without {order[state]}");
    }

    // RFC 9147 §4.2.1, §6.1 and the epochs of RFC 6347 §4.1: a message that must be protected is not taken in the clear, nor the other way round.
    [TestCaseSource(nameof(States))]
    public void Receive_OfARightMessageInTheWrongEpoch_DoesNotTakeIt(DtlsRole victim, bool dtls13, int state)
    {
        using HandshakeHarness harness = Reach(victim, dtls13, state);
        HandshakeState before = harness.Machine.State!;
        bool isProtected = dtls13 ? state > 0 : s_order[(victim, dtls13)][state] == HandshakeType.Finished;
        harness.DeliverNextIn(isProtected ? (ushort)0 : (ushort)1, s_start);
        if (dtls13 && state > 0) Assert.That((harness.Machine.State as HandshakeFailed)?.Event.Alert, Is.EqualTo(DtlsAlert.UnexpectedMessage));
        else if (!dtls13 || state > 0) Assert.That(harness.Machine.State, Is.SameAs(before), "dropped");
    }

    // RFC 5246 §7.4.1.1: ignored while a handshake runs; RFC 5746 §4.5: then refused with a warning, once.
    [TestCaseSource(nameof(States))]
    public void Receive_OfAHelloRequestInDtls12_ChangesNothing(DtlsRole victim, bool dtls13, int state)
    {
        if (dtls13) return;
        using HandshakeHarness harness = Reach(victim, dtls13, state);
        HandshakeState before = harness.Machine.State!;
        harness.Inject(HandshakeType.HelloRequest, [], s_start);
        Assert.That(harness.Machine.State, Is.SameAs(before));
    }

    [Test]
    public void Receive_OfARenegotiationInDtls12_OwesAWarning(
        [Values] DtlsRole victim, [Values((int)HandshakeType.HelloRequest, (int)HandshakeType.ClientHello)] int type)
    {
        using HandshakeHarness harness = Reach(victim, false, s_order[(victim, false)].Length);
        harness.Inject((HandshakeType)type, [], s_start);
        Assert.Multiple(() =>
        {
            Assert.That(harness.Machine.IsEstablished);
            Assert.That(harness.OwedWarning, Is.EqualTo(DtlsAlert.NoRenegotiation));
        });
    }

    private static HandshakeHarness Reach(DtlsRole victim, bool dtls13, int state)
    {
        DtlsOptions options = new()
        {
            Certificate = DtlsPeer.Ecdsa,
            Role = victim,
            Versions = dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12,
            PostQuantum = DtlsPostQuantumPolicy.Off,
        };
        DtlsPeer other = new(options with { Role = victim == DtlsRole.Client ? DtlsRole.Server : DtlsRole.Client }, RandomSource.Seeded(2));
        HandshakeHarness harness = new(options, RandomSource.Seeded(1));
        HandshakeType[] order = s_order[(victim, dtls13)];
        harness.Start(other, s_start);
        for (int i = 0; i < state; i++) Assert.That(harness.DeliverNext(s_start), Is.EqualTo(order[i]), "the honest peer's messages");
        return harness;
    }

    private static bool IsLegal(HandshakeType[] order, int state, HandshakeType type, DtlsRole victim, bool dtls13)
    {
        if (state == order.Length)
        {
            if (!dtls13) return type == HandshakeType.ClientHello;                                  // refused with a warning
            return type == HandshakeType.KeyUpdate || (type == HandshakeType.NewSessionTicket && victim == DtlsRole.Client);
        }
        if (type == order[state]) return true;
        if (victim == DtlsRole.Client && !dtls13 && state == 0) return type == HandshakeType.HelloVerifyRequest;
        return order[state] == HandshakeType.CertificateRequest && type == order[state + 1];       // it is optional
    }

    // All secrets that a state reaches through its fields.
    private static void Collect(object owner, List<Secret> secrets, List<byte[]> privateKeys)
    {
        foreach (FieldInfo field in owner.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
        {
            switch (field.GetValue(owner))
            {
                case Secret secret:
                    secrets.Add(secret);
                    break;
                case HandshakeSecrets or ApplicationSecrets or X25519KeyExchange:
                    Collect(field.GetValue(owner)!, secrets, privateKeys);
                    break;
                case List<(DtlsNamedGroup Group, KeyExchange Key)> shares:
                    foreach ((_, KeyExchange key) in shares) Collect(key, secrets, privateKeys);
                    break;
                case byte[] bytes when field.Name.Contains("private", StringComparison.OrdinalIgnoreCase):
                    privateKeys.Add(bytes);
                    break;
            }
        }
    }
}
