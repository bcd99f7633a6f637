using WebRtcStack.Core;
using WebRtcStack.Dtls;

namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    private const long LongestValidity = 31_536_000_000;      // 365 days in milliseconds (webrtc-pc §4.9.1, step 3.4)

    /// <summary>Makes a certificate to use in several connections (webrtc-pc §4.9.1).</summary>
    /// <param name="options">The kind of key and how long it is valid; null for ECDSA P-256 and 30 days.</param>
    public static Task<RTCCertificate> GenerateCertificateAsync(DtlsCertificateOptions? options = null) =>
        Task.Run(() => new RTCCertificate(Create(options ?? new DtlsCertificateOptions())));

    /// <summary>Makes a certificate to use in several connections, by the name of its algorithm alone (webrtc-pc §4.9.1).</summary>
    /// <param name="keygenAlgorithm">"Ed25519"; ECDSA and RSA have parameters, so that they need an <see cref="AlgorithmIdentifier"/>.</param>
    /// <inheritdoc cref="GenerateCertificateAsync(AlgorithmIdentifier)"/>
    public static Task<RTCCertificate> GenerateCertificateAsync(string keygenAlgorithm) =>
        GenerateCertificateAsync(new AlgorithmIdentifier { Name = Require.NotNull(keygenAlgorithm) });

    /// <summary>Makes a certificate to use in several connections (webrtc-pc §4.9.1).</summary>
    /// <param name="keygenAlgorithm">The algorithm with its parameters, and when the certificate expires.</param>
    /// <exception cref="ArgumentException">A parameter that the algorithm needs is missing (a WebIDL TypeError).</exception>
    /// <exception cref="DOMException">NotSupportedError: certificates are made with ECDSA P-256, RSASSA-PKCS1-v1_5 of 2048 bits with SHA-256, or Ed25519.</exception>
    public static Task<RTCCertificate> GenerateCertificateAsync(AlgorithmIdentifier keygenAlgorithm)
    {
        Require.NotNull(keygenAlgorithm);
        DtlsKeyType type;
        try
        {
            type = keygenAlgorithm.ToKeyType();
        }
        catch (Exception exception) when (exception is ArgumentException or DOMException)
        {
            return Task.FromException<RTCCertificate>(exception);
        }
        TimeSpan validity = TimeSpan.FromMilliseconds(Math.Min(keygenAlgorithm.Expires ?? (ulong)TimeSpan.FromDays(30).TotalMilliseconds, LongestValidity));
        TimeSpan shortest = TimeSpan.FromMinutes(1);              // the certificate's own end may be later (§4.9.3.1)
        DtlsCertificateOptions options = new() { KeyType = type, Validity = validity < shortest ? shortest : validity };
        return Task.Run(() => new RTCCertificate(Create(options), DateTimeOffset.UtcNow + validity));
    }

    private static DtlsCertificate Create(DtlsCertificateOptions options) => DtlsCertificate.Create(options, DateTimeOffset.UtcNow, RandomSource.Cryptographic);
}
