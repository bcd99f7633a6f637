namespace WebRtcStack.Dtls;

/// <summary>X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem §4): ML-KEM-768 and X25519 side by side, the former first in all that is concatenated.</summary>
internal sealed class HybridKeyExchange : KeyExchange
{
    /// <summary>The client's share: encapsulation key, then X25519 key (§4.1).</summary>
    public const int ClientShareLength = MlKem768.EncapsulationKeyLength + X25519Length;

    /// <summary>The server's share: ciphertext, then X25519 key (§4.2).</summary>
    public const int ServerShareLength = MlKem768.CiphertextLength + X25519Length;

    private const int X25519Length = 32;
    private readonly MlKem768 _mlKem;
    private readonly X25519KeyExchange _x25519;
    private readonly byte[] _publicKey = new byte[ClientShareLength];

    public HybridKeyExchange(RandomSource random)
    {
        _mlKem = MlKem768.Create(random);
        _x25519 = new X25519KeyExchange(random);
        _mlKem.EncapsulationKey.CopyTo(_publicKey);
        _x25519.PublicKey.CopyTo(_publicKey.AsSpan(MlKem768.EncapsulationKeyLength));
    }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>The half on X25519, which is this key's to dispose of; a share of that group alone may be the same (draft-ietf-tls-hybrid-design §3.2).</summary>
    public KeyExchange Classical => _x25519;

    /// <summary>The server's side (§4.2, §4.3), with its key on X25519.</summary>
    public static Secret? Respond(KeyExchange x25519, RandomSource random, ReadOnlySpan<byte> clientShare, out byte[] serverShare)
    {
        serverShare = new byte[ServerShareLength];
        if (clientShare.Length != ClientShareLength) return null;
        using Secret? classical = x25519.Agree(clientShare[MlKem768.EncapsulationKeyLength..]);
        if (classical is null) return null;
        x25519.PublicKey.CopyTo(serverShare.AsSpan(MlKem768.CiphertextLength));
        byte[] shared = new byte[MlKem768.SecretLength + X25519Length];
        classical.Span.CopyTo(shared.AsSpan(MlKem768.SecretLength));
        Secret secret = new(shared);
        if (MlKem768.TryEncapsulate(clientShare[..MlKem768.EncapsulationKeyLength], random,
                serverShare.AsSpan(0, MlKem768.CiphertextLength), shared.AsSpan(0, MlKem768.SecretLength))) return secret;
        secret.Dispose();
        return null;
    }

    /// <summary>The client's side (§4.3).</summary>
    public override Secret? Agree(ReadOnlySpan<byte> peerPublicKey)
    {
        if (peerPublicKey.Length != ServerShareLength) return null;
        using Secret? classical = _x25519.Agree(peerPublicKey[MlKem768.CiphertextLength..]);
        if (classical is null) return null;
        byte[] shared = new byte[MlKem768.SecretLength + X25519Length];
        _mlKem.Decapsulate(peerPublicKey[..MlKem768.CiphertextLength], shared.AsSpan(0, MlKem768.SecretLength));
        classical.Span.CopyTo(shared.AsSpan(MlKem768.SecretLength));
        return new Secret(shared);
    }

    public override void Dispose()
    {
        _mlKem.Dispose();
        _x25519.Dispose();
    }
}
