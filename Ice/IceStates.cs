namespace WebRtcStack.Ice;

/// <summary>The state of a stream's connectivity, as RTCIceTransportState has it.</summary>
public enum IceConnectionState : byte
{
    /// <summary>Gathering, or waiting for remote candidates.</summary>
    New,

    /// <summary>Checking pairs; none works yet.</summary>
    Checking,

    /// <summary>Each component has a working pair; better ones may still be checked or come in.</summary>
    Connected,

    /// <summary>Each component has a nominated pair, gathering has ended, and the peer has no more candidates.</summary>
    Completed,

    /// <summary>Consent checks go unanswered; this may resolve by itself.</summary>
    Disconnected,

    /// <summary>No pair works, or consent has expired; an ICE restart is needed.</summary>
    Failed,

    /// <summary>The stream was removed from its agent.</summary>
    Closed,
}

/// <summary>The state of a stream's gathering, as RTCIceGathererState has it.</summary>
public enum IceGatheringState : byte
{
    /// <summary>No base has been told yet.</summary>
    New,

    /// <summary>Bases are being told, or servers asked.</summary>
    Gathering,

    /// <summary>All bases were told and all servers have answered or given up.</summary>
    Complete,
}

/// <summary>The state of a candidate pair (RFC 8445 §6.1.2.6).</summary>
public enum IceCandidatePairState : byte
{
    /// <summary>Waits for a pair of the same foundation.</summary>
    Frozen,

    /// <summary>Can be checked.</summary>
    Waiting,

    /// <summary>A check was sent and is unanswered.</summary>
    InProgress,

    /// <summary>A check succeeded.</summary>
    Succeeded,

    /// <summary>A check failed, or consent expired.</summary>
    Failed,
}
