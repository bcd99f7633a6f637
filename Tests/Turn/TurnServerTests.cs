using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>The server over a simulated network, RFC 8656 section by section.</summary>
[TestFixture]
internal sealed class TurnServerTests
{
    private static readonly PathOptions s_path = new() { Delay = TimeSpan.FromMilliseconds(1) };

    private static readonly TransportAddress s_icmpPeer = TransportAddress.FromIPv4(0xCB00710A, 4444);

    private VirtualTime _time = null!;
    private SimulatedTurnServer _server = null!;
    private SimulatedHost _clientHost = null!;
    private SimulatedHost _peerHost = null!;
    private TurnServerClient _client = null!;
    private TransportAddress _peer;
    private List<(TransportAddress From, byte[] Data)> _atPeer = null!;

    [SetUp]
    public void SetUp() => Start();

    [TearDown]
    public void TearDown() => _server.Dispose();

    [Test]
    public void Binding_WithoutCredentials_TellsTheAddress()                  // RFC 8489 §12
    {
        TurnAnswer? answer = _client.Ask(StunMethod.Binding, static (ref StunMessageWriter _) => { }, signed: false);
        StunMessage.TryParse(answer!.Message, out StunMessage message);
        Assert.That(message.TryGetMappedAddress(out TransportAddress mapped) && mapped == _client.Address);
    }

    [Test]
    public void Allocate_WithoutCredentials_IsChallenged()                    // RFC 8489 §9.2.4
    {
        TurnAnswer? answer = _client.Ask(StunMethod.Allocate, TurnServerClient.Transport, signed: false);
        StunMessage.TryParse(answer!.Message, out StunMessage message);
        Assert.Multiple(() => Assert.That(answer.Error, Is.EqualTo(StunErrorCode.Unauthenticated)));
        Assert.That(message.TryGet(StunAttributeType.Nonce, out StunAttribute nonce));
        Assert.That(StunNonceCookie.Read(nonce.Value), Is.EqualTo(StunSecurityFeatures.PasswordAlgorithms));
        Assert.That(message.Has(StunAttributeType.Realm) && message.Has(StunAttributeType.PasswordAlgorithms));
        Assert.That(message.HasIntegrity || message.HasIntegritySha256, Is.False);
        Assert.That(_server.Server.Counters.Allocations, Is.Zero);
    }

    [Test]
    public void Allocate_WithGoodCredentials_Relays([Values] bool sha256, [Values] bool userHash)      // RFC 8656 §7
    {
        (_client.UsesSha256, _client.UsesUserHash) = (sha256, userHash);
        TransportAddress relay = _client.AllocateRelay();
        StunMessage.TryParse(_client.Received[^1], out StunMessage message);
        Assert.That(message.HasIntegritySha256, Is.EqualTo(sha256));
        Assert.That(message.TryGetUInt32(StunAttributeType.Lifetime, out uint lifetime) && lifetime == 600);
        Assert.That(_server.Relays, Is.EquivalentTo(new[] { relay }));
        Assert.That(_server.Events.Select(e => e.Kind), Is.EqualTo(new[] { TurnServerEventKind.Allocated }));
    }

    [TestCase("user", "wrong")]
    [TestCase("nobody", "pass")]
    public void Allocate_WithBadCredentials_IsRefused(string user, string password)
    {
        (_client.User, _client.Password) = (user, password);
        Assert.That(_client.Allocate()?.Error, Is.EqualTo(StunErrorCode.Unauthenticated));
        Assert.That(_server.Server.Counters.BadCredentials, Is.EqualTo(1));
        Assert.That(_server.Relays, Is.Empty);
    }

    [Test]
    public void Allocate_RepeatedWithTheSameId_GetsTheSameAnswer()            // §7.2, "stateless stack approach"
    {
        TransportAddress relay = _client.AllocateRelay();
        TurnAnswer? again = _client.Ask(StunMethod.Allocate, TurnServerClient.Transport, id: _client.LastId);
        StunMessage.TryParse(again!.Message, out StunMessage message);
        Assert.That(message.TryGetXorAddress(StunAttributeType.XorRelayedAddress, out TransportAddress same) && same == relay);
        Assert.That(_client.Ask(StunMethod.Allocate, TurnServerClient.Transport)?.Error, Is.EqualTo(StunErrorCode.AllocationMismatch));
        Assert.That(_server.Server.Counters.Allocations, Is.EqualTo(1));
    }

    [TestCase(0u, StunErrorCode.BadRequest)]
    [TestCase(6u << 24, StunErrorCode.UnsupportedTransportProtocol)]
    public void Allocate_ForAnotherTransport_IsRefused(uint transport, StunErrorCode expected)         // §7.2, check 3
    {
        _client.Ask(StunMethod.Allocate, TurnServerClient.Transport, signed: false);
        TurnAnswer? answer = _client.Ask(StunMethod.Allocate, (ref StunMessageWriter writer) =>
        {
            if (transport != 0) writer.WriteUInt32(StunAttributeType.RequestedTransport, transport);
        });
        Assert.That(answer?.Error, Is.EqualTo(expected));
    }

    [Test]
    public void Allocate_WithUnknownAttributes_NamesThem()                    // RFC 8489 §6.3.1; RFC 8656 §7.2, check 4
    {
        TurnAnswer? answer = _client.Allocate(static (ref StunMessageWriter writer) =>
        {
            writer.WriteFlag((StunAttributeType)0x7001);
            writer.WriteFlag(StunAttributeType.DontFragment);
            writer.WriteFlag((StunAttributeType)0xC001);
        });
        StunMessage.TryParse(answer!.Message, out StunMessage message);
        Assert.That(answer.Error, Is.EqualTo(StunErrorCode.UnknownAttribute));
        Assert.That(message.TryGet(StunAttributeType.UnknownAttributes, out StunAttribute unknown));
        Assert.That(unknown.Value.ToArray(), Is.EqualTo(new byte[] { 0x70, 0x01, 0x00, 0x1A }));
    }

    [TestCase(0u, 600u)]
    [TestCase(1200u, 1200u)]
    [TestCase(100_000u, 3600u)]
    public void Allocate_WithALifetime_GetsWhatLimitsLeave(uint asked, uint granted)       // §7.2
    {
        _client.Allocate((ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.Lifetime, asked));
        StunMessage.TryParse(_client.Received[^1], out StunMessage message);
        Assert.That(message.TryGetUInt32(StunAttributeType.Lifetime, out uint lifetime) ? lifetime : 0, Is.EqualTo(granted));
    }

    [Test]
    public void Allocate_ForBothFamilies_GetsBoth()                           // §7.2, check 9
    {
        Start(addresses: ["203.0.113.1", "2001:db8::1"]);
        _client.AllocateRelay(static (ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.AdditionalAddressFamily, 2u << 24));
        Assert.That(_server.Relays.Select(each => each.IsIPv4), Is.EquivalentTo(new[] { true, false }));
        Assert.That(_client.Refresh(0, family: 2), Is.EqualTo(StunErrorCode.None));
        Assert.That(_server.Relays.Single().IsIPv4);
        Assert.That(_client.Refresh(600, family: 2), Is.EqualTo(StunErrorCode.PeerAddressFamilyMismatch));
        Assert.That(_client.Refresh(0), Is.EqualTo(StunErrorCode.None));
        Assert.That(_server.Relays, Is.Empty);
    }

    [Test]
    public void Allocate_ForBothFamiliesWhereThereIsOne_SaysWhyTheOtherIsMissing()         // §7.2, check 9; §18.12
    {
        _client.AllocateRelay(static (ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.AdditionalAddressFamily, 2u << 24));
        StunMessage.TryParse(_client.Received[^1], out StunMessage message);
        Assert.That(message.TryGetUInt32(StunAttributeType.AddressErrorCode, out uint value));
        Assert.That(value, Is.EqualTo(0x0200_0428u));                         // family 2, class 4, number 40
    }

    [TestCase(StunAttributeType.RequestedAddressFamily, 2u << 24, StunErrorCode.AddressFamilyNotSupported)]
    [TestCase(StunAttributeType.RequestedAddressFamily, 3u << 24, StunErrorCode.BadRequest)]
    [TestCase(StunAttributeType.AdditionalAddressFamily, 1u << 24, StunErrorCode.BadRequest)]
    public void Allocate_ForAFamilyThatIsNotToBeHad_IsRefused(StunAttributeType type, uint value, StunErrorCode expected) =>
        Assert.That(_client.Allocate((ref StunMessageWriter writer) => writer.WriteUInt32(type, value))?.Error, Is.EqualTo(expected));

    [Test]
    public void Allocate_WithEvenPort_ReservesTheNext()                       // §7.2, §18.7, §18.10
    {
        TransportAddress relay = _client.AllocateRelay(static (ref StunMessageWriter writer) => writer.Write(StunAttributeType.EvenPort, [0x80]));
        StunMessage.TryParse(_client.Received[^1], out StunMessage message);
        Assert.That(message.TryGetUInt64(StunAttributeType.ReservationToken, out ulong token));
        TurnServerClient second = NewClient();
        TransportAddress next = second.AllocateRelay((ref StunMessageWriter writer) => writer.WriteUInt64(StunAttributeType.ReservationToken, token));
        Assert.Multiple(() =>
        {
            Assert.That(relay.Port % 2, Is.Zero);
            Assert.That(next, Is.EqualTo(relay.WithPort((ushort)(relay.Port + 1))));
        });
        Assert.That(NewClient().Allocate((ref StunMessageWriter writer) => writer.WriteUInt64(StunAttributeType.ReservationToken, token))?.Error,
            Is.EqualTo(StunErrorCode.InsufficientCapacity));
    }

    [Test]
    public void Reservation_ThatNobodyTakes_IsClosedAfterHalfAMinute()
    {
        _client.AllocateRelay(static (ref StunMessageWriter writer) => writer.Write(StunAttributeType.EvenPort, [0x80]));
        Assert.That(_server.Relays, Has.Count.EqualTo(2));
        _time.RunFor(TimeSpan.FromSeconds(31));
        Assert.That(_server.Relays, Has.Count.EqualTo(1));
    }

    [Test]
    public void Allocate_WhenThereAreNoPorts_IsRefused()
    {
        _server.HasPorts = false;
        Assert.That(_client.Allocate()?.Error, Is.EqualTo(StunErrorCode.InsufficientCapacity));
        Assert.That(_server.Server.Counters.Allocations, Is.Zero);
    }

    [Test]
    public void Allocate_OverTheQuota_IsRefusedUntilOneEnds()                 // §7.2, check 10
    {
        Start(options => options with { MaxAllocationsPerUser = 1 });
        _client.AllocateRelay();
        TurnServerClient second = NewClient();
        Assert.That(second.Allocate()?.Error, Is.EqualTo(StunErrorCode.AllocationQuotaReached));
        Assert.That(_client.Refresh(0), Is.EqualTo(StunErrorCode.None));
        second.AllocateRelay();
    }

    [Test]
    public void Allocation_ThatIsNotRefreshed_Ends()                          // §8
    {
        _client.AllocateRelay();
        _time.RunFor(TimeSpan.FromMinutes(9));
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.None));
        _time.RunFor(TimeSpan.FromMinutes(9));
        Assert.That(_server.Relays, Has.Count.EqualTo(1));
        _time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(_server.Relays, Is.Empty);
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.AllocationMismatch));
        Assert.That(_server.Server.NextTimeout.IsNever);
    }

    [Test]
    public void Request_WithAnotherUsersCredentials_IsRefused()               // §5
    {
        Start(options => options with { Users = new Dictionary<string, string> { ["user"] = "pass", ["other"] = "word" } });
        _client.AllocateRelay();
        (_client.User, _client.Password) = ("other", "word");
        Assert.That(_client.Permit(_peer), Is.EqualTo(StunErrorCode.WrongCredentials));
    }

    [Test]
    public void Nonce_AfterItsLifetime_IsStale()                              // RFC 8489 §9.2.4
    {
        Start(options => options with { NonceLifetime = TimeSpan.FromMinutes(1) });
        _client.AllocateRelay();
        _time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.StaleNonce));
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.None));
    }

    [Test]
    public void Request_ReplayedFromAnotherAddress_ChangesNothing()           // RFC 8489 §9.2.4: the nonce is for one address
    {
        _client.Ask(StunMethod.Allocate, TurnServerClient.Transport, signed: false);
        TurnServerClient thief = NewClient();
        thief.Nonce = _client.Nonce;
        thief.Ask(StunMethod.Binding, static (ref StunMessageWriter _) => { }, signed: false);
        TurnServerClient other = NewClient();
        other.AllocateRelay();
        other.Nonce = _client.Nonce;
        Assert.That(other.Refresh(0), Is.EqualTo(StunErrorCode.StaleNonce));
        Assert.That(_server.Server.Counters.Allocations, Is.EqualTo(1));
    }

    [Test]
    public void Data_ByIndicationAndChannel_ReachesBothEnds()                 // §11, §12
    {
        TransportAddress relay = _client.AllocateRelay();
        _client.SendIndication(_peer, "none"u8);
        Assert.That(_server.Server.Counters.GetDropped(TurnServerDropReason.NoPermission), Is.EqualTo(1));
        Assert.That(_client.Permit(_peer), Is.EqualTo(StunErrorCode.None));
        _client.SendIndication(_peer, "odd"u8);
        FromPeer("back"u8, relay);
        Assert.That(_client.Bind(0x4000, _peer), Is.EqualTo(StunErrorCode.None));
        _client.Send([0x40, 0, 0, 3, (byte)'a', (byte)'b', (byte)'c']);
        FromPeer("again"u8, relay);
        Assert.Multiple(() =>
        {
            Assert.That(_atPeer.Select(each => System.Text.Encoding.ASCII.GetString(each.Data)), Is.EqualTo(new[] { "odd", "abc" }));
            Assert.That(_atPeer.Select(each => each.From), Is.All.EqualTo(relay));
            Assert.That(_client.Received[^1], Is.EqualTo(new byte[] { 0x40, 0, 0, 5, (byte)'a', (byte)'g', (byte)'a', (byte)'i', (byte)'n' }));
        });
        Assert.That(_client.Received.Exists(static each =>
            StunMessage.TryParse(each, out StunMessage message) && message.Class == StunClass.Indication && message.Method == StunMethod.Data &&
            message.TryGet(StunAttributeType.Data, out StunAttribute data) && data.Value.SequenceEqual("back"u8)));
    }

    [Test]
    public void Permission_AfterFiveMinutes_Lapses()                          // §9
    {
        TransportAddress relay = _client.AllocateRelay();
        _client.Permit(_peer);
        _time.RunFor(TimeSpan.FromMinutes(4));
        _client.Permit(_peer);
        _time.RunFor(TimeSpan.FromMinutes(4));
        int before = _client.Received.Count;
        FromPeer("in time"u8, relay);
        Assert.That(_client.Received, Has.Count.EqualTo(before + 1));
        _time.RunFor(TimeSpan.FromMinutes(1));
        FromPeer("late"u8, relay);
        Assert.That(_client.Received, Has.Count.EqualTo(before + 1));
    }

    // The permission of a channel lapses before the channel does; a new one serves the channel as well.
    [Test]
    public void Permission_ThatComesBack_OpensTheChannelAgain()                // §9, §12
    {
        _client.AllocateRelay();
        Assert.That(_client.Bind(0x4000, _peer), Is.EqualTo(StunErrorCode.None));
        _time.RunFor(TimeSpan.FromMinutes(5.5));                                // one sweep is due meanwhile
        _client.Send([0x40, 0, 0, 1, 7]);
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That((_atPeer.Count, _server.Server.Counters.GetDropped(TurnServerDropReason.NoPermission)), Is.EqualTo((0, 1)));
        Assert.That(_client.Permit(_peer), Is.EqualTo(StunErrorCode.None));
        _client.Send([0x40, 0, 0, 1, 8]);
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_atPeer.Select(static each => each.Data[0]), Is.EqualTo(new byte[] { 8 }));
    }

    [Test]
    public void SendIndication_WithAnUnknownAttribute_IsDropped()              // RFC 8489 §6.3.2
    {
        _client.AllocateRelay();
        _client.Permit(_peer);
        foreach (ushort type in new ushort[] { 0x7F00, 0xFF00 })
        {
            byte[] buffer = new byte[100];
            StunMessageWriter writer = new(buffer, StunClass.Indication, StunMethod.Send, StunTransactionId.Create(_time.Random));
            writer.WriteXorAddress(StunAttributeType.XorPeerAddress, _peer);
            writer.Write((StunAttributeType)type, [1, 2, 3, 4]);
            writer.Write(StunAttributeType.Data, "data"u8);
            _client.Send(buffer.AsSpan(0, writer.Length));
            _time.RunFor(TimeSpan.FromSeconds(1));
        }
        Assert.That(_atPeer, Has.Count.EqualTo(1), "what need not be understood does no harm");
        Assert.That(_server.Server.Counters.GetDropped(TurnServerDropReason.UnknownAttribute), Is.EqualTo(1));
    }

    [Test]
    public void Channel_OfAnotherPeer_IsRefused()                             // §12.2
    {
        _client.AllocateRelay();
        Assert.That(_client.Bind(0x4000, _peer), Is.EqualTo(StunErrorCode.None));
        Assert.Multiple(() =>
        {
            Assert.That(_client.Bind(0x4000, _peer), Is.EqualTo(StunErrorCode.None));
            Assert.That(_client.Bind(0x4001, _peer), Is.EqualTo(StunErrorCode.BadRequest));
            Assert.That(_client.Bind(0x4000, _peer.WithPort(9)), Is.EqualTo(StunErrorCode.BadRequest));
            Assert.That(_client.Bind(0x3FFF, _peer.WithPort(9)), Is.EqualTo(StunErrorCode.BadRequest));
            Assert.That(_client.Bind(0x8000, _peer.WithPort(9)), Is.EqualTo(StunErrorCode.BadRequest));
        });
    }

    [TestCase("127.0.0.1")]
    [TestCase("169.254.169.254")]
    [TestCase("10.1.2.3")]
    [TestCase("224.0.0.1")]
    [TestCase("0.0.0.0")]
    [TestCase("255.255.255.255")]
    public void Permission_ForAForbiddenPeer_IsRefused(string peer)           // §10.2, §21.1
    {
        Start(static options => options with { PeerRules = new TurnPeerRules() });
        _client.AllocateRelay();
        TransportAddress.TryParse(peer, 5000, out TransportAddress address);
        Assert.That(_client.Permit(address), Is.EqualTo(StunErrorCode.Forbidden));
        Assert.That(_client.Bind(0x4000, address), Is.EqualTo(StunErrorCode.Forbidden));
        Assert.That(_client.Permit(_peer, address), Is.EqualTo(StunErrorCode.Forbidden));
        _client.SendIndication(_peer, "x"u8);
        Assert.That(_atPeer, Is.Empty);                                       // all peers of a request, or none
    }

    [Test]
    public void Permission_ForTheOtherFamily_IsRefused()                      // §10.2
    {
        _client.AllocateRelay();
        TransportAddress.TryParse("2001:db8::5", 5000, out TransportAddress peer);
        Assert.That(_client.Permit(peer), Is.EqualTo(StunErrorCode.PeerAddressFamilyMismatch));
    }

    [Test]
    public void Permissions_OverTheLimit_AreRefused()
    {
        Start(static options => options with { MaxPermissionsPerAllocation = 2 });
        _client.AllocateRelay();
        Assert.That(_client.Permit(_peer, TransportAddress.FromIPv4(0xC6336402, 1)), Is.EqualTo(StunErrorCode.None));
        Assert.That(_client.Permit(_peer), Is.EqualTo(StunErrorCode.None));
        Assert.That(_client.Permit(TransportAddress.FromIPv4(0xC6336403, 1)), Is.EqualTo(StunErrorCode.InsufficientCapacity));
        _time.RunFor(TimeSpan.FromMinutes(9));
        _client.Refresh(600);
        _time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(_client.Permit(TransportAddress.FromIPv4(0xC6336403, 1)), Is.EqualTo(StunErrorCode.None), "lapsed ones make room");
    }

    [Test]
    public void Bandwidth_OverTheLimit_IsDropped()
    {
        Start(static options => options with { MaxBytesPerSecondPerUser = 1000 });
        _client.AllocateRelay();
        _client.Permit(_peer);
        for (int i = 0; i < 50; i++) _client.SendIndication(_peer, new byte[100]);         // 100 ms each: 1000 bytes per second
        int fair = _atPeer.Count;
        for (int i = 0; i < 50; i++) _client.SendIndication(_peer, new byte[200]);
        Assert.That(fair, Is.EqualTo(50));
        Assert.That(_atPeer.Count - fair, Is.InRange(24, 30));
        Assert.That(_server.Server.Counters.GetDropped(TurnServerDropReason.BandwidthExceeded), Is.GreaterThan(0));
    }

    [Test]
    public void RestCredentials_AreGoodUntilTheirTime()                       // draft-uberti-behave-turn-rest §2.2
    {
        Start(static options => options with { SharedSecret = "north", Users = new Dictionary<string, string>() });
        TurnRestCredentials good = TurnRestCredentials.Create("north", "alice", DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_060));
        (_client.User, _client.Password) = (good.Username, good.Password);
        _client.AllocateRelay();
        _time.RunFor(TimeSpan.FromMinutes(2));
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.None), "existing allocations go on");
        TurnServerClient late = NewClient();
        (late.User, late.Password) = (good.Username, good.Password);
        Assert.That(late.Allocate()?.Error, Is.EqualTo(StunErrorCode.Unauthenticated));
        TurnServerClient forged = NewClient();
        (forged.User, forged.Password) = ("1800000000:alice", good.Password);
        Assert.That(forged.Allocate()?.Error, Is.EqualTo(StunErrorCode.Unauthenticated));
    }

    [Test]
    public void RestCredentials_OfOneUser_ShareTheQuota()
    {
        Start(static options => options with { SharedSecret = "north", MaxAllocationsPerUser = 1 });
        for (int i = 0; i < 2; i++)
        {
            TurnRestCredentials credentials = TurnRestCredentials.Create("north", "alice", DateTimeOffset.UnixEpoch.AddSeconds(1_800_000_000 + i));
            TurnServerClient client = NewClient();
            (client.User, client.Password) = (credentials.Username, credentials.Password);
            Assert.That(client.Allocate()?.Error, Is.EqualTo(i == 0 ? StunErrorCode.None : StunErrorCode.AllocationQuotaReached));
        }
    }

    [Test]
    public void AuthenticationHook_ThatTakesItsTime_IsWaitedFor([Values] bool knows)
    {
        Start(static options => options with { AsksForUsers = true });
        _server.AuthenticationDelay = TimeSpan.FromMilliseconds(40);
        int asked = 0;
        _server.Authenticate = user =>
        {
            asked++;
            return user == "late" && knows ? "secret" : null;
        };
        (_client.User, _client.Password) = ("late", "secret");
        Assert.That(_client.Allocate()?.Error, Is.EqualTo(knows ? StunErrorCode.None : StunErrorCode.Unauthenticated));
        if (knows) Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.None));
        Assert.That(asked, Is.EqualTo(1), "an answer is remembered");
    }

    [Test]
    public void AuthenticationHook_ThatHangs_HoldsNothingForLong()
    {
        Start(static options => options with { AsksForUsers = true, MaxPendingDecisions = 2 });
        for (int i = 0; i < 3; i++)
        {
            TurnServerClient client = NewClient();
            client.User = "late";
            Assert.That(client.Allocate(), Is.Null);
        }
        Assert.That(_server.Server.Counters.GetDropped(TurnServerDropReason.Overloaded), Is.EqualTo(1));
        _time.RunFor(TimeSpan.FromSeconds(11));
        Assert.That(_server.Server.NextTimeout.IsNever);
    }

    [Test]
    public void Drain_SendsNewAllocationsElsewhereAndKeepsTheOld()            // RFC 8489 §10
    {
        TransportAddress relay = _client.AllocateRelay();
        TransportAddress alternate = TransportAddress.FromIPv4(0xCB007199, 3478);
        _server.Do(server => server.Drain(alternate));
        TurnAnswer? answer = NewClient().Allocate();
        StunMessage.TryParse(answer!.Message, out StunMessage message);
        Assert.That(answer.Error, Is.EqualTo(StunErrorCode.TryAlternate));
        Assert.That(message.HasIntegrity, "nobody in between can send clients away");
        Assert.That(message.TryGet(StunAttributeType.AlternateServer, out StunAttribute attribute) &&
            attribute.TryGetAddress(out TransportAddress told) && told == alternate);
        Assert.That(_client.Refresh(600), Is.EqualTo(StunErrorCode.None));
        _client.Permit(_peer);
        _client.SendIndication(_peer, "on"u8);
        Assert.That(_atPeer.Single().From, Is.EqualTo(relay));
        _server.Do(static server => server.Resume());
        NewClient().AllocateRelay();
    }

    [Test]
    public void Drain_WithAnAlternateForEachProtocol_NamesTheOneThatFits()    // RFC 8489 §10, §14.15, §14.16
    {
        TransportAddress all = TransportAddress.FromIPv4(0xCB007105, 3478), tls = TransportAddress.FromIPv4(0xCB007106, 443);
        TurnServerOptions options = new() { Realm = "r", Users = new Dictionary<string, string> { ["u"] = "p" } };
        foreach ((TransportProtocol protocol, TransportAddress expected, string? domain) in new[]
                 {
                     (TransportProtocol.Udp, all, null), (TransportProtocol.Tcp, all, null), (TransportProtocol.Tls, tls, "relay.example"),
                 })
        {
            using TurnServer server = new(options, _time.Random);
            server.Drain(new TurnAlternate(all), new TurnAlternate(tls, TransportProtocol.Tls, "relay.example"));
            using TurnAllocation client = new(new TurnAllocationOptions { Server = _server.Address, Username = "u", Password = "p", Protocol = TransportProtocol.Tls }, _time.Random);
            NetworkPath path = new(_server.Address, _client.Address, protocol);
            byte[] buffer = new byte[TurnServer.MaxReplySize];
            while (client.State == TurnAllocationState.Allocating)
            {
                server.Receive(buffer.AsSpan(0, client.Transmit(buffer, _time.Now)), path, _time.Now, out _);
                client.Receive(buffer.AsSpan(0, server.Transmit(buffer, _time.Now, out _)), _time.Now, out _, out _, out _);
            }
            Assert.That((client.AlternateServer, client.AlternateDomain), Is.EqualTo((expected, domain)), $"{protocol}");
        }
    }

    [TestCase("")]
    [TestCase("with space")]
    [TestCase("ümlaut.example")]
    public void Alternate_WithANameThatIsNone_Throws(string domain) =>
        Assert.That(() => new TurnAlternate(TransportAddress.FromIPv4(0xCB007105, 3478), TransportProtocol.Tls, domain), Throws.ArgumentException);

    // RFC 8656 §11.5, §18.13: the address of the permission counts, not its port; data is there where it is an MTU.
    [TestCase(3, 3, 9u, 0u)]
    [TestCase(3, 4, 1280u, 1280u)]
    [TestCase(11, 0, 9u, 0u)]
    public void Icmp_AboutAPermittedPeer_IsToldToTheClient(byte type, byte code, uint data, uint told)
    {
        TransportAddress relay = _client.AllocateRelay();
        Assert.That(_client.Permit(s_icmpPeer), Is.EqualTo(StunErrorCode.None));
        int before = _client.Received.Count;
        _server.Do(server => server.ReceiveIcmp(new NetworkPath(relay, s_icmpPeer.WithPort(77)), type, code, data, _time.Now));
        _server.Do(server => server.ReceiveIcmp(new NetworkPath(relay, TransportAddress.FromIPv4(0x01020304, 5)), 3, 3, 0, _time.Now));
        _server.Do(server => server.ReceiveIcmp(new NetworkPath(relay, s_icmpPeer), 8, 0, 0, _time.Now));        // an echo request is no error
        _time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_client.Received, Has.Count.EqualTo(before + 1));
        StunMessage.TryParse(_client.Received[before], out StunMessage indication);
        Assert.That((indication.Class, indication.Method), Is.EqualTo((StunClass.Indication, StunMethod.Data)));
        Assert.That(indication.TryGetXorAddress(StunAttributeType.XorPeerAddress, out TransportAddress peer) ? peer : default, Is.EqualTo(s_icmpPeer.WithPort(77)));
        Assert.That(indication.TryGet(StunAttributeType.Icmp, out StunAttribute attribute) && attribute.TryGetIcmp(out StunIcmp icmp) ? icmp : default, Is.EqualTo(new StunIcmp(type, code, told)));
    }

    [Test]
    public void Disconnected_EndsTheAllocation()
    {
        _client.AllocateRelay();
        _server.Do(server => server.Disconnected(new NetworkPath(_server.Address, _client.Address)));
        Assert.That(_server.Relays, Is.Empty);
        Assert.That(_server.Events[^1].Kind, Is.EqualTo(TurnServerEventKind.Ended));
    }

    private void Start(Func<TurnServerOptions, TurnServerOptions>? configure = null, string[]? addresses = null)
    {
        _server?.Dispose();
        _time = new VirtualTime(1);
        Realm realm = new("internet");
        _server = new SimulatedTurnServer(new SimulatedHost(_time, "turn"), realm, addresses ?? ["203.0.113.1"], s_path, configure);
        _clientHost = new SimulatedHost(_time, "client");
        _clientHost.AddInterface(realm, "192.0.2.1", s_path);
        _peerHost = new SimulatedHost(_time, "peer");
        _peerHost.AddInterface(realm, "198.51.100.1", s_path);
        _atPeer = [];
        _peerHost.TryBind(_peerHost.Interfaces[0].Address.WithPort(7000), (from, data) => _atPeer.Add((from, data)), out _peer);
        _client = NewClient();
    }

    private TurnServerClient NewClient() => new(_clientHost, _server, _clientHost.Interfaces[0].Address);

    private void FromPeer(ReadOnlySpan<byte> data, TransportAddress relay)
    {
        _peerHost.Send(_peer, relay, data);
        _time.RunFor(TimeSpan.FromMilliseconds(100));
    }
}
