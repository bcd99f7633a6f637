namespace WebRtcStack.Turn;

/// <summary>Why a <see cref="TurnServer"/> did not act on what it was given.</summary>
public enum TurnServerDropReason : byte
{
    /// <summary>Neither well-formed STUN nor ChannelData, or its FINGERPRINT is wrong.</summary>
    Malformed,

    /// <summary>A response, or an indication that servers do not take.</summary>
    UnexpectedMessage,

    /// <summary>A source address has had its share of responses without a good credential.</summary>
    RateLimited,

    /// <summary>Data from a client that has no allocation.</summary>
    NoAllocation,

    /// <summary>Data on a channel that is not bound.</summary>
    NoChannel,

    /// <summary>Data to or from a peer that has no permission.</summary>
    NoPermission,

    /// <summary>A datagram to an address that is no longer relayed.</summary>
    UnknownRelay,

    /// <summary>The user's bytes per second are used up.</summary>
    BandwidthExceeded,

    /// <summary>Too much waits already: replies, events, or decisions about users.</summary>
    Overloaded,

    /// <summary>The request is being worked on; it is a repetition.</summary>
    InProgress,

    /// <summary>DONT-FRAGMENT was asked for, and cannot be had.</summary>
    CannotSetDontFragment,

    /// <summary>An indication with an attribute that would have to be understood, and is not.</summary>
    UnknownAttribute,
}

/// <summary>What a <see cref="TurnServer"/> has done since it started.</summary>
public sealed class TurnServerCounters
{
    private long _bytesOverStreams;
    private readonly long[] _dropped = new long[(int)TurnServerDropReason.UnknownAttribute + 1];

    /// <summary>Allocations that there are.</summary>
    public int Allocations { get; internal set; }

    /// <summary>TCP connections with peers that there are, or are being made (RFC 6062).</summary>
    public int Connections { get; internal set; }

    /// <summary>Allocations that were made.</summary>
    public long AllocationsCreated { get; internal set; }

    /// <summary>Allocate requests that were refused after their user was found good.</summary>
    public long AllocationsRefused { get; internal set; }

    /// <summary>Datagrams relayed from clients to peers.</summary>
    public long DatagramsToPeers { get; internal set; }

    /// <summary>Bytes of data relayed from clients to peers.</summary>
    public long BytesToPeers { get; internal set; }

    /// <summary>Datagrams relayed from peers to clients.</summary>
    public long DatagramsToClients { get; internal set; }

    /// <summary>Bytes of data relayed from peers to clients.</summary>
    public long BytesToClients { get; internal set; }

    /// <summary>Bytes that the driver has copied between joined streams, in both directions (RFC 6062).</summary>
    public long BytesOverStreams => Volatile.Read(ref _bytesOverStreams);

    /// <summary>Requests that were answered with 401 or 438.</summary>
    public long Challenges { get; internal set; }

    /// <summary>Requests whose user is unknown, or whose MESSAGE-INTEGRITY is wrong.</summary>
    public long BadCredentials { get; internal set; }

    /// <summary>How often something was dropped for a reason.</summary>
    public long GetDropped(TurnServerDropReason reason) => _dropped[(int)reason];

    internal void CopiedOverStreams(int bytes) => Interlocked.Add(ref _bytesOverStreams, bytes);

    internal void Drop(TurnServerDropReason reason) => _dropped[(int)reason]++;
}
