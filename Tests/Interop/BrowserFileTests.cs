using System.Diagnostics;
using System.Text.Json;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Files that ffmpeg has made are played to browsers, and what browsers send is recorded to files that ffprobe reads.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserFileTests(string peer) : PeerTests(peer)
{
    [Test, CancelAfter(30_000)]
    public async Task IvfAndOgg_OfFfmpeg_ArePlayed(CancellationToken timeout)
    {
        await Task.WhenAll(MediaFiles.VideoAsync(), MediaFiles.AudioAsync());
        await using PeerCall call = await PeerCall.StartAsync(Host);
        LocalMediaStreamTrack picture = new(MediaKind.Video, "file"), sound = new(MediaKind.Audio, "file");
        MediaStream stream = new([picture, sound]);
        call.Connection.AddTrack(picture, stream);
        call.Connection.AddTrack(sound, stream);
        await call.OfferAsync();
        await call.ConnectedAsync(timeout);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(timeout);
        Task playing = Task.WhenAll(MediaFiles.PlayVideoAsync(picture, stop.Token), MediaFiles.PlayAudioAsync(sound, stop.Token));
        await call.AudibleAsync();
        await call.GrowsAsync("video", "framesDecoded", MediaFiles.FramesPerSecond * 2);
        JsonElement inbound = await call.InboundAsync("video");
        await stop.CancelAsync();
        await playing;
        Assert.That(inbound.GetProperty("packetsLost").GetInt64(), Is.Zero);
        Assert.That(PeerCall.Freezes(inbound), Is.Zero);
    }

    [Test, CancelAfter(40_000)]
    public async Task Call_OfABrowser_IsRecorded(CancellationToken timeout)
    {
        string folder = TestContext.CurrentContext.TestDirectory;
        string video = Path.Combine(folder, $"{PeerName}-call.ivf"), audio = Path.Combine(folder, $"{PeerName}-call.ogg");
        int frames = 0, packets = 0;
        await using (FileStream videoFile = File.Create(video), audioFile = File.Create(audio))
        {
            using IvfWriter ivf = new(videoFile, new IvfHeader("VP80", 640, 480, 90_000));
            using OggOpusWriter ogg = new(audioFile, new OpusHead(2));
            await using PeerCall call = await PeerCall.StartAsync(Host);
            call.Connection.OnTrack += (_, e) =>
            {
                RemoteMediaStreamTrack track = (RemoteMediaStreamTrack)e.Track;
                uint? first = null;
                track.OnFrame += (_, arrived) =>
                {
                    first ??= arrived.Frame.Timestamp;
                    if (track.Kind == MediaKind.Audio && ogg.Write(arrived.Frame.Payload.Span)) Interlocked.Increment(ref packets);
                    if (track.Kind != MediaKind.Video) return;
                    ivf.Write(arrived.Frame.Payload.Span, arrived.Frame.Timestamp - first.Value);
                    Interlocked.Increment(ref frames);
                };
            };
            await call.Peer.EvaluateAsync("send('audio', 'video')");
            await call.AnswerAsync(() =>
            {
                RTCRtpCodec vp8 = RTCRtpReceiver.GetCapabilities(MediaKind.Video).Codecs.First(codec => codec.MimeType == "video/VP8");
                call.Connection.GetTransceivers().First(each => each.Receiver.Track.Kind == MediaKind.Video).SetCodecPreferences([vp8]);
                return Task.CompletedTask;
            });
            await call.ConnectedAsync(timeout);
            await Awaiting.UntilAsync(() => Volatile.Read(ref frames) > 30 && Volatile.Read(ref packets) > 60, () => $"{frames} frames, {packets} packets", timeout);
        }
        string[] read = await FfprobeAsync(video);
        Assert.That((read[0], int.Parse(read[1], System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(("vp8", frames)));
        read = await FfprobeAsync(audio);
        Assert.That(read[0], Is.EqualTo("opus"));
        Assert.That(int.Parse(read[1], System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThan(55));
    }

    // The codec's name and how many frames could be decoded.
    private static async Task<string[]> FfprobeAsync(string file)
    {
        ProcessStartInfo start = new(RealPeer.Require(["ffprobe"], null, "apt-get install ffmpeg"),
            ["-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", file]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero);
        return output.Trim().Split(',');
    }
}
