using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>A certificate (webrtc-stats §8.20).</summary>
public sealed record RTCCertificateStats : RTCStats
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    public override RTCStatsType Type => RTCStatsType.Certificate;

    /// <summary>The fingerprint: hexadecimal bytes, parted by colons.</summary>
    [JsonPropertyName("fingerprint")]
    public required string Fingerprint { get; init; }

    /// <summary>The hash function: "sha-256".</summary>
    [JsonPropertyName("fingerprintAlgorithm")]
    public required string FingerprintAlgorithm { get; init; }

    /// <summary>The certificate in DER, as Base64.</summary>
    [JsonPropertyName("base64Certificate")]
    public required string Base64Certificate { get; init; }

    /// <summary>The id of the issuer's certificate; null as ours are self-signed and peers send one.</summary>
    [JsonPropertyName("issuerCertificateId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IssuerCertificateId { get; init; }
}
