using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Calls of audio and video, both ways at once, with programs: GStreamer and aiortc encode and decode by themselves, Pion plays files and knows our frames again.</summary>
[TestFixture(PeerHost.Pion), TestFixture(PeerHost.Aiortc), TestFixture(PeerHost.GStreamer)]
public sealed class ProgramMediaTests(string peer) : PeerTests(peer)
{
    private static readonly MediaKind[] s_kinds = [MediaKind.Audio, MediaKind.Video];

    [Test, CancelAfter(30_000)]
    public async Task Call_OfAudioAndVideo_CarriesFramesBothWays([Values] bool weOffer, CancellationToken timeout)
    {
        const int enough = 40;
        var files = new { video = await MediaFiles.VideoAsync(), audio = await MediaFiles.AudioAsync() };
        await using PeerCall call = await PeerCall.StartAsync(Host);
        int[] frames = new int[2];
        bool[] wasKeyFrame = new bool[2];
        call.Connection.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnFrame += (_, arrived) =>
        {
            int kind = (int)e.Track.Kind;
            if (Interlocked.Increment(ref frames[kind]) == 1) wasKeyFrame[kind] = arrived.Frame.IsKeyFrame;
        };
        await call.Peer.CallAsync("send", new[] { "audio", "video" }, files);
        LocalMediaStreamTrack[] tracks = [.. s_kinds.Select(kind => new LocalMediaStreamTrack(kind))];
        foreach (LocalMediaStreamTrack track in weOffer ? tracks : []) call.Connection.AddTrack(track);
        if (weOffer) await call.OfferAsync();
        else await call.AnswerAsync(() =>
        {
            foreach (LocalMediaStreamTrack track in tracks) call.Connection.AddTrack(track);
            return Task.CompletedTask;
        });
        await call.ConnectedAsync(timeout);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task playing = Task.WhenAll(MediaFiles.PlayAudioAsync(tracks[0], stop.Token), MediaFiles.PlayVideoAsync(tracks[1], stop.Token));
        int[] theirs = await Task.WhenAll(call.Peer.CallAsync<int>("decoded", "audio", enough), call.Peer.CallAsync<int>("decoded", "video", enough));
        await Awaiting.UntilAsync(() => frames.All(count => Volatile.Read(ref count) >= enough), () => string.Join(", ", frames), timeout);
        await stop.CancelAsync();
        await playing;
        RTCStatsReport report = await call.Connection.GetStatsAsync();
        TestContext.Out.WriteLine($"ours: {string.Join(", ", frames)}, theirs: {string.Join(", ", theirs)}");
        Assert.Multiple(() =>
        {
            Assert.That(wasKeyFrame[(int)MediaKind.Video], "the first whole frame is one that a decoder can start with");
            Assert.That(report.OfType<RTCInboundRtpStreamStats>().Select(stream => stream.PacketsLost), Is.EqualTo(new long?[] { 0, 0 }));
        });
    }
}
