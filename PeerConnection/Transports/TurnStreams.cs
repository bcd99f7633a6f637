using WebRtcStack.Ice;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack;

/// <summary>Connections to TURN servers over TCP and TLS (RFC 8656 §2.1), opened beside each other. On the loop.</summary>
internal sealed class TurnStreams
{
    private readonly PeerTransport _peer;
    private readonly TransportStack _stack;
    private readonly Action<string, string> _failed;
    private int _waiting = 1;

    private TurnStreams(PeerTransport peer, TransportStack stack, Action<string, string> failed) => (_peer, _stack, _failed) = (peer, stack, failed);

    /// <summary>Connects to servers; once each is connected or has failed, the stream has been told of all its bases.</summary>
    /// <param name="peer">Whose sockets they are.</param>
    /// <param name="stack">What they carry.</param>
    /// <param name="servers">The servers; there may be none.</param>
    /// <param name="failed">Is told the URL of a server that cannot be reached, and why.</param>
    public static void Open(PeerTransport peer, TransportStack stack, IReadOnlyList<TurnStreamServer> servers, Action<string, string> failed)
    {
        TurnStreams streams = new(peer, stack, failed);
        foreach (TurnStreamServer server in servers) streams.Open(server);
        streams.OneIsDone();
    }

    private void Open(TurnStreamServer server)
    {
        _waiting++;
        bool isOpen = false;
        _peer.Registration.OpenStream(new LoopStream
        {
            Remote = server.Server.Address,
            TlsHost = server.TlsHost,
            Framing = ChannelData.TryGetFrameLength,
            Opened = stream =>
            {
                isOpen = true;
                if (_peer.Stacks.Contains(_stack))
                    _peer.Ice.AddServerConnection(_stack.Stream, IceComponent.Rtp, stream.Path.Local, server.Server, _peer.Registration.Loop.Now);
                OneIsDone();
            },
            Closed = (stream, reason) =>
            {
                if (isOpen)
                {
                    _peer.Ice.RemoveServerConnection(stream.Path.Local, server.Server, _peer.Registration.Loop.Now);
                    _peer.Registration.Touch();
                    return;
                }
                _failed(server.Url, reason);
                OneIsDone();
            },
        });
    }

    private void OneIsDone()
    {
        if (--_waiting > 0 || !_peer.Stacks.Contains(_stack)) return;
        _peer.Ice.EndLocalBases(_stack.Stream, _peer.Registration.Loop.Now);
        _peer.Registration.Touch();
    }
}
