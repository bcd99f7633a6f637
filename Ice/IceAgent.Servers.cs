using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Ice;

/// <content>Connections to STUN and TURN servers, and what ICMP says.</content>
public sealed partial class IceAgent
{
    /// <summary>Tells of a connection to a TURN server over TCP or TLS: a relayed candidate follows as an event.</summary>
    /// <param name="stream">The stream that the connection serves.</param>
    /// <param name="component">The component.</param>
    /// <param name="local">The connection's local address.</param>
    /// <param name="server">One of <see cref="IceAgentOptions.TurnServers"/>. Messages are cut from its byte stream with <see cref="Turn.ChannelData.TryGetFrameLength"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="relaysTcp">Whether to ask for a TCP relayed address (RFC 6062) in place of a UDP one, which takes a connection of its own.</param>
    /// <exception cref="ArgumentException">The server is reached over UDP: those are asked from every base.</exception>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void AddServerConnection(
        IceStream stream, IceComponent component, TransportAddress local, IceTurnServer server, Instant now, bool relaysTcp = false)
    {
        RequireOpen(stream);
        Require.InRange((int)component, 1, stream.ComponentCount, nameof(component));
        if (Require.NotNull(server).Protocol == TransportProtocol.Udp)
            throw new ArgumentException("Servers over UDP are asked from each base; tell of the base only.", nameof(server));
        _relays.Add(stream, new LocalBase(component, local, server.Protocol, ushort.MaxValue, null), server, relaysTcp);
        Changed(stream, now);
    }

    /// <summary>
    /// Tells of a TCP connection to a STUN server that leaves from the port of a passive or simultaneous-open base: what the server
    /// sees of it is a server-reflexive candidate (RFC 6544 §5.2), and tells the address of an active one.
    /// </summary>
    /// <param name="stream">The stream that the base serves.</param>
    /// <param name="localBase">The base's address and port.</param>
    /// <param name="server">The server. Messages lie in the byte stream as they are (RFC 8489 §6.2.2), without RFC 4571's framing.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentException">There is no such base.</exception>
    /// <exception cref="InvalidOperationException">The stream is closed.</exception>
    public void AddStunConnection(IceStream stream, TransportAddress localBase, TransportAddress server, Instant now)
    {
        RequireOpen(stream);
        LocalBase known = stream.Bases.Find(b => b.Address == localBase && b.TcpType is IceTcpType.Passive or IceTcpType.SimultaneousOpen)
            ?? throw new ArgumentException("Tell of the port with AddTcpBase first, as passive or simultaneous-open.", nameof(localBase));
        _gatherer.AddConnection(stream, known, server);
        Changed(stream, now);
    }

    /// <summary>Tells that a connection to a STUN server has ended; the candidate that came of it stays.</summary>
    public void RemoveStunConnection(TransportAddress localBase, TransportAddress server, Instant now)
    {
        _gatherer.ConnectionLost(new NetworkPath(localBase, server, TransportProtocol.Tcp), now);
        _changed = true;
    }

    /// <summary>Tells that a connection to a TURN server has ended: its relayed candidate is of no use any more.</summary>
    /// <param name="local">The connection's local address.</param>
    /// <param name="server">The server that it led to.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentNullException"><paramref name="server"/> is null.</exception>
    public void RemoveServerConnection(TransportAddress local, IceTurnServer server, Instant now) =>
        _relays.ConnectionLost(new NetworkPath(local, Require.NotNull(server).Address, server.Protocol), now, _gatherer);

    /// <summary>Tells that a connection the agent has asked for is open (<see cref="IceEventKind.OpenRelayConnection"/>). Without effect on one that is not wanted any more.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="local">Its local address: with that of the server, and its protocol, it is the path of its messages.</param>
    /// <exception cref="ArgumentNullException"><paramref name="connection"/> is null.</exception>
    public void RelayConnectionOpened(IceRelayConnection connection, TransportAddress local)
    {
        _relays.Connections.Opened(Require.NotNull(connection), local);
        _changed = true;
    }

    /// <summary>Tells that a connection the agent has asked for has ended, or could not be opened: the pair over it has failed.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="connection"/> is null.</exception>
    public void RelayConnectionClosed(IceRelayConnection connection, Instant now)
    {
        _relays.Connections.Closed(Require.NotNull(connection), now);
        _nominator.Consider(now);
        _changed = true;
    }

    /// <summary>
    /// Tells of an ICMP error about something that was sent. A hard one (<see cref="StunIcmp.IsHard"/>) ends what waits for an answer along
    /// the path: checks, and requests to servers (RFC 8445 §7.2.5.2.2, RFC 8489 §6.2.1). A soft one changes nothing, and
    /// neither does one about a pair that works, or an allocation that there is: ICMP is easily forged (RFC 8445 §19.2).
    /// </summary>
    /// <param name="path">The socket, and where the datagram was sent.</param>
    /// <param name="error">The error.</param>
    /// <param name="now">The time.</param>
    public void Unreachable(in NetworkPath path, StunIcmp error, Instant now)
    {
        if (!error.IsHard(path.Remote.IsIPv6)) return;
        _checks.Unreachable(path, now);
        _gatherer.ServerUnreachable(path, now);
        _relays.ServerUnreachable(path, _gatherer, now);
        _nominator.Consider(now);
        _changed = true;
    }
}
