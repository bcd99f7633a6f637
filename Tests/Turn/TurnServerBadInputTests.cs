using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Simulation;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Turn;

/// <summary>What clients without good credentials, and with bad intentions, can do to a server: nothing (RFC 8656 §21).</summary>
[TestFixture]
internal sealed class TurnServerBadInputTests
{
    private static readonly TransportAddress s_address = TransportAddress.FromIPv4(0xCB007101, 3478);
    private static readonly TransportAddress s_peer = TransportAddress.FromIPv4(0xC6336401, 7000);
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);

    private readonly byte[] _reply = new byte[TurnServer.MaxReplySize];

    [Test]
    public void Flood_WithWrongCredentials_AllocatesNothingAndIsAnsweredAtTheRateOnly()
    {
        using TurnServer server = NewServer(static options => options with { MaxUnauthenticatedResponsesPerSecond = 1000 });
        byte[] challenge = Challenge(server, Client(1), out byte[] nonce, out byte[] realm);
        byte[] forged = Signed(nonce, realm, "wrong");
        Assert.That(challenge, Is.Not.Empty);
        long best = long.MaxValue;
        Instant now = s_start;
        int answers = 0, requests = 0;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500; i++, requests++)
            {
                now += TimeSpan.FromMilliseconds(0.1);
                server.Receive(forged, Client(1), now, out _);
                while (server.Transmit(_reply, now, out _) > 0) answers++;
            }
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Multiple(() =>
        {
            Assert.That(best, Is.Zero);
            Assert.That(answers, Is.InRange(1, 2000 + 500), "a burst of two seconds' worth, and half a second's");
            Assert.That(answers + server.Counters.GetDropped(TurnServerDropReason.RateLimited), Is.EqualTo(requests));
            Assert.That(server.Counters.Allocations, Is.Zero);
            Assert.That(server.TryReadEvent(out _), Is.False);
        });
    }

    [Test]
    public void Response_BeforeAuthentication_IsAtMostFourTimesTheRequest()
    {
        using TurnServer server = NewServer();
        byte[] request = new byte[100];
        StunMessageWriter writer = new(request, StunClass.Request, StunMethod.Allocate, StunTransactionId.Create(RandomSource.Seeded(1)));
        writer.WriteUInt32(StunAttributeType.RequestedTransport, 17u << 24);
        server.Receive(request.AsSpan(0, writer.Length), Client(1), s_start, out _);
        int answer = server.Transmit(_reply, s_start, out _);
        TestContext.Out.WriteLine($"{writer.Length} bytes are answered with {answer}");
        Assert.That(answer, Is.InRange(1, 4 * writer.Length));
        Assert.That(server.Transmit(_reply, s_start, out _), Is.Zero, "one response each");
    }

    [Test]
    public void Data_FromAnotherAddress_IsDropped()
    {
        using TurnServer server = NewServer();
        Allocate(server, Client(1), s_start);
        byte[] data = [0x40, 0, 0, 4, 1, 2, 3, 4];
        Assert.That(server.Receive(data, Client(1), s_start, out _), Is.True);
        Assert.That(server.Receive(data, Client(2), s_start, out _), Is.False);
        Assert.That(server.Receive(data, Client(1) with { Protocol = TransportProtocol.Tcp }, s_start, out _), Is.False);
        Assert.That(server.Counters.GetDropped(TurnServerDropReason.NoAllocation), Is.EqualTo(2));
    }

    [Test]
    public void ChannelData_ThatClaimsMoreThanThereIs_IsDropped()
    {
        using TurnServer server = NewServer();
        Allocate(server, Client(1), s_start);
        Assert.That(server.Receive([0x40, 0, 0, 5, 1, 2, 3, 4], Client(1), s_start, out _), Is.False);
        Assert.That(server.Counters.GetDropped(TurnServerDropReason.Malformed), Is.EqualTo(1));
    }

    // RFC 8656 §21.1.1 has no server be worth more to a forger than the sender's own packets: one answer for each request, at a rate, and not much longer.
    [Test]
    public void Requests_FromForgedAddresses_AreNotAmplified([Values(StunMethod.Allocate, StunMethod.Refresh, StunMethod.Binding, StunMethod.Connect)] StunMethod method)
    {
        using TurnServer server = NewServer(static options => options with { MaxUnauthenticatedResponsesPerSecond = 10 });
        byte[] request = new byte[100];
        StunMessageWriter writer = new(request, StunClass.Request, method, default);
        long sent = 0, answered = 0, answers = 0;
        for (int i = 0; i < 10_000; i++)
        {
            server.Receive(request.AsSpan(0, writer.Length), Client(1), s_start + TimeSpan.FromMilliseconds(i), out _);
            sent += writer.Length + 28;
            while (server.Transmit(_reply, s_start, out _) is > 0 and int length) (answered, answers) = (answered + length + 28, answers + 1);
        }
        TestContext.Out.WriteLine($"{method}: {answers} answers, {answered / (double)answers:0} bytes each to {sent / 10_000} with IP and UDP; in all {answered / (double)sent:0.00} of what was sent");
        Assert.That(answers, Is.InRange(100, 121), "ten a second, and a burst");
        Assert.That(answered, Is.LessThan(sent));
        Assert.That(answered / answers, Is.LessThan(4 * sent / 10_000), "smaller than any DNS server's");
        Assert.That(server.Counters.Allocations, Is.Zero);
    }

    [Test]
    public void Data_BothWays_AllocatesNothing()
    {
        using TurnServer server = NewServer();
        TransportAddress relay = Allocate(server, Client(1), s_start);
        byte[] data = new byte[104];
        (data[0], data[3]) = (0x40, 100);
        byte[] buffer = new byte[TurnServer.Headroom + 104];
        long best = long.MaxValue;
        for (int round = 0; round < 20 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 200; i++)
            {
                if (!server.Receive(data, Client(1), s_start, out TurnForward up) || up.Path != new NetworkPath(relay, s_peer) ||
                    !server.ReceiveFromPeer(buffer, TurnServer.Headroom, 100, new NetworkPath(relay, s_peer), s_start, out TurnForward down) ||
                    down.Path != Client(1)) throw new InvalidOperationException("It is relayed.");
            }
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero);
    }

    [Test, NonParallelizable]                                                    // the heap is that of the process
    public void Allocations_ByTheTenThousand_AreServedAndEnd()
    {
        const int Count = 10_000;
        using TurnServer server = NewServer(static options => options with { MaxAllocationsPerUser = Count, MaxPermissionsPerUser = Count });
        long before = GC.GetTotalMemory(true);
        HashSet<TransportAddress> relays = [];
        for (int i = 0; i < Count; i++) relays.Add(Allocate(server, Client(i), s_start));
        long bytes = (GC.GetTotalMemory(true) - before) / Count;
        TestContext.Out.WriteLine($"{bytes} bytes for each allocation with a permission and a channel");
        Assert.That((relays.Count, server.Counters.Allocations), Is.EqualTo((Count, Count)));
        Assert.That(bytes, Is.LessThan(4096));
        server.AdvanceTo(s_start + TimeSpan.FromMinutes(11));
        int closed = 0;
        while (server.TryReadEvent(out TurnServerEvent e)) closed += e.Kind == TurnServerEventKind.CloseRelay ? 1 : 0;
        Assert.That((closed, server.Counters.Allocations, server.NextTimeout.IsNever), Is.EqualTo((Count, 0, true)));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void Receive_OnAnyBytes_ChangesNothing(byte[] message, byte[] fromPeer, byte protocol)
    {
        using TurnServer server = NewServer();
        server.Receive(message, Client(1) with { Protocol = (TransportProtocol)(protocol % 3) }, s_start, out TurnForward forward);
        byte[] buffer = new byte[TurnServer.Headroom + fromPeer.Length + TurnServer.Tailroom];
        fromPeer.CopyTo(buffer, TurnServer.Headroom);
        server.ReceiveFromPeer(buffer, TurnServer.Headroom, fromPeer.Length, new NetworkPath(s_address, s_peer), s_start, out _);
        Assert.That(forward.Length, Is.Zero);
        Assert.That(server.TryReadEvent(out _), Is.False);
        Assert.That(server.Counters.Allocations, Is.Zero);
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Receive_OnASignedRequestThatWasChanged_ChangesNothing(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        using TurnServer server = NewServer();
        Challenge(server, Client(1), out byte[] nonce, out byte[] realm);
        byte[] request = Signed(nonce, realm, "pass");
        // In front of FINGERPRINT, and not the length, which would only move the end of the message.
        int at = random.Next(request.Length - 8);
        request[at] ^= (byte)(1 << random.Next(8));
        if (random.Next(2) == 0) request = request[..random.Next(request.Length)];
        server.Receive(request, Client(1), s_start, out _);
        Assert.That(server.TryReadEvent(out _), Is.False, at.ToString(CultureInfo.InvariantCulture));
        Assert.That(server.Counters.Allocations, Is.Zero);
    }

    // Clients do whatever comes to mind, over a network that loses: the sockets that are open are those of allocations and
    // reservations, nobody has more than the limits give, and in the end nothing is left.
    [Test]
    public void Server_UnderRandomOperations_KeepsItsInvariants([ValueSource(nameof(SomeSeeds))] int seed)
    {
        VirtualTime time = new(seed);
        Realm realm = new("internet");
        using SimulatedTurnServer server = new(new SimulatedHost(time, "turn"), realm, ["203.0.113.1", "2001:db8::1"], new PathOptions { Loss = 0.05 },
            static options => options with { MaxAllocationsPerUser = 6, MaxPermissionsPerAllocation = 4, MaxChannelsPerAllocation = 3, NonceLifetime = TimeSpan.FromMinutes(5) });
        SimulatedHost host = new(time, "clients");
        host.AddInterface(realm, "192.0.2.1", new PathOptions { Duplication = 0.1 });
        TurnServerClient[] clients = [.. Enumerable.Range(0, 10).Select(_ => new TurnServerClient(host, server, host.Interfaces[0].Address))];
        ulong token = 0;
        for (int step = 0; step < 300; step++)
        {
            TurnServerClient client = clients[time.Random.Next(clients.Length)];
            TransportAddress peer = TransportAddress.FromIPv4(0xC6336400 + (uint)time.Random.Next(8), (ushort)(7000 + time.Random.Next(2)));
            client.Password = time.Random.Next(10) == 0 ? "wrong" : "pass";
            client.UsesSha256 = time.Random.Next(2) == 0;
            switch (time.Random.Next(9))
            {
                case 0 or 1: client.Allocate(); break;
                case 2: client.Allocate(static (ref StunMessageWriter writer) => writer.WriteUInt32(StunAttributeType.AdditionalAddressFamily, 2u << 24)); break;
                case 3:
                    if (client.Allocate(static (ref StunMessageWriter writer) => writer.Write(StunAttributeType.EvenPort, [0x80])) is { } answer &&
                        StunMessage.TryParse(answer.Message, out StunMessage message)) message.TryGetUInt64(StunAttributeType.ReservationToken, out token);
                    break;
                case 4: client.Allocate((ref StunMessageWriter writer) => writer.WriteUInt64(StunAttributeType.ReservationToken, token)); break;
                case 5: client.Refresh((uint)time.Random.Next(3) * 600); break;
                case 6: client.Permit(peer); break;
                case 7: client.Bind((ushort)(0x4000 + time.Random.Next(4)), peer); break;
                default: time.RunFor(TimeSpan.FromSeconds(time.Random.Next(200))); break;
            }
            int allocations = server.Server.Counters.Allocations;
            Assert.That(allocations, Is.LessThanOrEqualTo(6), time.Timeline);
            Assert.That(server.Relays.Count, Is.InRange(allocations, 2 * allocations + 20), time.Timeline);
        }
        time.RunFor(TimeSpan.FromHours(2));
        Assert.That((server.Relays.Count, server.Server.Counters.Allocations, server.Server.NextTimeout.IsNever), Is.EqualTo((0, 0, true)), time.Timeline);
    }

    private static IEnumerable<int> SomeSeeds() => Seeds.Range(20);

    private static NetworkPath Client(int number) => new(s_address, TransportAddress.FromIPv4(0xC0000200 + (uint)(number >> 14), (ushort)(1024 + (number & 0x3FFF))));

    private static TurnServer NewServer(Func<TurnServerOptions, TurnServerOptions>? configure = null)
    {
        TurnServerOptions options = new() { Realm = "example.org", Users = new Dictionary<string, string> { ["user"] = "pass" }, MaxUnauthenticatedResponsesPerSecond = 100_000 };
        return new TurnServer(configure?.Invoke(options) ?? options, RandomSource.Seeded(1));
    }

    private byte[] Challenge(TurnServer server, NetworkPath client, out byte[] nonce, out byte[] realm)
    {
        byte[] request = new byte[100];
        StunMessageWriter writer = new(request, StunClass.Request, StunMethod.Allocate, default);
        server.Receive(request.AsSpan(0, writer.Length), client, s_start, out _);
        int length = server.Transmit(_reply, s_start, out _);
        StunMessage.TryParse(_reply.AsSpan(0, length), out StunMessage answer);
        Assert.That(answer.TryGet(StunAttributeType.Nonce, out StunAttribute given) & answer.TryGet(StunAttributeType.Realm, out StunAttribute of));
        (nonce, realm) = (given.Value.ToArray(), of.Value.ToArray());
        return request;
    }

    private static byte[] Signed(byte[] nonce, byte[] realm, string password, StunMethod method = StunMethod.Allocate, WriteAttributes? write = null)
    {
        byte[] request = new byte[500];
        StunMessageWriter writer = new(request, StunClass.Request, method, StunTransactionId.Create(RandomSource.Cryptographic));
        if (method == StunMethod.Allocate) writer.WriteUInt32(StunAttributeType.RequestedTransport, 17u << 24);
        write?.Invoke(ref writer);
        writer.Write(StunAttributeType.Username, "user"u8);
        writer.Write(StunAttributeType.Realm, realm);
        writer.Write(StunAttributeType.Nonce, nonce);
        using StunKey key = StunKey.LongTerm("user", "example.org", password);
        writer.WriteIntegrity(key);
        writer.WriteFingerprint();
        return request[..writer.Length];
    }

    private TransportAddress Allocate(TurnServer server, NetworkPath client, Instant now)
    {
        Challenge(server, client, out byte[] nonce, out byte[] realm);
        server.Receive(Signed(nonce, realm, "pass"), client, now, out _);
        TransportAddress relay = default;
        while (server.TryReadEvent(out TurnServerEvent e))
        {
            if (e.Kind != TurnServerEventKind.OpenRelay) continue;
            relay = TransportAddress.FromIPv4(0xCB007102 + (uint)(e.Ticket >> 14), (ushort)(1024 + (e.Ticket & 0x3FFF)));
            server.RelayOpened(e.Ticket, relay, default, now);
        }
        server.Receive(Signed(nonce, realm, "pass", StunMethod.ChannelBind, static (ref StunMessageWriter writer) =>
        {
            writer.WriteUInt32(StunAttributeType.ChannelNumber, 0x4000u << 16);
            writer.WriteXorAddress(StunAttributeType.XorPeerAddress, s_peer);
        }), client, now, out _);
        while (server.Transmit(_reply, now, out _) > 0) { }
        while (server.TryReadEvent(out _)) { }
        return relay;
    }
}
