using WebRtcStack.Core;

namespace WebRtcStack.Turn;

/// <summary>What a <see cref="TurnServer"/> asks of its driver, or tells it.</summary>
public enum TurnServerEventKind : byte
{
    /// <summary>No event.</summary>
    None,

    /// <summary>
    /// Open a socket of the protocol, the family and with the port that the event asks for, then call <see cref="TurnServer.RelayOpened"/>
    /// or <see cref="TurnServer.RelayFailed"/> with the ticket.
    /// </summary>
    OpenRelay,

    /// <summary>Close the socket of <see cref="TurnServerEvent.Relay"/>.</summary>
    CloseRelay,

    /// <summary>Find out the password of <see cref="TurnServerEvent.Username"/>, then call <see cref="TurnServer.Decide"/> with the ticket.</summary>
    Authenticate,

    /// <summary>A client has an allocation; <see cref="TurnServerEvent.Relay"/> is its first relayed address.</summary>
    Allocated,

    /// <summary>A client's allocation has ended.</summary>
    Ended,

    /// <summary>
    /// Connect over TCP from <see cref="TurnServerEvent.Relay"/> to <see cref="TurnServerEvent.Peer"/>, within 30 s, then call
    /// <see cref="TurnServer.PeerConnected"/> or <see cref="TurnServer.PeerDisconnected"/> with the connection's number.
    /// </summary>
    ConnectPeer,

    /// <summary>
    /// Send what <see cref="TurnServer.Transmit"/> owes, then copy all bytes between the stream of <see cref="TurnServerEvent.Client"/> and
    /// the peer's connection as they are. When either ends, close the other and say so.
    /// </summary>
    JoinStreams,

    /// <summary>Close the connection with the peer, and the client's stream that is joined with it.</summary>
    ClosePeer,
}

/// <summary>An event of a <see cref="TurnServer"/>.</summary>
public readonly record struct TurnServerEvent
{
    /// <summary>What it is.</summary>
    public TurnServerEventKind Kind { get; init; }

    /// <summary>What to answer the server with.</summary>
    public long Ticket { get; init; }

    /// <summary>Whose request or allocation it is.</summary>
    public NetworkPath Client { get; init; }

    /// <summary>The relayed address.</summary>
    public TransportAddress Relay { get; init; }

    /// <summary>The protocol of the relayed address: UDP or TCP.</summary>
    public TransportProtocol Protocol { get; init; }

    /// <summary>The number of a TCP connection with a peer.</summary>
    public uint Connection { get; init; }

    /// <summary>The peer of that connection.</summary>
    public TransportAddress Peer { get; init; }

    /// <summary>For streams that are joined: how fast bytes may be copied.</summary>
    public TurnByteBudget? Budget { get; init; }

    /// <summary>Whether the socket is to be IPv6.</summary>
    public bool IsIPv6 { get; init; }

    /// <summary>Whether the socket's port has to be even (RFC 8656 §18.7).</summary>
    public bool NeedsEvenPort { get; init; }

    /// <summary>Whether the next higher port is to be opened as well (the R bit of EVEN-PORT).</summary>
    public bool NeedsNextPort { get; init; }

    /// <summary>Whether datagrams from the socket are to have DF set (RFC 8656 §18.9).</summary>
    public bool DontFragment { get; init; }

    /// <summary>The user name, where the event is about one.</summary>
    public string? Username { get; init; }
}

/// <summary>A datagram to send at once, in the very buffer that was given to the server.</summary>
public readonly record struct TurnForward
{
    /// <summary>Where it starts in the buffer.</summary>
    public int Offset { get; init; }

    /// <summary>Its bytes.</summary>
    public int Length { get; init; }

    /// <summary>Which socket it leaves from (a relayed address, or the server's own), and where to.</summary>
    public NetworkPath Path { get; init; }
}
