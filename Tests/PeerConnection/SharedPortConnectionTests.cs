using WebRtcStack.Transport;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Connections that share a port with one another (<see cref="WebRtcOptions.SharePorts"/>).</summary>
[CancelAfter(30_000)]
public sealed class SharedPortConnectionTests
{
    [Test]
    public async Task ManyConnections_ThroughOnePort_AllCarryTheirData(CancellationToken timeout)
    {
        const int Connections = 25;
        using SocketTransport clients = new(new SocketTransportOptions { Loops = 1 }), server = new(new SocketTransportOptions { Loops = 1 });
        WebRtcOptions near = LoopbackTests.Loopback with { Transport = clients, TcpCandidates = TcpCandidates.None };
        WebRtcOptions far = near with { Transport = server, SharePorts = true };
        ConnectedPair[] pairs = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => ConnectedPair.CreateAsync(timeout, options: near, answererOptions: far)));
        foreach (ConnectedPair pair in pairs) await pair.SendAudioAsync(packets: 5, timeout);
        ushort[] ports = [.. pairs.Select(pair => pair.Offerer.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!.Remote.Port!.Value).Distinct()];
        Assert.That(ports, Has.Length.LessThanOrEqualTo(2), "one for each address family");
        await Task.WhenAll(pairs[1..].Select(pair => pair.DisposeAsync().AsTask())).WaitAsync(timeout);
        await using (ConnectedPair later = await ConnectedPair.CreateAsync(timeout, options: near, answererOptions: far)) { }
        await pairs[0].DisposeAsync();
        SocketEventLoop loop = (SocketEventLoop)server.NextLoop();
        TaskCompletionSource<int> open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => open.SetResult(loop.OpenPorts));
        Assert.That(await open.Task, Is.Zero, "nothing is left behind");
    }

    [Test]
    public async Task Restart_OverASharedPort_GivesItTheNewName(CancellationToken timeout)       // RFC 8445 §9
    {
        WebRtcOptions options = LoopbackTests.Loopback with { TcpCandidates = TcpCandidates.None };
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, options: options, answererOptions: options with { SharePorts = true });
        pair.Offerer.RestartIce();
        await pair.Offerer.SetLocalDescriptionAsync();
        await pair.Answerer.SetRemoteDescriptionAsync(pair.Offerer.LocalDescription!);
        await pair.Answerer.SetLocalDescriptionAsync();
        await pair.Offerer.SetRemoteDescriptionAsync(pair.Answerer.LocalDescription!);
        await pair.SendAudioAsync(packets: 20, timeout);
        Assert.That(pair.Offerer.IceConnectionState, Is.AnyOf(RTCIceConnectionState.Connected, RTCIceConnectionState.Completed, RTCIceConnectionState.Checking));
    }
}
