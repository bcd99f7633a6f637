namespace WebRtcStack.Tests.Interop;

/// <summary>A lite agent of ours with real peers (RFC 8445 §2.5).</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox), TestFixture(PeerHost.Pion), TestFixture(PeerHost.Aiortc), TestFixture(PeerHost.LibDataChannel), TestFixture(PeerHost.LibWebRtc)]
public sealed class IceLiteInteropTests(string peer) : IceInteropTests(peer)
{
    [Test, CancelAfter(20_000)]
    public async Task LiteAgent_OfOurs_IsControlledAndConnects([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host, Host.Options with { Ice = Host.Options.Ice with { IsLite = true } });
        RTCDataChannel channel = await ConnectAsync(call, weOffer, timeout);
        Assert.That(call.Connection.LocalDescription!.Sdp, Does.Contain("a=ice-lite"));
        Assert.That(call.Connection.Sctp!.Transport.IceTransport.Role, Is.EqualTo(RTCIceRole.Controlled));
        await AssertCarriesAsync(channel, timeout);
    }
}

/// <summary>A lite agent of the peer's: of ours it makes the controlling one.</summary>
public sealed class PionLiteInteropTests() : IceInteropTests(PeerHost.Pion)
{
    [Test, CancelAfter(20_000)]
    public async Task LiteAgent_OfThePeer_MakesUsControllingAndConnects([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host, configuration: new { lite = true });
        RTCDataChannel channel = await ConnectAsync(call, weOffer, timeout);
        Assert.That(call.Connection.RemoteDescription!.Sdp, Does.Contain("a=ice-lite"));
        Assert.That(call.Connection.Sctp!.Transport.IceTransport.Role, Is.EqualTo(RTCIceRole.Controlling));
        await AssertCarriesAsync(channel, timeout);
    }
}

/// <summary>Restarts (RFC 8445 §9) with the peers that know them.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox), TestFixture(PeerHost.Pion), TestFixture(PeerHost.LibWebRtc)]
public sealed class IceRestartInteropTests(string peer) : IceInteropTests(peer)
{
    [Test, CancelAfter(20_000)]
    public async Task Restart_FromEitherSide_KeepsTheChannel([Values] bool weRestart, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        RTCDataChannel channel = await ConnectAsync(call, weOffer: true, timeout);
        RTCIceTransport ice = call.Connection.Sctp!.Transport.IceTransport;
        string local = ice.GetLocalParameters()!.UsernameFragment, remote = ice.GetRemoteParameters()!.UsernameFragment;
        TaskCompletionSource chosen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ice.OnSelectedCandidatePairChange += (_, _) => chosen.TrySetResult();
        if (weRestart)
        {
            call.Connection.RestartIce();
            await call.OfferAsync();
        }
        else
        {
            await call.Peer.CallAsync("restartIce");
            await call.AnswerAsync();
        }
        await chosen.Task.WithinAsync(timeout);
        await AssertCarriesAsync(channel, timeout);
        Assert.That(ice.GetLocalParameters()!.UsernameFragment, Is.Not.EqualTo(local));
        Assert.That(ice.GetRemoteParameters()!.UsernameFragment, Is.Not.EqualTo(remote));
    }
}

/// <summary>What ICE does with real peers beyond a plain connection.</summary>
public abstract class IceInteropTests(string peer) : PeerTests(peer)
{
    private protected static async Task<RTCDataChannel> ConnectAsync(PeerCall call, bool weOffer, CancellationToken timeout)
    {
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (!weOffer) await call.Peer.CallAsync("open", "theirs");
        await (weOffer ? call.OfferAsync() : call.AnswerAsync());
        await channel.OpensAsync(timeout);
        await call.ConnectedAsync(timeout);
        return channel;
    }

    private protected static async Task AssertCarriesAsync(RTCDataChannel channel, CancellationToken timeout)
    {
        byte[] sent = [.. Enumerable.Range(0, 5_000).Select(i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
    }
}
