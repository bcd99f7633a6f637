using System.Diagnostics;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>Files that ffmpeg has made are played to browsers, and what browsers send is recorded to files that ffprobe reads.</summary>
[TestFixture(PeerHost.Chromium), TestFixture(PeerHost.Firefox)]
public sealed class BrowserFileTests(string peer) : PeerTests(peer)
{
    private const int FramesPerSecond = 25;

    [Test, CancelAfter(40_000)]
    public async Task IvfAndOgg_OfFfmpeg_ArePlayed(CancellationToken timeout)
    {
        string folder = TestContext.CurrentContext.TestDirectory;
        string video = Path.Combine(folder, $"{PeerName}.ivf"), audio = Path.Combine(folder, $"{PeerName}.ogg");
        await FfmpegAsync($"-f lavfi -i testsrc=size=320x240:rate={FramesPerSecond} -t 4 -c:v libvpx -deadline realtime -b:v 300k -g {FramesPerSecond} -f ivf", video);
        await FfmpegAsync("-f lavfi -i sine=frequency=440:sample_rate=48000 -t 4 -c:a libopus -f ogg", audio);
        await using PeerCall call = await PeerCall.StartAsync(Host);
        LocalMediaStreamTrack picture = new(MediaKind.Video, "file"), sound = new(MediaKind.Audio, "file");
        MediaStream stream = new([picture, sound]);
        RTCRtpSender sender = call.Connection.AddTrack(picture, stream);
        call.Connection.AddTrack(sound, stream);
        await call.OfferAsync();
        await call.ConnectedAsync(timeout);
        Task playing = Task.WhenAll(PlayVideoAsync(video, picture, timeout), PlayAudioAsync(audio, sound, timeout));
        double frames = await BrowserFrameTests.GrowsAsync(call, "video", "framesDecoded", FramesPerSecond * 3);
        await BrowserFrameTests.GrowsAsync(call, "audio", "packetsReceived", 50 * 2);
        await playing;
        TestContext.Out.WriteLine($"{frames} frames decoded, {sender.GetParameters().Codecs[0].MimeType}");
        System.Text.Json.JsonElement inbound = await call.StatAsync("inbound-rtp", "{ kind: 'video' }");
        Assert.That(inbound.GetProperty("packetsLost").GetInt64(), Is.Zero);
        if (inbound.TryGetProperty("freezeCount", out System.Text.Json.JsonElement freezes)) Assert.That(freezes.GetInt64(), Is.LessThanOrEqualTo(1));
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
            await BrowserFrameTests.UntilAsync(() => Volatile.Read(ref frames) > 30 && Volatile.Read(ref packets) > 60, () => $"{frames} frames, {packets} packets", timeout);
        }
        string[] read = await FfprobeAsync(video);
        Assert.That((read[0], int.Parse(read[1], System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(("vp8", frames)));
        read = await FfprobeAsync(audio);
        Assert.That(read[0], Is.EqualTo("opus"));
        Assert.That(int.Parse(read[1], System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThan(55));
    }

    private static async Task PlayVideoAsync(string file, LocalMediaStreamTrack track, CancellationToken timeout)
    {
        await using FileStream stream = File.OpenRead(file);
        IvfReader reader = new(stream);
        for (Stopwatch clock = Stopwatch.StartNew(); reader.TryRead(out IvfFrame frame);)
        {
            using (frame)
            {
                await DueAsync(clock, TimeSpan.FromSeconds((double)frame.Time / FramesPerSecond), timeout);
                track.WriteFrame(new OutgoingFrame { Codec = reader.Header.EncodingName, Timestamp = (uint)(frame.Time * 90_000 / FramesPerSecond) }, frame.Payload.Span);
            }
        }
    }

    private static async Task PlayAudioAsync(string file, LocalMediaStreamTrack track, CancellationToken timeout)
    {
        await using FileStream stream = File.OpenRead(file);
        using OggOpusReader reader = new(stream);
        uint samples = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); reader.TryRead(out MessageLease packet);)
        {
            using (packet)
            {
                await DueAsync(clock, TimeSpan.FromSeconds((double)samples / OpusPacket.ClockRate), timeout);
                track.WriteFrame(new OutgoingFrame { Codec = "opus", Timestamp = samples, StartsTalkSpurt = samples == 0 }, packet.Span);
                samples += OpusPacket.TryParse(packet.Span, out OpusPacket parsed) ? (uint)parsed.Samples : 0;
            }
        }
    }

    private static async Task DueAsync(Stopwatch clock, TimeSpan time, CancellationToken timeout)
    {
        if (time - clock.Elapsed is { Ticks: > 0 } wait) await Task.Delay(wait, timeout);
    }

    private static Task FfmpegAsync(string arguments, string file) => ToolRun.RunAsync(
        new ProcessStartInfo(RealPeer.Require(["ffmpeg"], null, "apt-get install ffmpeg"), ["-v", "error", "-y", .. arguments.Split(' '), file]));

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
