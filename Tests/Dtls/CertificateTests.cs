using System.Linq;
using System.Security.Cryptography;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Own certificates of each kind: created, exported, imported, expired, fingerprinted, and used by both sides of both versions.</summary>
public sealed class CertificateTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly DateTimeOffset s_today = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void ImportPem_OfAnExportedCertificate_IsTheSame([Values] DtlsKeyType type)
    {
        using DtlsCertificate made = DtlsCertificate.Create(
            new DtlsCertificateOptions { KeyType = type, Subject = "someone", Validity = TimeSpan.FromDays(3) }, s_today, RandomSource.Seeded(1));
        using DtlsCertificate read = DtlsCertificate.ImportPem(made.ExportPem());
        Assert.Multiple(() =>
        {
            Assert.That(read.Der.ToArray(), Is.EqualTo(made.Der.ToArray()));
            Assert.That(read.KeyType, Is.EqualTo(type));
            Assert.That(made.Expires, Is.EqualTo(s_today.AddDays(3)), "notAfter");
            Assert.That(read.Expires, Is.EqualTo(made.Expires));
            Assert.That(made.GetFingerprint().Matches(read.Der.Span));
            Assert.That(read.ExportPem(), Is.EqualTo(made.ExportPem()));
        });
    }

    [Test]
    public void ImportPem_OfBouncyCastlesKeys_ReadsWhatTheOtherTargetFrameworkWrites([Values] DtlsKeyType type)
    {
        using BouncyCastleCertificateKey key = BouncyCastleCertificateKey.Create(type);
        byte[] der = key.SelfSign("someone", s_today, s_today.AddDays(2), [0x40, 1]);
        using DtlsCertificate read = DtlsCertificate.ImportPem(Pem.Encode("PRIVATE KEY", key.Export()) + Pem.Encode("CERTIFICATE", der));
        Assert.Multiple(() =>
        {
            Assert.That(read.KeyType, Is.EqualTo(type));
            Assert.That(read.Expires, Is.EqualTo(s_today.AddDays(2)));
        });
    }

    // RFC 8410 §10.3 and §7: the private key without and with its public key.
    [TestCase("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC")]
    [TestCase("MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")]
    public void ImportKey_OfTheRfcsEd25519Key_HasItsPublicKey(string pkcs8)
    {
        using BouncyCastleCertificateKey key = BouncyCastleCertificateKey.ImportKey(Convert.FromBase64String(pkcs8));
        Org.BouncyCastle.Crypto.Parameters.Ed25519PublicKeyParameters expected = new(
            Convert.FromHexString("19BF44096984CDFE8541BAC167DC3B96C85086AA30B6B6CB0C5C38AD703166E1"));
        byte[] signature = key.Sign(SignatureScheme.Ed25519, [1, 2]);
        Assert.That(key.Kind, Is.EqualTo(KeyKind.Ed25519));
        Assert.That(Org.BouncyCastle.Math.EC.Rfc8032.Ed25519.Verify(signature, 0, expected.GetEncoded(), 0, [1, 2], 0, 2));
    }

    [Test]
    public void ImportPem_OfAnotherCertificatesKey_Throws([Values] DtlsKeyType type)
    {
        DtlsCertificateOptions options = new() { KeyType = type };
        using DtlsCertificate one = DtlsCertificate.Create(options, s_today, RandomSource.Seeded(1));
        using DtlsCertificate two = DtlsCertificate.Create(options, s_today, RandomSource.Seeded(2));
        string mixed = one.ExportPem()[..one.ExportPem().IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal)] +
            two.ExportPem()[two.ExportPem().IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal)..];
        Assert.Multiple(() =>
        {
            Assert.That(() => DtlsCertificate.ImportPem(mixed), Throws.InstanceOf<CryptographicException>());
            Assert.That(() => DtlsCertificate.ImportPem("nothing"), Throws.TypeOf<FormatException>());
            Assert.That(() => DtlsCertificate.ImportPem(mixed.Replace("MI", "AA", StringComparison.Ordinal).Replace("MC", "AA", StringComparison.Ordinal)),
                Throws.InstanceOf<CryptographicException>());
        });
    }

    [Test]
    public void Handshake_WithEachKindOfKeyOnEachSide_Connects(
        [Values] DtlsKeyType client, [Values] DtlsKeyType server,
        [Values(DtlsVersionPolicy.Only12, DtlsVersionPolicy.Only13)] DtlsVersionPolicy versions)
    {
        DtlsOptions options = new() { Certificate = Of(client), Versions = versions, PostQuantum = DtlsPostQuantumPolicy.Off };
        (DtlsPeer left, DtlsPeer right) = DtlsPeer.CreatePair(RandomSource.Seeded(1), s_start, options, options with { Certificate = Of(server) });
        DtlsPeer.Exchange(left, right, s_start);
        Assert.Multiple(() =>
        {
            Assert.That(left.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", left.Events));
            Assert.That(right.Connection.State, Is.EqualTo(DtlsState.Connected), string.Join(", ", right.Events));
            Assert.That(left.Connection.RemoteCertificate.ToArray(), Is.EqualTo(Of(server).Der.ToArray()));
            // RFC 8422 §2.2: EdDSA goes with the ECDHE_ECDSA suites.
            if (versions == DtlsVersionPolicy.Only12)
            {
                Assert.That(left.Connection.CipherSuite, Is.EqualTo(server == DtlsKeyType.Rsa2048
                    ? DtlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                    : DtlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256));
            }
        });
    }

    [TestCase("sha-256", 32)]
    [TestCase("SHA-384", 48)]
    [TestCase("sha-512", 64)]
    public void GetFingerprint_OfEachHash_IsTheHashOfTheDer(string algorithm, int length)
    {
        DtlsFingerprint fingerprint = DtlsPeer.Ecdsa.GetFingerprint(algorithm);
        byte[] digest = length switch
        {
            32 => SHA256.HashData(DtlsPeer.Ecdsa.Der.Span),
            48 => SHA384.HashData(DtlsPeer.Ecdsa.Der.Span),
            _ => SHA512.HashData(DtlsPeer.Ecdsa.Der.Span),
        };
        Assert.Multiple(() =>
        {
            Assert.That(fingerprint.Algorithm, Is.EqualTo(algorithm.ToLowerInvariant()));
            Assert.That(fingerprint.Value, Is.EqualTo(string.Join(':', digest.Select(value => value.ToString("X2")))));
            Assert.That(() => DtlsPeer.Ecdsa.GetFingerprint("sha-1"), Throws.ArgumentException);
        });
    }

    // RFC 8122 §5.1: of several fingerprints those with the strongest hash decide; one of them is enough.
    [TestCase("ours:sha-256", true)]
    [TestCase("ours:sha-384", true)]
    [TestCase("ours:sha-512", true)]
    [TestCase("other:sha-256 ours:sha-256", true)]
    [TestCase("ours:sha-256 ours:sha-512", true)]
    [TestCase("other:sha-512 ours:sha-512 other:sha-256", true)]
    [TestCase("ours:sha-256 other:sha-512", false)]
    [TestCase("other:sha-256", false)]
    [TestCase("other:sha-384 other:sha-512", false)]
    public void SetRemoteFingerprints_OfSeveral_TakesThePeerOrNot(string announced, bool taken)
    {
        RandomSource random = RandomSource.Seeded(1);
        using DtlsPeer client = new(new DtlsOptions { Certificate = DtlsPeer.Ecdsa }, random);
        using DtlsPeer server = new(new DtlsOptions { Certificate = DtlsPeer.OtherEcdsa, Role = DtlsRole.Server }, random);
        client.Connection.SetRemoteFingerprints([.. announced.Split(' ').Select(one => one.Split(':')).Select(
            parts => (parts[0] == "ours" ? DtlsPeer.OtherEcdsa : DtlsPeer.Rsa).GetFingerprint(parts[1]))]);
        server.Connection.SetRemoteFingerprints([DtlsPeer.Ecdsa.GetFingerprint()]);
        client.Connection.Start(s_start);
        server.Connection.Start(s_start);
        DtlsPeer.Exchange(client, server, s_start);
        Assert.That(client.Connection.State, Is.EqualTo(taken ? DtlsState.Connected : DtlsState.Failed));
        if (!taken) Assert.That(server.Events[^1].Alert, Is.EqualTo(DtlsAlert.BadCertificate));
    }

    private static DtlsCertificate Of(DtlsKeyType type) => type switch
    {
        DtlsKeyType.Ed25519 => DtlsPeer.Ed25519,
        DtlsKeyType.Rsa2048 => DtlsPeer.Rsa,
        _ => DtlsPeer.Ecdsa,
    };
}
