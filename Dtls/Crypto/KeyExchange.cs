using Org.BouncyCastle.Math.EC.Rfc7748;

namespace WebRtcStack.Dtls;

/// <summary>The ephemeral key pair of the side that speaks first (RFC 8422 §5.10, §5.11, RFC 8446 §4.2.8).</summary>
internal abstract class KeyExchange : IDisposable
{
    /// <summary>The longest public key of the classical groups.</summary>
    public const int MaxPublicKeyLength = 97;

    /// <summary>Our half, as it goes on the wire.</summary>
    public abstract ReadOnlySpan<byte> PublicKey { get; }

    public static KeyExchange Create(DtlsNamedGroup group, RandomSource random) => group switch
    {
        DtlsNamedGroup.X25519 => new X25519KeyExchange(random),
        DtlsNamedGroup.Secp256r1 or DtlsNamedGroup.Secp384r1 => new PrimeCurveKeyExchange(group, random),
        DtlsNamedGroup.X25519MLKEM768 => new HybridKeyExchange(random),
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "The group is not implemented."),
    };

    /// <summary>Agrees on the shared secret.</summary>
    /// <returns>Null when the peer's half is not a valid public key.</returns>
    public abstract Secret? Agree(ReadOnlySpan<byte> peerPublicKey);

    public abstract void Dispose();
}

/// <summary>X25519 (RFC 7748 §6.1).</summary>
internal sealed class X25519KeyExchange : KeyExchange
{
    private readonly byte[] _privateKey = new byte[X25519.ScalarSize];
    private readonly byte[] _publicKey = new byte[X25519.PointSize];
#if NET
    private readonly LibCryptoX25519? _native;
#endif

    public X25519KeyExchange(RandomSource random, bool allowNative = true)
    {
        random.Fill(_privateKey);
#if NET
        if (allowNative) _native = LibCryptoX25519.Create(_privateKey, _publicKey);
        if (_native is not null) return;
#endif
        X25519.GeneratePublicKey(_privateKey, 0, _publicKey, 0);
    }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != X25519.PointSize) return null;
        byte[] shared = new byte[X25519.PointSize];
#if NET
        if (_native is not null) return _native.TryAgree(peerPublicKey, shared) ? new Secret(shared) : null;
#endif
        if (X25519.CalculateAgreement(_privateKey, 0, peerPublicKey.ToArray(), 0, shared, 0)) return new Secret(shared);
        return null;                                        // RFC 8422 §5.11: the all-zero secret is refused
    }

    public override void Dispose()
    {
        SecretMemory.Clear(_privateKey);
#if NET
        _native?.Dispose();
#endif
    }
}
