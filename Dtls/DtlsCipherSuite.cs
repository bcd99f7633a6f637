namespace WebRtcStack.Dtls;

/// <summary>Cipher suites, by their IANA names.</summary>
public enum DtlsCipherSuite : ushort
{
    /// <summary>No suite is negotiated yet.</summary>
    TLS_NULL_WITH_NULL_NULL = 0x0000,

    /// <summary>DTLS 1.3, RFC 8446 §B.4; mandatory there.</summary>
    TLS_AES_128_GCM_SHA256 = 0x1301,

    /// <summary>DTLS 1.3, RFC 8446 §B.4.</summary>
    TLS_AES_256_GCM_SHA384 = 0x1302,

    /// <summary>DTLS 1.3, RFC 8446 §B.4.</summary>
    TLS_CHACHA20_POLY1305_SHA256 = 0x1303,

    /// <summary>RFC 5289 §3.2; mandatory for WebRTC (RFC 8827 §6.5).</summary>
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xC02B,

    /// <summary>RFC 5289 §3.2.</summary>
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xC02C,

    /// <summary>RFC 5289 §3.2.</summary>
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xC02F,

    /// <summary>RFC 5289 §3.2.</summary>
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xC030,

    /// <summary>RFC 7905 §2.</summary>
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA8,

    /// <summary>RFC 7905 §2.</summary>
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xCCA9,
}
