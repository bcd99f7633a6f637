#if NET
using System.Security.Cryptography;
#endif
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace WebRtcStack.Dtls;

/// <summary>One key pair of ML-KEM-768 (FIPS 203): the platform's where it has it, else BouncyCastle's.</summary>
internal sealed class MlKem768 : IDisposable
{
    public const int EncapsulationKeyLength = 1184;
    public const int CiphertextLength = 1088;
    public const int SecretLength = 32;
    private const int SeedLength = 64;
    private readonly MLKemPrivateKeyParameters? _key;
    private readonly byte[] _encapsulationKey;
#if NET
    private readonly MLKem? _platformKey;
#endif

    /// <summary>A fresh key pair.</summary>
    public static MlKem768 Create(RandomSource random)
    {
        Span<byte> seed = stackalloc byte[SeedLength];
        random.Fill(seed);
        MlKem768 key = new(seed);
        SecretMemory.Clear(seed);
        return key;
    }

    /// <summary>The key pair of a seed, d and z (FIPS 203 §7.1).</summary>
    public MlKem768(ReadOnlySpan<byte> seed)
    {
#if NET
        if (MLKem.IsSupported)
        {
            _platformKey = MLKem.ImportPrivateSeed(MLKemAlgorithm.MLKem768, seed);
            _encapsulationKey = _platformKey.ExportEncapsulationKey();
            return;
        }
#endif
        byte[] bytes = seed.ToArray();
        _key = MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, bytes);
        _encapsulationKey = _key.GetPublicKeyEncoded();
        SecretMemory.Clear(bytes);
    }

    public ReadOnlySpan<byte> EncapsulationKey => _encapsulationKey;

    /// <summary>Agrees on a secret with the owner of an encapsulation key.</summary>
    /// <param name="encapsulationKey">The peer's key.</param>
    /// <param name="random">Used where BouncyCastle does it; the platform draws itself.</param>
    /// <param name="ciphertext">Receives what goes to the peer.</param>
    /// <param name="secret">Receives the secret.</param>
    /// <returns>False when the key fails the check of FIPS 203 §7.2.</returns>
    public static bool TryEncapsulate(ReadOnlySpan<byte> encapsulationKey, RandomSource random, Span<byte> ciphertext, Span<byte> secret)
    {
        if (encapsulationKey.Length != EncapsulationKeyLength || !IsReduced(encapsulationKey)) return false;
#if NET
        if (MLKem.IsSupported)
        {
            using MLKem peer = MLKem.ImportEncapsulationKey(MLKemAlgorithm.MLKem768, encapsulationKey);
            peer.Encapsulate(ciphertext, secret);
            return true;
        }
#endif
        MLKemEncapsulator encapsulator = new(MLKemParameters.ml_kem_768);
        encapsulator.Init(new ParametersWithRandom(
            MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, encapsulationKey.ToArray()),
            new Drawing(random)));
        byte[] encapsulation = new byte[CiphertextLength], shared = new byte[SecretLength];
        encapsulator.Encapsulate(encapsulation, 0, encapsulation.Length, shared, 0, shared.Length);
        encapsulation.CopyTo(ciphertext);
        shared.CopyTo(secret);
        SecretMemory.Clear(shared);
        return true;
    }

    /// <summary>The secret that a ciphertext carries; a wrong ciphertext of the right length yields another secret (FIPS 203 §6.3).</summary>
    public void Decapsulate(ReadOnlySpan<byte> ciphertext, Span<byte> secret)
    {
        Debug.Assert(ciphertext.Length == CiphertextLength, "checked by the caller");
#if NET
        if (_platformKey is not null)
        {
            _platformKey.Decapsulate(ciphertext, secret);
            return;
        }
#endif
        MLKemDecapsulator decapsulator = new(MLKemParameters.ml_kem_768);
        decapsulator.Init(_key!);
        byte[] shared = new byte[SecretLength];
        decapsulator.Decapsulate(ciphertext.ToArray(), 0, CiphertextLength, shared, 0, SecretLength);
        shared.CopyTo(secret);
        SecretMemory.Clear(shared);
    }

    public void Dispose()
    {
#if NET
        _platformKey?.Dispose();
#endif
    }

    // FIPS 203 §7.2, modulus check: each 12-bit coefficient is below q; the last 32 bytes are the seed of the matrix.
    private static bool IsReduced(ReadOnlySpan<byte> encapsulationKey)
    {
        const int Modulus = 3329;
        for (int i = 0; i < EncapsulationKeyLength - 32; i += 3)
        {
            int low = encapsulationKey[i] | (encapsulationKey[i + 1] & 0x0F) << 8;
            int high = encapsulationKey[i + 1] >> 4 | encapsulationKey[i + 2] << 4;
            if (low >= Modulus || high >= Modulus) return false;
        }
        return true;
    }

    /// <summary>Lets BouncyCastle draw from our source.</summary>
    private sealed class Drawing(RandomSource random) : SecureRandom
    {
        public override void NextBytes(byte[] buf) => random.Fill(buf);

        public override void NextBytes(byte[] buf, int off, int len) => random.Fill(buf.AsSpan(off, len));
#if NET

        public override void NextBytes(Span<byte> buffer) => random.Fill(buffer);
#endif
    }
}
