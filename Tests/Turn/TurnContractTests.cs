using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Contract;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>What holds for every layer, for the client of TURN on the left and the server on the right.</summary>
public sealed class TurnContractTests : LayerContractTests
{
    private static readonly TransportAddress s_serverAddress = TransportAddress.FromIPv4(0xCB007101, 3478);
    private static readonly TransportAddress s_clientAddress = TransportAddress.FromIPv4(0xC0000201, 5000);
    private static readonly TransportAddress s_peer = TransportAddress.FromIPv4(0xC6336401, 7000);

    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now) => (new Client(random), new Server(random));

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        ((Client)left).OwesData = true;
        return true;
    }

    private sealed class Client(RandomSource random) : ILayer, IDisposable
    {
        private readonly TurnAllocation _allocation = new(
            new TurnAllocationOptions { Server = s_serverAddress, Username = "user", Password = "pass" }, random);
        private bool _isBound;

        public bool OwesData { get; set; }

        public int MinDatagramSize => 1500;

        public Instant NextTimeout => _allocation.NextTimeout;

        public void Receive(Span<byte> datagram, Instant now) => _allocation.Receive(datagram, now, out _, out _, out _);

        public int Transmit(Span<byte> destination, Instant now)
        {
            if (!_isBound && _allocation.State == TurnAllocationState.Allocated) _isBound = _allocation.BindChannel(s_peer);
            if (_allocation.Transmit(destination, now) is > 0 and int length) return length;
            if (!OwesData) return 0;
            OwesData = false;
            return _allocation.Wrap(destination, 100, s_peer);
        }

        public void AdvanceTo(Instant now) => _allocation.AdvanceTo(now);

        public void DrainEvents() { }

        public void Dispose() => _allocation.Dispose();
    }

    /// <summary>A server whose only peer sends back what it gets.</summary>
    private sealed class Server : ILayer, IDisposable
    {
        private static readonly NetworkPath s_client = new(s_serverAddress, s_clientAddress);
        private readonly TurnServer _server;
        private readonly byte[] _echo = new byte[TurnServer.Headroom + 2048 + TurnServer.Tailroom];
        private TurnForward _owed;
        private ushort _port = 50_000;
        private Instant _now;

        public Server(RandomSource random) => _server = new TurnServer(
            new TurnServerOptions { Realm = "example.org", Users = new Dictionary<string, string> { ["user"] = "pass" } }, random);

        public int MinDatagramSize => TurnServer.MaxReplySize;

        public Instant NextTimeout => _server.NextTimeout;

        public void Receive(Span<byte> datagram, Instant now)
        {
            _now = now;
            if (!_server.Receive(datagram, s_client, now, out TurnForward forward)) return;
            datagram.Slice(forward.Offset, forward.Length).CopyTo(_echo.AsSpan(TurnServer.Headroom));
            _server.ReceiveFromPeer(_echo, TurnServer.Headroom, forward.Length, forward.Path, now, out _owed);
        }

        public int Transmit(Span<byte> destination, Instant now)
        {
            _now = now;
            DrainEvents();
            if (_server.Transmit(destination, now, out _) is > 0 and int length) return length;
            TurnForward owed = _owed;
            _owed = default;
            _echo.AsSpan(owed.Offset, owed.Length).CopyTo(destination);
            return owed.Length;
        }

        public void AdvanceTo(Instant now) => _server.AdvanceTo(now);

        public void Dispose() => _server.Dispose();

        public void DrainEvents()
        {
            while (_server.TryReadEvent(out TurnServerEvent e))
            {
                if (e.Kind == TurnServerEventKind.OpenRelay) _server.RelayOpened(e.Ticket, s_serverAddress.WithPort(_port++), default, _now);
            }
        }
    }
}
