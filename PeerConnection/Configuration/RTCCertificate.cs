using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack;

/// <summary>A certificate that connections authenticate themselves with (webrtc-pc §4.9.2).</summary>
public sealed class RTCCertificate
{
    internal RTCCertificate(DtlsCertificate certificate) => Certificate = certificate;

    /// <summary>When it expires, in milliseconds since 1970.</summary>
    public long Expires => Certificate.Expires.ToUnixTimeMilliseconds();

    internal DtlsCertificate Certificate { get; }

    /// <summary>Uses a certificate that was made or imported elsewhere.</summary>
    public static RTCCertificate From(DtlsCertificate certificate) => new(Require.NotNull(certificate));

    /// <summary>The certificate's fingerprints (RFC 8122).</summary>
    public IReadOnlyList<RTCDtlsFingerprint> GetFingerprints()
    {
        DtlsFingerprint fingerprint = Certificate.GetFingerprint("sha-256");
        return [new RTCDtlsFingerprint { Algorithm = fingerprint.Algorithm, Value = fingerprint.Value.ToLowerInvariant() }];
    }
}

/// <summary>The hash of a certificate (webrtc-pc §5.5.2).</summary>
public sealed record RTCDtlsFingerprint
{
    /// <summary>The hash function: "sha-256".</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>Hexadecimal bytes in lower case, parted by colons.</summary>
    public string Value { get; init; } = "";
}
