namespace WebRtcStack.Dtls;

/// <summary>
/// The handshake's ephemeral keys. They can be drawn ahead, while a path is still looked for, so that the peer does not wait for them;
/// each is used in this one handshake and nowhere else (RFC 9846 §4.3.8).
/// </summary>
internal sealed class EphemeralKeys(RandomSource random) : IDisposable
{
    private readonly List<(DtlsNamedGroup Group, KeyExchange Key)> _drawn = [];

    /// <summary>Draws a key of the group that the handshake is likely to choose.</summary>
    public void Draw(DtlsNamedGroup likely) => _drawn.Add((likely, KeyExchange.Create(likely, random)));

    /// <summary>A key that is the caller's from now on.</summary>
    public KeyExchange Take(DtlsNamedGroup group)
    {
        for (int i = 0; i < _drawn.Count; i++)
        {
            if (_drawn[i].Group != group) continue;
            KeyExchange key = _drawn[i].Key;
            _drawn.RemoveAt(i);
            return key;
        }
        return KeyExchange.Create(group, random);
    }

    /// <summary>The side that answers in DTLS 1.3: agrees with the other's half at once.</summary>
    /// <returns>Null when the peer's half is not a valid public key.</returns>
    public Secret? Respond(DtlsNamedGroup group, ReadOnlySpan<byte> peerPublicKey, out byte[] publicKey)
    {
        if (group == DtlsNamedGroup.X25519MLKEM768)
        {
            using KeyExchange classical = Take(DtlsNamedGroup.X25519);
            return HybridKeyExchange.Respond(classical, random, peerPublicKey, out publicKey);
        }
        using KeyExchange ours = Take(group);
        publicKey = ours.PublicKey.ToArray();
        return ours.Agree(peerPublicKey);
    }

    /// <summary>Clears the keys that were not taken.</summary>
    public void Dispose()
    {
        foreach ((_, KeyExchange key) in _drawn) key.Dispose();
        _drawn.Clear();
    }
}
