namespace WebRtcStack.Ice;

/// <summary>How a candidate was obtained (RFC 8445 §5.1.1).</summary>
public enum IceCandidateType : byte
{
    /// <summary>host: an address of an interface.</summary>
    Host,

    /// <summary>srflx: what a STUN server saw.</summary>
    ServerReflexive,

    /// <summary>prflx: what a peer saw during checks.</summary>
    PeerReflexive,

    /// <summary>relay: an address on a TURN server.</summary>
    Relayed,
}
