namespace WebRtcStack.Dtls;

/// <summary>Who the peer must be (the fingerprints of SDP) and who it is (its certificate); either may be known first.</summary>
internal sealed class PeerIdentity
{
    private IReadOnlyList<DtlsFingerprint>? _fingerprints;

    /// <summary>The peer's certificate in DER; empty as long as it is unknown.</summary>
    public byte[] Certificate { get; private set; } = [];

    /// <summary>Whether both are known and contradict each other.</summary>
    public bool IsWrong => _fingerprints is not null && Certificate.Length > 0 && !IsProven;

    /// <summary>Whether the certificate is the one that was announced.</summary>
    public bool IsProven { get; private set; }

    public void Expect(IReadOnlyList<DtlsFingerprint> fingerprints)
    {
        _fingerprints = [.. fingerprints];
        Check();
    }

    public void Present(ReadOnlySpan<byte> certificate)
    {
        Certificate = certificate.ToArray();
        Check();
    }

    private void Check() => IsProven =
        _fingerprints is not null && Certificate.Length > 0 && DtlsFingerprint.AnyMatches(_fingerprints, Certificate);
}
