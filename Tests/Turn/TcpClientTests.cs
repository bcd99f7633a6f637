using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>The client's side of TCP relayed addresses (RFC 6062 §4), with our server and a driver that does what the test says.</summary>
internal sealed class TcpClientTests
{
    private static readonly NetworkPath s_control = TcpServerDriver.Client(1), s_stream = TcpServerDriver.Client(2);
    private static readonly TransportAddress s_peer = TcpServerDriver.Peer;

    private readonly byte[] _buffer = new byte[1500];
    private TcpServerDriver _driver = null!;
    private TurnAllocation _allocation = null!;
    private int _taken;

    [SetUp]
    public void SetUp()
    {
        _driver = new TcpServerDriver(static options => options with { MaxConnectionsPerAllocation = 2, NonceLifetime = TimeSpan.FromMinutes(1) });
        _taken = 0;
        _allocation = new TurnAllocation(new TurnAllocationOptions
        {
            Server = s_control.Local, Username = "alice", Password = "secret", Protocol = TransportProtocol.Tcp, RequestTcp = true, MaxPeers = 8,
        }, RandomSource.Seeded(1));
        Exchange();
        Assert.That(_allocation.State, Is.EqualTo(TurnAllocationState.Allocated));
    }

    [TearDown]
    public void TearDown()
    {
        _allocation.Dispose();
        _driver.Dispose();
    }

    [Test]
    public void Connect_ThatIsPendingWhenTheAllocationEnds_GivesAnEvent([Values("close", "lost", "server")] string how)
    {
        Connect(s_peer);
        Connect(s_peer.WithPort(7001));
        switch (how)
        {
            case "close":
                _allocation.Close();
                Exchange();
                Assert.That(_allocation.State, Is.EqualTo(TurnAllocationState.Closed));
                break;
            case "lost":
                _allocation.ConnectionLost();
                _driver.Do(static server => server.Disconnected(s_control));
                break;
            default:
                _driver.Do(static server => server.Disconnected(s_control));
                Exchange();
                Assert.That((_allocation.State, _allocation.ErrorCode), Is.EqualTo((TurnAllocationState.Failed, StunErrorCode.AllocationMismatch)));
                break;
        }
        TurnConnectionEvent[] events = Events();
        Assert.That(events.Select(static e => e.Peer), Is.EquivalentTo(new[] { s_peer, s_peer.WithPort(7001) }));
        Assert.That(events.Select(static e => (e.Error, e.ConnectionId)), Is.All.EqualTo((StunErrorCode.AllocationMismatch, 0u)));
        Assert.That(_allocation.Connect(s_peer), Is.False, "nobody would answer");
        Assert.That(_driver.Server.Counters.Connections, Is.Zero);
    }

    [Test]
    public void Connect_ThatIsRefused_SaysWhyAndLeavesTheAllocation()                                // §4.3; RFC 8656 §6: 403, 443, 447, 508
    {
        TransportAddress.TryParse("127.0.0.1", 1, out TransportAddress loopback);
        TransportAddress.TryParse("2001:db8::1", 1, out TransportAddress other);
        Connect(loopback);
        Connect(other);
        Connect(s_peer);
        _driver.Do(server => server.PeerDisconnected(_driver.Events[^1].Connection));
        Exchange();
        Assert.That(Events().Select(static e => e.Error), Is.EqualTo(new[]
        {
            StunErrorCode.Forbidden, StunErrorCode.PeerAddressFamilyMismatch, StunErrorCode.ConnectionTimeoutOrFailure,
        }));
        Assert.That((Open(7000).Error, Open(7001).Error), Is.EqualTo((StunErrorCode.None, StunErrorCode.None)));
        Connect(s_peer);
        Connect(s_peer.WithPort(7002));
        Assert.That(Events().Select(static e => e.Error), Is.EqualTo(new[] { StunErrorCode.ConnectionAlreadyExists, StunErrorCode.InsufficientCapacity }));
        Assert.That(_allocation.State, Is.EqualTo(TurnAllocationState.Allocated));
    }

    [Test]
    public void Connect_ToTheSamePeerOrBeyondTheLimit_IsNotAsked()
    {
        for (ushort port = 1; port <= 8; port++) Assert.That(_allocation.Connect(s_peer.WithPort(port)), Is.True);
        Assert.That((_allocation.Connect(s_peer.WithPort(1)), _allocation.Connect(s_peer)), Is.EqualTo((false, false)));
    }

    [Test]
    public void Connect_ThatTheServerDoesNotAnswer_IsGivenUp()                                       // RFC 8489 §6.2.2: Ti
    {
        _allocation.Connect(s_peer);
        while (_allocation.Transmit(_buffer, _driver.Now) > 0) { }
        _allocation.AdvanceTo(_driver.Now + TimeSpan.FromMinutes(1));
        Assert.That(Events(), Is.EqualTo(new[] { new TurnConnectionEvent { Peer = s_peer } }));
    }

    [Test]
    public void Attempt_FromSomebodyWithoutPermission_IsDropped()                                    // §4.4
    {
        Attempt(s_peer, 7);
        Assert.That((Events().Length, _allocation.GetDropped(TurnDropReason.UnknownPeer)), Is.EqualTo((0, 1)));
        _allocation.Permit(s_peer);
        Attempt(s_peer, 0);
        Assert.That((Events().Length, _allocation.GetDropped(TurnDropReason.Malformed)), Is.EqualTo((0, 1)));
        Attempt(s_peer, 7);
        Assert.That(Events(), Is.EqualTo(new[] { new TurnConnectionEvent { Peer = s_peer, ConnectionId = 7, IsAttempt = true } }));
    }

    [Test]
    public void Attempts_WithoutEnd_KeepTheLatest()
    {
        _allocation.Permit(s_peer);
        for (uint id = 1; id <= 20; id++) Attempt(s_peer, id);
        Assert.That(Events().Select(static e => e.ConnectionId), Is.EqualTo(Enumerable.Range(13, 8).Select(static id => (uint)id)));
    }

    [Test]
    public void Data_WhoseNonceIsStale_IsBoundAllTheSame()                                           // RFC 8489 §9.2.5: 438
    {
        uint id = Open(7000).ConnectionId;
        using TurnDataConnection early = _allocation.OpenData(id);
        _driver.Run(TimeSpan.FromSeconds(25));
        using TurnDataConnection data = _allocation.OpenData(id);
        Bind(data, s_stream);
        Assert.That(data.State, Is.EqualTo(TurnDataConnectionState.Bound));
        Bind(early, TcpServerDriver.Client(3));
        Assert.That((early.State, early.ErrorCode), Is.EqualTo((TurnDataConnectionState.Failed, StunErrorCode.BadRequest)), "it is taken");
    }

    [Test]
    public void Data_ThatIsNotAnswered_IsGivenUp()
    {
        using TurnDataConnection data = _allocation.OpenData(Open(7000).ConnectionId);
        Assert.That(data.Transmit(_buffer, _driver.Now), Is.GreaterThan(0));
        Assert.That(data.Transmit(_buffer, _driver.Now), Is.Zero, "not repeated: the stream is reliable");
        data.AdvanceTo(data.NextTimeout);
        Assert.That((data.State, data.ErrorCode, data.NextTimeout.IsNever), Is.EqualTo((TurnDataConnectionState.Failed, StunErrorCode.None, true)));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Data_OnAnyBytes_Survives(byte[] message)
    {
        using TurnDataConnection data = _allocation.OpenData(1);
        data.Transmit(_buffer, _driver.Now);
        Assert.That(data.Receive(message), Is.False);
        Assert.That(data.State, Is.EqualTo(TurnDataConnectionState.Binding));
    }

    private TurnConnectionEvent Open(ushort port)
    {
        Connect(s_peer.WithPort(port));
        _driver.Do(server => server.PeerConnected(_driver.Events[^1].Connection, _driver.Now));
        Exchange();
        return Events().Single();
    }

    private void Connect(TransportAddress peer)
    {
        Assert.That(_allocation.Connect(peer), Is.True);
        Exchange();
    }

    private void Attempt(TransportAddress peer, uint id)
    {
        StunMessageWriter writer = new(_buffer, StunClass.Indication, StunMethod.ConnectionAttempt, default);
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, peer);
        writer.WriteUInt32(StunAttributeType.ConnectionId, id);
        _allocation.Receive(_buffer.AsSpan(0, writer.Length), _driver.Now, out _, out _, out _);
    }

    private void Bind(TurnDataConnection data, NetworkPath stream)
    {
        while (data.Transmit(_buffer, _driver.Now) is > 0 and int length)
        {
            byte[] request = _buffer[..length];
            _driver.Do(server => server.Receive(request, stream, _driver.Now, out _));
            data.Receive(_driver.Sent.Last(each => each.Client == stream).Message);
        }
    }

    private void Exchange()
    {
        do
        {
            for (; _taken < _driver.Sent.Count; _taken++)
            {
                if (_driver.Sent[_taken].Client == s_control) _allocation.Receive(_driver.Sent[_taken].Message, _driver.Now, out _, out _, out _);
            }
            while (_allocation.Transmit(_buffer, _driver.Now) is > 0 and int length)
            {
                byte[] request = _buffer[..length];
                _driver.Do(server => server.Receive(request, s_control, _driver.Now, out _));
            }
        }
        while (_taken < _driver.Sent.Count);
    }

    private TurnConnectionEvent[] Events()
    {
        List<TurnConnectionEvent> events = [];
        while (_allocation.TryReadConnection(out TurnConnectionEvent e)) events.Add(e);
        return [.. events];
    }
}
