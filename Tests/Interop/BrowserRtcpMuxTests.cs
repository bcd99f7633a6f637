namespace WebRtcStack.Tests.Interop;

/// <summary>Calls with browsers in which RTCP is not multiplexed with RTP (RFC 5761 §5.1.1): it has a component, a path and a DTLS association of its own.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserRtcpMuxTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(30_000)]
    public async Task Call_WithoutMux_RunsRtcpOverItsOwnTransport([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(
            Host, configuration: new { bundlePolicy = "max-compat", rtcpMuxPolicy = "negotiate" },
            ours: new RTCConfiguration { BundlePolicy = RTCBundlePolicy.MaxCompat, RtcpMuxPolicy = RTCRtcpMuxPolicy.Negotiate });
        call.TamperToPeer = call.TamperFromPeer = WithoutMux;
        MediaEcho echo = new(call.Connection);
        if (weOffer)
        {
            echo.Offer(MediaKind.Audio, MediaKind.Video);
            await call.OfferAsync("sendCalmly('audio', 'video')");
        }
        else
        {
            await call.Peer.EvaluateAsync("sendCalmly('audio', 'video')");
            await call.AnswerAsync(echo.AttachAsync);
        }
        await call.Connection.ReachesAsync(RTCPeerConnectionState.Connected, timeout);
        await BrowserMediaTests.AssertDecodedAsync(call, echo);
        await call.GrowsAsync("video", "roundTripTimeMeasurements", 0, "remote-inbound-rtp");     // our reports have reached the browser
        RTCStatsReport report = await ReportAsync(call, timeout);
        RTCTransportStats[] rtp = [.. report.OfType<RTCTransportStats>().Where(each => each.RtcpTransportStatsId is not null)];
        Assert.That(rtp, Has.Length.EqualTo(2), "audio and video");
        foreach (RTCTransportStats each in rtp)
        {
            RTCTransportStats rtcp = (RTCTransportStats)report[each.RtcpTransportStatsId!];
            TestContext.Out.WriteLine($"RTP {each.PacketsReceived} packets in, {each.PacketsSent} out; RTCP {rtcp.PacketsReceived} in, {rtcp.PacketsSent} out, {rtcp.DtlsState}, {rtcp.SrtpCipher}");
            Assert.That(rtcp.DtlsState, Is.EqualTo(RTCDtlsTransportState.Connected));
            Assert.That(rtcp.SelectedCandidatePairId, Is.Not.Null.And.Not.EqualTo(each.SelectedCandidatePairId));
            Assert.That(rtcp.PacketsReceived, Is.Positive);
            Assert.That(rtcp.PacketsSent, Is.Positive);
        }
    }

    // Reports of the browser arrive: what it says of our streams, and of its own.
    private static async Task<RTCStatsReport> ReportAsync(PeerCall call, CancellationToken timeout)
    {
        while (true)
        {
            RTCStatsReport report = await call.Connection.GetStatsAsync();
            if (report.OfType<RTCRemoteInboundRtpStreamStats>().Any() && report.OfType<RTCRemoteOutboundRtpStreamStats>().Any()) return report;
            await Task.Delay(50, timeout);
        }
    }

    private static RTCSessionDescription WithoutMux(RTCSessionDescription description) => description with
    {
        Sdp = string.Concat(description.Sdp.Split("\r\n")
            .Where(line => line.Length > 0 && line is not ("a=rtcp-mux" or "a=rtcp-mux-only" or "a=bundle-only") && !line.StartsWith("a=group:BUNDLE", StringComparison.Ordinal))
            .Select(line => line + "\r\n")),
    };
}
