#if NET
using System.Formats.Asn1;

namespace WebRtcStack.Dtls;

/// <summary>
/// A key on P-256 that libcrypto has drawn. A connection makes one by default, so it matters that this, its certificate included,
/// costs an eighth of what the platform's types take.
/// </summary>
internal sealed class LibCryptoCertificateKey : CertificateKey
{
    private const int PointLength = 65;                            // 4, then both coordinates
    private const string EcPublicKeyOid = "1.2.840.10045.2.1", P256Oid = "1.2.840.10045.3.1.7";      // RFC 5480 §2.1.1
    private const string EcdsaWithSha256Oid = "1.2.840.10045.4.3.2";                                 // RFC 5758 §3.2
    private const string CommonNameOid = "2.5.4.3";
    private readonly byte[] _point;
    private LibCryptoEcKey? _awake;
    private byte[] _resting = [];                                  // an ECPrivateKey (RFC 5915): a twentieth of what libcrypto's object takes

    private LibCryptoCertificateKey(LibCryptoEcKey key, byte[] point) => (_awake, _point) = (key, point);

    public override KeyKind Kind => KeyKind.EcdsaP256;

    private LibCryptoEcKey Key
    {
        get
        {
            if (_awake is not null) return _awake;
            _awake = LibCryptoEcKey.ImportPrivate(_resting) ?? throw new System.Security.Cryptography.CryptographicException("libcrypto could not read its own key.");
            SecretMemory.Clear(_resting);
            return _awake;
        }
    }

    /// <summary>Null where libcrypto is not there.</summary>
    public static LibCryptoCertificateKey? TryCreate()
    {
        byte[] point = new byte[PointLength];
        return LibCryptoEcKey.Generate(isP256: true, point) is { } key ? new LibCryptoCertificateKey(key, point) : null;
    }

    /// <summary>A time as certificates have it.</summary>
    public static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    public override byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[Hashing.MaxLength];
        digest = digest[..Hashing.Length(scheme.Hash())];
        Hashing.Hash(scheme.Hash(), data, digest);
        return Key.Sign(digest) ?? throw new System.Security.Cryptography.CryptographicException("libcrypto could not sign.");
    }

    // RFC 5280 §4.1: Certificate = { tbsCertificate, signatureAlgorithm, signatureValue }
    public override byte[] SelfSign(string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        WriteToBeSigned(writer, commonName, notBefore, notAfter, serial);
        byte[] toBeSigned = writer.Encode();
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(toBeSigned);
            WriteSignatureAlgorithm(writer);
            writer.WriteBitString(Sign(SignatureScheme.EcdsaSecp256r1Sha256, toBeSigned));
        }
        return writer.Encode();
    }

    // RFC 5958 §2: OneAsymmetricKey = { 0, { id-ecPublicKey, prime256v1 }, OCTET STRING of an ECPrivateKey }
    public override byte[] Export()
    {
        byte[] secret = Key.ExportPrivate(withCurve: false) ?? throw new System.Security.Cryptography.CryptographicException("libcrypto could not export the key.");
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            WriteKeyAlgorithm(writer);
            writer.WriteOctetString(secret);
        }
        SecretMemory.Clear(secret);
        byte[] exported = writer.Encode();
        writer.Reset();                                            // which clears what it held
        return exported;
    }

    public override void Rest()
    {
        if (_awake?.ExportPrivate(withCurve: true) is not { } secret) return;
        _resting = secret;
        _awake.Dispose();
        _awake = null;
    }

    public override void Dispose()
    {
        SecretMemory.Clear(_resting);
        (_awake ??= LibCryptoEcKey.None).Dispose();
    }

    private void WriteToBeSigned(AsnWriter writer, string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter, byte[] serial)
    {
        Asn1Tag versionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(versionTag)) writer.WriteInteger(2);            // v3
            writer.WriteIntegerUnsigned(serial);
            WriteSignatureAlgorithm(writer);
            WriteName(writer, commonName);
            using (writer.PushSequence())
            {
                WriteTime(writer, notBefore);
                WriteTime(writer, notAfter);
            }
            WriteName(writer, commonName);
            using (writer.PushSequence())
            {
                WriteKeyAlgorithm(writer);
                writer.WriteBitString(_point);
            }
        }
    }

    private static void WriteKeyAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(EcPublicKeyOid);
            writer.WriteObjectIdentifier(P256Oid);
        }
    }

    private static void WriteSignatureAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence()) writer.WriteObjectIdentifier(EcdsaWithSha256Oid);
    }

    private static void WriteName(AsnWriter writer, string commonName)
    {
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(CommonNameOid);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, commonName);
        }
    }

    // RFC 5280 §4.1.2.5: UTCTime up to the year 2049.
    private static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        if (time.UtcDateTime.Year is >= 1950 and < 2050) writer.WriteUtcTime(time);
        else writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
    }
}
#endif
