using System.Security.Cryptography;
#if !NET
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using ECPoint = Org.BouncyCastle.Math.EC.ECPoint;
#endif

namespace WebRtcStack.Dtls;

/// <summary>ECDH on NIST P-256 and P-384, uncompressed points (RFC 8422 §5.10).</summary>
internal sealed class PrimeCurveKeyExchange : KeyExchange
{
    private const byte Uncompressed = 4;
    private readonly int _fieldLength;
    private readonly byte[] _publicKey;

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

#if NET
    private readonly bool _isP256;
    private readonly LibCryptoKey? _native;
    private readonly ECCurve _curve;
    private readonly ECDiffieHellman? _key;

    public PrimeCurveKeyExchange(DtlsNamedGroup group, RandomSource _, bool allowNative = true)            // the platform draws this key itself
    {
        _isP256 = group == DtlsNamedGroup.Secp256r1;
        _curve = _isP256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;
        _fieldLength = FieldLength(group);
        _publicKey = new byte[1 + 2 * _fieldLength];
        if (allowNative) _native = LibCryptoKey.GenerateEc(_isP256, _publicKey);
        if (_native is not null) return;
        _key = ECDiffieHellman.Create(_curve);
        ECPoint point = _key.ExportParameters(false).Q;
        _publicKey[0] = Uncompressed;
        point.X!.CopyTo(_publicKey, 1);
        point.Y!.CopyTo(_publicKey, 1 + _fieldLength);
    }

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != _publicKey.Length || peerPublicKey[0] != Uncompressed) return null;
        if (_native is not null) return AgreeNative(_native, peerPublicKey);
        ECParameters parameters = new()
        {
            Curve = _curve,
            Q = new ECPoint { X = peerPublicKey.Slice(1, _fieldLength).ToArray(), Y = peerPublicKey[(1 + _fieldLength)..].ToArray() },
        };
        try
        {
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            using ECDiffieHellmanPublicKey publicKey = peer.PublicKey;
            return new Secret(_key!.DeriveRawSecretAgreement(publicKey));
        }
        catch (CryptographicException)                      // a point that is not on the curve
        {
            return null;
        }
    }

    public override void Dispose()
    {
        _native?.Dispose();
        _key?.Dispose();
    }

    private Secret? AgreeNative(LibCryptoKey key, ReadOnlySpan<byte> peerPublicKey)
    {
        using LibCryptoKey? peer = LibCryptoKey.ImportEc(_isP256, peerPublicKey);
        byte[] shared = new byte[_fieldLength];
        return peer is not null && key.TryAgree(peer, shared) ? new Secret(shared) : null;
    }
#else
    private readonly X9ECParameters _curve;
    private readonly byte[] _privateKey;

    public PrimeCurveKeyExchange(DtlsNamedGroup group, RandomSource random)
    {
        _curve = CustomNamedCurves.GetByName(group == DtlsNamedGroup.Secp256r1 ? "P-256" : "P-384");
        _fieldLength = FieldLength(group);
        _publicKey = new byte[1 + 2 * _fieldLength];
        _privateKey = new byte[_fieldLength];
        BigInteger scalar;
        do
        {
            random.Fill(_privateKey);
            scalar = new BigInteger(1, _privateKey);
        }
        while (scalar.SignValue == 0 || scalar.CompareTo(_curve.N) >= 0);
        _curve.G.Multiply(scalar).Normalize().GetEncoded(false).CopyTo(_publicKey, 0);
    }

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != _publicKey.Length || peerPublicKey[0] != Uncompressed) return null;
        try
        {
            ECPoint point = _curve.Curve.DecodePoint(peerPublicKey.ToArray());
            return new Secret(point.Multiply(new BigInteger(1, _privateKey)).Normalize().AffineXCoord.GetEncoded());
        }
        catch (ArgumentException)                           // a point that is not on the curve
        {
            return null;
        }
    }

    public override void Dispose() => SecretMemory.Clear(_privateKey);
#endif

    private static int FieldLength(DtlsNamedGroup group) => group == DtlsNamedGroup.Secp256r1 ? 32 : 48;
}
