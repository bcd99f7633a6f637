using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Transport;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Interop;

/// <summary>Our server with its sockets and threads: quotas over workers, servers that name others under other names.</summary>
[Category("Interop")]
public sealed class TurnHostTests
{
    // The system deals clients out to the workers by address and port; whichever they come to, one user has one quota.
    [Test, CancelAfter(20_000)]
    public async Task Quota_OverSeveralWorkers_HoldsForAllTogether(CancellationToken timeout)                      // RFC 8656 §7.2, check 10
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("More than one worker needs Linux.");
        const int Clients = 24, Quota = 5;
        await using OurTurnServer server = new(configure: static options => options with
        {
            Workers = 4, Server = options.Server with { MaxAllocationsPerUser = Quota },
        });
        List<(TurnAllocation Allocation, UdpClient Socket)> clients = [];
        for (int i = 0; i < Clients; i++)
        {
            clients.Add((new TurnAllocation(new TurnAllocationOptions
            {
                Server = server.Host.Listeners[0].Address, Username = RealTurnServer.User, Password = RealTurnServer.Password,
            }, RandomSource.Cryptographic), new UdpClient(new IPEndPoint(IPAddress.Loopback, 0))));
        }
        await Task.WhenAll(clients.Select(client => AllocateAsync(client.Allocation, client.Socket, timeout)));
        Assert.That(clients.Count(client => client.Allocation.State == TurnAllocationState.Allocated), Is.EqualTo(Quota));
        Assert.That(clients.Where(client => client.Allocation.State == TurnAllocationState.Failed).Select(client => client.Allocation.ErrorCode),
            Has.Exactly(Clients - Quota).Items.And.All.EqualTo(StunErrorCode.AllocationQuotaReached));
        Assert.That(server.Host.Counters.Count(counters => counters.Challenges > 0), Is.GreaterThan(1), "several workers were asked");
        foreach ((TurnAllocation allocation, UdpClient socket) in clients)
        {
            allocation.Dispose();
            socket.Dispose();
        }
    }

    // The second server's certificate has a name of its own: the first one tells it, tells a wrong one, or none.
    [TestCase("relay.example", true)]
    [TestCase("other.example", false)]
    [TestCase(null, false)]
    [CancelAfter(20_000)]
    public async Task AlternateDomain_IsTheNameThatTheCertificateHasToHave(string? domain, bool connects, CancellationToken timeout)      // RFC 8489 §14.16
    {
        using X509Certificate2 other = TurnCertificate.Create("relay.example");
        string[] known = [TurnCertificate.Shared.GetCertHashString(), other.GetCertHashString()];
        await using OurTurnServer first = new(), second = new(configure: options => options with { Certificate = other });
        first.Host.Drain(new TurnAlternate(second.Host.Listeners[2].Address, TransportProtocol.Tls, domain));
        using SocketTransport transport = new(new SocketTransportOptions
        {
            Loops = 1,
            CertificateValidation = (_, certificate, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 && known.Contains(certificate!.GetCertHashString()),
        });
        await using RTCPeerConnection connection = new(first.RelayOnly(TransportProtocol.Tls), LoopbackTests.Loopback with { Transport = transport });
        TaskCompletionSource<bool> relayed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is { Type: RTCIceCandidateType.Relay }) relayed.TrySetResult(true);
        };
        connection.OnIceCandidateError += (_, e) => relayed.TrySetResult(e.ErrorCode != 701);
        connection.CreateDataChannel("x");
        await connection.SetLocalDescriptionAsync();
        Assert.That(await relayed.Task.WaitAsync(timeout), Is.EqualTo(connects));
        Assert.That((first.Host.Allocations, second.Host.Allocations), Is.EqualTo((0, connects ? 1 : 0)));
    }

    [Test, CancelAfter(20_000)]
    public async Task AuthenticationHook_IsAskedAboutWhomNobodyElseKnows(CancellationToken timeout)
    {
        List<string> asked = [];
        await using OurTurnServer server = new(configure: options => options with
        {
            Authentication = username =>
            {
                lock (asked) asked.Add(username);
                return username == "bad" ? throw new InvalidOperationException("The database is away.") : Task.FromResult(username == "bob" ? "builder" : null);
            },
        });
        Assert.That(await StateOfAsync(server, "bob", "builder", timeout), Is.EqualTo((TurnAllocationState.Allocated, StunErrorCode.None)));
        Assert.That(await StateOfAsync(server, "bob", "wrong", timeout), Is.EqualTo((TurnAllocationState.Failed, StunErrorCode.Unauthenticated)));
        Assert.That(await StateOfAsync(server, "nobody", "builder", timeout), Is.EqualTo((TurnAllocationState.Failed, StunErrorCode.Unauthenticated)));
        Assert.That(await StateOfAsync(server, "bad", "builder", timeout), Is.EqualTo((TurnAllocationState.Failed, StunErrorCode.Unauthenticated)));
        Assert.That(await StateOfAsync(server, RealTurnServer.User, RealTurnServer.Password, timeout), Is.EqualTo((TurnAllocationState.Allocated, StunErrorCode.None)));
        Assert.That(asked, Does.Not.Contain(RealTurnServer.User));
    }

    [Test, CancelAfter(20_000)]
    public async Task DrainAsync_EndsWithTheLastAllocation(CancellationToken timeout)
    {
        await using OurTurnServer server = new();
        using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        using TurnAllocation allocation = Allocation(server, RealTurnServer.User, RealTurnServer.Password);
        await AllocateAsync(allocation, socket, timeout);
        Task drained = server.Host.DrainAsync([], timeout);
        Assert.That(await StateOfAsync(server, RealTurnServer.User, RealTurnServer.Password, timeout), Is.EqualTo((TurnAllocationState.Failed, StunErrorCode.InsufficientCapacity)), "no new ones");
        Assert.That(drained.IsCompleted, Is.False, "the old one goes on");
        allocation.Close();
        await ExchangeAsync(allocation, socket, timeout);
        await drained.WaitAsync(timeout);
        using CancellationTokenSource early = new();
        await early.CancelAsync();
        await server.Host.DrainAsync([], early.Token);            // cancelling ends the wait, not with an exception
    }

    [Test, CancelAfter(20_000)]
    public async Task Meter_TellsWhatTheServerHasDone(CancellationToken timeout)
    {
        await using OurTurnServer server = new(configure: static options => options with { RelayAddresses = [TransportAddress.From(IPAddress.IPv6Loopback, 0), .. options.RelayAddresses] });
        using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0)), peer = new(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        TransportAddress to = TransportAddress.From((IPEndPoint)peer.Client.LocalEndPoint!);
        using TurnAllocation allocation = Allocation(server, RealTurnServer.User, RealTurnServer.Password, ipv6: true);
        await AllocateAsync(allocation, socket, timeout);
        Assert.That(allocation.RelayedAddress.IsIPv6);
        allocation.Permit(to);
        await ExchangeAsync(allocation, socket, timeout);
        byte[] buffer = new byte[500];
        await socket.SendAsync(buffer.AsMemory(0, allocation.Wrap(buffer, 100, to)), allocation.Server.ToIPEndPoint(), timeout);
        UdpReceiveResult received = await peer.ReceiveAsync(timeout);                                // over IPv6, from an IPv4 client
        Assert.That((received.Buffer.Length, TransportAddress.From(received.RemoteEndPoint)), Is.EqualTo((100, allocation.RelayedAddress)));
        await peer.SendAsync(buffer.AsMemory(0, 60), received.RemoteEndPoint, timeout);
        Assert.That(allocation.Receive((await socket.ReceiveAsync(timeout)).Buffer, new Instant(TimeSpan.TicksPerHour), out _, out int length, out TransportAddress from));
        Assert.That((length, from), Is.EqualTo((60, to)));
        await StateOfAsync(server, "nobody", "x", timeout);

        Dictionary<string, long> read = [];
        using System.Diagnostics.Metrics.MeterListener listener = new();
        listener.InstrumentPublished = static (instrument, listening) =>
        {
            if (instrument.Meter.Name == "WebRtcStack.Turn") listening.EnableMeasurementEvents(instrument);
        };
        void Take<T>(System.Diagnostics.Metrics.Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? _)
        {
            string name = tags.Length > 0 ? $"{instrument.Name}:{tags[0].Value}" : instrument.Name;
            read[name] = read.GetValueOrDefault(name) + Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
        }
        listener.SetMeasurementEventCallback<int>(Take);
        listener.SetMeasurementEventCallback<long>(Take);
        listener.Start();
        listener.RecordObservableInstruments();
        // Other servers of this process are read as well.
        Assert.Multiple(() =>
        {
            Assert.That(read["webrtcstack.turn.allocations"], Is.GreaterThanOrEqualTo(1));
            Assert.That(read["webrtcstack.turn.allocations.created"], Is.GreaterThanOrEqualTo(1));
            Assert.That(read["webrtcstack.turn.datagrams.to_peers"], Is.GreaterThanOrEqualTo(1));
            Assert.That(read["webrtcstack.turn.bytes.to_peers"], Is.GreaterThanOrEqualTo(100));
            Assert.That(read["webrtcstack.turn.bytes.to_clients"], Is.GreaterThanOrEqualTo(60));
            Assert.That(read["webrtcstack.turn.challenges"], Is.GreaterThanOrEqualTo(2));
            Assert.That(read["webrtcstack.turn.bad_credentials"], Is.GreaterThanOrEqualTo(1));
            Assert.That(read, Does.ContainKey("webrtcstack.turn.connections").And.ContainKey("webrtcstack.turn.bytes.streams").And.ContainKey("webrtcstack.turn.dropped:NoPermission"));
        });
    }

    private static TurnAllocation Allocation(OurTurnServer server, string user, string password, bool ipv6 = false) => new(new TurnAllocationOptions
    {
        Server = server.Host.Listeners[0].Address, Username = user, Password = password, RequestIPv6 = ipv6,
    }, RandomSource.Cryptographic);

    private static async Task<(TurnAllocationState State, StunErrorCode Error)> StateOfAsync(OurTurnServer server, string user, string password, CancellationToken timeout)
    {
        using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        using TurnAllocation allocation = Allocation(server, user, password);
        await AllocateAsync(allocation, socket, timeout);
        return (allocation.State, allocation.ErrorCode);
    }

    private static async Task ExchangeAsync(TurnAllocation allocation, UdpClient socket, CancellationToken timeout)
    {
        byte[] buffer = new byte[1500];
        Instant now = new(TimeSpan.TicksPerHour);
        while (allocation.Transmit(buffer, now) is > 0 and int length) await socket.SendAsync(buffer.AsMemory(0, length), allocation.Server.ToIPEndPoint(), timeout);
        allocation.Receive((await socket.ReceiveAsync(timeout)).Buffer, now, out _, out _, out _);
    }

    private static async Task AllocateAsync(TurnAllocation allocation, UdpClient socket, CancellationToken timeout)
    {
        while (allocation.State == TurnAllocationState.Allocating) await ExchangeAsync(allocation, socket, timeout);
    }
}
