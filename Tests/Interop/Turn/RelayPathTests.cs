using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Transport;
using WebRtcStack.Turn;
using WebRtcStack.TurnHost;

namespace WebRtcStack.Tests.Interop;

/// <summary>The way of datagrams through our server's sockets: what it costs, and where it need not go.</summary>
[Category("Interop")]
public sealed class RelayPathTests
{
    // The relayed addresses that clients and peers are told lead nowhere from here: what arrives has not left the server.
    [Test, CancelAfter(20_000)]
    public async Task Data_BetweenTwoAllocations_DoesNotLeaveTheServer([Values] bool channels, CancellationToken timeout)
    {
        await using OurTurnServer server = new(configure: static options => options with { ExternalAddresses = [TransportAddress.FromIPv4(0xCB007105, 0)] });
        using Client left = new(server), right = new(server);
        await left.AllocateAsync(timeout);
        await right.AllocateAsync(timeout);
        Assert.That(left.Allocation.RelayedAddress.HasSameAddressAs(TransportAddress.FromIPv4(0xCB007105, 0)));
        foreach ((Client client, Client other) in new[] { (left, right), (right, left) })
        {
            if (channels) client.Allocation.BindChannel(other.Allocation.RelayedAddress);
            else client.Allocation.Permit(other.Allocation.RelayedAddress);
            await client.ExchangeAsync(channels ? 2 : 1, timeout);
        }
        byte[] sent = new byte[1200];
        for (int i = 0; i < 50; i++)
        {
            new Random(i).NextBytes(sent);
            await left.SendAsync(sent, right.Allocation.RelayedAddress, timeout);
            Assert.That(await right.ReceiveAsync(timeout), Is.EqualTo((left.Allocation.RelayedAddress, sent)));
            await right.SendAsync(sent, left.Allocation.RelayedAddress, timeout);
            Assert.That(await left.ReceiveAsync(timeout), Is.EqualTo((right.Allocation.RelayedAddress, sent)));
        }
        TurnServerCounters counters = server.Host.Counters[0];
        Assert.That((counters.DatagramsToPeers, counters.DatagramsToClients), Is.EqualTo((100L, 100L)), "each counts as relayed twice all the same");
        TransportAddress gone = right.Allocation.RelayedAddress;
        right.Allocation.Close();
        await right.ExchangeAsync(1, timeout);
        await left.SendAsync(sent, gone, timeout);
        while (counters.DatagramsToPeers < 101) await Task.Delay(5, timeout);
        Assert.That(counters.DatagramsToClients, Is.EqualTo(100), "an address that is no longer relayed is a peer's as any other");
    }

    // On this thread, so that what it allocates can be counted: the sockets, the server and the way between them.
    [Test, CancelAfter(20_000)]
    public void Datagrams_BothWays_AllocateNothing([Values] bool withinTheServer)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("The portable path's receive tells its source as an object of .NET's.");
        using RelayPath path = new(withinTheServer);
        path.Send(100);
        long best = long.MaxValue;
        for (int round = 0; round < 20 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            path.Send(100);
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero);
    }

    /// <summary>A client with its socket.</summary>
    private sealed class Client : IDisposable
    {
        private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly byte[] _buffer = new byte[2048];

        public Client(OurTurnServer server)
        {
            Allocation = new TurnAllocation(new TurnAllocationOptions
            {
                Server = server.Host.Listeners[0].Address, Username = RealTurnServer.User, Password = RealTurnServer.Password,
            }, RandomSource.Cryptographic);
        }

        public TurnAllocation Allocation { get; }

        private static Instant Now => new(TimeSpan.TicksPerHour);

        public void Dispose()
        {
            Allocation.Dispose();
            _socket.Dispose();
        }

        public Task AllocateAsync(CancellationToken timeout) => ExchangeAsync(2, timeout);

        public async Task ExchangeAsync(int answers, CancellationToken timeout)
        {
            for (int i = 0; i < answers; i++)
            {
                while (Allocation.Transmit(_buffer, Now) is > 0 and int length) await SendAsync(_buffer.AsMemory(0, length), timeout);
                Allocation.Receive((await _socket.ReceiveAsync(timeout)).Buffer, Now, out _, out _, out _);
            }
        }

        public Task SendAsync(byte[] data, TransportAddress peer, CancellationToken timeout)
        {
            data.CopyTo(_buffer, Allocation.HeaderLength(peer));
            return SendAsync(_buffer.AsMemory(0, Allocation.Wrap(_buffer, data.Length, peer)), timeout);
        }

        public async Task<(TransportAddress Peer, byte[] Data)> ReceiveAsync(CancellationToken timeout)
        {
            byte[] message = (await _socket.ReceiveAsync(timeout)).Buffer;
            Assert.That(Allocation.Receive(message, Now, out int offset, out int length, out TransportAddress peer));
            return (peer, message.AsSpan(offset, length).ToArray());
        }

        private async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken timeout) =>
            await _socket.SendAsync(message, Allocation.Server.ToIPEndPoint(), timeout);
    }

    /// <summary>A worker's way of data without its thread: two clients, or a client and an echoing peer, all sockets of one group.</summary>
    private sealed class RelayPath : IUdpReceiver, IDisposable
    {
        private static readonly TransportAddress s_loopback = TransportAddress.From(IPAddress.Loopback, 0);
        private static readonly Instant s_now = new(TimeSpan.TicksPerSecond);

        private readonly UdpSocketGroup _group = UdpSocketGroup.Create(new UdpSocketGroupOptions { MaxDatagramSize = ushort.MaxValue, Coalesce = true, SocketBufferSize = 1 << 20 });
        private readonly TurnServer _server;
        private readonly DataPath _path;
        private readonly UdpGroupSocket _listener, _peer;
        private readonly List<(UdpGroupSocket Socket, TurnAllocation Allocation)> _clients = [];
        private readonly byte[] _reply = new byte[TurnServer.MaxReplySize], _message = new byte[2048];
        private readonly ClientStreams _streams;
        private readonly RelayPorts _ports = new(PortRange.Any);
        private int _arrived;

        public RelayPath(bool withinTheServer)
        {
            TurnHostOptions options = new()
            {
                Server = new TurnServerOptions
                {
                    Realm = RealTurnServer.Realm, Users = new Dictionary<string, string> { [RealTurnServer.User] = RealTurnServer.Password },
                    PeerRules = new TurnPeerRules { AllowLoopback = true },
                },
                Listeners = [new TurnListener(s_loopback, TransportProtocol.Udp)],
                RelayAddresses = [s_loopback],
            };
            _server = new TurnServer(options.Server, RandomSource.Seeded(1));
            _streams = new ClientStreams(options);
            RelayAddresses addresses = new(options);
            _path = new DataPath(addresses, _group, new RelaySockets(addresses, _group), _server, _streams);
            (_listener, _peer) = (Open(), Open());
            _path.Add(_listener.Local, _listener);
            for (int i = 0; i < (withinTheServer ? 2 : 1); i++)
            {
                _clients.Add((Open(), new TurnAllocation(new TurnAllocationOptions
                {
                    Server = _listener.Local, Username = RealTurnServer.User, Password = RealTurnServer.Password,
                }, RandomSource.Seeded((ulong)i))));
            }
            Exchange();
            for (int i = 0; i < _clients.Count; i++)
                _clients[i].Allocation.BindChannel(withinTheServer ? _clients[1 - i].Allocation.RelayedAddress : _peer.Local);
            Exchange();
        }

        /// <summary>Has messages go out and come back, or to the other client; ends when all have arrived.</summary>
        public void Send(int messages)
        {
            _arrived = 0;
            foreach ((UdpGroupSocket socket, TurnAllocation allocation) in _clients)
            {
                TransportAddress peer = _clients.Count == 1 ? _peer.Local : _clients[socket == _clients[0].Socket ? 1 : 0].Allocation.RelayedAddress;
                for (int i = 0; i < messages; i++) _group.Send(socket, _message.AsSpan(0, allocation.Wrap(_message, 200, peer)), _listener.Local);
            }
            _group.Flush();
            while (_arrived < messages * _clients.Count)
            {
                _group.Wait(TimeSpan.FromSeconds(1));
                _group.Receive(this);
                _group.Flush();
            }
        }

        void IUdpReceiver.Received(UdpGroupSocket socket, Span<byte> buffer, int offset, int length, TransportAddress remote)
        {
            ReadOnlySpan<byte> datagram = buffer.Slice(offset, length);
            if (socket == _peer)
            {
                _group.Send(_peer, datagram, remote);
                return;
            }
            foreach ((UdpGroupSocket own, TurnAllocation allocation) in _clients)
            {
                if (socket != own) continue;
                if (allocation.Receive(datagram, s_now, out _, out int size, out _) && size == 200) _arrived++;
                return;
            }
            _path.Received(socket, datagram, remote, s_now);
        }

        public void Dispose()
        {
            _group.Dispose();
            _server.Dispose();
            _streams.Dispose();
            foreach ((_, TurnAllocation allocation) in _clients) allocation.Dispose();
        }

        private UdpGroupSocket Open()
        {
            Assert.That(_group.TryOpen(s_loopback, PortRange.Any, false, out UdpGroupSocket? socket, out string? error), error);
            return socket!;
        }

        private void Exchange()
        {
            for (int rounds = 0; rounds < 4; rounds++)
            {
                foreach ((UdpGroupSocket socket, TurnAllocation allocation) in _clients)
                {
                    while (allocation.Transmit(_reply, s_now) is > 0 and int length) _group.Send(socket, _reply.AsSpan(0, length), _listener.Local);
                }
                _group.Poll(this, TimeSpan.FromMilliseconds(100));
                while (_server.TryReadEvent(out TurnServerEvent e))
                {
                    if (e.Kind != TurnServerEventKind.OpenRelay) continue;
                    UdpGroupSocket relay = Open();
                    relay.Tag = new RelaySocket(relay.Local, _ports);
                    _path.Add(relay.Local, relay);
                    _server.RelayOpened(e.Ticket, relay.Local, default, s_now);
                }
                while (_server.Transmit(_reply, s_now, out NetworkPath client) is > 0 and int length) _path.ToClient(_reply.AsSpan(0, length), client);
                _group.Flush();
                _group.Poll(this, TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
