#if NET
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
#else
using System.IO;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Security.Certificates;
using Org.BouncyCastle.X509;
#endif

namespace WebRtcStack.Dtls;

/// <summary>The public key in a certificate that came from the wire.</summary>
internal sealed class CertificatePublicKey : IDisposable
{
#if NET
    public const string RsaOid = "1.2.840.113549.1.1.1";
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private CertificatePublicKey(ECDsa? ecdsa, RSA? rsa, DateTimeOffset expires) => (_ecdsa, _rsa, Expires) = (ecdsa, rsa, expires);

    public bool IsEcdsa => _ecdsa is not null;

    /// <summary>notAfter.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Reads a certificate's key; null when it is malformed, or its key is neither ECDSA nor RSA.</summary>
    public static CertificatePublicKey? Read(ReadOnlySpan<byte> der)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            if (!certificate.RawDataMemory.Span.SequenceEqual(der)) return null;       // DER, and nothing behind it
            ECDsa? ecdsa = certificate.GetECDsaPublicKey();
            RSA? rsa = ecdsa is null ? certificate.GetRSAPublicKey() : null;
            return ecdsa is null && rsa is null ? null : new CertificatePublicKey(ecdsa, rsa, certificate.NotAfter);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!scheme.IsAccepted() || scheme.IsEcdsa() != IsEcdsa) return false;
        HashAlgorithmName hash = Hashing.Name(scheme.Hash());
        try
        {
            return _ecdsa is not null
                ? _ecdsa.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence)
                : _rsa!.VerifyData(data, signature, hash, scheme.IsPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }
#else
    private readonly AsymmetricKeyParameter _key;

    private CertificatePublicKey(AsymmetricKeyParameter key, DateTimeOffset expires) => (_key, Expires) = (key, expires);

    public bool IsEcdsa => _key is ECPublicKeyParameters;

    /// <summary>notAfter.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Reads a certificate's key; null when it is malformed, or its key is neither ECDSA nor RSA.</summary>
    public static CertificatePublicKey? Read(ReadOnlySpan<byte> der)
    {
        try
        {
            X509Certificate certificate = new(der.ToArray());
            AsymmetricKeyParameter key = certificate.GetPublicKey();
            return key is ECPublicKeyParameters or RsaKeyParameters
                ? new CertificatePublicKey(key, new DateTimeOffset(certificate.NotAfter))
                : null;
        }
        catch (Exception e) when (e is CertificateException or GeneralSecurityException or IOException
            or ArgumentException or InvalidOperationException or ArithmeticException)
        {
            return null;
        }
    }

    public bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!scheme.IsAccepted() || scheme.IsEcdsa() != IsEcdsa) return false;
        ISigner signer = SignerUtilities.GetSigner(AlgorithmName(scheme));
        signer.Init(false, _key);
        byte[] bytes = data.ToArray();
        signer.BlockUpdate(bytes, 0, bytes.Length);
        try
        {
            return signer.VerifySignature(signature.ToArray());
        }
        catch (Exception e) when (e is CryptoException or IOException or ArgumentException)
        {
            return false;
        }
    }

    public static string AlgorithmName(SignatureScheme scheme)
    {
        string hash = scheme.Hash() switch
        {
            DtlsHash.Sha256 => "SHA-256",
            DtlsHash.Sha384 => "SHA-384",
            _ => "SHA-512",
        };
        return hash + (scheme.IsEcdsa() ? "withECDSA" : scheme.IsPss() ? "withRSAandMGF1" : "withRSA");
    }

    public void Dispose()
    {
    }
#endif
}
