#if NET
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WebRtcStack.Dtls;

/// <summary>A key of the platform: ECDSA or RSA.</summary>
internal sealed class PlatformCertificateKey : CertificateKey
{
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private PlatformCertificateKey(AsymmetricAlgorithm key)
    {
        (_ecdsa, _rsa) = (key as ECDsa, key as RSA);
        KeyKind kind = KeyKind.Rsa;
        if (_ecdsa is not null && !KeyKinds.TryGetEcdsa(_ecdsa.KeySize, out kind))
            throw new CryptographicException("The key must be ECDSA on a NIST curve, Ed25519, or RSA.");
        Kind = kind;
    }

    public override KeyKind Kind { get; }

    public static PlatformCertificateKey Create(DtlsKeyType type) =>
        new(type == DtlsKeyType.Rsa2048 ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static PlatformCertificateKey ImportKey(ReadOnlySpan<byte> pkcs8, bool isRsa)
    {
        AsymmetricAlgorithm key = isRsa ? RSA.Create() : ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new PlatformCertificateKey(key);
    }

    public override byte[] Export() => ((AsymmetricAlgorithm?)_ecdsa ?? _rsa!).ExportPkcs8PrivateKey();

    public override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data) => _ecdsa is not null
        ? _ecdsa.SignData(data, Hashing.Name(scheme.Hash()), DSASignatureFormat.Rfc3279DerSequence)
        : _rsa!.SignData(data, Hashing.Name(scheme.Hash()), scheme.IsPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);

    public override byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
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

    public override void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }
}
#endif
