#if NET
using System.Security.Cryptography.X509Certificates;
#endif

namespace WebRtcStack.Dtls;

/// <summary>The private key of a certificate: the platform's where it has the algorithm, else BouncyCastle's.</summary>
internal abstract class CertificateKey : IDisposable
{
    public abstract KeyKind Kind { get; }

    public static CertificateKey Generate(DtlsKeyType type)
    {
#if NET
        if (type == DtlsKeyType.EcdsaP256 && LibCryptoCertificateKey.TryCreate() is { } native) return native;
        if (type != DtlsKeyType.Ed25519) return PlatformCertificateKey.Create(type);
#endif
        return BouncyCastleCertificateKey.Create(type);
    }

    /// <summary>Reads a key in PKCS #8 (RFC 5958), of the algorithm that its certificate names.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">Either cannot be read, or the algorithm is not supported.</exception>
    public static CertificateKey Read(ReadOnlySpan<byte> pkcs8, ReadOnlySpan<byte> certificate)
    {
#if NET
        using X509Certificate2 parsed = X509CertificateLoader.LoadCertificate(certificate);
        if (parsed.PublicKey.Oid.Value != CertificatePublicKey.Ed25519Oid)
            return PlatformCertificateKey.ImportKey(pkcs8, parsed.PublicKey.Oid.Value == CertificatePublicKey.RsaOid);
#endif
        return BouncyCastleCertificateKey.ImportKey(pkcs8);
    }

    /// <summary>Writes the key in PKCS #8.</summary>
    public abstract byte[] Export();

    public abstract byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data);

    /// <summary>Writes the key's self-signed certificate (RFC 5280); only of a key that was generated here.</summary>
    public abstract byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial);

    /// <summary>Takes as little memory as it can until it signs again; not while another thread may use it.</summary>
    public virtual void Rest()
    {
    }

    public abstract void Dispose();
}
