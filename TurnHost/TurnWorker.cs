using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.TurnHost;

/// <summary>One thread with a server and its sockets. All of the server's state is touched there and nowhere else.</summary>
internal sealed class TurnWorker : IUdpErrorReceiver, IStreamOwner, IDisposable
{
    private static readonly TimeSpan s_clockInterval = TimeSpan.FromMinutes(1);

    private readonly TurnHostOptions _options;
    private readonly ILogger _logger;
    private readonly UdpSocketGroup _group;
    private readonly TurnServer _server;
    private readonly RelaySockets _relays;
    private readonly PeerConnections _peers;
    private readonly ClientStreams _streams;
    private readonly DataPath _data;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly ConcurrentQueue<StreamConnection> _readyStreams = new();
    private readonly byte[] _reply = new byte[TurnServer.MaxReplySize];
    private readonly long _origin;
    private readonly Thread _thread;
    private Instant _clockAt;
    private Instant _now;                                         // of the pass: a look at the clock costs as much as a datagram does
    private volatile bool _stopped;

    public TurnWorker(TurnHostOptions options, TurnServerOptions server, TurnAccounts accounts, RelayAddresses addresses, int number)
    {
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<TurnWorker>();
        _origin = options.TimeProvider.GetTimestamp() - options.TimeProvider.TimestampFrequency;
        _group = UdpSocketGroup.Create(options.Sockets with { MaxDatagramSize = ushort.MaxValue, Headroom = 0, Coalesce = true, ReportsErrors = true });
        _server = new TurnServer(server with { CanSetDontFragment = _group.CanSetDontFragment }, RandomSource.Cryptographic, accounts);
        _relays = new RelaySockets(addresses, _group);
        _peers = new PeerConnections(addresses, Post);
        _streams = new ClientStreams(options);
        _data = new DataPath(addresses, _group, _relays, _server, _streams);
        _thread = new Thread(Run) { IsBackground = true, Name = $"WebRtcStack TURN {number}" };
    }

    public TurnServerCounters Counters => _server.Counters;

    public string SocketsName => _group.Name;

    private Instant Now => new(_options.TimeProvider.GetElapsedTime(_origin).Ticks);

    /// <summary>Opens a UDP listener. Before <see cref="Start"/>.</summary>
    public TransportAddress Listen(TransportAddress address, bool shared)
    {
        if (!_group.TryOpen(address, new PortRange(address.Port, address.Port), shared, out UdpGroupSocket? socket, out string? error))
            throw new InvalidOperationException($"Cannot listen on {address}: {error}. Choose an address of this machine and a port that is free.");
        _data.Add(socket.Local, socket);
        return socket.Local;
    }

    public void Start() => _thread.Start();

    /// <summary>Runs a command on the thread. From any thread.</summary>
    public void Post(Action<TurnServer, Instant> command)
    {
        _commands.Enqueue(() => command(_server, Now));
        _group.Wake();
    }

    public void Dispose()
    {
        _stopped = true;
        _group.Wake();
        if (_thread.IsAlive)
        {
            _thread.Join();
            return;
        }
        _group.Dispose();
        _server.Dispose();
    }

    public void Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote) =>
        _data.Received(socket, buffer.Slice(offset, length), remote, _now);

    public void Undelivered(UdpGroupSocket socket, TransportAddress remote, byte type, byte code, uint data)
    {
        if (socket.Tag is RelaySocket relay) _server.ReceiveIcmp(new NetworkPath(relay.Told, remote), type, code, data, _now);
    }

    void IStreamOwner.StreamOpened(StreamConnection connection) => Post((_, now) =>
    {
        if (_stopped || !_streams.TryAdd(connection, now)) connection.Dispose();
    });

    void IStreamOwner.StreamIsReady(StreamConnection connection)
    {
        _readyStreams.Enqueue(connection);
        _group.Wake();
    }

    void IStreamOwner.StreamClosed(StreamConnection connection, string reason) => Post((server, _) =>
    {
        if (_streams.Remove(connection)) server.Disconnected(connection.Path);
    });

    private void Run()
    {
        while (!_stopped)
        {
            try
            {
                Pass();
            }
            catch (Exception exception) when (Reported(exception)) { }
        }
        _streams.Dispose();
        _peers.Dispose();
        _group.Dispose();
        _server.Dispose();
    }

    private bool Reported(Exception exception)
    {
        Log.Defect(_logger, exception);
        return true;
    }

    private void Pass()
    {
        _group.Wait(TimeToWait());
        Instant now = _now = Now;
        _group.Receive(this);
        RunCommands();
        ReceiveFromStreams();
        if (now >= _clockAt)
        {
            _clockAt = now + s_clockInterval;
            _server.SetClock(now, _options.TimeProvider.GetUtcNow());
        }
        _streams.AdvanceTo(now);
        _server.AdvanceTo(now);
        while (_server.TryReadEvent(out TurnServerEvent e)) Handle(e, now);
        SendReplies(now);
        _group.Flush();
    }

    private void SendReplies(Instant now)
    {
        while (_server.Transmit(_reply, now, out NetworkPath client) is > 0 and int length) _data.ToClient(_reply.AsSpan(0, length), client);
    }

    private void Join(in TurnServerEvent e, Instant now)
    {
        SendReplies(now);                                         // the answer to ConnectionBind goes ahead of the peer's bytes
        if (!_streams.TryGet(e.Client, out StreamConnection? stream))
        {
            _server.Disconnected(e.Client);
            return;
        }
        _streams.SetHasAllocation(e.Client, true, now);           // it lives as long as the allocation does
        TurnByteBudget budget = e.Budget!;
        if (!_peers.TryJoin(e.Connection, stream, bytes => budget.Spend(bytes, Now))) stream.Dispose();
    }

    private TimeSpan TimeToWait()
    {
        if (!_commands.IsEmpty || !_readyStreams.IsEmpty) return TimeSpan.Zero;
        Instant next = Instant.Min(Instant.Min(_server.NextTimeout, _clockAt), _streams.NextTimeout);
        TimeSpan rest = next - Now;
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private void RunCommands()
    {
        for (int commands = _commands.Count; commands > 0 && _commands.TryDequeue(out Action? command); commands--) command();
    }

    private void ReceiveFromStreams()
    {
        for (int streams = _readyStreams.Count; streams > 0 && _readyStreams.TryDequeue(out StreamConnection? connection); streams--)
        {
            while (connection.TryTake(out Span<byte> message)) _data.FromClient(message, connection.Path, _now);
        }
    }

    private void Handle(in TurnServerEvent e, Instant now)
    {
        switch (e.Kind)
        {
            case TurnServerEventKind.OpenRelay when e.Protocol == TransportProtocol.Tcp:
                if (_peers.TryListen(e.IsIPv6, out TransportAddress told, out string? error))
                {
                    _server.RelayOpened(e.Ticket, told, default, now);
                    break;
                }
                Log.NoRelay(_logger, error);
                _server.RelayFailed(e.Ticket, now);
                break;
            case TurnServerEventKind.OpenRelay:
                Open(e, now);
                break;
            case TurnServerEventKind.CloseRelay when e.Protocol == TransportProtocol.Tcp:
                _peers.StopListening(e.Relay);
                break;
            case TurnServerEventKind.CloseRelay:
                _data.Close(e.Relay);
                break;
            case TurnServerEventKind.ConnectPeer:
                _peers.Connect(e.Connection, e.Relay, e.Peer);
                break;
            case TurnServerEventKind.JoinStreams:
                Join(e, now);
                break;
            case TurnServerEventKind.ClosePeer:
                _peers.Close(e.Connection);
                break;
            case TurnServerEventKind.Authenticate:
                _ = AuthenticateAsync(e.Ticket, e.Username!);
                break;
            case TurnServerEventKind.Allocated:
                _streams.SetHasAllocation(e.Client, true, now);
                Log.Allocated(_logger, e.Client, e.Username, e.Relay);
                break;
            case TurnServerEventKind.Ended:
                _streams.SetHasAllocation(e.Client, false, now);
                Log.Ended(_logger, e.Client, e.Username);
                break;
            default:
                break;
        }
    }

    private void Open(in TurnServerEvent e, Instant now)
    {
        if (!_relays.TryOpen(e, out UdpGroupSocket? relay, out UdpGroupSocket? next, out string? error))
        {
            Log.NoRelay(_logger, error);
            _server.RelayFailed(e.Ticket, now);
            return;
        }
        _server.RelayOpened(e.Ticket, Add(relay), next is null ? default : Add(next), now);
    }

    private TransportAddress Add(UdpGroupSocket socket)
    {
        TransportAddress told = ((RelaySocket)socket.Tag!).Told;
        _data.Add(told, socket);
        return told;
    }

    private async Task AuthenticateAsync(long ticket, string username)
    {
        string? password = null;
        try
        {
            password = await Task.Run(() => _options.Authentication!(username)).ConfigureAwait(false);
        }
        catch (Exception exception) when (Failed(exception)) { }
        Post((server, now) => server.Decide(ticket, password, now));
    }

    // Whatever an application's hook throws, the user is refused and the server goes on.
    private bool Failed(Exception exception)
    {
        Log.AuthenticationThrew(_logger, exception);
        return true;
    }
}
