using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>What has become of a TCP connection between the server and a peer (RFC 6062).</summary>
public readonly record struct TurnConnectionEvent
{
    /// <summary>The peer.</summary>
    public TransportAddress Peer { get; init; }

    /// <summary>What to give to a <see cref="TurnDataConnection"/>, within 30 s; 0 when there is no connection.</summary>
    public uint ConnectionId { get; init; }

    /// <summary>Whether the peer has connected to us (§4.4), and not we to it (§4.3).</summary>
    public bool IsAttempt { get; init; }

    /// <summary>Why there is no connection: 403, 446, 447 and others, 437 when the allocation has ended; none when there is, and also when the server did not answer.</summary>
    public StunErrorCode Error { get; init; }
}
