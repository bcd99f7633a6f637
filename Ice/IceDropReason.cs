namespace WebRtcStack.Ice;

/// <summary>Why an inbound datagram was discarded.</summary>
public enum IceDropReason : byte
{
    /// <summary>It is neither STUN, nor did it come over a path that a stream knows or to a base that a connected one uses.</summary>
    UnknownPath,

    /// <summary>It looks like STUN but is malformed, or its FINGERPRINT is wrong.</summary>
    MalformedStun,

    /// <summary>A STUN message of a class or method that ICE does not use.</summary>
    UnexpectedStun,

    /// <summary>A request without MESSAGE-INTEGRITY, or one from a new address without PRIORITY.</summary>
    IncompleteRequest,

    /// <summary>A request without USERNAME, for a user name fragment that no stream has, or to an address that its stream has not.</summary>
    UnknownUsername,

    /// <summary>MESSAGE-INTEGRITY is wrong.</summary>
    BadIntegrity,

    /// <summary>A response to no request of ours, or a late repetition of one.</summary>
    UnknownTransaction,

    /// <summary>Too many responses wait to be sent.</summary>
    ResponsesPending,

    /// <summary>A candidate or pair beyond the limits.</summary>
    LimitReached,

    /// <summary>A candidate of the peer that <see cref="IceAgentOptions.RemoteCandidateFilter"/> does not want.</summary>
    CandidateFiltered,

    /// <summary>An error response that would have exceeded the rate limit.</summary>
    ErrorRateLimit,
}
