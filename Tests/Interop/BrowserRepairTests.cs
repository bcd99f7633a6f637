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
        path.Join(call);
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        await call.GrowsAsync("video", "nackCount", 2);
        await call.GrowsAsync("video", "nackCount", 2, "outbound-rtp");
        await call.GrowsAsync("video", "retransmittedPacketsSent", 5, "outbound-rtp");
        double frames = await call.GrowsAsync("video", "framesDecoded", 0);
        await call.GrowsAsync("video", "framesDecoded", frames + 30);
        if (PeerName == PeerHost.Chromium) await call.GrowsAsync("video", "retransmittedPacketsReceived", 5);     // Firefox does not count them
        RTCStatsReport report = await call.Connection.GetStatsAsync();
        RTCInboundRtpStreamStats received = report.OfType<RTCInboundRtpStreamStats>().Single();
        RTCOutboundRtpStreamStats sent = report.OfType<RTCOutboundRtpStreamStats>().Single();
        JsonElement theirs = await call.InboundAsync("video");
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

    [Test, CancelAfter(30_000)]
    public async Task Film_LosingPacketsOnTheWayToTheBrowser_NeverStops(CancellationToken timeout)
    {
        await using LossyPath path = new(0, seed: 3, isLoopback: PeerName == PeerHost.Chromium) { LossToPeer = 0.05 };
        await using PeerCall call = await PeerCall.StartAsync(Host);
        path.Join(call);
        LocalMediaStreamTrack film = new(MediaKind.Video);
        call.Connection.AddTrack(film);
        await call.OfferAsync();
        await call.ConnectedAsync(timeout);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task playing = MediaFiles.PlayVideoAsync(film, stop.Token);
        await call.GrowsAsync("video", "framesDecoded", MediaFiles.FramesPerSecond * 3);
        if (PeerName == PeerHost.Chromium) await call.GrowsAsync("video", "retransmittedPacketsReceived", 2);
        JsonElement inbound = await call.InboundAsync("video");
        RTCOutboundRtpStreamStats sent = (await call.Connection.GetStatsAsync()).OfType<RTCOutboundRtpStreamStats>().Single();
        await stop.CancelAsync();
        await playing;
        TestContext.Out.WriteLine($"{path.Lost} of {sent.PacketsSent} lost, {sent.RetransmittedPacketsSent} sent again; browser: {inbound}");
        Assert.Multiple(() =>
        {
            Assert.That(path.Lost, Is.Positive);
            Assert.That(sent.RetransmittedPacketsSent, Is.Positive);
            Assert.That(PeerCall.Freezes(inbound), Is.Zero);
        });
    }
}
