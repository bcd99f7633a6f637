using WebRtcStack.Core;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Simulation;

/// <summary>The TCP side of a simulated TURN server (RFC 6062): ports that accept peers, connections with them, and who they are joined with.</summary>
/// <param name="host">The server's machine.</param>
/// <param name="tell">Tells the server, and does what it then asks.</param>
internal sealed class SimulatedTcpRelays(SimulatedHost host, Action<Action<TurnServer>> tell)
{
    private readonly Dictionary<uint, Peer> _peers = [];

    private sealed class Peer(SimulatedTcpConnection connection)
    {
        public SimulatedTcpConnection Connection { get; } = connection;
        public SimulatedTcpConnection? Client { get; set; }
        public List<byte[]> Early { get; } = [];                          // what came before the client's stream
    }

    public TransportAddress Listen(TransportAddress address)
    {
        TransportAddress relay = default;
        host.Tcp.TryListen(address.WithPort(0), connection => tell(server =>
        {
            NetworkPath path = new(relay, connection.Remote, TransportProtocol.Tcp);
            if (server.PeerAccepted(path, host.Time.Now, out uint number)) Add(number, connection);
            else connection.Close();
        }), out relay);
        return relay;
    }

    public void Connect(uint number, TransportAddress relay, TransportAddress peer)
    {
        SimulatedTcpConnection connection = host.Tcp.Connect(relay, peer);
        connection.Opened = () => tell(server => server.PeerConnected(number, host.Time.Now));
        Add(number, connection);
    }

    public void Join(uint number, SimulatedTcpConnection client)
    {
        if (!_peers.TryGetValue(number, out Peer? peer)) return;
        peer.Client = client;
        foreach (byte[] message in peer.Early) client.Send(message);
        client.Received = message => peer.Connection.Send(message);
    }

    public void Close(uint number)
    {
        if (!_peers.Remove(number, out Peer? peer)) return;
        peer.Connection.Close();
        peer.Client?.Close();
    }

    private void Add(uint number, SimulatedTcpConnection connection)
    {
        Peer peer = new(connection);
        _peers[number] = peer;
        connection.Received = message =>
        {
            if (peer.Client is { } client) client.Send(message);
            else peer.Early.Add(message);
        };
        connection.Lost = () => tell(server =>
        {
            if (!_peers.Remove(number)) return;
            server.PeerDisconnected(number);
            peer.Client?.Close();
        });
    }
}
