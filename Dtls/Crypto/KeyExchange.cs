using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc7748;
#if !NET
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using ECPoint = Org.BouncyCastle.Math.EC.ECPoint;
#endif

namespace WebRtcStack.Dtls;

/// <summary>One ephemeral key pair of ECDHE (RFC 8422 §5.10, §5.11).</summary>
internal abstract class KeyExchange : IDisposable
{
    /// <summary>The longest public key of the groups supported.</summary>
    public const int MaxPublicKeyLength = 65;

    /// <summary>Our half, as it goes on the wire.</summary>
    public abstract ReadOnlySpan<byte> PublicKey { get; }

    public static KeyExchange Create(DtlsNamedGroup group, RandomSource random) => group switch
    {
        DtlsNamedGroup.X25519 => new X25519KeyExchange(random),
        DtlsNamedGroup.Secp256r1 => new Secp256r1KeyExchange(random),
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "The group is not implemented."),
    };

    /// <summary>Agrees on the premaster secret.</summary>
    /// <returns>Null when the peer's half is not a valid public key.</returns>
    public abstract Secret? Agree(ReadOnlySpan<byte> peerPublicKey);

    public abstract void Dispose();
}

/// <summary>X25519 (RFC 7748 §6.1).</summary>
internal sealed class X25519KeyExchange : KeyExchange
{
    private readonly byte[] _privateKey = new byte[X25519.ScalarSize];
    private readonly byte[] _publicKey = new byte[X25519.PointSize];

    public X25519KeyExchange(RandomSource random)
    {
        random.Fill(_privateKey);
        X25519.GeneratePublicKey(_privateKey, 0, _publicKey, 0);
    }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != X25519.PointSize) return null;
        byte[] shared = new byte[X25519.PointSize];
        if (X25519.CalculateAgreement(_privateKey, 0, peerPublicKey.ToArray(), 0, shared, 0)) return new Secret(shared);
        return null;                                        // RFC 8422 §5.11: the all-zero secret is refused
    }

    public override void Dispose() => SecretMemory.Clear(_privateKey);
}

/// <summary>ECDH on NIST P-256, uncompressed points (RFC 8422 §5.10).</summary>
internal sealed class Secp256r1KeyExchange : KeyExchange
{
    private const int FieldLength = 32;
    private const byte Uncompressed = 4;
    private readonly byte[] _publicKey = new byte[1 + 2 * FieldLength];

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

#if NET
    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public Secp256r1KeyExchange(RandomSource _)             // the platform draws this key itself
    {
        ECPoint point = _key.ExportParameters(false).Q;
        _publicKey[0] = Uncompressed;
        point.X!.CopyTo(_publicKey, 1);
        point.Y!.CopyTo(_publicKey, 1 + FieldLength);
    }

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != _publicKey.Length || peerPublicKey[0] != Uncompressed) return null;
        ECParameters parameters = new()
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = peerPublicKey.Slice(1, FieldLength).ToArray(), Y = peerPublicKey[(1 + FieldLength)..].ToArray() },
        };
        try
        {
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            using ECDiffieHellmanPublicKey publicKey = peer.PublicKey;
            return new Secret(_key.DeriveRawSecretAgreement(publicKey));
        }
        catch (CryptographicException)                      // a point that is not on the curve
        {
            return null;
        }
    }

    public override void Dispose() => _key.Dispose();
#else
    private static readonly X9ECParameters s_curve = CustomNamedCurves.GetByName("P-256");
    private readonly byte[] _privateKey = new byte[FieldLength];

    public Secp256r1KeyExchange(RandomSource random)
    {
        BigInteger scalar;
        do
        {
            random.Fill(_privateKey);
            scalar = new BigInteger(1, _privateKey);
        }
        while (scalar.SignValue == 0 || scalar.CompareTo(s_curve.N) >= 0);
        s_curve.G.Multiply(scalar).Normalize().GetEncoded(false).CopyTo(_publicKey, 0);
    }

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != _publicKey.Length || peerPublicKey[0] != Uncompressed) return null;
        try
        {
            ECPoint point = s_curve.Curve.DecodePoint(peerPublicKey.ToArray());
            return new Secret(point.Multiply(new BigInteger(1, _privateKey)).Normalize().AffineXCoord.GetEncoded());
        }
        catch (ArgumentException)                           // a point that is not on the curve
        {
            return null;
        }
    }

    public override void Dispose() => SecretMemory.Clear(_privateKey);
#endif
}
