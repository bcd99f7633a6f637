namespace WebRtcStack.Turn;

/// <summary>The state of a <see cref="TurnAllocation"/>.</summary>
public enum TurnAllocationState : byte
{
    /// <summary>The server was asked, or is to be.</summary>
    Allocating,

    /// <summary>There is a relayed address.</summary>
    Allocated,

    /// <summary>The allocation is being deleted.</summary>
    Closing,

    /// <summary>The allocation was deleted at our wish.</summary>
    Closed,

    /// <summary>The server refused, did not answer, or has lost the allocation.</summary>
    Failed,
}

/// <summary>Why a datagram from the server was discarded.</summary>
public enum TurnDropReason : byte
{
    /// <summary>It is neither well-formed STUN nor ChannelData.</summary>
    Malformed,

    /// <summary>A STUN message that a client does not expect.</summary>
    UnexpectedMessage,

    /// <summary>A response to no request of ours.</summary>
    UnknownTransaction,

    /// <summary>MESSAGE-INTEGRITY is missing or wrong.</summary>
    BadIntegrity,

    /// <summary>Data from a peer without permission, or on a channel that is not bound.</summary>
    UnknownPeer,
}
