using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>Our client with our server, over a simulated network.</summary>
[TestFixture]
internal sealed class TurnClientTests
{
    private static readonly PathOptions s_path = new() { Delay = TimeSpan.FromMilliseconds(5) };

    private VirtualTime _time = null!;
    private Realm _realm = null!;
    private SimulatedHost _host = null!;
    private TransportAddress _local;
    private TurnAllocation _client = null!;
    private SimulatedTurnServer _server = null!;
    private SimulatedHost _peerHost = null!;
    private TransportAddress _peer;
    private List<byte[]> _atPeer = null!, _fromPeer = null!;
    private Func<byte[], byte[]?> _tamper = null!;

    [SetUp]
    public void SetUp()
    {
        _time = new VirtualTime(1);
        _realm = new Realm("internet");
        _host = new SimulatedHost(_time, "client");
        _host.AddInterface(_realm, "192.0.2.1", s_path);
        _peerHost = new SimulatedHost(_time, "peer");
        _peerHost.AddInterface(_realm, "198.51.100.1", s_path);
        (_atPeer, _fromPeer, _tamper) = ([], [], static datagram => datagram);
        _peerHost.TryBind(_peerHost.Interfaces[0].Address.WithPort(7000), (_, data) => _atPeer.Add(data), out _peer);
        _host.TryBind(_host.Interfaces[0].Address, (_, datagram) => Arrived(datagram), out _local);
        _server = NewServer("203.0.113.1");
    }

    [TearDown]
    public void TearDown()
    {
        _client?.Dispose();
        _server.Dispose();
    }

    [Test]
    public void Allocate_WhereTheServerListsAlgorithms_SignsWithSha256()      // RFC 8489 §9.2.5
    {
        bool sha256 = false;
        _tamper = datagram =>
        {
            sha256 |= StunMessage.TryParse(datagram, out StunMessage message) && message.Class == StunClass.SuccessResponse && message.HasIntegritySha256;
            return datagram;
        };
        Allocate();
        Assert.That(sha256);
    }

    [Test]
    public void Allocate_WhereSomebodyRemovesTheList_DoesNotAnswer()          // RFC 8489 §9.2.1: no bid-down
    {
        _tamper = WithoutAlgorithms;
        Start(Options);
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That(_client.ErrorCode, Is.EqualTo(StunErrorCode.Unauthenticated));
        Assert.That(_server.Server.Counters.BadCredentials, Is.Zero);
    }

    [Test]
    public void Allocate_ForBothFamilies_HasBoth()
    {
        _server.Dispose();
        _server = NewServer("203.0.113.2", "2001:db8::2");
        Allocate(Options with { Server = _server.Address, RequestBothFamilies = true });
        Assert.Multiple(() =>
        {
            Assert.That(_client.RelayedAddress.IsIPv4);
            Assert.That(_client.AdditionalRelayedAddress.IsIPv6);
        });
    }

    [Test]
    public void Allocate_ForBothFamiliesWhereThereIsOne_SaysWhy()
    {
        Allocate(Options with { RequestBothFamilies = true });
        Assert.That((_client.AdditionalRelayedAddress.IsNone, _client.AdditionalErrorCode), Is.EqualTo((true, StunErrorCode.AddressFamilyNotSupported)));
    }

    [Test]
    public void Allocate_WhereTheOtherFamilyIsAllThereIs_TakesIt([Values] bool both, [Values] bool ipv6)      // RFC 8656 §7.2: 440, and 508 for both
    {
        _server.Dispose();
        _server = NewServer(options => options with { RelaysIPv4 = !ipv6, RelaysIPv6 = ipv6 }, "203.0.113.2", "2001:db8::2");
        Allocate(Options with { Server = _server.Address, RequestBothFamilies = both, RequestIPv6 = !ipv6, AcceptOtherFamily = true });
        Assert.That((_client.RelayedAddress.IsIPv6, _client.AdditionalRelayedAddress.IsNone), Is.EqualTo((ipv6, true)));
    }

    [TestCase(StunErrorCode.BadRequest, true, 3)]
    [TestCase(StunErrorCode.UnknownAttribute, true, 3)]
    [TestCase(StunErrorCode.InsufficientCapacity, true, 3)]
    [TestCase(StunErrorCode.AddressFamilyNotSupported, true, 3)]
    [TestCase(StunErrorCode.AddressFamilyNotSupported, false, 2)]
    [TestCase(StunErrorCode.InsufficientCapacity, false, 1)]
    [TestCase(StunErrorCode.AllocationQuotaReached, true, 1)]
    public void Allocate_WhereEveryFamilyIsRefused_EndsWithTheCode(StunErrorCode error, bool both, int expected)
    {
        int refusals = 0;
        TurnServerModel model = null!;
        model = new TurnServerModel(TransportAddress.FromIPv4(0xCB007102, 3478), (answer, _) =>
        {
            if (StunMessage.TryParse(answer, out StunMessage message) && message.GetErrorCode() == error) refusals++;
            Arrived(answer);
        }) { Refusal = error };
        SimulatedHost other = new(_time, "model");
        other.AddInterface(_realm, "203.0.113.2", s_path);
        other.TryBind(model.Address, (from, datagram) => model.Receive(datagram, from, _time.Now), out _);
        Start(Options with { Server = model.Address, RequestBothFamilies = both, AcceptOtherFamily = true });
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That((_client.ErrorCode, refusals), Is.EqualTo((error, expected)));
    }

    [Test]
    public void Allocate_WithReservation_GivesThePairOfPorts()
    {
        Allocate(Options with { ReserveNextPort = true });
        TransportAddress first = _client.RelayedAddress;
        ulong token = _client.ReservationToken;
        _client.Dispose();
        _host.TryBind(_host.Interfaces[0].Address, (_, datagram) => Arrived(datagram), out _local);
        Allocate(Options with { ReservationToken = token });
        Assert.That(_client.RelayedAddress, Is.EqualTo(first.WithPort((ushort)(first.Port + 1))));
    }

    [Test]
    public void Allocate_WithDontFragment_GoesOnWithoutIt()                   // RFC 8656 §7.4
    {
        Allocate(Options with { DontFragment = true });
        Assert.That(_client.State, Is.EqualTo(TurnAllocationState.Allocated));
    }

    [TestCase(true, StunErrorCode.AddressFamilyNotSupported)]
    [TestCase(false, StunErrorCode.AllocationQuotaReached)]
    public void Allocate_WhenRefused_EndsWithTheCode(bool ipv6, StunErrorCode expected)
    {
        if (!ipv6)
        {
            _server.Dispose();
            _server = NewServer(options => options with { MaxAllocationsPerUser = 1 }, "203.0.113.2");
            Allocate(Options with { Server = _server.Address });
            _host.TryBind(_host.Interfaces[0].Address, (_, datagram) => Arrived(datagram), out _local);
        }
        Start(Options with { Server = _server.Address, RequestIPv6 = ipv6 });
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That(_client.ErrorCode, Is.EqualTo(expected));
    }

    [Test]
    public void Redirect_OverSeveralServers_EndsAtTheOneThatServes()          // RFC 8489 §10
    {
        using SimulatedTurnServer second = NewServer("203.0.113.2"), third = NewServer("203.0.113.3");
        _server.Do(server => server.Drain(second.Address));
        second.Do(server => server.Drain(third.Address));
        Allocate();
        Assert.That(_client.Server, Is.EqualTo(third.Address));
    }

    [Test]
    public void Redirect_BeyondTheLimit_IsRefused()
    {
        using SimulatedTurnServer second = NewServer("203.0.113.2"), third = NewServer("203.0.113.3");
        _server.Do(server => server.Drain(second.Address));
        second.Do(server => server.Drain(third.Address));
        Start(Options with { MaxRedirects = 1 });
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That((_client.ErrorCode, _client.Server), Is.EqualTo((StunErrorCode.TryAlternate, second.Address)));
    }

    [Test]
    public void Redirect_InACircle_IsRefused()
    {
        using SimulatedTurnServer second = NewServer("203.0.113.2");
        _server.Do(server => server.Drain(second.Address));
        second.Do(server => server.Drain(_server.Address));
        Start(Options);
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That(_client.ErrorCode, Is.EqualTo(StunErrorCode.TryAlternate));
    }

    [Test]
    public void Redirect_OverTcp_TellsWhereTo()
    {
        using SimulatedTurnServer second = NewServer("203.0.113.2");
        _server.Do(server => server.Drain(second.Address));
        Start(Options with { Protocol = TransportProtocol.Tcp });
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That((_client.ErrorCode, _client.AlternateServer), Is.EqualTo((StunErrorCode.TryAlternate, second.Address)));
    }

    [Test]
    public void Permission_ThatIsNotUsed_Lapses_AndComesBackWithUse()
    {
        Allocate();
        _client.BindChannel(_peer);
        Pump();
        RunUntil(() => _client.HeaderLength(_peer) == ChannelData.HeaderLength);
        _time.RunFor(TimeSpan.FromMinutes(25));                               // both were renewed once, then not
        Assert.That(_client.HeaderLength(_peer), Is.GreaterThan(ChannelData.HeaderLength));
        Send("wakes it"u8);
        RunUntil(() => _client.HeaderLength(_peer) == ChannelData.HeaderLength);
        Send("arrives"u8);
        RunUntil(() => _atPeer.Count == 1);
    }

    [Test]
    public void Permission_ThatIsUsed_IsKeptAlive()
    {
        Allocate();
        _client.BindChannel(_peer);
        Pump();
        RunUntil(() => _client.HeaderLength(_peer) == ChannelData.HeaderLength);
        for (int i = 0; i < 60; i++)
        {
            _time.RunFor(TimeSpan.FromMinutes(1));
            Send("x"u8);
        }
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_atPeer, Has.Count.EqualTo(60));
    }

    [Test]
    public void Permission_ForAForbiddenPeer_LeavesTheAllocation()            // RFC 8656 §10.4
    {
        Allocate();
        _client.Permit(TransportAddress.FromIPv4(0x7F000001, 9));
        Pump();
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_client.State, Is.EqualTo(TurnAllocationState.Allocated));
    }

    [Test]
    public void Credentials_ThatChangeWhileAllocating_AreUsed()
    {
        Start(Options with { Password = "old" });
        _client.TryChangeCredentials(SimulatedTurnServer.User, SimulatedTurnServer.Password);
        Pump();
        RunUntil(() => _client.State == TurnAllocationState.Allocated);
        Assert.That(_client.TryChangeCredentials("other", "word"), Is.False, "a user stays for the life of an allocation");
        Assert.That(_client.TryChangeCredentials(SimulatedTurnServer.User, SimulatedTurnServer.Password));
    }

    [Test]
    public void NonceThatHasGrownStale_IsReplacedInPassing()                  // RFC 8489 §9.2.5: 438
    {
        _server.Dispose();
        _server = NewServer(static options => options with { NonceLifetime = TimeSpan.FromMinutes(1) }, "203.0.113.2");
        Allocate(Options with { Server = _server.Address });
        _time.RunFor(TimeSpan.FromHours(1));
        Assert.That(_client.State, Is.EqualTo(TurnAllocationState.Allocated));
        Assert.That(_server.Relays, Has.Count.EqualTo(1));
    }

    [Test]
    public void ServerThatLostTheAllocation_IsNoticedByARequestForAPeer()     // 437
    {
        Allocate();
        _server.Do(server => server.Disconnected(new NetworkPath(_server.Address, _local)));
        _client.Permit(_peer);
        Pump();
        RunUntil(() => _client.State == TurnAllocationState.Failed);
        Assert.That(_client.ErrorCode, Is.EqualTo(StunErrorCode.AllocationMismatch));
    }

    [Test]
    public void Close_GivesTheAllocationBack()
    {
        Allocate();
        _client.Close();
        Pump();
        RunUntil(() => _client.State == TurnAllocationState.Closed);
        Assert.That(_server.Relays, Is.Empty);
    }

    [Test]
    public void Allocation_OverALossyPath_IsMadeKeptAndGivenBack([ValueSource(nameof(SomeSeeds))] int seed)
    {
        SetUp();
        _time = new VirtualTime(seed);
        _realm = new Realm("internet");
        PathOptions path = PathOptions.Draw(_time.Random);
        _host = new SimulatedHost(_time, "client");
        _host.AddInterface(_realm, "192.0.2.1", path);
        _host.TryBind(_host.Interfaces[0].Address, (_, datagram) => Arrived(datagram), out _local);
        _server.Dispose();
        _server = NewServer("203.0.113.1");
        Allocate();
        _client.BindChannel(_peer);
        Pump();
        for (int minute = 0; minute < 40; minute++)
        {
            _time.RunFor(TimeSpan.FromMinutes(1));
            Send("x"u8);
        }
        Assert.That(_client.State, Is.EqualTo(TurnAllocationState.Allocated), _time.Timeline);
        Assert.That(_client.HeaderLength(_peer), Is.EqualTo(ChannelData.HeaderLength), _time.Timeline);
        _client.Close();
        Pump();
        RunUntil(() => _client.State == TurnAllocationState.Closed);
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private TurnAllocationOptions Options => new()
    {
        Server = _server.Address, Username = SimulatedTurnServer.User, Password = SimulatedTurnServer.Password,
    };

    private SimulatedTurnServer NewServer(params string[] addresses) => NewServer(static options => options, addresses);

    private SimulatedTurnServer NewServer(Func<TurnServerOptions, TurnServerOptions> configure, params string[] addresses) =>
        new(new SimulatedHost(_time, "turn"), _realm, addresses, s_path, configure);

    private static byte[] WithoutAlgorithms(byte[] datagram)
    {
        if (!StunMessage.TryParse(datagram, out StunMessage message) || !message.Has(StunAttributeType.PasswordAlgorithms)) return datagram;
        byte[] buffer = new byte[1500];
        StunMessageWriter writer = new(buffer, message.Class, message.Method, message.TransactionId);
        WireReader reader = message.Attributes;
        while (StunAttribute.TryRead(ref reader, out StunAttribute attribute))
        {
            if (attribute.Type != StunAttributeType.PasswordAlgorithms) writer.Write(attribute.Type, attribute.Value);
        }
        return buffer[..writer.Length];
    }

    private void Allocate(TurnAllocationOptions? options = null)
    {
        Start(options ?? Options);
        RunUntil(() => _client.State == TurnAllocationState.Allocated);
    }

    private void Start(TurnAllocationOptions options)
    {
        _client?.Dispose();
        _client = new TurnAllocation(options, _time.Random);
        Pump();
    }

    private void Arrived(byte[] datagram)
    {
        if (_tamper(datagram) is not { } message) return;
        if (_client.Receive(message, _time.Now, out int offset, out int length, out _)) _fromPeer.Add(message[offset..(offset + length)]);
        Pump();
    }

    private void Send(ReadOnlySpan<byte> payload)
    {
        byte[] buffer = new byte[200];
        payload.CopyTo(buffer.AsSpan(_client.HeaderLength(_peer)));
        int length = _client.Wrap(buffer, payload.Length, _peer);
        _host.Send(_local, _client.Server, buffer.AsSpan(0, length));
        Pump();
    }

    private void Pump()
    {
        byte[] buffer = new byte[1500];
        while (_client.Transmit(buffer, _time.Now) is > 0 and int length) _host.Send(_local, _client.Server, buffer.AsSpan(0, length));
        Instant next = _client.NextTimeout;
        if (next.IsNever) return;
        TurnAllocation client = _client;
        _time.Schedule(next, () =>
        {
            if (!ReferenceEquals(client, _client) || _client.NextTimeout > _time.Now) return;      // an earlier wake-up saw to it
            _client.AdvanceTo(_time.Now);
            Pump();
        });
    }

    private void RunUntil(Func<bool> done) => Assert.That(_time.RunUntil(done, TimeSpan.FromMinutes(30)), _time.Timeline);
}
