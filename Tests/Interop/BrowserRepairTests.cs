using System.Text.Json;
using WebRtcStack.Dtls;

namespace WebRtcStack.Tests.Interop;

/// <summary>Video of a browser, sent back by us, over a path that loses every twentieth packet each way: both sides ask, and both send again.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserRepairTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(40_000)]
    public async Task Video_OverALossyPath_IsRepairedBothWays([Values] bool aead, CancellationToken timeout)
    {
        await using LossyPath path = new(0.05, seed: 7, isLoopback: PeerName == PeerHost.Chromium);     // Firefox does not go there from its own addresses
        SrtpProtectionProfile profile = aead ? SrtpProtectionProfile.AeadAes128Gcm : SrtpProtectionProfile.Aes128CmHmacSha1_80;
        await using PeerCall call = await PeerCall.StartAsync(Host, Host.Options with { ConfigureDtls = options => options with { SrtpProfiles = [profile] } });
        (call.RedirectToPeer, call.TakesCandidates, call.TamperToPeer, call.TamperFromPeer) = (path.Redirect, false, LossyPath.Strip, LossyPath.Strip);
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        await GrowsAsync(call, "inbound-rtp", "nackCount", 2);
        await GrowsAsync(call, "outbound-rtp", "nackCount", 2);
        await GrowsAsync(call, "outbound-rtp", "retransmittedPacketsSent", 5);
        double frames = await GrowsAsync(call, "inbound-rtp", "framesDecoded", 0);
        await GrowsAsync(call, "inbound-rtp", "framesDecoded", frames + 60);
        if (PeerName == PeerHost.Chromium) await GrowsAsync(call, "inbound-rtp", "retransmittedPacketsReceived", 5);     // Firefox does not count them
        RTCStatsReport report = await call.Connection.GetStatsAsync();
        RTCInboundRtpStreamStats received = report.OfType<RTCInboundRtpStreamStats>().Single();
        RTCOutboundRtpStreamStats sent = report.OfType<RTCOutboundRtpStreamStats>().Single();
        JsonElement theirs = await call.StatAsync("inbound-rtp", "{ kind: 'video' }");
        TestContext.Out.WriteLine($"{path.Lost} lost; we asked by {received.NackCount} NACKs and got {received.RetransmittedPacketsReceived} again, were asked by {sent.NackCount} and sent {sent.RetransmittedPacketsSent} again");
        TestContext.Out.WriteLine($"browser: {theirs}");
        Assert.Multiple(() =>
        {
            Assert.That(received.NackCount, Is.GreaterThan(0));
            Assert.That(received.RetransmittedPacketsReceived, Is.GreaterThan(0));
            Assert.That(received.RtxSsrc, Is.Not.Null);
            Assert.That(sent.NackCount, Is.GreaterThan(0));
            Assert.That(sent.RetransmittedPacketsSent, Is.GreaterThan(0));
            Assert.That(call.Connection.GetTransceivers().Single().Transport!.Stack!.Rtp.ArrivalFeedbacks, Is.GreaterThan(5), "the browser tells when our packets arrive");
        });
    }

    private static Task<double> GrowsAsync(PeerCall call, string type, string member, double beyond) =>
        call.Peer.EvaluateAsync<double>($"grows('{type}', {{ kind: 'video' }}, '{member}', {beyond})");
}
