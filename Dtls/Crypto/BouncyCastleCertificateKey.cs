using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace WebRtcStack.Dtls;

/// <summary>A key of BouncyCastle: Ed25519 everywhere, and all kinds on netstandard2.0.</summary>
internal sealed class BouncyCastleCertificateKey : CertificateKey
{
    // RFC 8410 §7, §10.3: version 1, id-Ed25519, an OCTET STRING in an OCTET STRING.
    private static readonly byte[] s_ed25519Prefix = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20];

    private readonly AsymmetricKeyParameter _privateKey;
    private readonly AsymmetricKeyParameter? _publicKey;
    private bool _disposed;

    private BouncyCastleCertificateKey(AsymmetricKeyParameter privateKey, AsymmetricKeyParameter? publicKey)
    {
        (_privateKey, _publicKey) = (privateKey, publicKey);
        if (!TryGetKind(privateKey, out KeyKind kind))
            throw new System.Security.Cryptography.CryptographicException("The key must be ECDSA on a NIST curve, Ed25519, or RSA.");
        Kind = kind;
    }

    public override KeyKind Kind { get; }

    public static BouncyCastleCertificateKey Create(DtlsKeyType type)
    {
        SecureRandom random = new();
        (string algorithm, KeyGenerationParameters parameters) = type switch
        {
            DtlsKeyType.Ed25519 => ("Ed25519", new Ed25519KeyGenerationParameters(random)),
            DtlsKeyType.Rsa2048 => ("RSA", new KeyGenerationParameters(random, 2048)),
            _ => ("EC", new ECKeyGenerationParameters(Org.BouncyCastle.Asn1.X9.X9ObjectIdentifiers.Prime256v1, random)),
        };
        IAsymmetricCipherKeyPairGenerator generator = GeneratorUtilities.GetKeyPairGenerator(algorithm);
        generator.Init(parameters);
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        return new BouncyCastleCertificateKey(pair.Private, pair.Public);
    }

    public static BouncyCastleCertificateKey ImportKey(ReadOnlySpan<byte> pkcs8)
    {
        try
        {
            return new BouncyCastleCertificateKey(PrivateKeyFactory.CreateKey(pkcs8.ToArray()), null);
        }
        catch (Exception e) when (e is System.IO.IOException or GeneralSecurityException or ArgumentException)
        {
            throw new System.Security.Cryptography.CryptographicException("The private key cannot be read.", e);
        }
    }

    /// <summary>What kind a key of BouncyCastle is, private or public.</summary>
    public static bool TryGetKind(AsymmetricKeyParameter key, out KeyKind kind)
    {
        bool isEd25519 = key is Ed25519PublicKeyParameters or Ed25519PrivateKeyParameters;
        kind = isEd25519 ? KeyKind.Ed25519 : KeyKind.Rsa;
        return key is ECKeyParameters ec
            ? KeyKinds.TryGetEcdsa(ec.Parameters.Curve.FieldSize, out kind)
            : isEd25519 || key is RsaKeyParameters;
    }

    /// <summary>BouncyCastle's name of a scheme.</summary>
    public static string AlgorithmName(SignatureScheme scheme)
    {
        if (scheme == SignatureScheme.Ed25519) return "Ed25519";
        string hash = scheme.Hash() switch
        {
            DtlsHash.Sha256 => "SHA-256",
            DtlsHash.Sha384 => "SHA-384",
            _ => "SHA-512",
        };
        return hash + (scheme.Fits(KeyKind.EcdsaP256, isDtls13: false) ? "withECDSA" : scheme.IsPss() ? "withRSAandMGF1" : "withRSA");
    }

    // BouncyCastle adds the public key to one of Ed25519 (version 2), which OpenSSL 3.0 does not read.
    public override byte[] Export() => _privateKey is Ed25519PrivateKeyParameters ed25519
        ? [.. s_ed25519Prefix, .. ed25519.GetEncoded()]
        : PrivateKeyInfoFactory.CreatePrivateKeyInfo(_privateKey).GetDerEncoded();

    public override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data)
    {
        Require.NotDisposed(_disposed, this);
        ISigner signer = SignerUtilities.GetSigner(AlgorithmName(scheme));
        signer.Init(true, _privateKey);
        byte[] bytes = data.ToArray();
        signer.BlockUpdate(bytes, 0, bytes.Length);
        return signer.GenerateSignature();
    }

    public override byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        Debug.Assert(_publicKey is not null, "the key was generated here");
        X509Name name = new([X509Name.CN], [commonName]);
        X509V3CertificateGenerator generator = new();
        generator.SetSerialNumber(new BigInteger(1, serial));
        generator.SetIssuerDN(name);
        generator.SetSubjectDN(name);
        generator.SetNotBefore(notBefore.UtcDateTime);
        generator.SetNotAfter(notAfter.UtcDateTime);
        generator.SetPublicKey(_publicKey!);
        string algorithm = Kind switch
        {
            KeyKind.Ed25519 => "Ed25519",
            KeyKind.Rsa => "SHA256WITHRSA",
            _ => "SHA256WITHECDSA",
        };
        return generator.Generate(new Asn1SignatureFactory(algorithm, _privateKey)).GetEncoded();
    }

    public override void Dispose() => _disposed = true;        // BouncyCastle's keys cannot be cleared
}
