namespace WebRtcStack.Dtls;

/// <summary>Groups for the key exchange (RFC 8422 §5.1.1, RFC 8446 §4.2.7).</summary>
public enum DtlsNamedGroup : ushort
{
    /// <summary>No group is negotiated yet.</summary>
    None = 0,

    /// <summary>NIST P-256.</summary>
    Secp256r1 = 23,

    /// <summary>NIST P-384.</summary>
    Secp384r1 = 24,

    /// <summary>Curve25519 (RFC 7748).</summary>
    X25519 = 29,

    /// <summary>ML-KEM-768 together with X25519 (draft-ietf-tls-ecdhe-mlkem): post-quantum, in DTLS 1.3 only.</summary>
    X25519MLKEM768 = 0x11EC,
}
