using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Dtls;

/// <summary>Known answers from outside: RFC 7748, and OpenSSL for ML-KEM-768, the PRF of TLS 1.2 and the key schedule of DTLS 1.3.</summary>
public sealed class VectorTests
{
    [TestCaseSource(nameof(X25519))]
    public void Agree_OnTheRfcsX25519Vector_YieldsItsOutput(string line)
    {
        byte[][] vector = [.. line.Split(' ').Select(Convert.FromHexString)];
        using X25519KeyExchange key = new(new Fixed(vector[0]));
        using Secret? shared = key.Agree(vector[1]);
        Assert.That(Convert.ToHexString(shared!.Span), Is.EqualTo(Convert.ToHexString(vector[2])));
    }

    // RFC 7748 §5.2: k and u are 9; k becomes X25519(k, u) and u the old k.
    [TestCase(1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")]
    [TestCase(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")]
    public void Agree_Iterated_YieldsTheRfcsOutput(int times, string expected)
    {
        byte[] k = new byte[32], u = new byte[32];
        (k[0], u[0]) = (9, 9);
        for (int i = 0; i < times; i++)
        {
            using X25519KeyExchange key = new(new Fixed(k));
            using Secret? shared = key.Agree(u);
            (k, u) = (shared!.Span.ToArray(), k);
        }
        Assert.That(Convert.ToHexStringLower(k), Is.EqualTo(expected));
    }

    // FIPS 197, C.1 and C.3: with the processor's instructions where it has them, and without.
    [TestCase("000102030405060708090A0B0C0D0E0F", "69C4E0D86A7B0430D8CDB78070B4C55A")]
    [TestCase("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "8EA2B7CA516745BFEAFC49904B496089")]
    public void Encrypt_OnTheStandardsVector_YieldsItsOutput(string key, string expected)
    {
        byte[] output = new byte[AesBlock.Size];
        foreach (bool allowInstructions in (bool[])[true, false])
        {
            using AesBlock aes = new(Convert.FromHexString(key), allowInstructions);
            aes.Encrypt(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"), output);
            Assert.That(Convert.ToHexString(output), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Encrypt_OnAnyKeyAndBlock_IsTheSameWithAndWithoutInstructions([Values(16, 32)] int keyLength)
    {
        RandomSource random = RandomSource.Seeded(1);
        byte[] key = new byte[keyLength], block = new byte[AesBlock.Size], fast = new byte[AesBlock.Size], slow = new byte[AesBlock.Size];
        for (int i = 0; i < 200; i++)
        {
            random.Fill(key);
            random.Fill(block);
            using AesBlock instructions = new(key), platform = new(key, allowInstructions: false);
            instructions.Encrypt(block, fast);
            platform.Encrypt(block, slow);
            Assert.That(fast, Is.EqualTo(slow));
        }
    }

    [TestCaseSource(nameof(MlKem))]
    public void Decapsulate_OnOpenSslsVector_YieldsItsKeyAndSecrets(string line)
    {
        byte[][] vector = [.. line.Split(' ').Select(Convert.FromHexString)];
        using MlKem768 key = new(vector[0]);
        byte[] secret = new byte[MlKem768.SecretLength], rejected = new byte[MlKem768.SecretLength], changed = (byte[])vector[2].Clone();
        changed[0] ^= 1;
        key.Decapsulate(vector[2], secret);
        key.Decapsulate(changed, rejected);
        Assert.Multiple(() =>
        {
            Assert.That(Convert.ToHexString(key.EncapsulationKey), Is.EqualTo(Convert.ToHexString(vector[1])));
            Assert.That(Convert.ToHexString(secret), Is.EqualTo(Convert.ToHexString(vector[3])));
            Assert.That(Convert.ToHexString(rejected), Is.EqualTo(Convert.ToHexString(vector[4])), "FIPS 203 §6.3: implicit rejection");
        });
    }

    [TestCaseSource(nameof(Kdf))]
    public void Derive_OnOpenSslsVector_YieldsItsOutput(string line)
    {
        string[] parts = line.Split(' ');
        DtlsHash hash = parts[1] == "sha256" ? DtlsHash.Sha256 : DtlsHash.Sha384;
        byte[] secret = Convert.FromHexString(parts[2]), context = parts[4] == "-" ? [] : Convert.FromHexString(parts[4]);
        string label = parts[3].Replace('_', ' ').Replace("dtls srtp", "dtls_srtp", StringComparison.Ordinal);
        byte[] output = new byte[parts[5].Length / 2];
        KeySchedule schedule = new(hash);
        switch (parts[0])
        {
            case "export":
                using (Secret exporter = new(secret)) schedule.Export(exporter, label, context, output);
                break;
            case "expand":
                schedule.ExpandLabel(secret, label, context, output);
                break;
            default:
                Prf.Expand(hash, secret, label, context, output);
                break;
        }
        Assert.That(Convert.ToHexStringLower(output), Is.EqualTo(parts[5]));
    }

    [TestCaseSource(nameof(ExtendedMasterSecrets))]
    public void ExtendedMasterSecret_OnOpenSslsVector_IsItsMasterSecret(string line)
    {
        string[] parts = line.Split(' ');
        DtlsHash hash = parts[1] == "sha256" ? DtlsHash.Sha256 : DtlsHash.Sha384;
        using Secret master = Prf.ExtendedMasterSecret(hash, Convert.FromHexString(parts[2]), Convert.FromHexString(parts[4]));
        Assert.That(Convert.ToHexStringLower(master.Span), Is.EqualTo(parts[5]));
    }

    public static IEnumerable<string> X25519() => Lines("rfc7748-x25519.txt");

    public static IEnumerable<string> MlKem() => Lines("ml-kem-768.txt");

    public static IEnumerable<string> Kdf() => Lines("openssl-kdf.txt");

    public static IEnumerable<string> ExtendedMasterSecrets() =>
        Lines("openssl-kdf.txt").Where(line => line.Contains("extended_master_secret", StringComparison.Ordinal));

    private static IEnumerable<string> Lines(string file) =>
        File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", file)).Where(line => !line.StartsWith('#'));

    private sealed class Fixed(byte[] value) : RandomSource
    {
        public override void Fill(Span<byte> destination) => value.CopyTo(destination);
    }
}
