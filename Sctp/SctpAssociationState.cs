namespace WebRtcStack.Sctp;

/// <summary>The states of an association (RFC 9260 §4).</summary>
public enum SctpAssociationState
{
    /// <summary>CLOSED: not started, or over.</summary>
    Closed,

    /// <summary>COOKIE-WAIT: INIT was sent.</summary>
    CookieWait,

    /// <summary>COOKIE-ECHOED: COOKIE ECHO was sent.</summary>
    CookieEchoed,

    /// <summary>ESTABLISHED: messages flow.</summary>
    Established,

    /// <summary>SHUTDOWN-PENDING: we want to end, and what we sent is not all acknowledged yet.</summary>
    ShutdownPending,

    /// <summary>SHUTDOWN-SENT: SHUTDOWN was sent.</summary>
    ShutdownSent,

    /// <summary>SHUTDOWN-RECEIVED: the peer wants to end, and what we sent is not all acknowledged yet.</summary>
    ShutdownReceived,

    /// <summary>SHUTDOWN-ACK-SENT: SHUTDOWN ACK was sent.</summary>
    ShutdownAckSent,
}
