using System.Net;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>An application with sockets and a thread of its own drives connections, as docs/embedding.md shows.</summary>
public sealed class EmbeddingTests
{
    [Test, CancelAfter(20_000)]
    public async Task Connection_DrivenByAnApplication_TalksToOneOverSockets(CancellationToken timeout)
    {
        using OwnSockets application = new();
        WebRtcOptions ours = LoopbackTests.Loopback with { TcpCandidates = TcpCandidates.None };
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: ours with { Transport = application.Loop }, answererOptions: ours))
            await pair.SendAudioAsync(packets: 20, timeout);
        Assert.That((application.Faults, application.OpenSockets), Is.EqualTo((0, 0)));
    }

    /// <summary>One thread, sockets that are looked at in turn: the simplest host there is.</summary>
    private sealed class OwnSockets : IEmbeddingHost, IDisposable
    {
        private readonly Dictionary<TransportAddress, Socket> _sockets = [];
        private readonly long _origin = Stopwatch.GetTimestamp() - Stopwatch.Frequency;
        private readonly Thread _thread;
        private readonly Socket _waker = Bind();
        private int _faults, _open;
        private volatile bool _stopped;

        public OwnSockets()
        {
            Loop = new EmbeddedEventLoop(this);
            _thread = new Thread(Drive) { IsBackground = true };
            _thread.Start();
        }

        public EmbeddedEventLoop Loop { get; }

        public int Faults => Volatile.Read(ref _faults);

        public int OpenSockets => Volatile.Read(ref _open);

        public Instant Now => new(Stopwatch.GetElapsedTime(_origin).Ticks);

        public IReadOnlyList<LocalInterfaceAddress> LocalAddresses { get; } = [new LocalInterfaceAddress("lo", TransportAddress.From(IPAddress.Loopback, 0))];

        public bool TryOpen(TransportAddress local, PortRange ports, out TransportAddress bound, [NotNullWhen(false)] out string? error)
        {
            Socket socket = Bind();
            bound = TransportAddress.From((IPEndPoint)socket.LocalEndPoint!);
            _sockets.Add(bound, socket);
            _open = _sockets.Count;
            error = null;
            return true;
        }

        public void Close(TransportAddress bound)
        {
            if (_sockets.Remove(bound, out Socket? socket)) socket.Dispose();
            _open = _sockets.Count;
        }

        public void Send(ReadOnlySpan<byte> datagram, in NetworkPath path) => _sockets[path.Local].SendTo(datagram, path.Remote.ToIPEndPoint());

        public void Wake()
        {
            using Socket waker = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            if (!_stopped) waker.SendTo([1], _waker.LocalEndPoint!);
        }

        public void Faulted(Exception exception) => Interlocked.Increment(ref _faults);

        public void Dispose()
        {
            Wake();
            _stopped = true;
            _thread.Join();
            _waker.Dispose();
        }

        private void Drive()
        {
            byte[] buffer = new byte[2048];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            while (!_stopped)
            {
                List<Socket> readable = [_waker, .. _sockets.Values];
                TimeSpan wait = Loop.Deadline.IsNever ? TimeSpan.FromSeconds(1) : Loop.Deadline - Now;
                Socket.Select(readable, null, null, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
                foreach (Socket socket in readable)
                {
                    int length = socket.ReceiveFrom(buffer, ref from);
                    if (socket != _waker) Loop.Receive(buffer.AsSpan(0, length), new NetworkPath(TransportAddress.From((IPEndPoint)socket.LocalEndPoint!), TransportAddress.From((IPEndPoint)from)));
                }
                Loop.Run();
            }
        }

        private static Socket Bind()
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }
    }
}
