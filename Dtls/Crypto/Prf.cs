using System.Text;

namespace WebRtcStack.Dtls;

/// <summary>The pseudorandom function of TLS 1.2 (RFC 5246 §5) and what is derived with it.</summary>
internal static class Prf
{
    public const int MasterSecretLength = 48;
    public const int VerifyDataLength = 12;

    /// <summary>PRF(secret, label, seed) = P_hash(secret, label + seed), as long as <paramref name="destination"/>.</summary>
    public static void Expand(DtlsHash hash, ReadOnlySpan<byte> secret, string label, ReadOnlySpan<byte> seed, Span<byte> destination)
    {
        int length = Hashing.Length(hash);
        byte[] input = new byte[length + label.Length + seed.Length];                    // A(i), then label and seed
        Span<byte> labelAndSeed = input.AsSpan(length);
        Encoding.ASCII.GetBytes(label).CopyTo(labelAndSeed);
        seed.CopyTo(labelAndSeed[label.Length..]);

        Span<byte> block = stackalloc byte[Hashing.MaxLength];
        block = block[..length];
        Hashing.Hmac(hash, secret, labelAndSeed, block);                                 // A(1)
        block.CopyTo(input);
        while (!destination.IsEmpty)
        {
            Hashing.Hmac(hash, secret, input, block);
            int count = Math.Min(length, destination.Length);
            block[..count].CopyTo(destination);
            destination = destination[count..];
            Hashing.Hmac(hash, secret, input.AsSpan(0, length), block);                  // A(i + 1)
            block.CopyTo(input);
        }
        SecretMemory.Clear(block);
        SecretMemory.Clear(input);
    }

    /// <summary>master_secret from the ECDHE secret and both randoms (RFC 5246 §8.1).</summary>
    public static Secret MasterSecret(DtlsHash hash, ReadOnlySpan<byte> premaster, ReadOnlySpan<byte> randoms) =>
        Derive(hash, premaster, "master secret", randoms);

    /// <summary>master_secret bound to the whole handshake so far (RFC 7627 §4).</summary>
    public static Secret ExtendedMasterSecret(DtlsHash hash, ReadOnlySpan<byte> premaster, ReadOnlySpan<byte> sessionHash) =>
        Derive(hash, premaster, "extended master secret", sessionHash);

    /// <summary>verify_data of a Finished message (RFC 5246 §7.4.9).</summary>
    public static void VerifyData(
        DtlsHash hash, ReadOnlySpan<byte> masterSecret, DtlsRole sender, ReadOnlySpan<byte> handshakeHash, Span<byte> destination) =>
        Expand(hash, masterSecret, sender == DtlsRole.Client ? "client finished" : "server finished", handshakeHash, destination);

    private static Secret Derive(DtlsHash hash, ReadOnlySpan<byte> premaster, string label, ReadOnlySpan<byte> seed)
    {
        byte[] master = new byte[MasterSecretLength];
        Expand(hash, premaster, label, seed, master);
        return new Secret(master);
    }
}
