using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>The UDP sockets of a worker, and the way of messages between them, the server and clients' streams.</summary>
/// <remarks>
/// What goes to a peer leaves from where it was received. What goes to a client is copied once, behind room for its header. A peer
/// that is a relayed address of the same worker is not sent to: the server has both ends, and the system would only carry the
/// datagram in a circle.
/// </remarks>
internal sealed class DataPath(RelayAddresses addresses, UdpSocketGroup group, RelaySockets relays, TurnServer server, ClientStreams streams)
{
    private readonly Dictionary<TransportAddress, UdpGroupSocket> _sockets = [];       // by what the server knows them by

    public void Add(TransportAddress known, UdpGroupSocket socket) => _sockets.Add(known, socket);

    public void Close(TransportAddress known)
    {
        if (!_sockets.TryGetValue(known, out UdpGroupSocket? socket)) return;
        _sockets.Remove(known);
        relays.Close(socket);
    }

    /// <summary>A datagram has arrived.</summary>
    public void Received(UdpGroupSocket socket, ReadOnlySpan<byte> datagram, TransportAddress remote, Instant now)
    {
        if (socket.Tag is RelaySocket relay) FromPeer(datagram, new NetworkPath(relay.Told, remote), now);
        else FromClient(datagram, new NetworkPath(socket.Local, remote), now);
    }

    /// <summary>A message of a client has arrived.</summary>
    public void FromClient(ReadOnlySpan<byte> message, in NetworkPath client, Instant now)
    {
        if (!server.Receive(message, client, now, out TurnForward forward)) return;
        ReadOnlySpan<byte> data = message.Slice(forward.Offset, forward.Length);
        TransportAddress peer = forward.Path.Remote;
        if (addresses.Contains(peer) && _sockets.TryGetValue(peer, out UdpGroupSocket? other) && other.Tag is RelaySocket)
            FromPeer(data, new NetworkPath(peer, forward.Path.Local), now);
        else if (_sockets.TryGetValue(forward.Path.Local, out UdpGroupSocket? relay))
            group.Send(relay, data, peer);
    }

    /// <summary>Sends a message of the server to a client.</summary>
    public void ToClient(ReadOnlySpan<byte> message, in NetworkPath client)
    {
        if (client.Protocol == TransportProtocol.Udp)
        {
            if (_sockets.TryGetValue(client.Local, out UdpGroupSocket? socket)) group.Send(socket, message, client.Remote);
        }
        else if (streams.TryGet(client, out StreamConnection? stream))
        {
            stream.TrySend(message);
        }
    }

    private void FromPeer(ReadOnlySpan<byte> data, in NetworkPath path, Instant now)
    {
        Span<byte> room = group.GetSendBuffer();
        if (data.Length > room.Length - TurnServer.Headroom - TurnServer.Tailroom) return;       // it would be too long for a datagram with its header
        data.CopyTo(room[TurnServer.Headroom..]);
        if (!server.ReceiveFromPeer(room, TurnServer.Headroom, data.Length, path, now, out TurnForward forward)) return;
        if (forward.Path.Protocol != TransportProtocol.Udp) ToClient(room.Slice(forward.Offset, forward.Length), forward.Path);
        else if (_sockets.TryGetValue(forward.Path.Local, out UdpGroupSocket? listener))
            group.SendBuffered(listener, forward.Offset, forward.Length, forward.Path.Remote);
    }
}
