using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Ice;

/// <summary>The agent's connections with peers through TCP relayed addresses (RFC 6544 §5.5, RFC 6062).</summary>
internal sealed class RelayConnections(IceContext context, ConnectivityChecks checks)
{
    private readonly List<IceRelayConnection> _all = [];
    private readonly Dictionary<NetworkPath, IceRelayConnection> _byPath = [];

    public Instant NextTimeout
    {
        get
        {
            Instant next = Instant.Never;
            foreach (IceRelayConnection connection in _all)
            {
                if (connection.IsOpen) next = Instant.Min(next, connection.Data.NextTimeout);
            }
            return next;
        }
    }

    /// <summary>Acts on what the server says of connections with peers.</summary>
    public void Follow(IceStream stream, LocalBase relayed, TurnAllocation turn, Instant now)
    {
        while (turn.TryReadConnection(out TurnConnectionEvent e))
        {
            // Both agents may have had their servers connect at the same time: one connection does (446 for the other).
            if (relayed.Connections!.ContainsKey(e.Peer)) continue;
            bool isMade = e.ConnectionId != 0, hasRoom = HasRoom(e.IsAttempt);
            if (isMade && hasRoom)
            {
                Open(new IceRelayConnection(stream, relayed, e.Peer, turn.OpenData(e.ConnectionId)));
                continue;
            }
            if (isMade) context.Drop(IceDropReason.LimitReached);         // the server closes what nobody binds (RFC 6062 §5.3)
            if (!e.IsAttempt) checks.ConnectionLost(new NetworkPath(relayed.Address, e.Peer, TransportProtocol.Tcp), now);
        }
    }

    /// <summary>The driver has connected to the server.</summary>
    public void Opened(IceRelayConnection connection, TransportAddress local)
    {
        if (!_all.Contains(connection) || connection.IsOpen) return;
        connection.Path = new NetworkPath(local, connection.Server, connection.Protocol);
        _byPath[connection.Path] = connection;
    }

    /// <summary>The connection has ended, or could not be opened.</summary>
    public void Closed(IceRelayConnection connection, Instant now)
    {
        if (!_all.Remove(connection)) return;
        Forget(connection);
        checks.ConnectionLost(connection.Inner, now);
    }

    /// <summary>Forgets the connections of a stream, which its owner closes.</summary>
    public void Close(IceStream stream)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            IceRelayConnection connection = _all[i];
            if (!ReferenceEquals(connection.Stream, stream)) continue;
            _all.RemoveAt(i);
            Forget(connection);
        }
    }

    /// <summary>Writes requests to join connections.</summary>
    public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
    {
        foreach (IceRelayConnection connection in _all)
        {
            if (!connection.IsOpen || connection.Data.Transmit(destination, now) is not (> 0 and int length)) continue;
            path = connection.Path;
            return length;
        }
        path = default;
        return 0;
    }

    public void AdvanceTo(Instant now)
    {
        for (int i = _all.Count - 1; i >= 0; i--)
        {
            IceRelayConnection connection = _all[i];
            if (!connection.IsOpen) continue;
            connection.Data.AdvanceTo(now);
            if (connection.Data.State == TurnDataConnectionState.Failed) Fail(connection, now);
        }
    }

    /// <summary>Takes a message if it came over one of the connections; on return, for the peer's data, the path is that from the peer to the relayed address.</summary>
    public bool TryReceive(ReadOnlySpan<byte> message, ref NetworkPath path, Instant now, out int offset, out int length)
    {
        (offset, length) = (0, 0);
        if (_byPath.Count == 0 || !_byPath.TryGetValue(path, out IceRelayConnection? connection)) return false;
        if (connection.IsBound)
        {
            (offset, length) = (IceRelayConnection.HeaderLength, Math.Max(0, message.Length - IceRelayConnection.HeaderLength));
            path = connection.Inner;
            return true;
        }
        connection.Data.Receive(message);
        if (connection.IsBound) checks.ConnectionReady(connection.Inner);
        else if (connection.Data.State == TurnDataConnectionState.Failed) Fail(connection, now);
        return true;
    }

    // Strangers at an address that a peer has, behind its NAT, may connect: half of the room stays for those that we ask for.
    private bool HasRoom(bool isAttempt)
    {
        int limit = context.Options.MaxRelayConnections;
        return _all.Count < (isAttempt ? (limit + 1) / 2 : limit);
    }

    private void Open(IceRelayConnection connection)
    {
        _all.Add(connection);
        connection.Base.Connections!.Add(connection.Peer, connection);
        Tell(IceEventKind.OpenRelayConnection, connection);
    }

    private void Fail(IceRelayConnection connection, Instant now)
    {
        Tell(IceEventKind.CloseRelayConnection, connection);
        Closed(connection, now);
    }

    private void Forget(IceRelayConnection connection)
    {
        connection.Base.Connections!.Remove(connection.Peer);
        if (connection.IsOpen) _byPath.Remove(connection.Path);
        connection.Data.Dispose();
    }

    private void Tell(IceEventKind kind, IceRelayConnection connection) => context.Raise(new IceEvent
    {
        Kind = kind, Stream = connection.Stream, Component = connection.Base.Component, RelayConnection = connection,
    });
}
