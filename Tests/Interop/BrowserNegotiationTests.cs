using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>What happens to a connection with a browser after it was made: ICE restarts, media that joins, its end.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserNegotiationTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(20_000)]
    public async Task IceRestart_FromEitherSide_KeepsChannelsAndChangesThePair([Values] bool weOffered, [Values] bool weRestart, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, weOffered, timeout);
        RTCIceTransport ice = call.Connection.Sctp!.Transport.IceTransport;
        string fragment = ice.GetLocalParameters()!.UsernameFragment, remoteFragment = ice.GetRemoteParameters()!.UsernameFragment;
        JsonElement before = await PairAsync(call);
        TaskCompletionSource chosen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ice.OnSelectedCandidatePairChange += (_, _) => chosen.TrySetResult();
        if (weRestart)
        {
            call.Connection.RestartIce();
            await call.OfferAsync();
        }
        else
        {
            await call.Peer.EvaluateAsync("pc.restartIce()");
            await call.AnswerAsync();
        }
        await AssertCarriesAsync(channel, timeout);                             // the old path, until the new one works
        await chosen.Task.WithinAsync(timeout);
        do await AssertCarriesAsync(channel, timeout);                          // the browser, if controlled, follows the data to the new pair
        while ((await PairAsync(call)).GetProperty("id").GetString() == before.GetProperty("id").GetString());
        Assert.Multiple(() =>
        {
            Assert.That(ice.GetLocalParameters()!.UsernameFragment, Is.Not.EqualTo(fragment));
            Assert.That(ice.GetRemoteParameters()!.UsernameFragment, Is.Not.EqualTo(remoteFragment));
            Assert.That(call.Connection.ConnectionState, Is.EqualTo(RTCPeerConnectionState.Connected));
        });
        await call.ConnectedAsync(timeout);
    }

    [Test, CancelAfter(20_000)]
    public async Task Media_AddedToADataOnlyConnection_Flows([Values] bool weOffered, [Values] bool weAdd, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, weOffered, timeout);
        MediaEcho echo = new(call.Connection);
        if (weAdd)
        {
            echo.Offer(MediaKind.Audio, MediaKind.Video);
            await call.OfferAsync("sendCalmly('audio', 'video')");
        }
        else
        {
            await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
            await call.AnswerAsync(echo.AttachAsync);
        }
        await BrowserMediaTests.AssertDecodedAsync(call, echo);
        await AssertCarriesAsync(channel, timeout);
    }

    [Test, CancelAfter(20_000)]
    public async Task Media_AddedAfterAnIceRestartAndStoppedAgain_LeavesTheRestAlone(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, weOffered: true, timeout);
        await call.Peer.EvaluateAsync("pc.restartIce()");
        await call.AnswerAsync();
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
        await call.AnswerAsync(echo.AttachAsync);
        await BrowserMediaTests.AssertDecodedAsync(call, echo);
        call.Connection.GetTransceivers().Single(each => each.Receiver.Track.Kind == MediaKind.Video).Stop();
        await call.OfferAsync();
        await call.Peer.EvaluateAsync("until('stopped', () => pc.getTransceivers().filter(each => each.currentDirection === 'stopped').length + pc.getTransceivers().length < 3)");
        await AssertCarriesAsync(channel, timeout);
        Assert.That(call.Connection.GetTransceivers(), Has.Count.EqualTo(1));
    }

    [Test, CancelAfter(20_000)]
    public async Task Close_FromOurSide_ClosesTheBrowsersChannelAndTransport([Values] bool weOffered, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        await ConnectAsync(call, weOffered, timeout);
        call.Connection.Close();
        await call.Peer.EvaluateAsync("readyState('data', 'closed')");
        await call.Peer.EvaluateAsync("until('transport closed', () => pc.sctp.transport.state === 'closed')");
    }

    [Test, CancelAfter(20_000)]
    public async Task Close_FromTheBrowser_ClosesOurChannelAndTransport([Values] bool weOffered, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, weOffered, timeout);
        Task closes = channel.ClosesAsync(timeout);
        TaskCompletionSource dtlsCloses = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RTCDtlsTransport dtls = call.Connection.Sctp!.Transport;
        dtls.OnStateChange += (_, _) =>
        {
            if (dtls.State == RTCDtlsTransportState.Closed) dtlsCloses.TrySetResult();
        };
        await call.Peer.EvaluateAsync("pc.close()");
        await closes;
        await dtlsCloses.Task.WithinAsync(timeout);
        Assert.That(call.Connection.Sctp.State, Is.EqualTo(RTCSctpTransportState.Closed));
        Assert.That(channel.ReadyState, Is.EqualTo(RTCDataChannelState.Closed));
    }

    [Test, CancelAfter(20_000)]
    public async Task WrongFingerprint_OfTheBrowser_FailsWithAReason([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        call.TamperFromPeer = WithAnotherFingerprint;
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        TaskCompletionSource<RTCError> fails = new(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Connection.OnSignalingStateChange += (_, _) =>
        {
            if (call.Connection.Sctp is { } sctp) sctp.Transport.OnError += (_, e) => fails.TrySetResult(e.Error);
        };
        if (!weOffer) await call.Peer.EvaluateAsync("open('data')");
        await (weOffer ? call.OfferAsync() : call.AnswerAsync());
        RTCError error = await fails.Task.WithinAsync(timeout);
        Assert.That(error.ErrorDetail, Is.EqualTo(RTCErrorDetailType.FingerprintFailure));
        await call.Connection.ReachesAsync(RTCPeerConnectionState.Failed, timeout);
        await call.Peer.EvaluateAsync("until('failed', () => pc.connectionState === 'failed' || pc.sctp.transport.state === 'failed')");
        Assert.That(channel.ReadyState, Is.Not.EqualTo(RTCDataChannelState.Open));
    }

    [Test, CancelAfter(20_000)]
    public async Task WrongFingerprint_OfOurs_FailsOnBothSides([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        call.TamperToPeer = WithAnotherFingerprint;
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (!weOffer) await call.Peer.EvaluateAsync("open('data')");
        await (weOffer ? call.OfferAsync() : call.AnswerAsync());
        await call.Connection.ReachesAsync(RTCPeerConnectionState.Failed, timeout);
        await call.Peer.EvaluateAsync("until('failed', () => pc.connectionState === 'failed')");
        Assert.That(channel.ReadyState, Is.Not.EqualTo(RTCDataChannelState.Open));
    }

    private static async Task<RTCDataChannel> ConnectAsync(PeerCall call, bool weOffered, CancellationToken timeout)
    {
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (!weOffered) await call.Peer.EvaluateAsync("open('theirs')");
        await (weOffered ? call.OfferAsync() : call.AnswerAsync());
        await channel.OpensAsync(timeout);
        await call.ConnectedAsync(timeout);
        await AssertCarriesAsync(channel, timeout);
        return channel;
    }

    private static async Task AssertCarriesAsync(RTCDataChannel channel, CancellationToken timeout)
    {
        byte[] sent = [.. Enumerable.Range(0, 5_000).Select(i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
    }

    private static async Task<JsonElement> PairAsync(PeerCall call) =>
        await call.Peer.CallAsync("selectedPair");

    // Turns one digit of the hash.
    private static RTCSessionDescription WithAnotherFingerprint(RTCSessionDescription description)
    {
        const string Marker = "a=fingerprint:sha-256 ";
        int digit = description.Sdp.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        char turned = description.Sdp[digit] == '0' ? '1' : '0';
        return description with { Sdp = $"{description.Sdp[..digit]}{turned}{description.Sdp[(digit + 1)..]}" };
    }
}
