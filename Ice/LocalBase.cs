using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>Where a component's packets leave from: a socket, or an address on a TURN server (RFC 8445 §4, "base").</summary>
internal sealed class LocalBase(
    IceComponent component, TransportAddress address, TransportProtocol protocol, ushort localPreference, string? hostName,
    IceTcpType tcpType = IceTcpType.None)
{
    /// <summary>A base on a TURN server, reached from the socket <paramref name="socket"/>.</summary>
    public LocalBase(LocalBase socket, TurnAllocation relay, TransportAddress address, ushort localPreference)
        : this(socket.Component, address, TransportProtocol.Udp, localPreference, null) => (Socket, Relay) = (socket, relay);

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

    /// <summary>The local preference of all candidates of this base (RFC 8445 §5.1.2.2).</summary>
    public ushort LocalPreference { get; } = localPreference;

    /// <summary>The name that is signalled in place of the address, or null.</summary>
    public string? HostName { get; } = hostName;

    /// <summary>The allocation behind a relayed address, or null.</summary>
    public TurnAllocation? Relay { get; }

    /// <summary>The socket towards the allocation's server, or null.</summary>
    public LocalBase? Socket { get; }

    /// <summary>Whether one of its candidates is to be paired: RFC 8445 §6.1.2.4 keeps one candidate for each base.</summary>
    public bool IsPairedBy(IceCandidate candidate) => candidate.Type switch
    {
        IceCandidateType.Host or IceCandidateType.Relayed => true,
        IceCandidateType.ServerReflexive => IsHidden,
        _ => false,
    };

    /// <summary>Whether it receives what was sent along <paramref name="path"/>.</summary>
    public bool Receives(in NetworkPath path) => Address == path.Local && Protocol == path.Protocol;

    /// <summary>Where a packet to <paramref name="remote"/> is to be written, so that <see cref="Complete"/> can put a header in front.</summary>
    public Span<byte> PayloadArea(Span<byte> destination, TransportAddress remote) =>
        Relay is null ? destination : destination[Relay.HeaderLength(remote)..];

    /// <summary>Completes a datagram whose payload is in <see cref="PayloadArea"/>; 0 when it cannot be sent now.</summary>
    public int Complete(Span<byte> destination, int payloadLength, TransportAddress remote, out NetworkPath path)
    {
        if (Relay is null)
        {
            path = new NetworkPath(Address, remote, Protocol);
            return payloadLength;
        }
        path = new NetworkPath(Socket!.Address, Relay.Server, Socket.Protocol);
        return Relay.Wrap(destination, payloadLength, remote);
    }
}
