namespace WebRtcStack.Dtls;

/// <summary>Which versions of DTLS a connection may negotiate.</summary>
public enum DtlsVersionPolicy
{
    /// <summary>DTLS 1.3 where the peer speaks it, else DTLS 1.2.</summary>
    Prefer13,

    /// <summary>DTLS 1.2 only.</summary>
    Only12,

    /// <summary>DTLS 1.3 only.</summary>
    Only13,
}
