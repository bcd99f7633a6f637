namespace WebRtcStack.Dtls;

/// <summary>Groups for the key exchange (RFC 8422 §5.1.1).</summary>
public enum DtlsNamedGroup : ushort
{
    /// <summary>No group is negotiated yet.</summary>
    None = 0,

    /// <summary>NIST P-256.</summary>
    Secp256r1 = 23,

    /// <summary>Curve25519 (RFC 7748).</summary>
    X25519 = 29,
}
