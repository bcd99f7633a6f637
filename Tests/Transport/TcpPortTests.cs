using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>TCP and multicast sockets of a loop, on loopback (RFC 6544, RFC 4571).</summary>
public sealed class TcpPortTests
{
    private static readonly TransportAddress s_loopback = TransportAddress.FromIPv4(0x7F000001, 0);
    private SocketTransport _transport = null!;
    private EventLoop _loop = null!;

    [SetUp]
    public void SetUp()
    {
        _transport = new SocketTransport(new SocketTransportOptions { Loops = 1, MaxTcpConnections = 4 });
        _loop = _transport.NextLoop();
    }

    [TearDown]
    public void TearDown() => _transport.Dispose();

    [Test, CancelAfter(20_000)]
    public async Task Message_AlongAnActivePath_OpensTheConnectionAndIsAnswered(CancellationToken timeout)
    {
        Node server = await AttachAsync(), client = await AttachAsync();
        TransportAddress listening = await ListenAsync(server);
        NetworkPath path = new(s_loopback.WithPort(LoopRegistration.ActiveTcpPort), listening, TransportProtocol.Tcp);
        for (int i = 0; i < 100; i++) client.Send(path, new byte[1 + 10 * i]);
        (NetworkPath Path, byte[] Message)[] received = await server.ReceiveAsync(100, timeout);
        Assert.That(received.Select(each => each.Message.Length), Is.EqualTo(Enumerable.Range(0, 100).Select(i => 1 + 10 * i)), "all, in order");
        Assert.That(received[0].Path.Local, Is.EqualTo(listening));
        server.Send(received[0].Path, [1, 2, 3]);
        (NetworkPath Path, byte[] Message)[] answer = await client.ReceiveAsync(1, timeout);
        Assert.That(answer[0].Message, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(answer[0].Path, Is.EqualTo(path), "known by the path it was opened by");
    }

    [Test, CancelAfter(20_000)]
    public async Task Message_ToWhereNobodyListens_IsReportedLost(CancellationToken timeout)
    {
        Node client = await AttachAsync();
        using Socket reserved = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));                             // bound and not listening: refused
        NetworkPath path = new(s_loopback.WithPort(9), TransportAddress.From((IPEndPoint)reserved.LocalEndPoint!), TransportProtocol.Tcp);
        client.Send(path, [1]);
        Assert.That(await client.Lost.Task.WaitAsync(timeout), Is.EqualTo(path));
    }

    [Test, CancelAfter(20_000)]
    public async Task Connection_ThatBreaksTheFraming_IsClosedAndReportedLost(CancellationToken timeout)
    {
        Node server = await AttachAsync();
        TransportAddress listening = await ListenAsync(server);
        using Socket rude = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await rude.ConnectAsync(listening.ToIPEndPoint(), timeout);
        await rude.SendAsync(new byte[] { 0xFF, 0xFF, 1, 2, 3 }, timeout);
        Assert.That((await server.Lost.Task.WaitAsync(timeout)).Local, Is.EqualTo(listening));
        Assert.That(await rude.ReceiveAsync(new byte[10], SocketFlags.None, timeout).AsTask().ContinueWith(read => read.IsFaulted || read.Result == 0, timeout));
    }

    [Test, CancelAfter(20_000)]
    public async Task Connections_BeyondTheLimit_AreClosed(CancellationToken timeout)
    {
        Node server = await AttachAsync();
        TransportAddress listening = await ListenAsync(server);
        List<Socket> sockets = [];
        int open = 0, closed = 0;
        for (int i = 0; i < 8; i++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(listening.ToIPEndPoint(), timeout);
            await socket.SendAsync(new byte[] { 0, 1, (byte)i }, timeout);
        }
        (NetworkPath, byte[])[] received = await server.ReceiveAsync(4, timeout);
        open = received.Length;
        foreach (Socket socket in sockets.Skip(4))
        {
            try
            {
                if (await socket.ReceiveAsync(new byte[1], SocketFlags.None, timeout) == 0) closed++;
            }
            catch (SocketException)
            {
                closed++;
            }
        }
        foreach (Socket socket in sockets) socket.Dispose();
        Assert.That((open, closed), Is.EqualTo((4, 4)));
    }

    // Whichever attempt wins, or both do, what was sent arrives.
    [Test, CancelAfter(20_000)]
    public async Task Messages_OfBothSidesAtOnce_FromPortsThatListen_Arrive(CancellationToken timeout)             // RFC 6544 §6.2, appendix B
    {
        Node left = await AttachAsync(), right = await AttachAsync();
        TransportAddress leftPort = await ListenAsync(left), rightPort = await ListenAsync(right);
        left.Send(new NetworkPath(leftPort, rightPort, TransportProtocol.Tcp), [1, 2]);
        right.Send(new NetworkPath(rightPort, leftPort, TransportProtocol.Tcp), [3]);
        (NetworkPath Path, byte[] Message) atRight = (await right.ReceiveAsync(1, timeout))[0], atLeft = (await left.ReceiveAsync(1, timeout))[0];
        Assert.That((atRight.Message.Length, atLeft.Message.Length), Is.EqualTo((2, 1)));
        Assert.That((atRight.Path.Local, atRight.Path.Remote), Is.EqualTo((rightPort, leftPort)));
        left.Send(new NetworkPath(leftPort, rightPort, TransportProtocol.Tcp), [4, 5, 6]);
        Assert.That((await right.ReceiveAsync(1, timeout))[0].Message, Has.Length.EqualTo(3));
    }

    [Test, CancelAfter(20_000)]
    public async Task Stream_ThatSharesAPort_LeavesFromTheOneThatListens(CancellationToken timeout)                // RFC 6544 §5.2
    {
        Node node = await AttachAsync();
        TransportAddress port = await ListenAsync(node);
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        await RunAsync(() => node.Registration.OpenStream(new LoopStream
        {
            Local = port, SharesPort = true, Remote = TransportAddress.From((IPEndPoint)server.LocalEndpoint),
            Framing = WebRtcStack.Stun.StunFraming.TryGetFrameLength, Opened = static _ => { }, Closed = static (_, _) => { },
        }));
        using TcpClient seen = await server.AcceptTcpClientAsync(timeout);
        Assert.That(TransportAddress.From((IPEndPoint)seen.Client.RemoteEndPoint!), Is.EqualTo(port));
        using TcpClient peer = new();
        await peer.ConnectAsync(port.ToIPEndPoint(), timeout);
        await peer.GetStream().WriteAsync(new byte[] { 0, 1, 9 }, timeout);
        Assert.That((await node.ReceiveAsync(1, timeout))[0].Message, Is.EqualTo(new byte[] { 9 }), "and peers are accepted there as before");
    }

    [Test, CancelAfter(20_000)]
    public async Task Detach_ClosesPortsAndConnections(CancellationToken timeout)
    {
        Node server = await AttachAsync(), client = await AttachAsync();
        TransportAddress listening = await ListenAsync(server);
        client.Send(new NetworkPath(s_loopback.WithPort(9), listening, TransportProtocol.Tcp), [1]);
        await server.ReceiveAsync(1, timeout);
        await RunAsync(() => server.Registration.Detach());
        await client.Lost.Task.WaitAsync(timeout);
        using Socket late = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.That(async () => await late.ConnectAsync(listening.ToIPEndPoint(), timeout), Throws.InstanceOf<SocketException>());
    }

    [Test, CancelAfter(20_000)]
    public async Task Multicast_OnLoopback_ReachesWhoHasJoined(CancellationToken timeout)
    {
        using SocketTransport other = new(new SocketTransportOptions { Loops = 1 });
        TransportAddress group = TransportAddress.FromIPv4(0xE9FC0001, (ushort)(20_000 + Environment.ProcessId % 20_000));      // 233.252.0.1 (RFC 5771 §9.2)
        Node sender = await AttachAsync(), receiver = new();
        EventLoop second = other.NextLoop();
        TransportAddress from = await JoinAsync(_loop, sender, group);
        await RunAsync(second, () => receiver.Registration = second.Attach(receiver));
        await JoinAsync(second, receiver, group);
        sender.Send(new NetworkPath(from, group), [7]);
        Assert.That((await receiver.ReceiveAsync(1, timeout))[0].Message, Is.EqualTo(new byte[] { 7 }));
    }

    private async Task<Node> AttachAsync()
    {
        Node node = new();
        await RunAsync(() => node.Registration = _loop.Attach(node));
        return node;
    }

    private async Task<TransportAddress> ListenAsync(Node node)
    {
        TransportAddress bound = default;
        await RunAsync(() => Assert.That(node.Registration.TryListenTcp(s_loopback, PortRange.Any, out bound, out string? error), error));
        return bound;
    }

    private static async Task<TransportAddress> JoinAsync(EventLoop loop, Node node, TransportAddress group)
    {
        TransportAddress bound = default;
        string? error = null;
        await RunAsync(loop, () => node.Registration.TryOpenMulticast(group, [s_loopback], out bound, out error));
        if (error is not null) Assert.Ignore($"This machine has no multicast on loopback: {error}");
        return bound;
    }

    private Task RunAsync(Action action) => RunAsync(_loop, action);

    private static Task RunAsync(EventLoop loop, Action action)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        return done.Task;
    }

    private sealed class Node : IDrivenConnection
    {
        private readonly Queue<(NetworkPath Path, byte[] Message)> _owed = new();
        private readonly System.Threading.Channels.Channel<(NetworkPath, byte[])> _received = System.Threading.Channels.Channel.CreateUnbounded<(NetworkPath, byte[])>();
        private LoopRegistration _registration = null!;

        public LoopRegistration Registration
        {
            get => _registration;
            set
            {
                _registration = value;
                value.ConnectionLost = (path, _) => Lost.TrySetResult(path);
            }
        }

        public TaskCompletionSource<NetworkPath> Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Instant NextTimeout => Instant.Never;

        public void Send(NetworkPath path, byte[] message) => Registration.Loop.Post(() =>
        {
            _owed.Enqueue((path, message));
            Registration.Touch();
        });

        public async Task<(NetworkPath Path, byte[] Message)[]> ReceiveAsync(int count, CancellationToken timeout)
        {
            List<(NetworkPath, byte[])> received = [];
            while (received.Count < count) received.Add(await _received.Reader.ReadAsync(timeout));
            return [.. received];
        }

        public void Receive(Span<byte> datagram, in NetworkPath path, Instant now) => _received.Writer.TryWrite((path, datagram.ToArray()));

        public int Transmit(Span<byte> destination, Instant now, out NetworkPath path)
        {
            path = default;
            if (_owed.Count == 0) return 0;
            (path, byte[] message) = _owed.Dequeue();
            message.CopyTo(destination);
            return message.Length;
        }

        public void AdvanceTo(Instant now) { }

        public void PublishEvents(Instant now) { }

        public void Fault(Exception exception) => Lost.TrySetException(exception);
    }
}
