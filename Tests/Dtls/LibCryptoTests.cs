using System.Security.Cryptography;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>libcrypto called directly and the platform's types give the same; on Linux, where the former is, both are tested.</summary>
public sealed class LibCryptoTests
{
    [Test]
    public void IsAvailable_OnThisLinux_IsTrue() => Assert.That(LibCrypto.IsAvailable, Is.EqualTo(OperatingSystem.IsLinux()), "OpenSSL 3 is what .NET uses there");

    [Test]
    public void Seal_DirectlyOrByThePlatform_IsTheSame(
        [Values(AeadAlgorithm.Aes128Gcm, AeadAlgorithm.Aes256Gcm, AeadAlgorithm.ChaCha20Poly1305)] int algorithm,
        [Values(0, 1, 15, 16, 64, 1200, 16384)] int size, [Values(0, 5, 13)] int associatedSize)
    {
        RandomSource random = RandomSource.Seeded((ulong)size + 1);
        byte[] key = new byte[(AeadAlgorithm)algorithm == AeadAlgorithm.Aes128Gcm ? 16 : 32], nonce = new byte[12];
        byte[] associated = new byte[associatedSize], data = new byte[size], tag = new byte[16], otherTag = new byte[16];
        using Aead native = Create(random, algorithm, key, true), platform = Create(random, algorithm, key, false);
        for (int i = 0; i < 3; i++)
        {
            random.Fill(nonce);
            random.Fill(associated);
            random.Fill(data);
            byte[] plain = (byte[])data.Clone(), other = (byte[])data.Clone();
            native.Seal(nonce, associated, data, tag);
            platform.Seal(nonce, associated, other, otherTag);
            byte[] forged = (byte[])data.Clone();
            Assert.Multiple(() =>
            {
                Assert.That(data, Is.EqualTo(other));
                Assert.That(tag, Is.EqualTo(otherTag));
                tag[3] ^= 1;
                Assert.That(native.TryOpen(nonce, associated, forged, tag), Is.False);
                Assert.That(platform.TryOpen(nonce, associated, (byte[])data.Clone(), tag), Is.False);
                tag[3] ^= 1;
                Assert.That(native.TryOpen(nonce, associated, data, tag), Is.True, "after a forgery, and after sealing with the same object");
                Assert.That(platform.TryOpen(nonce, associated, other, tag), Is.True);
                Assert.That(data, Is.EqualTo(plain));
            });
        }
    }

    [Test]
    public void TryOpen_OfAForgery_AllocatesNothing()
    {
        if (!LibCrypto.IsAvailable) Assert.Ignore("The platform throws an exception inside.");
        using Aead aead = new(AeadAlgorithm.Aes128Gcm, new byte[16]);
        byte[] data = new byte[100], tag = new byte[16];
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            if (i == 100) before = GC.GetAllocatedBytesForCurrentThread();
            if (aead.TryOpen(s_nonce, [], data, tag)) Assert.Fail("it is forged");
        }
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Agree_DirectlyOrByBouncyCastle_IsTheSame()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            using X25519KeyExchange native = new(RandomSource.Seeded(seed)), managed = new(RandomSource.Seeded(seed), allowNative: false);
            using X25519KeyExchange peer = new(RandomSource.Seeded(seed + 1000), allowNative: false);
            using Secret? one = native.Agree(peer.PublicKey), other = managed.Agree(peer.PublicKey);
            Assert.That(native.PublicKey.SequenceEqual(managed.PublicKey));
            Assert.That(one!.Span.SequenceEqual(other!.Span));
            Assert.That(native.Agree(new byte[32]), Is.Null, "RFC 8422 §5.11: low order");
            Assert.That(managed.Agree(new byte[32]), Is.Null);
        }
    }

    [Test]
    public void Agree_OnAPrimeCurve_DirectlyAndByThePlatform_IsTheSame([Values(DtlsNamedGroup.Secp256r1, DtlsNamedGroup.Secp384r1)] DtlsNamedGroup group)
    {
        for (int i = 0; i < 20; i++)
        {
            using PrimeCurveKeyExchange native = new(group, RandomSource.Cryptographic), platform = new(group, RandomSource.Cryptographic, allowNative: false);
            using Secret? one = native.Agree(platform.PublicKey), other = platform.Agree(native.PublicKey);
            byte[] off = platform.PublicKey.ToArray();
            off[10] ^= 1;
            Assert.That(one!.Span.SequenceEqual(other!.Span));
            Assert.That(native.Agree(off), Is.Null, "RFC 8446 §4.2.8.2: not on the curve");
            Assert.That(platform.Agree(off), Is.Null);
        }
    }

    [TestCase("nistP256", SignatureScheme.EcdsaSecp256r1Sha256)]
    [TestCase("nistP256", SignatureScheme.EcdsaSecp384r1Sha384)]
    [TestCase("nistP384", SignatureScheme.EcdsaSecp384r1Sha384)]
    [TestCase("nistP384", SignatureScheme.EcdsaSecp521r1Sha512)]
    [TestCase("nistP521", SignatureScheme.EcdsaSecp521r1Sha512)]
    public void Verify_DirectlyOrByThePlatform_IsTheSame(string curve, int scheme)
    {
        using ECDsa key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        byte[] der = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=x", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90)).RawData;
        HashAlgorithmName hash = Hashing.Name(((SignatureScheme)scheme).Hash());
        byte[] signature = key.SignData([1, 2, 3], hash, DSASignatureFormat.Rfc3279DerSequence);
        foreach (bool allowNative in (bool[])[true, false])
        {
            using CertificatePublicKey? read = CertificatePublicKey.Read(der, allowNative);
            Assert.Multiple(() =>
            {
                Assert.That(read!.Expires, Is.EqualTo(DateTimeOffset.UnixEpoch.AddYears(90)), "GeneralizedTime");
                Assert.That(read.Verify((SignatureScheme)scheme, false, [1, 2, 3], signature), Is.True);
                Assert.That(read.Verify((SignatureScheme)scheme, false, [1, 2, 4], signature), Is.False);
                Assert.That(read.Verify((SignatureScheme)scheme, false, [1, 2, 3], signature.AsSpan(1)), Is.False);
                Assert.That(read.Verify((SignatureScheme)scheme, false, [1, 2, 3], []), Is.False);
                Assert.That(CertificatePublicKey.Read(der.AsSpan(0, der.Length - 1), allowNative), Is.Null, "cut");
                Assert.That(CertificatePublicKey.Read([.. der, 0], allowNative), Is.Null, "something behind it");
            });
        }
    }

    // A point that is not on its curve is refused (RFC 8422 §5.11 says so of ECDHE; an ECDSA key is as wrong).
    [Test]
    public void Read_OfAPointThatIsNotOnTheCurve_IsNull()
    {
        byte[] der = DtlsPeer.Ecdsa.Der.ToArray();
        Assert.That(CertificateFields.TryRead(der, out CertificateFields fields));
        int at = der.AsSpan().IndexOf(fields.Key);
        der[at + 40] ^= 1;
        Assert.That(CertificatePublicKey.Read(der), Is.Null);
        Assert.That(CertificatePublicKey.Read(der, allowNative: false), Is.Null);
    }

    [Test]
    public void Read_OfAnyChangedCertificate_Survives()
    {
        byte[] der = DtlsPeer.Ecdsa.Der.ToArray();
        for (int i = 0; i < der.Length; i++)
        {
            byte[] changed = (byte[])der.Clone();
            changed[i] ^= 0xFF;
            CertificatePublicKey.Read(changed)?.Dispose();
            CertificatePublicKey.Read(der.AsSpan(0, i))?.Dispose();
        }
    }

    private static readonly byte[] s_nonce = new byte[12];

    private static Aead Create(RandomSource random, int algorithm, byte[] key, bool allowNative)
    {
        if (allowNative) random.Fill(key);
        return new Aead((AeadAlgorithm)algorithm, key, allowNative);
    }
}
