using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>A server with TCP relays, clients on streams, and a driver that does what the test says: RFC 6062 without a network.</summary>
internal sealed class TcpServerDriver : IDisposable
{
    public static readonly TransportAddress Peer = TransportAddress.FromIPv4(0xC6336401, 7000);

    private static readonly TransportAddress s_address = TransportAddress.FromIPv4(0xCB007101, 3478);

    private readonly Dictionary<NetworkPath, byte[]> _nonces = [];
    private readonly byte[] _buffer = new byte[TurnServer.MaxReplySize];
    private ushort _relayPort = 50_000;

    public TcpServerDriver(Func<TurnServerOptions, TurnServerOptions>? configure = null, RandomSource? random = null)
    {
        TurnServerOptions options = new()
        {
            Realm = "example.org",
            Users = new Dictionary<string, string> { ["alice"] = "secret", ["bob"] = "builder" },
            RelaysTcp = true,
            MaxUnauthenticatedResponsesPerSecond = 100_000,
        };
        Server = new TurnServer(configure?.Invoke(options) ?? options, random ?? RandomSource.Seeded(1));
    }

    public TurnServer Server { get; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>What the server has asked of its driver about connections, and told.</summary>
    public List<TurnServerEvent> Events { get; } = [];

    /// <summary>What the server has sent, and to whom.</summary>
    public List<(NetworkPath Client, byte[] Message)> Sent { get; } = [];

    public void Dispose() => Server.Dispose();

    public static NetworkPath Client(int number, TransportProtocol protocol = TransportProtocol.Tcp) =>
        new(s_address, TransportAddress.FromIPv4(0xC0000201, (ushort)(1024 + number)), protocol);

    public void Run(TimeSpan time)
    {
        for (Instant end = Now + time; ;)
        {
            Instant next = Instant.Min(Server.NextTimeout, end);
            Now = next > Now ? next : Now;
            Server.AdvanceTo(Now);
            Drain();
            if (Now >= end) return;
        }
    }

    /// <summary>Sends a request of a user and returns the error that it is answered with; null when it is not answered yet.</summary>
    public StunErrorCode? Ask(NetworkPath client, StunMethod method, WriteAttributes? write = null, string user = "alice") => Answer(Send(client, method, write, user));

    /// <summary>Sends a signed request and returns the transaction, by which <see cref="Answer(StunTransactionId)"/> finds the answer.</summary>
    public StunTransactionId Send(NetworkPath client, StunMethod method, WriteAttributes? write = null, string user = "alice")
    {
        if (!_nonces.TryGetValue(client, out byte[]? nonce))
        {
            StunMessage challenge = Parse(Request(client, method, static (ref StunMessageWriter _) => { }));
            Assert.That(challenge.TryGet(StunAttributeType.Nonce, out StunAttribute told));
            _nonces[client] = nonce = told.Value.ToArray();
        }
        return Request(client, method, (ref StunMessageWriter writer) =>
        {
            write?.Invoke(ref writer);
            writer.Write(StunAttributeType.Username, System.Text.Encoding.UTF8.GetBytes(user));
            writer.Write(StunAttributeType.Realm, "example.org"u8);
            writer.Write(StunAttributeType.Nonce, nonce);
            using StunKey key = StunKey.LongTerm(user, "example.org", user == "alice" ? "secret" : "builder");
            writer.WriteIntegrity(key);
        });
    }

    public StunErrorCode? Answer(StunTransactionId id)
    {
        foreach ((_, byte[] message) in Sent)
        {
            if (StunMessage.TryParse(message, out StunMessage answer) && answer.TransactionId == id)
                return answer.Class == StunClass.SuccessResponse ? StunErrorCode.None : answer.GetErrorCode();
        }
        return null;
    }

    /// <summary>The message with the answer to a request.</summary>
    public StunMessage Parse(StunTransactionId id)
    {
        foreach ((_, byte[] message) in Sent)
        {
            if (StunMessage.TryParse(message, out StunMessage answer) && answer.TransactionId == id) return answer;
        }
        Assert.Fail("There is no answer.");
        return default;
    }

    public StunErrorCode? Allocate(NetworkPath client, WriteAttributes? write = null, string user = "alice", byte protocol = 6) => Ask(client, StunMethod.Allocate, (ref StunMessageWriter writer) =>
    {
        writer.WriteTransport(protocol);
        write?.Invoke(ref writer);
    }, user);

    public StunTransactionId Connect(NetworkPath client, TransportAddress peer) =>
        Send(client, StunMethod.Connect, (ref StunMessageWriter writer) => writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer));

    public StunErrorCode? Bind(NetworkPath stream, uint connection, string user = "alice") =>
        Ask(stream, StunMethod.ConnectionBind, (ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.ConnectionId, connection), user);

    public StunErrorCode? Permit(NetworkPath client, TransportAddress peer) =>
        Ask(client, StunMethod.CreatePermission, (ref StunMessageWriter writer) => writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer));

    /// <summary>Connects as a client and as the driver: the number of a connection that waits to be bound.</summary>
    public uint ConnectPending(NetworkPath client, TransportAddress peer)
    {
        StunTransactionId id = Connect(client, peer);
        uint connection = Events[^1].Connection;
        Assert.That(Events[^1].Kind, Is.EqualTo(TurnServerEventKind.ConnectPeer));
        Do(server => server.PeerConnected(connection, Now));
        Assert.That(Parse(id).TryGetUInt32(StunAttributeType.ConnectionId, out uint told) && told == connection);
        return connection;
    }

    /// <summary>Has a peer connect to a client's relayed address; 0 when the server does not take it.</summary>
    public uint Accept(TransportAddress relay, TransportAddress peer)
    {
        uint connection = 0;
        Do(server => server.PeerAccepted(new NetworkPath(relay, peer, TransportProtocol.Tcp), Now, out connection));
        return connection;
    }

    public TransportAddress RelayOf(NetworkPath client) => Events.Last(e => e.Kind == TurnServerEventKind.Allocated && e.Client == client).Relay;

    public void Do(Action<TurnServer> what)
    {
        what(Server);
        Drain();
    }

    private StunTransactionId Request(NetworkPath client, StunMethod method, WriteAttributes write)
    {
        StunTransactionId id = StunTransactionId.Create(RandomSource.Cryptographic);
        StunMessageWriter writer = new(_buffer, StunClass.Request, method, id);
        write(ref writer);
        writer.WriteFingerprint();
        byte[] message = _buffer.AsSpan(0, writer.Length).ToArray();
        Do(server => Assert.That(server.Receive(message, client, Now, out _), Is.False));
        return id;
    }

    private void Drain()
    {
        while (Server.TryReadEvent(out TurnServerEvent e))
        {
            if (e.Kind == TurnServerEventKind.OpenRelay)
                Server.RelayOpened(e.Ticket, e.IsIPv6 ? TransportAddress.FromBytes(new byte[16], _relayPort++) : TransportAddress.FromIPv4(0xCB007102, _relayPort++), default, Now);
            else Events.Add(e);
        }
        while (Server.Transmit(_buffer, Now, out NetworkPath client) is > 0 and int length) Sent.Add((client, _buffer.AsSpan(0, length).ToArray()));
        if (Server.TryReadEvent(out TurnServerEvent late)) Events.Add(late);
    }
}
