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

    // RFC 8445 §7.3: transports are told apart by the user name of a check. Where the peer bundles, one is left of three that were offered.
    [Test]
    public async Task SeveralTransports_OverASharedPort_AreToldApart([Values] bool bundles, CancellationToken timeout)
    {
        using SocketTransport clients = new(new SocketTransportOptions { Loops = 1 }), server = new(new SocketTransportOptions { Loops = 1 });
        WebRtcOptions options = LoopbackTests.Loopback with { Transport = clients, TcpCandidates = TcpCandidates.None };
        RTCConfiguration configuration = new() { BundlePolicy = RTCBundlePolicy.MaxCompat };
        await using RTCPeerConnection left = new(configuration, options), right = new(configuration, options with { Transport = server, SharePorts = true });
        left.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio));
        left.AddTrack(new LocalMediaStreamTrack(MediaKind.Video));
        RTCDataChannel channel = left.CreateDataChannel("data");
        TaskCompletionSource leftIsConnected = Connected(left), rightIsConnected = Connected(right), open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.OnOpen += (_, _) => open.TrySetResult();
        Signalling toRight = new(right), toLeft = new(left);
        left.OnIceCandidate += (_, e) => toRight.Send(e.Candidate);
        right.OnIceCandidate += (_, e) => toLeft.Send(e.Candidate);
        // The side that shares offers too.
        foreach (bool rightOffers in new[] { false, true })
        {
            (RTCPeerConnection offerer, RTCPeerConnection answerer) = rightOffers ? (right, left) : (left, right);
            RTCSessionDescription offer = await offerer.SetLocalDescriptionAsync();
            await answerer.SetRemoteDescriptionAsync(bundles ? offer : WithoutBundle(offer));
            (rightOffers ? toLeft : toRight).Described();
            await offerer.SetRemoteDescriptionAsync(await answerer.SetLocalDescriptionAsync());
            (rightOffers ? toRight : toLeft).Described();
            await Task.WhenAll(leftIsConnected.Task, rightIsConnected.Task, open.Task).WaitAsync(timeout);
        }
        RTCDtlsTransport[] transports = [.. right.GetReceivers().Select(each => each.Transport!).Append(right.Sctp!.Transport).Distinct()];
        Assert.That(transports, Has.Length.EqualTo(bundles ? 1 : 3));
        Assert.That(transports.Select(each => each.IceTransport.GetSelectedCandidatePair()!.Local.Port).Distinct().Count(), Is.LessThanOrEqualTo(2), "one for each address family");
        TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        right.CreateDataChannel("back").OnOpen += (_, _) => opened.TrySetResult();
        await opened.Task.WaitAsync(timeout);

        static TaskCompletionSource Connected(RTCPeerConnection connection)
        {
            TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.OnConnectionStateChange += (_, _) =>
            {
                if (connection.ConnectionState == RTCPeerConnectionState.Connected) connected.TrySetResult();
            };
            return connected;
        }

        static RTCSessionDescription WithoutBundle(RTCSessionDescription offer) => offer with
        {
            Sdp = string.Join("\r\n", offer.Sdp.Split("\r\n").Where(line => !line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal))),
        };
    }

    // Servers know clients by their address: two connections that share a port ask from sockets of their own (RFC 8656 §3.2: one allocation for each 5-tuple).
    [Test]
    public async Task Servers_OfConnectionsThatShareAPort_AreAskedFromOtherSockets(CancellationToken timeout)
    {
        await using Interop.OurTurnServer turn = new();
        using SocketTransport transport = new(new SocketTransportOptions { Loops = 1 });
        WebRtcOptions options = LoopbackTests.Loopback with { Transport = transport, TcpCandidates = TcpCandidates.None, SharePorts = true };
        RTCConfiguration configuration = turn.RelayOnly(WebRtcStack.Core.TransportProtocol.Udp) with { IceTransportPolicy = RTCIceTransportPolicy.All };
        RTCPeerConnection[] connections = [new(configuration, options), new(configuration, options), new(configuration, options)];
        List<RTCIceCandidate>[] found = [.. await Task.WhenAll(connections.Select(GatherAsync)).WaitAsync(timeout)];
        foreach (List<RTCIceCandidate> candidates in found)
            Assert.That(candidates.Select(each => each.Type), Has.Member(RTCIceCandidateType.Host).And.Member(RTCIceCandidateType.Relay));
        RTCIceCandidate[] best = [.. found.Select(candidates => candidates.Where(each => each.Type == RTCIceCandidateType.Host).MaxBy(each => each.Priority)!)];
        Assert.That(best.Select(each => each.Port).Distinct().Count(), Is.EqualTo(1), "the shared one goes first");
        foreach (RTCPeerConnection each in connections) await each.DisposeAsync();

        static async Task<List<RTCIceCandidate>> GatherAsync(RTCPeerConnection connection)
        {
            List<RTCIceCandidate> candidates = [];
            TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.OnIceCandidate += (_, e) =>
            {
                if (e.Candidate is { Candidate.Length: > 0 }) candidates.Add(e.Candidate);
                else if (e.Candidate is null) complete.SetResult();
            };
            connection.CreateDataChannel("x");
            await connection.SetLocalDescriptionAsync();
            await complete.Task;
            return candidates;
        }
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

    /// <summary>Candidates on their way to a peer: they wait for its first remote description.</summary>
    private sealed class Signalling(RTCPeerConnection to)
    {
        private readonly TaskCompletionSource _described = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Described() => _described.TrySetResult();

        public async void Send(RTCIceCandidate? candidate)
        {
            await _described.Task;
            try
            {
                if (candidate is not null) await to.AddIceCandidateAsync(candidate);
            }
            catch (DOMException) { }                    // of a section that is gone
        }
    }
}
