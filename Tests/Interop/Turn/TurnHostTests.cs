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

    private static async Task AllocateAsync(TurnAllocation allocation, UdpClient socket, CancellationToken timeout)
    {
        byte[] buffer = new byte[1500];
        Instant now = new(TimeSpan.TicksPerHour);
        while (allocation.State == TurnAllocationState.Allocating)
        {
            while (allocation.Transmit(buffer, now) is > 0 and int length) await socket.SendAsync(buffer.AsMemory(0, length), allocation.Server.ToIPEndPoint(), timeout);
            allocation.Receive((await socket.ReceiveAsync(timeout)).Buffer, now, out _, out _, out _);
        }
    }
}
