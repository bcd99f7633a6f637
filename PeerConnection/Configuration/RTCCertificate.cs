using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack;

/// <summary>A certificate that connections authenticate themselves with (webrtc-pc §4.9.3).</summary>
public sealed class RTCCertificate
{
    private readonly DateTimeOffset _expires;

    internal RTCCertificate(DtlsCertificate certificate) : this(certificate, certificate.Expires) { }

    internal RTCCertificate(DtlsCertificate certificate, DateTimeOffset expires) => (Certificate, _expires) = (certificate, expires);

    /// <summary>When it expires, in milliseconds since 1970: from then on no connection can be made with it.</summary>
    public long Expires => _expires.ToUnixTimeMilliseconds();

    internal DtlsCertificate Certificate { get; }

    /// <summary>Uses a certificate that was made or imported elsewhere.</summary>
    public static RTCCertificate From(DtlsCertificate certificate) => new(Require.NotNull(certificate));

    /// <summary>Reads what <see cref="ExportPem"/> wrote.</summary>
    /// <exception cref="FormatException">The certificate or the key is missing or is no PEM.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The key or the certificate cannot be read.</exception>
    public static RTCCertificate ImportPem(string pem) => new(DtlsCertificate.ImportPem(pem));

    /// <summary>Writes certificate and private key as PEM, to be kept (webrtc-pc §4.9.3.2). The text is as secret as the key.</summary>
    public string ExportPem() => Certificate.ExportPem();

    /// <summary>The certificate's fingerprints (RFC 8122).</summary>
    public IReadOnlyList<RTCDtlsFingerprint> GetFingerprints()
    {
        DtlsFingerprint fingerprint = Certificate.GetFingerprint("sha-256");
        return [new RTCDtlsFingerprint { Algorithm = fingerprint.Algorithm, Value = fingerprint.Value.ToLowerInvariant() }];
    }
}

/// <summary>The hash of a certificate (webrtc-pc §5.5.3).</summary>
public sealed record RTCDtlsFingerprint
{
    /// <summary>The hash function: "sha-256".</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Hexadecimal bytes in lower case, parted by colons.</summary>
    public string Value { get; init; } = "";
}
