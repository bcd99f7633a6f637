namespace WebRtcStack.Dtls;

/// <summary>The state of a connection, with the names of RTCDtlsTransportState.</summary>
public enum DtlsState
{
    /// <summary>Not started.</summary>
    New,

    /// <summary>The handshake runs, or has ended and waits for the fingerprints of the peer.</summary>
    Connecting,

    /// <summary>The handshake has ended and the peer's certificate is the one that its fingerprint announced.</summary>
    Connected,

    /// <summary>Closed by <see cref="DtlsConnection.Close"/> or by the peer's close_notify.</summary>
    Closed,

    /// <summary>A fatal alert was sent or received, or the handshake took too long.</summary>
    Failed,
}
