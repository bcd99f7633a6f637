using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using WebRtcStack.Core;
using WebRtcStack.Stun;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Interop;

/// <summary>STUN and TURN over TCP and TLS with real sockets: framing, servers that name others, what a server can do with its sockets.</summary>
[Category("Interop")]
public sealed class TurnStreamTests
{
    // Two requests in pieces that are no messages (RFC 8489 §6.2.2): both are answered, with the address of the connection.
    [Test, CancelAfter(20_000)]
    public async Task Binding_OverAStream_IsAnswered(
        [Values(RealTurnServer.Ours, RealTurnServer.Coturn)] string name, [Values(TransportProtocol.Tcp, TransportProtocol.Tls)] TransportProtocol protocol, CancellationToken timeout)
    {
        await using RealTurnServer server = await RealTurnServer.StartAsync(name);
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, protocol == TransportProtocol.Tcp ? server.Port : server.TlsPort, timeout);
        await using Stream stream = await OpenAsync(client, protocol, timeout);
        StunTransactionId[] ids = [StunTransactionId.Create(RandomSource.Cryptographic), StunTransactionId.Create(RandomSource.Cryptographic)];
        byte[] requests = new byte[256];
        int first = StunBinding.WriteRequest(requests, ids[0]), length = first + StunBinding.WriteRequest(requests.AsSpan(first), ids[1]);
        await stream.WriteAsync(requests.AsMemory(0, 7), timeout);
        await stream.WriteAsync(requests.AsMemory(7, first), timeout);
        await stream.WriteAsync(requests.AsMemory(first + 7, length - first - 7), timeout);

        byte[] received = new byte[1024];
        int held = 0;
        foreach (StunTransactionId id in ids)
        {
            int frame;
            while (!StunFraming.TryGetFrameLength(received.AsSpan(0, held), out frame) || frame == 0 || held < frame)
            {
                int read = await stream.ReadAsync(received.AsMemory(held), timeout);
                Assert.That(read, Is.GreaterThan(0), "the server has hung up");
                held += read;
            }
            Check(received.AsSpan(0, frame), id, TransportAddress.From((IPEndPoint)client.Client.LocalEndPoint!));
            received.AsSpan(frame, held - frame).CopyTo(received);
            held -= frame;
        }
    }

    [Test, CancelAfter(20_000)]
    public async Task StunOverTls_GivesNoCandidate_AndSaysSo(CancellationToken timeout)
    {
        RTCConfiguration configuration = new() { IceServers = [new RTCIceServer { Urls = ["stuns:localhost"] }] };
        RTCPeerConnectionIceErrorEvent error = await FirstErrorAsync(configuration, timeout);
        Assert.That((error.ErrorCode, error.Url), Is.EqualTo((701, "stuns:localhost")));
        Assert.That(error.ErrorText, Does.Contain("no UDP address"));
    }

    // 300 from the first and the second server; the third has both allocations.
    [Test, CancelAfter(20_000)]
    public async Task AlternateServer_OverAStream_IsFollowedAgainAndAgain(
        [Values(TransportProtocol.Tcp, TransportProtocol.Tls)] TransportProtocol protocol, CancellationToken timeout)      // RFC 8489 §10
    {
        await using OurTurnServer first = new(), second = new(), third = new();
        first.Host.Drain(Address(second, protocol));
        second.Host.Drain(Address(third, protocol));
        await using (ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, first.RelayOnly(protocol), RealTurnServer.Options))
        {
            await pair.SendAudioAsync(5, timeout);
            Assert.That((first.Host.Allocations, second.Host.Allocations, third.Host.Allocations), Is.EqualTo((0, 0, 2)));
        }
        await third.UntilFreeAsync(timeout);
    }

    [Test, CancelAfter(20_000)]
    public async Task AlternateServers_ThatNameEachOther_AreACandidateError(CancellationToken timeout)
    {
        await using OurTurnServer first = new(), second = new();
        first.Host.Drain(Address(second, TransportProtocol.Tcp));
        second.Host.Drain(Address(first, TransportProtocol.Tcp));
        RTCPeerConnectionIceErrorEvent error = await FirstErrorAsync(first.RelayOnly(TransportProtocol.Tcp), timeout);
        Assert.That((error.ErrorCode, error.Url), Is.EqualTo((300, first.Url(TransportProtocol.Tcp))));
    }

    [Test, CancelAfter(20_000)]
    public async Task AlternateServer_ThatIsNotThere_IsACandidateError(CancellationToken timeout)
    {
        await using OurTurnServer server = new();
        server.Host.Drain(TransportAddress.From(IPAddress.Loopback, (ushort)RealTurnServer.FreePort()));
        RTCPeerConnectionIceErrorEvent error = await FirstErrorAsync(server.RelayOnly(TransportProtocol.Tcp), timeout);
        Assert.That(error.ErrorCode, Is.EqualTo(701));
    }

    // A challenge and a success: had the server said 420, there would be a third request.
    [Test, CancelAfter(20_000)]
    public async Task DontFragment_WhereTheSystemCan_IsGranted(CancellationToken timeout)                          // RFC 8656 §7.2, check 4
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Sockets of this system are served without DF.");
        await using OurTurnServer server = new();
        using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        using TurnAllocation allocation = new(new TurnAllocationOptions
        {
            Server = server.Host.Listeners[0].Address, Username = RealTurnServer.User, Password = RealTurnServer.Password, DontFragment = true,
        }, RandomSource.Cryptographic);
        byte[] buffer = new byte[1500];
        Instant now = new(TimeSpan.TicksPerHour);
        int requests = 0;
        while (allocation.State == TurnAllocationState.Allocating)
        {
            int length = allocation.Transmit(buffer, now);
            requests++;
            await socket.SendAsync(buffer.AsMemory(0, length), server.Host.Listeners[0].Address.ToIPEndPoint(), timeout);
            allocation.Receive((await socket.ReceiveAsync(timeout)).Buffer, now, out _, out _, out _);
        }
        Assert.That((allocation.State, requests), Is.EqualTo((TurnAllocationState.Allocated, 2)));
    }

    // A port that nobody has bound: the system says so by ICMP, the server's socket hears of it, and so does the client.
    [Test, CancelAfter(20_000)]
    public async Task PeerThatIsNotThere_IsReportedByIcmp(CancellationToken timeout)                               // RFC 8656 §11.5, §11.6
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Sockets of this system do not tell of ICMP.");
        await using OurTurnServer server = new();
        using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        TransportAddress nobody;
        using (UdpClient closed = new(new IPEndPoint(IPAddress.Loopback, 0))) nobody = TransportAddress.From((IPEndPoint)closed.Client.LocalEndPoint!);
        using TurnAllocation allocation = new(new TurnAllocationOptions
        {
            Server = server.Host.Listeners[0].Address, Username = RealTurnServer.User, Password = RealTurnServer.Password,
        }, RandomSource.Cryptographic);
        byte[] buffer = new byte[1500];
        Instant now = new(TimeSpan.TicksPerHour);
        IPEndPoint to = server.Host.Listeners[0].Address.ToIPEndPoint();
        while (allocation.State == TurnAllocationState.Allocating) await ExchangeAsync();
        allocation.Permit(nobody);
        await ExchangeAsync();
        await socket.SendAsync(buffer.AsMemory(0, allocation.Wrap(buffer, 4, nobody)), to, timeout);
        while (allocation.IcmpErrors == 0) await ExchangeAsync();
        Assert.That(allocation.TryReadIcmp(out TransportAddress peer, out StunIcmp icmp));
        Assert.That((peer, icmp.Type, icmp.Code), Is.EqualTo((nobody, (byte)3, (byte)3)));

        async Task ExchangeAsync()
        {
            while (allocation.Transmit(buffer, now) is > 0 and int length) await socket.SendAsync(buffer.AsMemory(0, length), to, timeout);
            allocation.Receive((await socket.ReceiveAsync(timeout)).Buffer, now, out _, out _, out _);
        }
    }

    private static TransportAddress Address(OurTurnServer server, TransportProtocol protocol) =>
        TransportAddress.From(IPAddress.Loopback, (ushort)(protocol == TransportProtocol.Tls ? server.TlsPort : server.Port));

    private static void Check(ReadOnlySpan<byte> frame, StunTransactionId id, TransportAddress local)
    {
        Assert.That(StunMessage.TryParse(frame, out StunMessage answer) && answer.TransactionId == id);
        Assert.That(answer.TryGetMappedAddress(out TransportAddress mapped) ? mapped : default, Is.EqualTo(local));
    }

    private static async Task<Stream> OpenAsync(TcpClient client, TransportProtocol protocol, CancellationToken timeout)
    {
        if (protocol == TransportProtocol.Tcp) return client.GetStream();
        SslStream secure = new(client.GetStream(), false, static (_, certificate, _, _) => certificate!.GetCertHashString() == TurnCertificate.Shared.GetCertHashString());
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, timeout);
        return secure;
    }

    private static async Task<RTCPeerConnectionIceErrorEvent> FirstErrorAsync(RTCConfiguration configuration, CancellationToken timeout)
    {
        await using RTCPeerConnection connection = new(configuration, RealTurnServer.Options);
        TaskCompletionSource<RTCPeerConnectionIceErrorEvent> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource gathered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnIceCandidateError += (_, e) => failed.TrySetResult(e);
        connection.OnIceGatheringStateChange += (_, _) =>
        {
            if (connection.IceGatheringState == RTCIceGatheringState.Complete) gathered.TrySetResult();
        };
        connection.CreateDataChannel("x");
        await connection.SetLocalDescriptionAsync();
        RTCPeerConnectionIceErrorEvent error = await failed.Task.WaitAsync(timeout);
        await gathered.Task.WaitAsync(timeout);
        return error;
    }
}
