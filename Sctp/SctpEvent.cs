namespace WebRtcStack.Sctp;

/// <summary>What happened to an association.</summary>
public enum SctpEventKind
{
    /// <summary>The handshake is done; messages flow.</summary>
    Established,

    /// <summary>The peer started anew (RFC 9260 §5.2.4.1): what was under way is lost, streams count from 0.</summary>
    Restarted,

    /// <summary>Both sides agreed to end; no more events follow.</summary>
    Closed,

    /// <summary>The association ended for the reason in <see cref="SctpEvent.Cause"/>; no more events follow.</summary>
    Failed,

    /// <summary>The peer reset its outgoing stream <see cref="SctpEvent.Stream"/> (RFC 6525); all it sent there before has been delivered.</summary>
    IncomingStreamReset,

    /// <summary>Our reset of stream <see cref="SctpEvent.Stream"/> is done; it counts from 0 again.</summary>
    OutgoingStreamReset,

    /// <summary>The peer refused to reset stream <see cref="SctpEvent.Stream"/>.</summary>
    StreamResetDenied,

    /// <summary>What waits on <see cref="SctpEvent.Stream"/> fell to its threshold.</summary>
    BufferedAmountLow,

    /// <summary>The search for the path's MTU found another one: see <see cref="SctpAssociation.Mtu"/>.</summary>
    MtuChanged,
}

/// <summary>Why an association ended.</summary>
public enum SctpFailure
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>We aborted it.</summary>
    AbortedLocally,

    /// <summary>The peer sent ABORT; <see cref="SctpEvent.PeerCause"/> has its first error cause.</summary>
    AbortedByPeer,

    /// <summary>INIT or COOKIE ECHO was not answered.</summary>
    SetupTimeout,

    /// <summary>The peer stopped answering.</summary>
    PeerUnreachable,

    /// <summary>The peer broke the protocol, and was sent an ABORT that says so.</summary>
    ProtocolViolation,

    /// <summary>The peer sent a message larger than <see cref="SctpOptions.MaxMessageSize"/>.</summary>
    MessageTooLarge,
}

/// <summary>One event of an association.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Stream">The stream it is about, where it is about one.</param>
/// <param name="Cause">Why, for <see cref="SctpEventKind.Failed"/>.</param>
/// <param name="PeerCause">The error cause code of the peer's ABORT (RFC 9260 §3.3.10), or 0.</param>
public readonly record struct SctpEvent(SctpEventKind Kind, ushort Stream = 0, SctpFailure Cause = SctpFailure.None, int PeerCause = 0);
