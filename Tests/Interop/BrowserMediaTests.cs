using System.Text.Json;
using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>Audio and video of a browser's fake devices, sent back by us and decoded there.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserMediaTests(string peer) : PeerTests(peer)
{
    private static readonly (SrtpProtectionProfile Profile, string Name)[] s_profiles =
    [
        (SrtpProtectionProfile.Aes128CmHmacSha1_80, "SRTP_AES128_CM_HMAC_SHA1_80"),
        (SrtpProtectionProfile.AeadAes128Gcm, "SRTP_AEAD_AES_128_GCM"),
    ];

    [Test, CancelAfter(20_000)]
    public async Task Media_SentBack_IsDecoded([Values] bool weOffer, [Values(0, 1)] int profile, [Values] bool dtls13, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host, With(s_profiles[profile].Profile, dtls13 ? DtlsVersionPolicy.Only13 : DtlsVersionPolicy.Only12));
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
        await call.ConnectedAsync(timeout);
        await AssertDecodedAsync(call, echo);
        JsonElement transport = await call.StatAsync("transport");
        RTCStatsReport report = await call.Connection.GetStatsAsync();
        RTCTransportStats ours = report.OfType<RTCTransportStats>().Single();
        Assert.Multiple(() =>
        {
            Assert.That(ours.SrtpCipher, Is.EqualTo(transport.GetProperty("srtpCipher").GetString()));
            Assert.That(ours.TlsVersion, Is.EqualTo(transport.GetProperty("tlsVersion").GetString()));
            Assert.That(ours.DtlsCipher, Is.EqualTo(transport.GetProperty("dtlsCipher").GetString()));
            Assert.That(ours.DtlsRole, Is.EqualTo(weOffer ? RTCDtlsRole.Server : RTCDtlsRole.Client));
            Assert.That(ours.IceRole, Is.EqualTo(weOffer ? RTCIceRole.Controlling : RTCIceRole.Controlled));
            Assert.That(report.OfType<RTCInboundRtpStreamStats>().Select(stream => stream.PacketsReceived), Has.Exactly(2).GreaterThan(0));
            Assert.That(report.OfType<RTCOutboundRtpStreamStats>().Select(stream => stream.PacketsSent), Has.Exactly(2).GreaterThan(0));
            Assert.That(transport.GetProperty("srtpCipher").GetString(), Is.EqualTo(s_profiles[profile].Name));
            Assert.That(transport.GetProperty("tlsVersion").GetString(), Is.EqualTo(dtls13 ? "FEFC" : "FEFD"));
            Assert.That(transport.GetProperty("dtlsCipher").GetString(), Is.EqualTo(dtls13 ? "TLS_AES_128_GCM_SHA256" : "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
            Assert.That(transport.GetProperty("dtlsRole").GetString(), Is.EqualTo(weOffer ? "client" : "server"));
        });
    }

    [Test, CancelAfter(20_000)]
    public async Task KeyFrame_ThatTheBrowserAsksForAfterLoss_IsAskedOfItsSenderAndDecoded(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        MediaEcho echo = new(call.Connection);
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync(echo.AttachAsync);
        await call.ConnectedAsync(timeout);
        double frames = await call.GrowsAsync("video", "framesDecoded", 5);
        long requests = echo.KeyFrameRequests;
        JsonElement before = await call.InboundAsync("video");
        echo.LoseVideo(20);
        await call.GrowsAsync("video", "pliCount", Number(before, "pliCount"));
        await call.GrowsAsync("video", "keyFramesDecoded", Number(before, "keyFramesDecoded"));
        await call.GrowsAsync("video", "framesDecoded", frames + 10);
        Assert.That(echo.KeyFrameRequests, Is.GreaterThan(requests));
    }

    [Test, CancelAfter(20_000)]
    public async Task Video_OnlyReceived_Arrives(CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(Host);
        TaskCompletionSource<RTCTrackEvent> arrives = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource unmuted = new(TaskCreationOptions.RunContinuationsAsynchronously), received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Connection.OnTrack += (_, e) =>
        {
            e.Track.OnUnmute += (_, _) => unmuted.TrySetResult();
            ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => received.TrySetResult();
            arrives.TrySetResult(e);
        };
        await call.Peer.EvaluateAsync("send('video')");
        await call.AnswerAsync();
        RTCTrackEvent track = await arrives.Task.WithinAsync(timeout);
        await received.Task.WithinAsync(timeout);
        await unmuted.Task.WithinAsync(timeout);
        Assert.That(track.Streams, Has.Count.EqualTo(1));
        Assert.That(track.Transceiver.CurrentDirection, Is.EqualTo(RTCRtpTransceiverDirection.RecvOnly));
        await call.Peer.EvaluateAsync("grows('outbound-rtp', { kind: 'video' }, 'framesEncoded', 0)");
        JsonElement before = await call.StatAsync("outbound-rtp", "{ kind: 'video' }");
        ((RemoteMediaStreamTrack)track.Track).RequestKeyFrame();
        await call.Peer.EvaluateAsync($"grows('outbound-rtp', {{ kind: 'video' }}, 'pliCount', {Number(before, "pliCount")})");
        if (PeerName == PeerHost.Chromium)               // Firefox does not count its key frames
            await call.Peer.EvaluateAsync($"grows('outbound-rtp', {{ kind: 'video' }}, 'keyFramesEncoded', {Number(before, "keyFramesEncoded")})");
        await call.Peer.EvaluateAsync("grows('remote-inbound-rtp', { kind: 'video' }, 'roundTripTimeMeasurements', 0)");     // our receiver reports
    }

    internal static async Task AssertDecodedAsync(PeerCall call, MediaEcho echo)
    {
        double frames = await call.GrowsAsync("video", "framesDecoded", 0);
        await call.GrowsAsync("video", "framesDecoded", frames + 10);
        await call.AudibleAsync();
        JsonElement video = await call.InboundAsync("video");
        Assert.Multiple(() =>
        {
            Assert.That(video.GetProperty("packetsLost").GetInt64(), Is.Zero);
            Assert.That(PeerCall.Freezes(video), Is.Zero);
            Assert.That(echo.Packets, Is.GreaterThan(0));
            // The browser asks for a key frame when it has missed the first; what it asks for, its sender is asked for.
            Assert.That(echo.KeyFrameRequests, Is.LessThanOrEqualTo(Number(video, "pliCount") + Number(video, "firCount")));
        });
    }

    private static long Number(JsonElement statistics, string member) => statistics.TryGetProperty(member, out JsonElement value) ? value.GetInt64() : 0;

    private WebRtcOptions With(SrtpProtectionProfile profile, DtlsVersionPolicy versions) =>
        Host.Options with { ConfigureDtls = options => options with { SrtpProfiles = [profile], Versions = versions } };
}
