using System.Security.Cryptography;

namespace WebRtcStack.Dtls;

/// <summary>Hash functions, weakest first.</summary>
internal enum DtlsHash
{
    Sha256,
    Sha384,
    Sha512,
}

/// <summary>Hashes and HMACs over spans.</summary>
internal static class Hashing
{
    public const int MaxLength = 64;

    public static int Length(DtlsHash hash) => hash switch
    {
        DtlsHash.Sha256 => 32,
        DtlsHash.Sha384 => 48,
        _ => 64,
    };

#if NET
    public static HashAlgorithmName Name(DtlsHash hash) => hash switch
    {
        DtlsHash.Sha256 => HashAlgorithmName.SHA256,
        DtlsHash.Sha384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    public static void Hash(DtlsHash hash, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (Native(hash) is { } native) native.Hash(data, destination);
        else CryptographicOperations.HashData(Name(hash), data, destination);
    }

    public static void Hmac(DtlsHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (Native(hash) is { } native) native.Hmac(key, data, destination);
        else CryptographicOperations.HmacData(Name(hash), key, data, destination);
    }

    // A handshake computes some thirty HMACs of a few bytes each; the platform's cost several times what their hashing does.
    private static LibCryptoHash? Native(DtlsHash hash) => hash switch
    {
        DtlsHash.Sha256 => LibCryptoHash.Sha256,
        DtlsHash.Sha384 => LibCryptoHash.Sha384,
        _ => LibCryptoHash.Sha512,
    };
#else
    public static void Hash(DtlsHash hash, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        using HashAlgorithm algorithm = hash switch
        {
            DtlsHash.Sha256 => SHA256.Create(),
            DtlsHash.Sha384 => SHA384.Create(),
            _ => SHA512.Create(),
        };
        algorithm.ComputeHash(data.ToArray()).CopyTo(destination);
    }

    public static void Hmac(DtlsHash hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        byte[] keyBytes = key.ToArray();
        using HMAC hmac = hash switch
        {
            DtlsHash.Sha256 => new HMACSHA256(keyBytes),
            DtlsHash.Sha384 => new HMACSHA384(keyBytes),
            _ => new HMACSHA512(keyBytes),
        };
        hmac.ComputeHash(data.ToArray()).CopyTo(destination);
        SecretMemory.Clear(keyBytes);
    }
#endif
}
