using System.Diagnostics;
using WebRtcStack.Core;
using WebRtcStack.Ice;
using WebRtcStack.Tests.PeerConnection;
using WebRtcStack.Turn;

namespace WebRtcStack.Tests.Interop;

/// <summary>Our connections through coturn and through our own server, over UDP, TCP and TLS.</summary>
[Category("Interop")]
public sealed class TurnInteropTests
{
    [Test, CancelAfter(20_000)]
    public async Task Pair_ThroughARelay_CarriesMessages(
        [Values(RealTurnServer.Ours, RealTurnServer.Coturn)] string name, [Values] TransportProtocol protocol, CancellationToken timeout)
    {
        await using RealTurnServer server = await RealTurnServer.StartAsync(name);
        await RoundTripAsync(server.RelayOnly(protocol), timeout);
        if (server is OurTurnServer ours) await ours.UntilFreeAsync(timeout);
    }

    [Test, CancelAfter(20_000)]
    public async Task Pair_WithTimeLimitedCredentials_CarriesMessages(
        [Values(RealTurnServer.Ours, RealTurnServer.Coturn)] string name, CancellationToken timeout)
    {
        await using RealTurnServer server = await RealTurnServer.StartAsync(name, rest: true);
        TurnRestCredentials credentials = TurnRestCredentials.Create(RealTurnServer.Secret, "alice", DateTimeOffset.UtcNow.AddMinutes(5));
        await RoundTripAsync(server.RelayOnly(TransportProtocol.Udp, credentials.Username, credentials.Password), timeout);
    }

    [Test, CancelAfter(20_000)]
    public async Task Pair_ThroughTcpRelays_CarriesMessages(                                            // RFC 6544 §5.5, RFC 6062
        [Values(RealTurnServer.Ours, RealTurnServer.Coturn)] string name, [Values(TransportProtocol.Tcp, TransportProtocol.Tls)] TransportProtocol protocol, CancellationToken timeout)
    {
        await using RealTurnServer server = name == RealTurnServer.Ours
            ? new OurTurnServer(configure: static options => options with { Server = options.Server with { RelaysTcp = true } })
            : await RealTurnServer.StartAsync(name);
        WebRtcOptions options = RealTurnServer.Options with
        {
            TcpRelays = true, Ice = new IceAgentOptions { LocalCandidateFilter = static candidate => candidate.Protocol == TransportProtocol.Tcp },
        };
        await RoundTripAsync(server.RelayOnly(protocol), timeout, options);
        if (server is OurTurnServer ours) await ours.UntilFreeAsync(timeout);
    }

    // Linux tells what ICMP has said (RFC 8489 §6.2.1); the candidate error comes then, and not after all repetitions.
    [Test, CancelAfter(20_000), Platform("Linux")]
    public async Task UdpServers_WhereNobodyListens_AreCandidateErrorsAtOnce([Values("stun", "turn")] string scheme, CancellationToken timeout)
    {
        RTCConfiguration configuration = new()
        {
            IceServers = [new RTCIceServer { Urls = [$"{scheme}:127.0.0.1:{RealTurnServer.FreePort()}"], Username = "user", Credential = "pass" }],
        };
        await using RTCPeerConnection connection = new(configuration, LoopbackTests.Loopback);
        TaskCompletionSource<RTCPeerConnectionIceErrorEvent> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnIceCandidateError += (_, e) => failed.TrySetResult(e);
        connection.OnIceGatheringStateChange += (_, _) =>
        {
            if (connection.IceGatheringState == RTCIceGatheringState.Complete) complete.TrySetResult();
        };
        connection.CreateDataChannel("x");
        Stopwatch watch = Stopwatch.StartNew();
        await connection.SetLocalDescriptionAsync();
        RTCPeerConnectionIceErrorEvent error = await failed.Task.WaitAsync(timeout);
        await complete.Task.WaitAsync(timeout);
        Assert.That((error.ErrorCode, error.Url), Is.EqualTo((701, configuration.IceServers[0].Urls[0])));
        Assert.That(watch.Elapsed, Is.LessThan(new IceAgentOptions().GatheringTimeout / 2));
    }

    [Test, CancelAfter(20_000)]
    public async Task TlsServer_UnderAnotherName_IsACandidateError(CancellationToken timeout)           // RFC 8656 §2.1; webrtc-pc §4.8.3
    {
        await using OurTurnServer server = new();
        RTCConfiguration configuration = new()
        {
            IceServers = [new RTCIceServer { Urls = [$"turns:127.0.0.1:{server.TlsPort}"], Username = RealTurnServer.User, Credential = RealTurnServer.Password }],
        };
        await using RTCPeerConnection connection = new(configuration, RealTurnServer.Options);
        TaskCompletionSource<RTCPeerConnectionIceErrorEvent> failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnIceCandidateError += (_, e) => failed.TrySetResult(e);
        connection.CreateDataChannel("x");
        await connection.SetLocalDescriptionAsync();
        RTCPeerConnectionIceErrorEvent error = await failed.Task.WaitAsync(timeout);
        Assert.That((error.ErrorCode, error.Url), Is.EqualTo((701, configuration.IceServers[0].Urls[0])));
    }

    // Channels and indications over each protocol at once: it takes its time for whatever it does.
    [Test, CancelAfter(30_000)]
    public async Task Uclient_AgainstOurServer_LosesNothing(CancellationToken timeout)
    {
        await using OurTurnServer server = new();
        (TransportProtocol Protocol, bool Indications)[] runs =
        [
            (TransportProtocol.Udp, false), (TransportProtocol.Udp, true), (TransportProtocol.Tcp, false), (TransportProtocol.Tcp, true),
            (TransportProtocol.Tls, false), (TransportProtocol.Tls, true),
        ];
        string[] outputs = await Task.WhenAll(runs.Select(run =>
            Uclient.RunAsync(server, run.Protocol, ["-n", "5", "-m", "2", "-l", "170", .. run.Indications ? new[] { "-s" } : []], timeout)));
        Assert.Multiple(() =>
        {
            // Two clients, five messages of 170 bytes each, and back.
            foreach (string output in outputs) Assert.That(output, Does.Contain("Total lost packets 0 ").And.Contain("tot_recv_bytes ~ 1700"));
        });
    }

    // -N and -R: wrong requests and wrong protocol between the right ones, which may never come to an end.
    [Test, CancelAfter(30_000)]
    public async Task Uclient_WithNegativeTests_LeavesTheServerServing(CancellationToken timeout)
    {
        await using OurTurnServer server = new();
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        enough.CancelAfter(TimeSpan.FromSeconds(5));
        await Task.WhenAll(new[] { "-N", "-R" }.Select(async flag =>
        {
            try
            {
                await Uclient.RunAsync(server, TransportProtocol.Udp, [flag, "-n", "5", "-m", "2", "-l", "170"], enough.Token);
            }
            catch (OperationCanceledException) { }                // it waits for answers that nobody owes
        }));
        await RoundTripAsync(server.RelayOnly(TransportProtocol.Udp), timeout);
    }

    internal static async Task RoundTripAsync(RTCConfiguration configuration, CancellationToken timeout, WebRtcOptions? options = null)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout, configuration, options ?? RealTurnServer.Options);
        await pair.SendAudioAsync(20, timeout);
        RTCIceCandidatePair selected = pair.Offerer.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        Assert.That((selected.Local.Type, selected.Remote.Type), Is.EqualTo((RTCIceCandidateType.Relay, RTCIceCandidateType.Relay)));
    }
}

/// <summary>Real peers' connections to us, both sides through a relay.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox), TestFixture(PeerHost.Pion)]
public sealed class RelayedPeerTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(20_000)]
    public async Task Peer_ThroughARelay_CarriesMessages(
        [Values(RealTurnServer.Ours, RealTurnServer.Coturn)] string name, [Values(TransportProtocol.Udp, TransportProtocol.Tcp)] TransportProtocol protocol, CancellationToken timeout)
    {
        await using RealTurnServer server = await RealTurnServer.StartAsync(name);
        object theirs = new
        {
            iceServers = new[] { new { urls = new[] { server.Url(protocol) }, username = RealTurnServer.User, credential = RealTurnServer.Password } },
            iceTransportPolicy = "relay",
        };
        await using PeerCall call = await PeerCall.StartAsync(Host, RealTurnServer.Options, theirs, server.RelayOnly(protocol));
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        await call.OfferAsync();
        await channel.OpensAsync(timeout);
        byte[] sent = [.. Enumerable.Range(0, 5_000).Select(static i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
        RTCIceCandidatePair selected = call.Connection.Sctp!.Transport.IceTransport.GetSelectedCandidatePair()!;
        Assert.That((selected.Local.Type, selected.Remote.Type), Is.EqualTo((RTCIceCandidateType.Relay, RTCIceCandidateType.Relay)));
    }
}

/// <summary>coturn's load generator as a client: two allocations for each flow, data from the one to the other and back.</summary>
internal static class Uclient
{
    public static async Task<string> RunAsync(RealTurnServer server, TransportProtocol protocol, IEnumerable<string> more, CancellationToken timeout)
    {
        string path = RealPeer.Require(["turnutils_uclient"], null, "apt-get install coturn");
        ProcessStartInfo start = new(path) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] flags = protocol switch { TransportProtocol.Udp => [], TransportProtocol.Tcp => ["-t"], _ => ["-t", "-S"] };
        int port = protocol == TransportProtocol.Tls ? server.TlsPort : server.Port;
        foreach (string each in (string[])[.. flags, "-y", "-c", "-u", RealTurnServer.User, "-w", RealTurnServer.Password, "-p", $"{port}", .. more, "127.0.0.1"])
            start.ArgumentList.Add(each);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout), errors = process.StandardError.ReadToEndAsync(timeout);
        try
        {
            await process.WaitForExitAsync(timeout);
            return await output + await errors;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
