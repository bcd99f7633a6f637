namespace WebRtcStack.Dtls;

/// <summary>What happened to a connection.</summary>
public enum DtlsEventType
{
    /// <summary>The handshake has ended and the peer's certificate matched: application data flows, keys can be exported.</summary>
    Connected,

    /// <summary>The peer closed the connection with close_notify, or this side did.</summary>
    Closed,

    /// <summary>The connection is dead; <see cref="DtlsEvent.Failure"/> and <see cref="DtlsEvent.Alert"/> say why.</summary>
    Failed,
}

/// <summary>Why a connection failed.</summary>
public enum DtlsFailure
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The peer sent a fatal alert.</summary>
    AlertReceived,

    /// <summary>The peer broke the protocol or offered nothing that both sides support; an alert was sent.</summary>
    ProtocolError,

    /// <summary>The peer's certificate has none of the announced fingerprints; bad_certificate was sent.</summary>
    FingerprintMismatch,

    /// <summary>The handshake did not end within <see cref="DtlsOptions.HandshakeTimeout"/>.</summary>
    HandshakeTimeout,
}

/// <summary>An event of a connection, read with <see cref="DtlsConnection.TryReadEvent"/>.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Failure">Why the connection failed.</param>
/// <param name="Alert">The alert that was sent or received, where there was one.</param>
/// <param name="Reason">For people: what exactly was wrong. Holds nothing secret and nothing of the wire.</param>
public readonly record struct DtlsEvent(
    DtlsEventType Type, DtlsFailure Failure = DtlsFailure.None, DtlsAlert? Alert = null, string Reason = "");
