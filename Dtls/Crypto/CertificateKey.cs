#if NET
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
#else
using System.IO;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
#endif

namespace WebRtcStack.Dtls;

/// <summary>The private key of a certificate.</summary>
internal sealed class CertificateKey : IDisposable
{
#if NET
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private CertificateKey(AsymmetricAlgorithm key)
    {
        (_ecdsa, _rsa) = (key as ECDsa, key as RSA);
        KeyKind kind = KeyKind.Rsa;
        if (_ecdsa is not null && !KeyKinds.TryGetEcdsa(_ecdsa.KeySize, out kind))
            throw new CryptographicException("The key must be ECDSA on a NIST curve, or RSA.");
        Kind = kind;
    }

    public KeyKind Kind { get; }

    public static CertificateKey Generate(DtlsKeyType type) =>
        new(type == DtlsKeyType.Rsa2048 ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static CertificateKey Import(ReadOnlySpan<byte> pkcs8, ReadOnlySpan<byte> certificate)
    {
        using X509Certificate2 parsed = X509CertificateLoader.LoadCertificate(certificate);
        AsymmetricAlgorithm key = parsed.PublicKey.Oid.Value == CertificatePublicKey.RsaOid ? RSA.Create() : ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new CertificateKey(key);
    }

    public byte[] Export() => ((AsymmetricAlgorithm?)_ecdsa ?? _rsa!).ExportPkcs8PrivateKey();

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data) => _ecdsa is not null
        ? _ecdsa.SignData(data, Hashing.Name(scheme.Hash()), DSASignatureFormat.Rfc3279DerSequence)
        : _rsa!.SignData(data, Hashing.Name(scheme.Hash()), scheme.IsPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);

    /// <summary>Writes the key's self-signed certificate (RFC 5280).</summary>
    public byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        X500DistinguishedNameBuilder name = new();
        name.AddCommonName(commonName);
        X500DistinguishedName subject = name.Build();
        CertificateRequest request = _ecdsa is not null
            ? new CertificateRequest(subject, _ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest(subject, _rsa!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        X509SignatureGenerator generator = _ecdsa is not null
            ? X509SignatureGenerator.CreateForECDsa(_ecdsa)
            : X509SignatureGenerator.CreateForRSA(_rsa!, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.Create(subject, generator, notBefore, notAfter, serial);
        return certificate.RawData;
    }

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }
#else
    private readonly AsymmetricKeyParameter _privateKey;
    private readonly AsymmetricKeyParameter? _publicKey;

    private CertificateKey(AsymmetricKeyParameter privateKey, AsymmetricKeyParameter? publicKey)
    {
        (_privateKey, _publicKey) = (privateKey, publicKey);
        if (!CertificatePublicKey.TryGetKind(privateKey, out KeyKind kind))
            throw new System.Security.Cryptography.CryptographicException("The key must be ECDSA on a NIST curve, or RSA.");
        Kind = kind;
    }

    public KeyKind Kind { get; }

    public static CertificateKey Generate(DtlsKeyType type)
    {
        SecureRandom random = new();
        IAsymmetricCipherKeyPairGenerator generator = GeneratorUtilities.GetKeyPairGenerator(type == DtlsKeyType.Rsa2048 ? "RSA" : "EC");
        generator.Init(type == DtlsKeyType.Rsa2048
            ? new KeyGenerationParameters(random, 2048)
            : new ECKeyGenerationParameters(Org.BouncyCastle.Asn1.X9.X9ObjectIdentifiers.Prime256v1, random));
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        return new CertificateKey(pair.Private, pair.Public);
    }

    public static CertificateKey Import(ReadOnlySpan<byte> pkcs8, ReadOnlySpan<byte> certificate)
    {
        try
        {
            return new CertificateKey(PrivateKeyFactory.CreateKey(pkcs8.ToArray()),
                new X509Certificate(certificate.ToArray()).GetPublicKey());
        }
        catch (Exception e) when (e is IOException or GeneralSecurityException or ArgumentException)
        {
            throw new System.Security.Cryptography.CryptographicException("The key or its certificate cannot be read.", e);
        }
    }

    public byte[] Export() => PrivateKeyInfoFactory.CreatePrivateKeyInfo(_privateKey).GetDerEncoded();

    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data)
    {
        ISigner signer = SignerUtilities.GetSigner(CertificatePublicKey.AlgorithmName(scheme));
        signer.Init(true, _privateKey);
        byte[] bytes = data.ToArray();
        signer.BlockUpdate(bytes, 0, bytes.Length);
        return signer.GenerateSignature();
    }

    /// <summary>Writes the key's self-signed certificate (RFC 5280).</summary>
    public byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        X509Name name = new([X509Name.CN], [commonName]);
        X509V3CertificateGenerator generator = new();
        generator.SetSerialNumber(new BigInteger(1, serial));
        generator.SetIssuerDN(name);
        generator.SetSubjectDN(name);
        generator.SetNotBefore(notBefore.UtcDateTime);
        generator.SetNotAfter(notAfter.UtcDateTime);
        generator.SetPublicKey(_publicKey!);
        string algorithm = Kind.IsEcdsa() ? "SHA256WITHECDSA" : "SHA256WITHRSA";
        return generator.Generate(new Asn1SignatureFactory(algorithm, _privateKey)).GetEncoded();
    }

    public void Dispose()
    {
    }
#endif
}
