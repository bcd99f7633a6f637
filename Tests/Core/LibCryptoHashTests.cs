using System.Security.Cryptography;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Core;

/// <summary>libcrypto's plain functions give what the platform gives, for every length around its blocks.</summary>
public sealed class LibCryptoHashTests
{
    private static IEnumerable<TestCaseData> Algorithms()
    {
        if (!LibCrypto.IsAvailable) yield break;
        yield return new TestCaseData(LibCryptoHash.Sha1, HashAlgorithmName.SHA1).SetArgDisplayNames("SHA1");
        yield return new TestCaseData(LibCryptoHash.Sha256, HashAlgorithmName.SHA256).SetArgDisplayNames("SHA256");
        yield return new TestCaseData(LibCryptoHash.Sha384, HashAlgorithmName.SHA384).SetArgDisplayNames("SHA384");
        yield return new TestCaseData(LibCryptoHash.Sha512, HashAlgorithmName.SHA512).SetArgDisplayNames("SHA512");
    }

    [TestCaseSource(nameof(Algorithms))]
    public void HashAndHmac_OfAnyLength_AreThePlatforms(object algorithm, HashAlgorithmName name)
    {
        LibCryptoHash hash = (LibCryptoHash)algorithm;
        RandomSource random = RandomSource.Seeded(1);
        byte[] digest = new byte[hash.Length], inner = new byte[LibCryptoHash.StateLength], outer = new byte[LibCryptoHash.StateLength];
        foreach (int length in (int[])[0, 1, 20, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 511, 512, 513, 1500, 70000])
        {
            byte[] data = new byte[length], key = new byte[length % 200];
            random.Fill(data);
            random.Fill(key);
            hash.Hash(data, digest);
            Assert.That(digest, Is.EqualTo(CryptographicOperations.HashData(name, data)), $"hash of {length}");
            byte[] expected = CryptographicOperations.HmacData(name, key, data);
            hash.Hmac(key, data, digest);
            Assert.That(digest, Is.EqualTo(expected), $"HMAC of {length}, key {key.Length}");
            hash.BeginHmac(key, inner, outer);
            for (int use = 0; use < 2; use++)
            {
                hash.Hmac(inner, outer, data.AsSpan(0, length / 2), data.AsSpan(length / 2), digest);
                Assert.That(digest, Is.EqualTo(expected), $"HMAC from states, use {use}");
            }
        }
        Assert.That(() => hash.Hash([], new byte[hash.Length - 1]), Throws.ArgumentException);
    }
}
