using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>Where a component's packets leave from: a socket, or an address on a TURN server (RFC 8445 §4, "base").</summary>
internal sealed class LocalBase(
    IceComponent component, TransportAddress address, TransportProtocol protocol, ushort localPreference, string? hostName,
    IceTcpType tcpType = IceTcpType.None)
{
    /// <summary>A base on a TURN server, reached from the socket <paramref name="socket"/>.</summary>
    /// <remarks>One for TCP has two candidates, of which the active one is paired, and the passive one is where peers connect to.</remarks>
    public LocalBase(LocalBase socket, TurnAllocation relay, TransportAddress address, ushort localPreference, bool isTcp)
        : this(socket.Component, address, isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp, localPreference, null, isTcp ? IceTcpType.Active : IceTcpType.None)
    {
        (Socket, Relay) = (socket, relay);
        if (isTcp) Connections = [];
    }

    public IceComponent Component { get; } = component;

    public TransportAddress Address { get; } = address;

    public TransportProtocol Protocol { get; } = protocol;

    /// <summary>Who opens connections of a TCP base (RFC 6544 §4.5).</summary>
    public IceTcpType TcpType { get; } = tcpType;

    /// <summary>
    /// Whether its own address is not a candidate, by policy or filter: reflexive candidates are then paired in its place, though
    /// packets leave from here all the same.
    /// </summary>
    public bool IsHidden { get; set; }

    /// <summary>Whether others send from the same socket: servers, which know us by its address, are asked from elsewhere.</summary>
    public bool IsShared { get; init; }

    /// <summary>The local preference of all candidates of this base (RFC 8445 §5.1.2.2).</summary>
    public ushort LocalPreference { get; } = localPreference;

    /// <summary>The name that is signalled in place of the address, or null.</summary>
    public string? HostName { get; } = hostName;

    /// <summary>The allocation behind a relayed address, or null.</summary>
    public TurnAllocation? Relay { get; }

    /// <summary>The socket towards the allocation's server, or null.</summary>
    public LocalBase? Socket { get; }

    /// <summary>The connections with peers, by these; null unless this is a TCP relayed address.</summary>
    public Dictionary<TransportAddress, IceRelayConnection>? Connections { get; }

    /// <summary>Whether something can be sent to a peer: through a TCP relayed address only over a connection with it.</summary>
    public bool IsReady(TransportAddress remote) =>
        Connections is null || (Connections.TryGetValue(remote, out IceRelayConnection? connection) && connection.IsBound);

    /// <summary>Has the server connect to a peer, unless it does already, and writes what there is to say to the server.</summary>
    public int Connect(Span<byte> destination, TransportAddress remote, Instant now, out NetworkPath path)
    {
        if (!Connections!.ContainsKey(remote)) Relay!.Connect(remote);
        path = new NetworkPath(Socket!.Address, Relay!.Server, Socket.Protocol);
        return Relay.Transmit(destination, now);
    }

    /// <summary>Whether one of its candidates is to be paired: RFC 8445 §6.1.2.4 keeps one candidate for each base.</summary>
    public bool IsPairedBy(IceCandidate candidate) => candidate.Type switch
    {
        IceCandidateType.Host => true,
        IceCandidateType.Relayed => candidate.TcpType == TcpType,
        IceCandidateType.ServerReflexive => IsHidden,
        _ => false,
    };

    /// <summary>Whether it receives what was sent along <paramref name="path"/>.</summary>
    public bool Receives(in NetworkPath path) => Address == path.Local && Protocol == path.Protocol;

    /// <summary>Where a packet to <paramref name="remote"/> is to be written, so that <see cref="Complete"/> can put a header in front.</summary>
    public Span<byte> PayloadArea(Span<byte> destination, TransportAddress remote) =>
        Relay is null ? destination : destination[(Connections is null ? Relay.HeaderLength(remote) : IceRelayConnection.HeaderLength)..];

    /// <summary>Completes a datagram whose payload is in <see cref="PayloadArea"/>; 0 when it cannot be sent now.</summary>
    public int Complete(Span<byte> destination, int payloadLength, TransportAddress remote, out NetworkPath path)
    {
        if (Relay is null)
        {
            path = new NetworkPath(Address, remote, Protocol);
            return payloadLength;
        }
        if (Connections is not null)
        {
            path = default;
            if (!Connections.TryGetValue(remote, out IceRelayConnection? connection) || !connection.IsBound) return 0;
            path = connection.Path;
            return IceRelayConnection.Complete(destination, payloadLength);
        }
        path = new NetworkPath(Socket!.Address, Relay.Server, Socket.Protocol);
        return Relay.Wrap(destination, payloadLength, remote);
    }
}
