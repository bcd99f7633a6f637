using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Stun;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack;

/// <summary>A transport's connections to TURN servers over TCP and TLS (RFC 8656 §2.1), opened beside each other. On the loop.</summary>
/// <param name="peer">Whose sockets they are.</param>
/// <param name="stack">What they carry.</param>
/// <param name="failed">Is told the URL of a server that gives no candidate, an error code, and why.</param>
/// <param name="ended">Is called once each server is connected or has failed; null for the stream's having been told of all its bases.</param>
internal sealed class TurnStreams(PeerTransport peer, TransportStack stack, Action<string, int, string> failed, Action? ended = null)
{
    /// <summary>The code for a server that cannot be reached (webrtc-pc §4.8.3).</summary>
    public const int Unreachable = 701;

    private const int MaxRedirects = 5;

    private readonly List<Connection> _connections = [];
    private readonly List<(IceRelayConnection Relayed, LoopStream Stream)> _relayed = [];
    private int _waiting = 1;

    /// <summary>A connection, and the servers that have led to it.</summary>
    private sealed record Connection(TurnStreamServer Server, LoopStream Stream, IReadOnlyList<TransportAddress> Asked, bool RelaysTcp);

    /// <summary>Has the stream's end of bases wait for something else; the result is to be called when that is done.</summary>
    public Action Wait()
    {
        _waiting++;
        return OneIsDone;
    }

    /// <summary>Connects to servers; once each is connected or has failed, the stream has been told of all its bases.</summary>
    /// <param name="servers">The servers; there may be none.</param>
    /// <param name="relaysTcp">Whether each is asked for a TCP relayed address as well, which takes a second connection (RFC 6062 §4.1).</param>
    public void Open(IReadOnlyList<TurnStreamServer> servers, bool relaysTcp)
    {
        foreach (TurnStreamServer server in servers)
        {
            Open(server, [server.Server.Address], Wait(), relaysTcp: false);
            if (relaysTcp) Open(server, [server.Server.Address], Wait(), relaysTcp: true);
        }
        OneIsDone();
    }

    /// <summary>Opens a further connection to a server, which that joins with a peer's (RFC 6062 §4.3).</summary>
    public void OpenRelayed(IceRelayConnection wanted)
    {
        if (_connections.Find(each => each.Stream.Path.Local == wanted.Local && each.Server.Server.Address == wanted.Server) is not { } control) return;
        LoopStream opening = new()
        {
            Remote = wanted.Server,
            TlsHost = control.Server.TlsHost,
            Framing = wanted.TryGetFrameLength,
            Opened = stream =>
            {
                peer.Ice.RelayConnectionOpened(wanted, stream.Path.Local);
                peer.Registration.Touch();
            },
            Closed = (stream, _) =>
            {
                _relayed.Remove((wanted, stream));
                peer.Ice.RelayConnectionClosed(wanted, peer.Registration.Loop.Now);
                peer.Registration.Touch();
            },
        };
        _relayed.Add((wanted, opening));
        peer.Registration.OpenStream(opening);
    }

    /// <summary>The server has refused to join a connection.</summary>
    public void CloseRelayed(IceRelayConnection refused)
    {
        int index = _relayed.FindIndex(each => each.Relayed == refused);
        if (index < 0) return;
        peer.Registration.CloseStream(_relayed[index].Stream);
        _relayed.RemoveAt(index);
    }

    /// <summary>A server has lent nothing over a connection.</summary>
    public void CloseUnused(in IceEvent e)
    {
        (TransportAddress local, TransportAddress server) = (e.Local, e.Server);
        if (_connections.Find(each => each.Stream.Path.Local == local && each.Server.Server.Address == server) is { } connection) End(connection);
    }

    /// <summary>Closes all connections: allocations that are left end with theirs.</summary>
    public void Close()
    {
        foreach (Connection each in _connections) peer.Registration.CloseStream(each.Stream);
        foreach ((IceRelayConnection _, LoopStream stream) in _relayed) peer.Registration.CloseStream(stream);
        _connections.Clear();
        _relayed.Clear();
    }

    /// <summary>
    /// Goes where a server sends us (300, RFC 8489 §10): with the same credentials, for TLS under the name that it gives or the one
    /// from before. A server that was asked already is not asked again.
    /// </summary>
    public void Redirect(in IceEvent e)
    {
        (TransportAddress local, TransportAddress from, TransportAddress to) = (e.Local, e.Server, e.AlternateServer);
        if (_connections.Find(each => each.Stream.Path.Local == local && each.Server.Server.Address == from) is not { } connection) return;
        TurnStreamServer server = connection.Server;
        if (connection.Asked.Contains(to) || connection.Asked.Count > MaxRedirects)
        {
            if (!connection.RelaysTcp) failed(server.Url, (int)StunErrorCode.TryAlternate, "The servers send us from one to another and back.");
            End(connection);
            return;
        }
        IceTurnServer origin = server.Server;
        IceTurnServer next = origin with { Address = to, RedirectedFrom = origin.RedirectedFrom.IsNone ? origin.Address : origin.RedirectedFrom };
        string? host = server.TlsHost is null ? null : e.AlternateDomain ?? server.TlsHost;
        Open(new TurnStreamServer(next, host, server.Url), [.. connection.Asked, to], () => End(connection), connection.RelaysTcp);
    }

    private void Open(TurnStreamServer server, IReadOnlyList<TransportAddress> asked, Action done, bool relaysTcp)
    {
        Connection? connection = null;
        bool isOpen = false;
        LoopStream opening = new()
        {
            Remote = server.Server.Address,
            TlsHost = server.TlsHost,
            Framing = ChannelData.TryGetFrameLength,
            Opened = _ =>
            {
                isOpen = true;
                if (peer.Stacks.Contains(stack))
                {
                    _connections.Add(connection!);
                    peer.Ice.AddServerConnection(stack.Stream, stack.Component, connection!.Stream.Path.Local, server.Server, peer.Registration.Loop.Now, relaysTcp);
                }
                else
                {
                    peer.Registration.CloseStream(connection!.Stream);        // the stack has gone meanwhile
                }
                done();
            },
            Closed = (_, reason) =>
            {
                if (isOpen)
                {
                    End(connection!);
                    return;
                }
                if (!relaysTcp) failed(server.Url, Unreachable, reason);      // the other connection tells
                done();
            },
        };
        connection = new Connection(server, opening, asked, relaysTcp);
        peer.Registration.OpenStream(opening);
    }

    private void End(Connection connection)
    {
        if (!_connections.Remove(connection)) return;
        peer.Registration.CloseStream(connection.Stream);
        peer.Ice.RemoveServerConnection(connection.Stream.Path.Local, connection.Server.Server, peer.Registration.Loop.Now);
        peer.Registration.Touch();
    }

    private void OneIsDone()
    {
        if (--_waiting > 0) return;
        ended?.Invoke();
        if (ended is not null || !peer.Stacks.Contains(stack)) return;
        peer.Ice.EndLocalBases(stack.Stream, peer.Registration.Loop.Now);
        peer.Registration.Touch();
    }
}
