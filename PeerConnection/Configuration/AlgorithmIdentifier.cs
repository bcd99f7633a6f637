using System.Text.Json.Serialization;
using WebRtcStack.Dtls;

namespace WebRtcStack;

/// <summary>
/// How a certificate's key is made: an algorithm of WebCrypto with its parameters (EcKeyGenParams, RsaHashedKeyGenParams), and
/// RTCCertificateExpiration (webrtc-pc §4.9.2).
/// </summary>
public sealed record AlgorithmIdentifier
{
    /// <summary>"ECDSA", "RSASSA-PKCS1-v1_5" or "Ed25519", in any case.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>With ECDSA: "P-256".</summary>
    [JsonPropertyName("namedCurve"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NamedCurve { get; init; }

    /// <summary>With RSA: bits of the modulus, 2048.</summary>
    [JsonPropertyName("modulusLength"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ModulusLength { get; init; }

    /// <summary>With RSA: the public exponent, 65537, in network order: 1, 0, 1.</summary>
    [JsonPropertyName("publicExponent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<byte>? PublicExponent { get; init; }

    /// <summary>With RSA: "SHA-256".</summary>
    [JsonPropertyName("hash"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hash { get; init; }

    /// <summary>Milliseconds from now after which the certificate is not to be used any more; null for 30 days, at most 365 days, which longer ones become.</summary>
    [JsonPropertyName("expires"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? Expires { get; init; }

    private static readonly byte[] s_f4 = [1, 0, 1];

    // Steps 4 to 6 of webrtc-pc §4.9.1: what WebCrypto's normalization misses is a TypeError, what is whole but not ours a NotSupportedError.
    internal DtlsKeyType ToKeyType()
    {
        switch (Name.ToUpperInvariant())
        {
            case "ECDSA":
                return Needed(NamedCurve, nameof(NamedCurve)) == "P-256" ? DtlsKeyType.EcdsaP256 : throw NotSupported($"ECDSA with {NamedCurve}");
            case "RSASSA-PKCS1-V1_5":
                bool isOurs = Needed(ModulusLength, nameof(ModulusLength)) == 2048 & Needed(PublicExponent, nameof(PublicExponent)).SequenceEqual<byte>(s_f4) &
                    string.Equals(Needed(Hash, nameof(Hash)), "SHA-256", StringComparison.OrdinalIgnoreCase);
                return isOurs ? DtlsKeyType.Rsa2048 : throw NotSupported($"RSA with {ModulusLength} bits and {Hash}");
            case "ED25519":
                return DtlsKeyType.Ed25519;
            default:
                throw NotSupported(Name);
        }
    }

    private static T Needed<T>(T? parameter, string name) where T : class => parameter ?? throw Missing(name);

    private static T Needed<T>(T? parameter, string name) where T : struct => parameter ?? throw Missing(name);

    private static ArgumentException Missing(string name) => new($"The algorithm needs {name}.");

    private static DOMException NotSupported(string what) =>
        new("NotSupportedError", $"Certificates are not made with {what}: use ECDSA P-256, RSASSA-PKCS1-v1_5 of 2048 bits with exponent 65537 and SHA-256, or Ed25519.");
}
