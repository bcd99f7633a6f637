using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>The server's side of TCP relayed addresses, RFC 6062 §5 sentence by sentence.</summary>
internal sealed class TcpServerTests
{
    private static readonly NetworkPath s_client = TcpServerDriver.Client(1), s_stream = TcpServerDriver.Client(2);
    private static readonly TransportAddress s_peer = TcpServerDriver.Peer;

    private TcpServerDriver _driver = null!;

    [SetUp]
    public void SetUp() => _driver = new TcpServerDriver(static options => options with { MaxConnectionsPerAllocation = 3, CanSetDontFragment = true });

    [TearDown]
    public void TearDown() => _driver.Dispose();

    [Test]
    public void Allocate_OverUdp_IsABadRequest() =>                                                   // §5.1, point 2
        Assert.That(_driver.Allocate(TcpServerDriver.Client(1, TransportProtocol.Udp)), Is.EqualTo(StunErrorCode.BadRequest));

    [TestCase(StunAttributeType.EvenPort)]
    [TestCase(StunAttributeType.DontFragment)]
    [TestCase(StunAttributeType.ReservationToken)]
    public void Allocate_WithAWishForDatagrams_IsABadRequest(StunAttributeType wish) =>               // §5.1, point 3
        Assert.That(_driver.Allocate(s_client, (ref StunMessageWriter writer) =>
        {
            if (wish == StunAttributeType.EvenPort) writer.WriteEvenPort(false);
            else if (wish == StunAttributeType.DontFragment) writer.WriteFlag(wish);
            else writer.WriteUInt64(wish, 1);
        }), Is.EqualTo(StunErrorCode.BadRequest));

    [Test]
    public void Allocate_ForAnotherProtocol_IsUnsupported() =>                                        // §5.1, point 1
        Assert.That(_driver.Allocate(s_client, protocol: 33), Is.EqualTo(StunErrorCode.UnsupportedTransportProtocol));

    [Test]
    public void Allocate_ForUdpOverAStream_GivesUdp()                                                // §5.1, point 1
    {
        Assert.That(_driver.Allocate(s_client, protocol: 17), Is.EqualTo(StunErrorCode.None));
        Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.BadRequest), "it relays no streams");
        Assert.That(_driver.Accept(_driver.RelayOf(s_client), s_peer), Is.Zero);
    }

    [Test]
    public void Allocation_ForTcp_TakesNoDatagrams()                                                  // §4.5, §5.1 point 5
    {
        Allocate();
        Assert.That(_driver.Parse(_driver.Sent.Select(static each => StunMessage.TryParse(each.Message, out StunMessage m) ? m.TransactionId : default).Last())
            .Has(StunAttributeType.ReservationToken), Is.False);
        Assert.That(_driver.Ask(s_client, StunMethod.ChannelBind, static (ref StunMessageWriter writer) =>
        {
            writer.WriteChannelNumber(0x4000);
            writer.WriteXorAddress(StunAttributeType.XorPeerAddress, s_peer);
        }), Is.EqualTo(StunErrorCode.BadRequest));
        Assert.That(_driver.Permit(s_client, s_peer), Is.EqualTo(StunErrorCode.None));
        byte[] indication = new byte[100];
        StunMessageWriter writer = new(indication, StunClass.Indication, StunMethod.Send, default);
        writer.WriteXorAddress(StunAttributeType.XorPeerAddress, s_peer);
        writer.Write(StunAttributeType.Data, "data"u8);
        int length = writer.Length;
        _driver.Do(server => Assert.That(server.Receive(indication.AsSpan(0, length), s_client, _driver.Now, out _), Is.False));
        Assert.That(_driver.Server.Counters.GetDropped(TurnServerDropReason.UnexpectedMessage), Is.EqualTo(1));
    }

    [Test]
    public void Connect_WithoutAnAllocation_IsAMismatch() => Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.AllocationMismatch));      // §5.2

    [Test]
    public void Connect_WithoutAPeer_IsABadRequest()                                                 // §5.2
    {
        Allocate();
        Assert.That(_driver.Ask(s_client, StunMethod.Connect), Is.EqualTo(StunErrorCode.BadRequest));
    }

    [Test]
    public void Connect_ToAForbiddenPeer_IsForbidden([Values("127.0.0.1", "10.0.0.1", "169.254.169.254", "224.0.0.1")] string peer)      // §5.2
    {
        Allocate();
        TransportAddress.TryParse(peer, 80, out TransportAddress address);
        Assert.That(Connect(address), Is.EqualTo(StunErrorCode.Forbidden));
        Assert.That(Kinds(), Does.Not.Contain(TurnServerEventKind.ConnectPeer));
    }

    [Test]
    public void Connect_ToAPeerOfTheOtherFamily_IsAMismatch()                                        // RFC 8656 §11.2 carried over: 443
    {
        Allocate();
        TransportAddress.TryParse("2001:db8::1", 80, out TransportAddress peer);
        Assert.That(Connect(peer), Is.EqualTo(StunErrorCode.PeerAddressFamilyMismatch));
    }

    [Test]
    public void Connect_ToAPeerThatThereIs_AlreadyExists()                                           // §5.2: processing, pending, active
    {
        Allocate();
        StunTransactionId first = _driver.Connect(s_client, s_peer);
        Assert.That(_driver.Answer(first), Is.Null, "the driver is still connecting");
        Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.ConnectionAlreadyExists));
        uint connection = _driver.Events[^1].Connection;
        _driver.Do(server => server.PeerConnected(connection, _driver.Now));
        Assert.That(_driver.Answer(first), Is.EqualTo(StunErrorCode.None));
        Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.ConnectionAlreadyExists));
        Assert.That(_driver.Bind(s_stream, connection), Is.EqualTo(StunErrorCode.None));
        Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.ConnectionAlreadyExists));
        _driver.Do(server => server.PeerDisconnected(connection));
        _driver.ConnectPending(s_client, s_peer);
    }

    [Test]
    public void Connect_BeyondTheLimit_HasNoCapacity()                                               // MaxConnectionsPerAllocation: 508
    {
        Allocate();
        for (ushort i = 0; i < 3; i++) _driver.ConnectPending(s_client, s_peer.WithPort((ushort)(8000 + i)));
        Assert.That(Connect(s_peer), Is.EqualTo(StunErrorCode.InsufficientCapacity));
        Assert.That(_driver.Server.Counters.Connections, Is.EqualTo(3));
    }

    [Test]
    public void Connect_ThatThePeerRefuses_Fails()                                                   // §5.2: 447
    {
        Allocate();
        StunTransactionId id = _driver.Connect(s_client, s_peer);
        _driver.Do(server => server.PeerDisconnected(_driver.Events[^1].Connection));
        Assert.That((_driver.Answer(id), _driver.Server.Counters.Connections), Is.EqualTo(((StunErrorCode?)StunErrorCode.ConnectionTimeoutOrFailure, 0)));
    }

    [Test]
    public void Connect_ThatNobodyAnswers_TimesOutAfter40Seconds()                                   // §5.2: at least 30 s
    {
        Allocate();
        StunTransactionId id = _driver.Connect(s_client, s_peer);
        uint connection = _driver.Events[^1].Connection;
        _driver.Run(TimeSpan.FromSeconds(39.9));
        Assert.That(_driver.Answer(id), Is.Null);
        _driver.Run(TimeSpan.FromSeconds(0.2));
        Assert.That(_driver.Answer(id), Is.EqualTo(StunErrorCode.ConnectionTimeoutOrFailure));
        Assert.That(Closed(), Is.EqualTo(new[] { connection }));
        int before = _driver.Sent.Count;
        _driver.Do(server => server.PeerConnected(connection, _driver.Now));                          // the driver was slower
        Assert.That(_driver.Sent, Has.Count.EqualTo(before));
        _driver.ConnectPending(s_client, s_peer);
    }

    [Test]
    public void Connection_ThatIsNotBound_IsClosedAfter30Seconds([Values] bool incoming)             // §5.2, §5.3
    {
        Allocate();
        _driver.Permit(s_client, s_peer);
        uint connection = incoming ? _driver.Accept(_driver.RelayOf(s_client), s_peer) : _driver.ConnectPending(s_client, s_peer);
        _driver.Run(TimeSpan.FromSeconds(29.9));
        Assert.That(Closed(), Is.Empty);
        _driver.Run(TimeSpan.FromSeconds(0.2));
        Assert.That(Closed(), Is.EqualTo(new[] { connection }));
        Assert.That(_driver.Bind(s_stream, connection), Is.EqualTo(StunErrorCode.BadRequest));
    }

    [Test]
    public void Connection_ThatIsBound_Stays()
    {
        Allocate();
        uint connection = _driver.ConnectPending(s_client, s_peer);
        _driver.Run(TimeSpan.FromSeconds(29.9));
        Assert.That(_driver.Bind(s_stream, connection), Is.EqualTo(StunErrorCode.None));
        _driver.Run(TimeSpan.FromMinutes(5));
        Assert.That((_driver.Server.Counters.Connections, Closed().Length), Is.EqualTo((1, 0)));
    }

    [Test]
    public void Bind_OfNoPendingConnection_IsABadRequest()                                           // §5.4
    {
        Allocate();
        uint connection = _driver.ConnectPending(s_client, s_peer);
        Assert.That(_driver.Ask(s_stream, StunMethod.ConnectionBind), Is.EqualTo(StunErrorCode.BadRequest), "no CONNECTION-ID");
        Assert.That(_driver.Bind(s_stream, connection + 1), Is.EqualTo(StunErrorCode.BadRequest), "no such connection");
        Assert.That(_driver.Bind(TcpServerDriver.Client(2, TransportProtocol.Udp), connection), Is.EqualTo(StunErrorCode.BadRequest), "not over UDP");
        Assert.That(_driver.Bind(s_client, connection), Is.EqualTo(StunErrorCode.BadRequest), "not over the control connection");
        Assert.That(_driver.Bind(s_stream, connection), Is.EqualTo(StunErrorCode.None));
        Assert.That(_driver.Bind(TcpServerDriver.Client(3), connection), Is.EqualTo(StunErrorCode.BadRequest), "not twice");
        uint second = _driver.ConnectPending(s_client, s_peer.WithPort(7001));
        Assert.That(_driver.Bind(s_stream, second), Is.EqualTo(StunErrorCode.BadRequest), "not over a stream that is bound");
        uint connecting = _driver.Connect(s_client, s_peer.WithPort(7002)) is var _ ? _driver.Events[^1].Connection : 0;
        Assert.That(_driver.Bind(TcpServerDriver.Client(4), connecting), Is.EqualTo(StunErrorCode.BadRequest), "not before there is a connection");
    }

    [Test]
    public void Bind_ByAnotherUser_IsRefused()                                                       // RFC 8656 §5: 441
    {
        Allocate();
        uint connection = _driver.ConnectPending(s_client, s_peer);
        Assert.That(_driver.Bind(s_stream, connection, "bob"), Is.EqualTo(StunErrorCode.WrongCredentials));
        Assert.That(_driver.Bind(TcpServerDriver.Client(3), connection), Is.EqualTo(StunErrorCode.None));
    }

    [Test]
    public void Bind_WithoutCredentials_IsChallenged()                                               // RFC 8489 §9.2.4
    {
        Allocate();
        uint connection = _driver.ConnectPending(s_client, s_peer);
        byte[] request = new byte[100];
        StunMessageWriter writer = new(request, StunClass.Request, StunMethod.ConnectionBind, default);
        writer.WriteUInt32(StunAttributeType.ConnectionId, connection);
        int length = writer.Length;
        _driver.Do(server => server.Receive(request.AsSpan(0, length), s_stream, _driver.Now, out _));
        Assert.That(_driver.Answer(default), Is.EqualTo(StunErrorCode.Unauthenticated));
        Assert.That(Kinds(), Does.Not.Contain(TurnServerEventKind.JoinStreams));
    }

    [Test]
    public void Peer_ThatConnects_IsTakenWithAPermissionAlone()                                      // §5.3
    {
        Allocate();
        TransportAddress relay = _driver.RelayOf(s_client);
        Assert.That(_driver.Accept(relay, s_peer), Is.Zero, "no permission");
        Assert.That(_driver.Permit(s_client, s_peer), Is.EqualTo(StunErrorCode.None));
        uint connection = _driver.Accept(relay, s_peer);
        Assert.That(StunMessage.TryParse(_driver.Sent[^1].Message, out StunMessage told));
        Assert.That((told.Class, told.Method, _driver.Sent[^1].Client), Is.EqualTo((StunClass.Indication, StunMethod.ConnectionAttempt, s_client)));
        Assert.That(told.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer) && peer == s_peer);
        Assert.That(told.TryGetUInt32(StunAttributeType.ConnectionId, out uint id) && id == connection);
        Assert.That(_driver.Accept(relay, s_peer), Is.Zero, "one at a time from the same port");
        Assert.That(_driver.Accept(relay.WithPort(1), s_peer), Is.Zero, "nobody's relayed address");
        Assert.That(_driver.Accept(relay, s_peer.WithPort(7001)), Is.Not.Zero);
        Assert.That(_driver.Accept(relay, s_peer.WithPort(7002)), Is.Not.Zero);
        Assert.That(_driver.Accept(relay, s_peer.WithPort(7003)), Is.Zero, "the limit");
        _driver.Run(TimeSpan.FromMinutes(6));
        Assert.That(_driver.Accept(relay, s_peer), Is.Zero, "the permission has lapsed");
    }

    [Test]
    public void Streams_ThatAreJoined_EndTogether([Values] bool byClient)                            // §5.5
    {
        Allocate();
        uint connection = _driver.ConnectPending(s_client, s_peer);
        _driver.Bind(s_stream, connection);
        TurnServerEvent joined = _driver.Events.Single(static e => e.Kind == TurnServerEventKind.JoinStreams);
        Assert.That((joined.Connection, joined.Client), Is.EqualTo((connection, s_stream)));
        if (byClient) _driver.Do(static server => server.Disconnected(s_stream));
        else _driver.Do(server => server.PeerDisconnected(connection));
        Assert.That(Closed(), Is.EqualTo(byClient ? new[] { connection } : []), "who tells that it has ended needs not be told");
        Assert.That((_driver.Server.Counters.Connections, _driver.Server.Counters.Allocations), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Allocation_ThatEnds_TakesItsConnectionsAlong([Values("refresh", "expiry", "disconnect")] string how)      // §5.5
    {
        Allocate();
        Assert.That(_driver.Allocate(TcpServerDriver.Client(9)), Is.EqualTo(StunErrorCode.None));
        uint others = _driver.ConnectPending(TcpServerDriver.Client(9), s_peer);
        _driver.Bind(TcpServerDriver.Client(10), others);
        uint active = _driver.ConnectPending(s_client, s_peer);
        _driver.Bind(s_stream, active);
        if (how == "expiry")
        {
            _driver.Run(TimeSpan.FromSeconds(599));
            Assert.That(_driver.Ask(TcpServerDriver.Client(9), StunMethod.Refresh), Is.EqualTo(StunErrorCode.None));
        }
        uint pending = _driver.ConnectPending(s_client, s_peer.WithPort(7001));
        StunTransactionId connecting = _driver.Connect(s_client, s_peer.WithPort(7002));
        uint third = _driver.Events[^1].Connection;
        switch (how)
        {
            case "refresh":
                Assert.That(_driver.Ask(s_client, StunMethod.Refresh, static (ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.Lifetime, 0)), Is.EqualTo(StunErrorCode.None));
                break;
            case "expiry":
                _driver.Run(TimeSpan.FromSeconds(2));
                break;
            default:
                _driver.Do(static server => server.Disconnected(s_client));
                break;
        }
        Assert.That(Closed(), Is.EquivalentTo(new[] { active, pending, third }));
        Assert.That(_driver.Answer(connecting), Is.EqualTo(StunErrorCode.AllocationMismatch), "who waits is told");
        Assert.That((_driver.Server.Counters.Connections, _driver.Server.Counters.Allocations), Is.EqualTo((1, 1)));
        Assert.That(_driver.Bind(TcpServerDriver.Client(3), pending), Is.EqualTo(StunErrorCode.BadRequest));
    }

    private void Allocate() => Assert.That(_driver.Allocate(s_client), Is.EqualTo(StunErrorCode.None));

    private StunErrorCode? Connect(TransportAddress peer) => _driver.Answer(_driver.Connect(s_client, peer));

    private uint[] Closed() => [.. _driver.Events.Where(static e => e.Kind == TurnServerEventKind.ClosePeer).Select(static e => e.Connection)];

    private IEnumerable<TurnServerEventKind> Kinds() => _driver.Events.Select(static e => e.Kind);
}
