#if NET
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Math.EC.Rfc8032;
#else
using System.IO;
using Org.BouncyCastle.Crypto;
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
    public const string Ed25519Oid = "1.3.101.112";                // RFC 8410 §3
    private const string EcOid = "1.2.840.10045.2.1";              // RFC 5480 §2.1.1
    private const string P256Oid = "1.2.840.10045.3.1.7";
    private const string P384Oid = "1.3.132.0.34";
    private readonly LibCryptoKey? _native;
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;
    private readonly byte[] _ed25519 = [];

    private CertificatePublicKey(KeyKind kind, ECDsa? ecdsa, RSA? rsa, DateTimeOffset expires) =>
        (Kind, _ecdsa, _rsa, Expires) = (kind, ecdsa, rsa, expires);

    private CertificatePublicKey(KeyKind kind, LibCryptoKey native, DateTimeOffset expires) =>
        (Kind, _native, Expires) = (kind, native, expires);

    private CertificatePublicKey(byte[] ed25519, DateTimeOffset expires) : this(KeyKind.Ed25519, null, null, expires) => _ed25519 = ed25519;

    public KeyKind Kind { get; }

    /// <summary>notAfter.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Reads a certificate's key; null when it is malformed, or its key is neither ECDSA on a NIST curve nor Ed25519 nor RSA.</summary>
    public static CertificatePublicKey? Read(ReadOnlySpan<byte> der, bool allowNative = true)
    {
        if (!CertificateFields.TryRead(der, out CertificateFields fields)) return null;
        if (fields.Algorithm == Ed25519Oid)
            return fields.Key.Length == Ed25519.PublicKeySize ? new CertificatePublicKey(fields.Key.ToArray(), fields.Expires) : null;
        KeyKind kind = fields.Curve == P384Oid ? KeyKind.EcdsaP384 : KeyKind.EcdsaP256;
        if (allowNative && fields.Algorithm == EcOid && fields.Curve is P256Oid or P384Oid &&
            LibCryptoKey.ImportEc(kind == KeyKind.EcdsaP256, fields.Key) is LibCryptoKey native) return new CertificatePublicKey(kind, native, fields.Expires);
        return ReadPlatform(der, fields.Expires);
    }

    private static CertificatePublicKey? ReadPlatform(ReadOnlySpan<byte> der, DateTimeOffset expires)
    {
        try
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            ECDsa? ecdsa = certificate.GetECDsaPublicKey();
            if (ecdsa is not null)
            {
                if (KeyKinds.TryGetEcdsa(ecdsa.KeySize, out KeyKind kind)) return new CertificatePublicKey(kind, ecdsa, null, expires);
                ecdsa.Dispose();
                return null;
            }
            return certificate.GetRSAPublicKey() is RSA rsa ? new CertificatePublicKey(KeyKind.Rsa, null, rsa, expires) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public bool Verify(SignatureScheme scheme, bool isDtls13, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!scheme.Fits(Kind, isDtls13)) return false;
        if (Kind == KeyKind.Ed25519) return VerifyEd25519(data, signature);
        if (_native is not null) return _native.Verify(scheme.Hash(), data, signature);
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
        _native?.Dispose();
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    private bool VerifyEd25519(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature.ToArray(), 0, _ed25519, 0, data.ToArray(), 0, data.Length);
#else
    private readonly AsymmetricKeyParameter _key;

    private CertificatePublicKey(AsymmetricKeyParameter key, KeyKind kind, DateTimeOffset expires) =>
        (_key, Kind, Expires) = (key, kind, expires);

    public KeyKind Kind { get; }

    /// <summary>notAfter.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Reads a certificate's key; null when it is malformed, or its key is neither ECDSA on a NIST curve nor Ed25519 nor RSA.</summary>
    public static CertificatePublicKey? Read(ReadOnlySpan<byte> der)
    {
        try
        {
            X509Certificate certificate = new(der.ToArray());
            AsymmetricKeyParameter key = certificate.GetPublicKey();
            return BouncyCastleCertificateKey.TryGetKind(key, out KeyKind kind) ? new CertificatePublicKey(key, kind, new DateTimeOffset(certificate.NotAfter)) : null;
        }
        catch (Exception e) when (e is CertificateException or GeneralSecurityException or IOException
            or ArgumentException or InvalidOperationException or ArithmeticException)
        {
            return null;
        }
    }

    public bool Verify(SignatureScheme scheme, bool isDtls13, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!scheme.Fits(Kind, isDtls13)) return false;
        ISigner signer = SignerUtilities.GetSigner(BouncyCastleCertificateKey.AlgorithmName(scheme));
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

    public void Dispose()
    {
    }
#endif
}
