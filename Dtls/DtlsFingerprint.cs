using System.Globalization;

namespace WebRtcStack.Dtls;

/// <summary>The hash of a certificate as SDP carries it: <c>a=fingerprint:sha-256 12:AB:…</c> (RFC 8122 §5).</summary>
/// <param name="Algorithm">The hash's name in lower case, as in the IANA registry: sha-256, sha-384, sha-512.</param>
/// <param name="Value">Upper-case hexadecimal pairs with colons between them.</param>
public readonly record struct DtlsFingerprint(string Algorithm, string Value)
{
    /// <summary>Whether this library can check the fingerprint. SHA-1 and older hashes are not understood: they are no proof.</summary>
    public bool IsUnderstood => TryGetHash(Algorithm, out _);

    /// <summary>Computes the fingerprint of a certificate.</summary>
    /// <param name="algorithm">sha-256, sha-384 or sha-512, in any case.</param>
    /// <param name="der">The certificate.</param>
    /// <exception cref="ArgumentException">The hash is not one of these.</exception>
    public static DtlsFingerprint Compute(string algorithm, ReadOnlySpan<byte> der)
    {
        Require.NotNull(algorithm);
        if (!TryGetHash(algorithm, out DtlsHash hash))
            throw new ArgumentException($"The hash '{algorithm}' is not supported; use sha-256, sha-384 or sha-512.", nameof(algorithm));
        Span<byte> digest = stackalloc byte[Hashing.MaxLength];
        digest = digest[..Hashing.Length(hash)];
        Hashing.Hash(hash, der, digest);
        return new DtlsFingerprint(Name(hash), ToColonHex(digest));
    }

    /// <summary>Whether <paramref name="der"/> is the certificate of this fingerprint; false for a hash that is not understood.</summary>
    public bool Matches(ReadOnlySpan<byte> der)
    {
        if (!TryGetHash(Algorithm, out DtlsHash hash) || Value is null) return false;
        Span<byte> expected = stackalloc byte[Hashing.MaxLength];
        expected = expected[..Hashing.Length(hash)];
        if (!TryParse(Value, expected)) return false;
        Span<byte> digest = stackalloc byte[Hashing.MaxLength];
        digest = digest[..Hashing.Length(hash)];
        Hashing.Hash(hash, der, digest);
        return SecretMemory.AreEqual(expected, digest);
    }

    /// <summary>
    /// Whether a certificate is one that the fingerprints announce: the strongest hash that is understood decides, and one
    /// match among the fingerprints with that hash is enough (RFC 8122 §5.1).
    /// </summary>
    internal static bool AnyMatches(IReadOnlyList<DtlsFingerprint> fingerprints, ReadOnlySpan<byte> der)
    {
        DtlsHash strongest = default;
        foreach (DtlsFingerprint fingerprint in fingerprints)
        {
            if (TryGetHash(fingerprint.Algorithm, out DtlsHash hash) && hash > strongest) strongest = hash;
        }
        foreach (DtlsFingerprint fingerprint in fingerprints)
        {
            if (TryGetHash(fingerprint.Algorithm, out DtlsHash hash) && hash == strongest && fingerprint.Matches(der)) return true;
        }
        return false;
    }

    /// <summary>The value of the SDP attribute.</summary>
    public override string ToString() => $"{Algorithm} {Value}";

    private static string Name(DtlsHash hash) => hash switch
    {
        DtlsHash.Sha256 => "sha-256",
        DtlsHash.Sha384 => "sha-384",
        _ => "sha-512",
    };

    private static bool TryGetHash(string? algorithm, out DtlsHash hash)
    {
        foreach (DtlsHash candidate in (ReadOnlySpan<DtlsHash>)[DtlsHash.Sha256, DtlsHash.Sha384, DtlsHash.Sha512])
        {
            if (!string.Equals(algorithm, Name(candidate), StringComparison.OrdinalIgnoreCase)) continue;
            hash = candidate;
            return true;
        }
        hash = default;
        return false;
    }

    private static string ToColonHex(ReadOnlySpan<byte> digest)
    {
        System.Text.StringBuilder text = new(digest.Length * 3);
        foreach (byte value in digest)
        {
            if (text.Length > 0) text.Append(':');
            text.Append(value.ToString("X2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    private static bool TryParse(string text, Span<byte> digest)
    {
        if (text.Length != digest.Length * 3 - 1) return false;
        for (int i = 0; i < digest.Length; i++)
        {
            int high = HexDigit(text[i * 3]), low = HexDigit(text[i * 3 + 1]);
            if (high < 0 || low < 0 || (i > 0 && text[i * 3 - 1] != ':')) return false;
            digest[i] = (byte)(high << 4 | low);
        }
        return true;
    }

    private static int HexDigit(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'F' => c - 'A' + 10,
        >= 'a' and <= 'f' => c - 'a' + 10,
        _ => -1,
    };
}
