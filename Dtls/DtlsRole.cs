namespace WebRtcStack.Dtls;

/// <summary>Who opens the handshake; the SDP attribute <c>setup</c> decides (RFC 5763 §5): active is the client.</summary>
public enum DtlsRole
{
    /// <summary>Sends the ClientHello.</summary>
    Client,

    /// <summary>Waits for the ClientHello.</summary>
    Server,
}
