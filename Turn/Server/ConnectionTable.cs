using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Turn;

/// <summary>All TCP connections with peers: Connect, ConnectionAttempt and ConnectionBind (RFC 6062 §5).</summary>
internal sealed class ConnectionTable(TurnServerOptions options, Queue<TurnServerEvent> events, ReplyQueue replies, TurnServerCounters counters, RandomSource random)
{
    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(40);     // §5.2: at least 30 s; the driver gives up before
    private static readonly TimeSpan s_bind = TimeSpan.FromSeconds(30);        // §5.2, §5.3

    private readonly Dictionary<uint, ServerConnection> _byId = [];
    private readonly Dictionary<(ServerAllocation, TransportAddress), ServerConnection> _byPeer = [];
    private readonly Dictionary<NetworkPath, ServerConnection> _byClient = [];
    private readonly ExpiryQueue<ServerConnection> _deadlines = new();

    public Instant NextTimeout => _deadlines.Next;

    /// <summary>Connect (§5.2).</summary>
    /// <returns>What to refuse it with; none when the driver is asked to connect, and <paramref name="answer"/> waits for that.</returns>
    public StunErrorCode Connect(in StunMessage request, ServerAllocation allocation, in Reply answer, Instant now)
    {
        if (!allocation.IsTcp || !request.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer)) return StunErrorCode.BadRequest;
        TransportAddress relay = allocation.RelayFor(peer);
        if (relay.IsNone) return StunErrorCode.PeerAddressFamilyMismatch;
        if (!options.PeerRules.Allows(peer)) return StunErrorCode.Forbidden;
        if (_byPeer.ContainsKey((allocation, peer))) return StunErrorCode.ConnectionAlreadyExists;
        if (!HasRoom(allocation)) return StunErrorCode.InsufficientCapacity;
        ServerConnection connection = Add(allocation, peer, now + s_connect);
        connection.Answer = answer;
        Tell(TurnServerEventKind.ConnectPeer, connection);
        return StunErrorCode.None;
    }

    /// <summary>The driver has connected: the client is told, and has 30 s.</summary>
    public void Connected(uint id, Instant now)
    {
        if (!_byId.TryGetValue(id, out ServerConnection? connection) || connection.State != ServerConnectionState.Connecting) return;
        Await(connection, now);
        Enqueue(connection.Answer with { Connection = id });
    }

    /// <summary>The peer's connection has ended, or was never made: 447 in that case.</summary>
    public void Lost(uint id)
    {
        if (!_byId.TryGetValue(id, out ServerConnection? connection)) return;
        if (connection.State == ServerConnectionState.Connecting) Enqueue(connection.Answer with { Error = StunErrorCode.ConnectionTimeoutOrFailure });
        Remove(connection);
    }

    /// <summary>A peer has connected (§5.3).</summary>
    /// <returns>False when the connection is to be closed at once.</returns>
    public bool TryAccept(ServerAllocation allocation, TransportAddress peer, StunTransactionId transaction, Instant now, out uint id)
    {
        id = 0;
        if (!options.PeerRules.Allows(peer) || !allocation.TryGetPermission(peer, now, out _)) return Drop(TurnServerDropReason.NoPermission);
        if (!HasRoom(allocation) || _byPeer.ContainsKey((allocation, peer))) return Drop(TurnServerDropReason.Overloaded);
        ServerConnection connection = Add(allocation, peer, now + s_bind);
        connection.State = ServerConnectionState.Pending;
        id = connection.Id;
        Enqueue(new Reply { Client = allocation.Client, Id = transaction, Method = StunMethod.ConnectionAttempt, Peer = peer, Connection = id });
        return true;
    }

    /// <summary>ConnectionBind (§5.4): the stream that it came over and the peer's are joined.</summary>
    public StunErrorCode Bind(in StunMessage request, in NetworkPath client, TurnUser user)
    {
        if (client.Protocol == TransportProtocol.Udp || _byClient.ContainsKey(client) ||
            !request.TryGetUInt32(StunAttributeType.ConnectionId, out uint id) ||
            !_byId.TryGetValue(id, out ServerConnection? connection) || connection.State != ServerConnectionState.Pending) return StunErrorCode.BadRequest;
        if (!connection.Allocation.User.NameBytes.AsSpan().SequenceEqual(user.NameBytes)) return StunErrorCode.WrongCredentials;
        (connection.State, connection.Client, connection.Deadline) = (ServerConnectionState.Active, client, Instant.Never);
        _byClient.Add(client, connection);
        Tell(TurnServerEventKind.JoinStreams, connection);
        return StunErrorCode.None;
    }

    /// <summary>A client's stream has ended, and with it the peer's (§5.5).</summary>
    public void Disconnected(in NetworkPath client)
    {
        if (_byClient.TryGetValue(client, out ServerConnection? connection)) Close(connection);
    }

    /// <summary>An allocation has ended, and with it its connections (§5.5); who waits for one is told that it has (437).</summary>
    public void Ended(ServerAllocation allocation)
    {
        if (allocation.Connections == 0) return;
        foreach (ServerConnection each in _byId.Values.Where(each => ReferenceEquals(each.Allocation, allocation)).ToArray())
        {
            if (each.State == ServerConnectionState.Connecting) Enqueue(each.Answer with { Error = StunErrorCode.AllocationMismatch });
            Close(each);
        }
    }

    public void AdvanceTo(Instant now)
    {
        while (_deadlines.TryTake(now, out ServerConnection? connection))
        {
            if (!_byId.ContainsKey(connection.Id) || now < connection.Deadline) continue;
            if (connection.State == ServerConnectionState.Connecting) Enqueue(connection.Answer with { Error = StunErrorCode.ConnectionTimeoutOrFailure });
            Close(connection);
        }
    }

    private bool HasRoom(ServerAllocation allocation) => allocation.Connections < options.MaxConnectionsPerAllocation;

    private ServerConnection Add(ServerAllocation allocation, TransportAddress peer, Instant deadline)
    {
        uint id;
        do id = (uint)random.NextUInt64(); while (id == 0 || _byId.ContainsKey(id));       // not to be guessed: who knows it may bind
        ServerConnection connection = new(id, allocation, peer) { Deadline = deadline };
        _byId.Add(id, connection);
        _byPeer.Add((allocation, peer), connection);
        _deadlines.Add(deadline, connection);
        allocation.Connections++;
        counters.Connections = _byId.Count;
        return connection;
    }

    private void Await(ServerConnection connection, Instant now)
    {
        connection.State = ServerConnectionState.Pending;
        connection.Deadline = now + s_bind;
        _deadlines.Add(connection.Deadline, connection);
    }

    private void Close(ServerConnection connection)
    {
        Tell(TurnServerEventKind.ClosePeer, connection);
        Remove(connection);
    }

    private void Remove(ServerConnection connection)
    {
        _byId.Remove(connection.Id);
        _byPeer.Remove((connection.Allocation, connection.Peer));
        if (connection.State == ServerConnectionState.Active) _byClient.Remove(connection.Client);
        connection.Allocation.Connections--;
        counters.Connections = _byId.Count;
    }

    private void Tell(TurnServerEventKind kind, ServerConnection connection) => events.Enqueue(new TurnServerEvent
    {
        Kind = kind,
        Connection = connection.Id,
        Client = connection.State == ServerConnectionState.Active ? connection.Client : connection.Allocation.Client,
        Relay = connection.Allocation.RelayFor(connection.Peer),
        Peer = connection.Peer,
        Protocol = TransportProtocol.Tcp,
        Budget = kind == TurnServerEventKind.JoinStreams ? new TurnByteBudget(connection.Allocation.Account, counters) : null,
        Username = connection.Allocation.User.Name,
    });

    private void Enqueue(in Reply reply)
    {
        if (!replies.TryAdd(reply)) Drop(TurnServerDropReason.Overloaded);
    }

    private bool Drop(TurnServerDropReason reason)
    {
        counters.Drop(reason);
        return false;
    }
}
