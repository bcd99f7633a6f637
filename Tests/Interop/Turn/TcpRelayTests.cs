using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;
using WebRtcStack.TurnHost;

namespace WebRtcStack.Tests.Interop;

/// <summary>TCP relayed addresses (RFC 6062) with real sockets: our client through our server and through coturn.</summary>
[Category("Interop")]
public sealed class TcpRelayTests
{
    private const TransportProtocol Tcp = TransportProtocol.Tcp, Tls = TransportProtocol.Tls;

    private static OurTurnServer Ours(bool ipv6 = false, int workers = 1)
    {
        TransportAddress loopback = TransportAddress.From(ipv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0), port = loopback.WithPort((ushort)RealTurnServer.FreePort());
        return new(configure: options => options with
        {
            Server = options.Server with { RelaysTcp = true },
            Listeners = [new TurnListener(port, TransportProtocol.Udp), new TurnListener(port, Tcp), new TurnListener(loopback, Tls)],
            RelayAddresses = [loopback],
            Workers = workers,
        });
    }

    // Clients at several addresses of this machine come to several workers; the streams of each to one.
    [TestCase(RealTurnServer.Ours, Tcp, false, 1, 1)]
    [TestCase(RealTurnServer.Coturn, Tcp, false, 1, 1)]
    [TestCase(RealTurnServer.Ours, Tls, false, 1, 1)]
    [TestCase(RealTurnServer.Ours, Tcp, true, 1, 1)]
    [TestCase(RealTurnServer.Ours, Tls, true, 1, 1)]
    [TestCase(RealTurnServer.Ours, Tcp, false, 3, 6)]
    [CancelAfter(30_000)]
    public async Task Connections_ToAndFromPeers_CarryBytesAsTheyAre(string name, TransportProtocol protocol, bool ipv6, int workers, int clients, CancellationToken timeout)
    {
        if (ipv6 && !Socket.OSSupportsIPv6) Assert.Ignore("This machine has no IPv6.");
        if (workers > 1 && !OperatingSystem.IsLinux()) Assert.Ignore("More than one worker needs Linux.");
        await using RealTurnServer server = name == RealTurnServer.Ours ? Ours(ipv6, workers) : await RealTurnServer.StartAsync(name);
        TransportAddress address = server is OurTurnServer ours
            ? ours.Host.Listeners.Single(each => each.Protocol == protocol).Address
            : TransportAddress.From(IPAddress.Loopback, (ushort)server.Port);
        await Task.WhenAll(Enumerable.Range(1, clients).Select(async number =>
        {
            // Loopback's other addresses are Linux's alone, and IPv4's.
            Client client = new(address, protocol, number == 1 ? default : TransportAddress.FromIPv4(0x7F000000 + (uint)number, 0), timeout);
            await RunAsync(name, client, timeout);
        }));
        if (workers > 1) Assert.That(((OurTurnServer)server).Host.Counters.Count(static counters => counters.AllocationsCreated > 0), Is.GreaterThan(1));
    }

    private static async Task RunAsync(string name, Client client, CancellationToken timeout)
    {
        using Stream control = await client.OpenAsync();
        TransportAddress address = client.Server;
        using TurnAllocation allocation = new(Options(address) with { Protocol = client.Protocol, RequestIPv6 = address.IsIPv6 }, RandomSource.Cryptographic);
        byte[] received = new byte[4096];
        await RunAsync(() => allocation.State != TurnAllocationState.Allocating);
        Assert.That(allocation.State, Is.EqualTo(TurnAllocationState.Allocated), allocation.ErrorCode.ToString());
        using TcpListener listener = new(address.ToIPAddress(), 0);
        listener.Start();
        TransportAddress peer = TransportAddress.From((IPEndPoint)listener.LocalEndpoint);
        allocation.Permit(peer);
        Assert.That(allocation.Connect(peer), Is.True);
        TurnConnectionEvent e = default;
        await RunAsync(() => allocation.TryReadConnection(out e));                                   // §4.3
        Assert.That((e.Peer, e.Error, e.IsAttempt), Is.EqualTo((peer, StunErrorCode.None, false)));
        using (TcpClient accepted = await listener.AcceptTcpClientAsync(timeout))
        {
            Stream far = accepted.GetStream();
            await far.WriteAsync("early"u8.ToArray(), timeout);                                       // §5.4: what came before ConnectionBind is not lost
            using Stream near = await client.BindAsync(allocation, e.ConnectionId);
            byte[] early = new byte[5];
            await near.ReadExactlyAsync(early, timeout);
            Assert.That(early, Is.EqualTo("early"u8.ToArray()));
            await ExchangeAsync(near, far, name, timeout);
            Assert.That(allocation.Connect(peer), Is.True);
            await RunAsync(() => allocation.TryReadConnection(out e));
            Assert.That(e.Error, Is.EqualTo(StunErrorCode.ConnectionAlreadyExists));                  // §5.2
            near.Dispose();
            Assert.That(await EndsAsync(far, name, timeout), "§5.5: the peer's connection ends with the client's");
        }
        Assert.That(allocation.Connect(peer.WithPort((ushort)RealTurnServer.FreePort())), Is.True);
        await RunAsync(() => allocation.TryReadConnection(out e));
        Assert.That(e.Error, Is.EqualTo(StunErrorCode.ConnectionTimeoutOrFailure));
        using Stream caller = await new Client(allocation.RelayedAddress, Tcp, default, timeout).OpenAsync();
        await RunAsync(() => allocation.TryReadConnection(out e));                                   // §4.4
        Assert.That(e.IsAttempt, Is.True);
        using (Stream near = await client.BindAsync(allocation, e.ConnectionId))
        {
            await ExchangeAsync(near, caller, name, timeout);
            caller.Dispose();
            Assert.That(await EndsAsync(near, name, timeout), "§5.5: the client's connection ends with the peer's");
        }

        async Task RunAsync(Func<bool> isDone)
        {
            byte[] buffer = new byte[1500];
            while (!isDone())
            {
                while (allocation.Transmit(buffer, Now) is > 0 and int length) await control.WriteAsync(buffer.AsMemory(0, length), timeout);
                int frame = await ReadFrameAsync(control, received, ChannelData.TryGetFrameLength, timeout);
                allocation.Receive(received.AsSpan(0, frame), Now, out _, out _, out _);
            }
        }
    }

    // Two allocations, each connected with the other's relayed address.
    [Test, CancelAfter(30_000)]
    public async Task Uclient_AgainstOurServer_LosesNothing(CancellationToken timeout)
    {
        await using OurTurnServer server = Ours();
        Task<string> running = Uclient.RunAsync(server, TransportProtocol.Tcp, ["-T", "-n", "5", "-m", "2", "-l", "170"], timeout);
        int connections = 0;
        while (!running.IsCompleted)
        {
            connections = Math.Max(connections, server.Host.Counters[0].Connections);
            await Task.Delay(5, timeout);
        }
        string output = await running;
        Assert.That(connections, Is.GreaterThan(0), output);
        Assert.That(output, Does.Contain("lost packets 0 (0.000000%)"), output);
    }

    [Test, CancelAfter(20_000)]
    public async Task Allocate_WhereTcpIsNotRelayed_IsRefused(CancellationToken timeout)             // RFC 8656 §7.2: 442
    {
        await using OurTurnServer server = new();
        TransportAddress address = TransportAddress.From(IPAddress.Loopback, (ushort)server.Port);
        using Stream control = await new Client(address, Tcp, default, timeout).OpenAsync();
        using TurnAllocation allocation = new(Options(address), RandomSource.Cryptographic);
        byte[] buffer = new byte[4096];
        while (allocation.State == TurnAllocationState.Allocating)
        {
            await control.WriteAsync(buffer.AsMemory(0, allocation.Transmit(buffer, Now)), timeout);
            allocation.Receive(buffer.AsSpan(0, await ReadFrameAsync(control, buffer, ChannelData.TryGetFrameLength, timeout)), Now, out _, out _, out _);
        }
        Assert.That(allocation.ErrorCode, Is.EqualTo(StunErrorCode.UnsupportedTransportProtocol));
    }

    [Test]
    public void Create_OverUdp_Throws() =>                                                            // §4.1
        Assert.Throws<ArgumentException>(static () => new TurnAllocation(Options(default) with { Protocol = TransportProtocol.Udp }, RandomSource.Cryptographic).Dispose());

    // Nothing here waits for a renewal: one moment is as good as another.
    private static Instant Now => new(TimeSpan.TicksPerHour);

    private static TurnAllocationOptions Options(TransportAddress server) => new()
    {
        Server = server, Username = RealTurnServer.User, Password = RealTurnServer.Password, Protocol = TransportProtocol.Tcp, RequestTcp = true,
    };

    /// <summary>Where a client comes from, and how it reaches its server.</summary>
    private sealed record Client(TransportAddress Server, TransportProtocol Protocol, TransportAddress Local, CancellationToken Timeout)
    {
        public async Task<Stream> OpenAsync()
        {
            Socket socket = new(Server.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (!Local.IsNone) socket.Bind(Local.ToIPEndPoint());
            await socket.ConnectAsync(Server.ToIPEndPoint(), Timeout);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (Protocol != Tls) return stream;
            SslStream secure = new(stream, false, static (_, certificate, _, _) => certificate!.GetCertHashString() == TurnCertificate.Shared.GetCertHashString());
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Timeout);
            return secure;
        }

        /// <summary>A second stream, joined with the peer's (§4.3).</summary>
        public async Task<Stream> BindAsync(TurnAllocation allocation, uint id)
        {
            Stream stream = await OpenAsync();
            using TurnDataConnection data = allocation.OpenData(id);
            byte[] buffer = new byte[1500];
            while (data.State == TurnDataConnectionState.Binding)
            {
                while (data.Transmit(buffer, Now) is > 0 and int length) await stream.WriteAsync(buffer.AsMemory(0, length), Timeout);
                data.Receive(buffer.AsSpan(0, await ReadFrameAsync(stream, buffer, data.TryGetFrameLength, Timeout)));
            }
            Assert.That(data.State, Is.EqualTo(TurnDataConnectionState.Bound), data.ErrorCode.ToString());
            return stream;
        }
    }

    // Byte by byte: what follows the last message is the peer's.
    private static async Task<int> ReadFrameAsync(Stream stream, byte[] buffer, WebRtcStack.Transport.StreamFraming framing, CancellationToken timeout)
    {
        for (int held = 0; ;)
        {
            Assert.That(await stream.ReadAsync(buffer.AsMemory(held, 1), timeout), Is.EqualTo(1), "the server has hung up");
            held++;
            Assert.That(framing(buffer.AsSpan(0, held), out int length));
            if (length > 0 && held == length) return length;
        }
    }

    // Ours says goodbye properly, so that nothing is lost; coturn may reset.
    private static async Task<bool> EndsAsync(Stream stream, string server, CancellationToken timeout)
    {
        try
        {
            return await stream.ReadAsync(new byte[1], timeout) == 0;
        }
        catch (IOException) when (server == RealTurnServer.Coturn)
        {
            return true;
        }
    }

    // More than all buffers on the way hold, both ways at once; coturn may come to a halt on that, and gets less.
    private static async Task ExchangeAsync(Stream near, Stream far, string server, CancellationToken timeout)
    {
        byte[] sent = new byte[server == RealTurnServer.Coturn ? 64 << 10 : 2 << 20], there = new byte[sent.Length], back = new byte[sent.Length];
        new Random(1).NextBytes(sent);
        Task reading = Task.WhenAll(far.ReadExactlyAsync(there, timeout).AsTask(), near.ReadExactlyAsync(back, timeout).AsTask());
        await Task.WhenAll(near.WriteAsync(sent, timeout).AsTask(), far.WriteAsync(sent, timeout).AsTask(), reading);
        Assert.That(there.AsSpan().SequenceEqual(sent) && back.AsSpan().SequenceEqual(sent));
    }
}
