using System.Text.Json;

namespace WebRtcStack.Tests.Interop;

/// <summary>A browser's estimate of what it can send lives on our feedback of its packets' arrivals.</summary>
[TestFixture(PeerHost.Chromium)]
public sealed class BrowserEstimateTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(40_000)]
    public async Task AvailableOutgoingBitrate_GrowsByOurFeedback_AndFallsWhenItTellsOfLoss(CancellationToken timeout)
    {
        await using LossyPath path = new(0, seed: 11, isLoopback: true);
        await using PeerCall call = await PeerCall.StartAsync(Host);
        path.Join(call);
        call.Connection.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += static (_, _) => { };
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync();
        await call.ConnectedAsync(timeout);
        double first = await EstimateAsync(call, 0, double.MaxValue), grown = await EstimateAsync(call, first * 2, double.MaxValue);
        path.LossToUs = 0.4;
        double fallen = await EstimateAsync(call, 0, grown * 0.8);
        JsonElement outbound = await call.StatAsync("remote-inbound-rtp", "{ kind: 'video' }");
        TestContext.Out.WriteLine($"{first / 1000:f0} kbit/s, then {grown / 1000:f0}, and {fallen / 1000:f0} when {path.Lost} packets were lost; {outbound}");
    }

    private static Task<double> EstimateAsync(PeerCall call, double above, double below) => call.Peer.EvaluateAsync<double>(
        $"until('an estimate above {above} and below {below}', async () => {{ const b = (await selectedPair()).availableOutgoingBitrate; return b > {above} && b < {below} && b; }})");
}
