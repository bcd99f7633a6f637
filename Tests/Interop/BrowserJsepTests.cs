using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>Negotiation with browsers beyond the first exchange: bundle policies, glare, rollback, provisional answers, sections that come and go.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserJsepTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(20_000)]
    public async Task BundlePolicy_OfEachKind_Connects([Values] RTCBundlePolicy policy, [Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(
            Host, configuration: new { bundlePolicy = policy.ToW3CString() }, ours: new RTCConfiguration { BundlePolicy = policy });
        MediaEcho echo = new(call.Connection);
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (weOffer)
        {
            echo.Offer(MediaKind.Audio, MediaKind.Video);
            await call.OfferAsync("sendCalmly('audio', 'video')");
        }
        else
        {
            await call.Peer.EvaluateAsync("open('theirs')");
            await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
            await call.AnswerAsync(echo.AttachAsync);
        }
        await call.ConnectedAsync(timeout);
        await channel.OpensAsync(timeout);
        await AssertCarriesAsync(channel, timeout);
        await BrowserMediaTests.AssertDecodedAsync(call, echo);
        Assert.That(Transports(call.Connection), Is.EqualTo(1), "both bundle");
    }

    [Test, CancelAfter(20_000)]
    public async Task MaxCompat_WithoutBundle_ConnectsOverThreeTransports([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(
            Host, configuration: new { bundlePolicy = "max-compat" }, ours: new RTCConfiguration { BundlePolicy = RTCBundlePolicy.MaxCompat });
        call.TamperToPeer = call.TamperFromPeer = WithoutBundle;
        MediaEcho echo = new(call.Connection);
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (weOffer)
        {
            echo.Offer(MediaKind.Audio, MediaKind.Video);
            await call.OfferAsync("sendCalmly('audio', 'video')");
        }
        else
        {
            await call.Peer.EvaluateAsync("open('theirs')");
            await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
            await call.AnswerAsync(echo.AttachAsync);
        }
        await call.Connection.ReachesAsync(RTCPeerConnectionState.Connected, timeout);
        await channel.OpensAsync(timeout);
        await AssertCarriesAsync(channel, timeout);
        await BrowserMediaTests.AssertDecodedAsync(call, echo);
        Assert.That(Transports(call.Connection), Is.EqualTo(3));
    }

    [Test, CancelAfter(20_000)]
    public async Task Renegotiation_TenTimesInARow_AddsStopsAndRecyclesSections(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, timeout);
        for (int round = 0; round < 10; round++)
        {
            bool weAct = round % 2 == 0;
            bool stops = round % 3 == 2;
            if (weAct && stops) call.Connection.GetTransceivers()[0].Stop();
            else if (weAct) call.Connection.AddTransceiver(round % 4 == 0 ? MediaKind.Video : MediaKind.Audio);
            else await call.Peer.EvaluateAsync(stops ? "pc.getTransceivers()[0].stop()" : "void pc.addTransceiver('video')");
            await (weAct ? call.OfferAsync() : call.AnswerAsync());
            await AssertCarriesAsync(channel, timeout);
        }
        string[] theirs = await call.Peer.EvaluateAsync<string[]>("pc.getTransceivers().filter(each => each.currentDirection !== 'stopped').map(each => each.mid)");
        Assert.That(call.Connection.GetTransceivers().Select(each => each.Mid), Is.EquivalentTo(theirs));
        Assert.That(call.Connection.CurrentLocalDescription!.Sdp.Split("\r\nm=").Length - 1, Is.LessThan(8), "sections were recycled");
        Assert.That(Transports(call.Connection), Is.EqualTo(1));
    }

    [Test, CancelAfter(20_000)]
    public async Task Glare_WithEitherSidePolite_IsRolledBackAndSettled([Values] bool wePolite, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, timeout, withMedia: true);
        call.Connection.AddTransceiver(MediaKind.Audio);
        await call.Peer.EvaluateAsync("void pc.addTransceiver('video')");
        await call.Connection.SetLocalDescriptionAsync();
        RTCSessionDescription theirs = await call.Peer.CallAsync<RTCSessionDescription>("setLocal");
        if (wePolite)
        {
            await call.Connection.SetRemoteDescriptionAsync(theirs);                          // rolls ours back
            await call.Connection.SetLocalDescriptionAsync();
            await call.Peer.CallAsync("setRemote", call.Connection.CurrentLocalDescription!);
            await call.OfferAsync();
        }
        else
        {
            await call.Peer.CallAsync("setRemote", call.Connection.PendingLocalDescription!);      // rolls theirs back
            await call.Connection.SetRemoteDescriptionAsync(await call.Peer.CallAsync<RTCSessionDescription>("setLocal"));
            await call.AnswerAsync();
        }
        await AssertCarriesAsync(channel, timeout);
        Assert.That(call.Connection.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
        Assert.That(call.Connection.GetTransceivers().Select(each => each.Receiver.Track.Kind), Is.EquivalentTo(new[] { MediaKind.Audio, MediaKind.Video, MediaKind.Audio, MediaKind.Video }));
        Assert.That(call.Connection.GetTransceivers().Select(each => each.Mid), Has.None.Null);
    }

    [Test, CancelAfter(20_000)]
    public async Task Rollback_OnEitherSide_LeavesTheCallAsItWas(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, timeout, withMedia: true);
        call.Connection.AddTransceiver(MediaKind.Audio);
        call.Connection.RestartIce();
        await call.Connection.SetLocalDescriptionAsync();
        await call.Peer.CallAsync("setRemote", call.Connection.PendingLocalDescription!);
        await call.Peer.EvaluateAsync("pc.setRemoteDescription({ type: 'rollback' })");
        await call.Connection.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
        await AssertCarriesAsync(channel, timeout);
        await call.OfferAsync();                                                              // the restart is still asked for
        await call.Peer.EvaluateAsync("void pc.addTransceiver('video')");
        await call.Connection.SetRemoteDescriptionAsync(await call.Peer.CallAsync<RTCSessionDescription>("setLocal"));
        Assert.That(call.Connection.GetTransceivers(), Has.Count.EqualTo(4));
        await call.Connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Rollback));
        await call.Peer.EvaluateAsync("pc.setLocalDescription({ type: 'rollback' })");
        Assert.That(call.Connection.GetTransceivers(), Has.Count.EqualTo(3), "that of the offer is gone");
        await AssertCarriesAsync(channel, timeout);
        await call.OfferAsync();
        await AssertCarriesAsync(channel, timeout);
        Assert.That(call.Connection.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Connected));
    }

    [Test, CancelAfter(20_000)]
    public async Task ProvisionalAnswer_FromEitherSide_ConnectsBeforeTheFinalOne([Values] bool weOffer, CancellationToken timeout)
    {
        // Firefox 153 has no provisional answers: it refuses them, and goes on with the final one.
        bool takes = PeerName != PeerHost.Firefox;
        string expected = takes ? "taken" : "NotSupportedError";
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (weOffer)
        {
            await call.Connection.SetLocalDescriptionAsync();
            await GatheredAsync(call.Connection, timeout);
            await call.Peer.CallAsync("setRemote", call.Connection.LocalDescription!);
            string outcome = await call.Peer.EvaluateAsync<string>("outcome(async () => pc.setLocalDescription({ type: 'pranswer', sdp: (await pc.createAnswer()).sdp }))");
            Assert.That(outcome, Is.EqualTo(expected));
            if (takes)
            {
                await call.Connection.SetRemoteDescriptionAsync(await GatheredAsync(call));
                Assert.That(call.Connection.SignalingState, Is.EqualTo(RTCSignalingState.HaveRemotePrAnswer));
                await channel.OpensAsync(timeout);
                await AssertCarriesAsync(channel, timeout);
            }
            await call.Peer.EvaluateAsync(takes ? "pc.setLocalDescription({ type: 'answer', sdp: pc.localDescription.sdp })" : "pc.setLocalDescription()");
            await call.Connection.SetRemoteDescriptionAsync(await GatheredAsync(call));
        }
        else
        {
            await call.Peer.EvaluateAsync("open('theirs')");
            await call.Peer.CallAsync("setLocal");
            await call.Connection.SetRemoteDescriptionAsync(await GatheredAsync(call));
            RTCSessionDescription answer = await call.Connection.CreateAnswerAsync();
            await call.Connection.SetLocalDescriptionAsync(answer with { Type = RTCSdpType.PrAnswer });
            await GatheredAsync(call.Connection, timeout);
            string provisional = JsonSerializer.Serialize(call.Connection.LocalDescription);
            Assert.That(await call.Peer.EvaluateAsync<string>($"outcome(() => pc.setRemoteDescription({provisional}))"), Is.EqualTo(expected));
            if (takes)
            {
                await channel.OpensAsync(timeout);
                await AssertCarriesAsync(channel, timeout);
            }
            await call.Connection.SetLocalDescriptionAsync();
            await call.Peer.CallAsync("setRemote", call.Connection.LocalDescription!);
        }
        await channel.OpensAsync(timeout);
        await AssertCarriesAsync(channel, timeout);
        Assert.That(call.Connection.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
    }

    [Test, CancelAfter(20_000)]
    public async Task HundredChannels_FromBothSides_Open(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        int announced = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Connection.OnDataChannel += (_, _) =>
        {
            if (++announced == 50) all.TrySetResult();
        };
        RTCDataChannel[] channels = [.. Enumerable.Range(0, 50).Select(i => call.Connection.CreateDataChannel($"ours {i}"))];
        await call.Peer.EvaluateAsync("void [...Array(50).keys()].forEach(i => open('theirs ' + i))");
        await call.OfferAsync();
        foreach (RTCDataChannel channel in channels) await channel.OpensAsync(timeout);
        await all.Task.WithinAsync(timeout);
        await AssertCarriesAsync(channels[49], timeout);
    }

    private static int Transports(RTCPeerConnection connection) => connection.GetTransceivers().Select(each => each.Sender.Transport)
        .Append(connection.Sctp?.Transport).Where(each => each is not null).Distinct().Count();

    private static RTCSessionDescription WithoutBundle(RTCSessionDescription description) => description with
    {
        Sdp = string.Concat(description.Sdp.Split("\r\n").Where(line => line.Length > 0 && !line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal)).Select(line => line + "\r\n")),
    };

    // With media from the start, all ids of header extensions are known: Chromium keeps those of offers that were rolled back, and
    // refuses others then ("RTP extension ID reassignment not supported").
    private static async Task<RTCDataChannel> ConnectAsync(PeerCall call, CancellationToken timeout, bool withMedia = false)
    {
        if (withMedia)
        {
            call.Connection.AddTransceiver(MediaKind.Audio);
            call.Connection.AddTransceiver(MediaKind.Video);
        }
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        await call.OfferAsync();
        await channel.OpensAsync(timeout);
        await call.ConnectedAsync(timeout);
        return channel;
    }

    // The browser's description with all its candidates.
    private static async Task<RTCSessionDescription> GatheredAsync(PeerCall call)
    {
        await call.Peer.EvaluateAsync("until('gathered', () => pc.iceGatheringState === 'complete')");
        return await call.Peer.EvaluateAsync<RTCSessionDescription>("({ type: pc.localDescription.type, sdp: pc.localDescription.sdp })");
    }

    private static async Task GatheredAsync(RTCPeerConnection connection, CancellationToken timeout)
    {
        TaskCompletionSource gathered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.OnIceGatheringStateChange += (_, _) =>
        {
            if (connection.IceGatheringState == RTCIceGatheringState.Complete) gathered.TrySetResult();
        };
        if (connection.IceGatheringState == RTCIceGatheringState.Complete) return;
        await gathered.Task.WithinAsync(timeout);
    }

    private static async Task AssertCarriesAsync(RTCDataChannel channel, CancellationToken timeout)
    {
        byte[] sent = [.. Enumerable.Range(0, 5_000).Select(i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
    }
}
