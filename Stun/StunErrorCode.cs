namespace WebRtcStack.Stun;

/// <summary>Error codes of ERROR-CODE (RFC 8489 §14.8, RFC 8656 §19, RFC 8445 §16.2, RFC 6062 §6.3, RFC 8016 §3.7).</summary>
public enum StunErrorCode : ushort
{
    /// <summary>No error code: the message carries none, or a malformed one.</summary>
    None = 0,

    /// <summary>Try Alternate.</summary>
    TryAlternate = 300,

    /// <summary>Bad Request.</summary>
    BadRequest = 400,

    /// <summary>Unauthenticated.</summary>
    Unauthenticated = 401,

    /// <summary>Forbidden.</summary>
    Forbidden = 403,

    /// <summary>Mobility Forbidden.</summary>
    MobilityForbidden = 405,

    /// <summary>Unknown Attribute.</summary>
    UnknownAttribute = 420,

    /// <summary>Allocation Mismatch.</summary>
    AllocationMismatch = 437,

    /// <summary>Stale Nonce.</summary>
    StaleNonce = 438,

    /// <summary>Address Family not Supported.</summary>
    AddressFamilyNotSupported = 440,

    /// <summary>Wrong Credentials.</summary>
    WrongCredentials = 441,

    /// <summary>Unsupported Transport Protocol.</summary>
    UnsupportedTransportProtocol = 442,

    /// <summary>Peer Address Family Mismatch.</summary>
    PeerAddressFamilyMismatch = 443,

    /// <summary>Connection Already Exists.</summary>
    ConnectionAlreadyExists = 446,

    /// <summary>Connection Timeout or Failure.</summary>
    ConnectionTimeoutOrFailure = 447,

    /// <summary>Allocation Quota Reached.</summary>
    AllocationQuotaReached = 486,

    /// <summary>Role Conflict.</summary>
    RoleConflict = 487,

    /// <summary>Server Error.</summary>
    ServerError = 500,

    /// <summary>Insufficient Capacity.</summary>
    InsufficientCapacity = 508,
}
