using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Header extensions: those of a browser's packets are read by us, those of ours are heeded by the browser.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserExtensionTests(string peer) : PeerTests(peer)
{
    private static readonly string[] s_ofBoth = [RtpHeaderExtensionUri.Mid, RtpHeaderExtensionUri.TransportWideCongestionControl, RtpHeaderExtensionUri.AudioLevel, RtpHeaderExtensionUri.AbsoluteSendTime];

    // RFC 6464, RFC 9143 §15, 3GPP TS 26.114 §7.4.5
    [Test, CancelAfter(30_000)]
    public async Task Extensions_OfEitherSide_ReachTheOther(CancellationToken timeout)
    {
        const byte level = 20;                           // -dBov: a tenth of full scale
        await using PeerCall call = await PeerCall.StartAsync(Host);
        LocalMediaStreamTrack sound = new(MediaKind.Audio), picture = new(MediaKind.Video);
        RTCRtpTransceiver audio = call.Connection.AddTransceiver(sound), video = call.Connection.AddTransceiver(picture);
        TaskCompletionSource<AudioLevel> heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ((RemoteMediaStreamTrack)audio.Receiver.Track).OnRtpPacket += (_, packet) =>
        {
            if (packet.Fields.AudioLevel is { Level: < 127 } loud) heard.TrySetResult(loud);
        };
        await call.OfferAsync("send('audio', 'video')");
        await call.ConnectedAsync(timeout);
        HashSet<string> negotiated = [.. new[] { audio, video }.SelectMany(each => each.Sender.GetParameters().HeaderExtensions.Concat(each.Receiver.GetParameters().HeaderExtensions)).Select(each => each.Uri)];
        TestContext.Out.WriteLine(string.Join("\n", negotiated));
        Assert.That(negotiated, Is.SupersetOf(s_ofBoth));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task playing = Task.WhenAll(
            MediaFiles.PlayAudioAsync(sound, stop.Token, new OutgoingFrame { AudioLevel = new AudioLevel(level, IsVoice: true) }),
            MediaFiles.PlayVideoAsync(picture, stop.Token, new OutgoingFrame { Orientation = new VideoOrientation(90) }));
        TestContext.Out.WriteLine($"the browser's microphone: {await heard.Task.WithinAsync(timeout)}");
        await call.Peer.EvaluateAsync("""
            until('our audio level', () => pc.getReceivers().find(each => each.track.kind === 'audio').getSynchronizationSources().some(each => Math.abs(each.audioLevel - 0.1) < 0.001))
            """);
        string size = negotiated.Contains(RtpHeaderExtensionUri.VideoOrientation) ? "element.videoWidth === 240 && element.videoHeight === 320" : "element.videoWidth === 320 && element.videoHeight === 240";
        await call.Peer.EvaluateAsync($"until('our picture, turned where that was negotiated', () => [...document.querySelectorAll('video')].some(element => {size}))");
        await Awaiting.UntilAsync(
            () => audio.Transport!.Stack!.Rtp.ArrivalFeedbacks > 0, () => "no feedback numbers arrivals by our transport-wide sequence numbers", timeout);
        await stop.CancelAsync();
        await playing;
    }
}
