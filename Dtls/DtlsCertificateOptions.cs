namespace WebRtcStack.Dtls;

/// <summary>How <see cref="DtlsCertificate.Create"/> makes a certificate.</summary>
public sealed record DtlsCertificateOptions
{
    /// <summary>The kind of key. Default ECDSA P-256, as in every browser (RFC 8827 §6.5).</summary>
    public DtlsKeyType KeyType { get; init; } = DtlsKeyType.EcdsaP256;

    /// <summary>How long the certificate is valid from its creation on. Default 30 days, from 1 minute to 365 days (W3C WebRTC §4.9).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside that range.</exception>
    public TimeSpan Validity
    {
        get;
        init => field = Require.InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(365));
    } = TimeSpan.FromDays(30);

    /// <summary>The common name of subject and issuer, 1 to 64 characters. Default "WebRTC", which tells a peer nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The name is empty or longer.</exception>
    public string Subject
    {
        get;
        init
        {
            Require.InRange(Require.NotNull(value).Length, 1, 64, nameof(Subject));
            field = value;
        }
    } = "WebRTC";
}
