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
    private int _waiting = 1;

    /// <summary>A connection, and the servers that have led to it.</summary>
    private sealed record Connection(TurnStreamServer Server, LoopStream Stream, IReadOnlyList<TransportAddress> Asked);

    /// <summary>Has the stream's end of bases wait for something else; the result is to be called when that is done.</summary>
    public Action Wait()
    {
        _waiting++;
        return OneIsDone;
    }

    /// <summary>Connects to servers; once each is connected or has failed, the stream has been told of all its bases.</summary>
    /// <param name="servers">The servers; there may be none.</param>
    public void Open(IReadOnlyList<TurnStreamServer> servers)
    {
        foreach (TurnStreamServer server in servers)
        {
            _waiting++;
            Open(server, [server.Server.Address], OneIsDone);
        }
        OneIsDone();
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
            failed(server.Url, (int)StunErrorCode.TryAlternate, "The servers send us from one to another and back.");
            End(connection);
            return;
        }
        IceTurnServer origin = server.Server;
        IceTurnServer next = origin with { Address = to, RedirectedFrom = origin.RedirectedFrom.IsNone ? origin.Address : origin.RedirectedFrom };
        string? host = server.TlsHost is null ? null : e.AlternateDomain ?? server.TlsHost;
        Open(new TurnStreamServer(next, host, server.Url), [.. connection.Asked, to], () => End(connection));
    }

    private void Open(TurnStreamServer server, IReadOnlyList<TransportAddress> asked, Action done)
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
                    peer.Ice.AddServerConnection(stack.Stream, stack.Component, connection!.Stream.Path.Local, server.Server, peer.Registration.Loop.Now);
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
                failed(server.Url, Unreachable, reason);
                done();
            },
        };
        connection = new Connection(server, opening, asked);
        peer.Registration.OpenStream(opening);
    }

    /// <summary>Closes the connections; relays that they carried have been given back.</summary>
    public void Close()
    {
        foreach (Connection connection in _connections) peer.Registration.CloseStream(connection.Stream);
        _connections.Clear();
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
