using System.Diagnostics;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>A film and a tone that ffmpeg makes once, and what plays them: over and over, each frame when its time stamp says.</summary>
internal static class MediaFiles
{
    public const int FramesPerSecond = 25;

    private const int Seconds = 4;
    private static readonly Lazy<Task<string>> s_video = new(() => MakeAsync(
        $"-f lavfi -i testsrc=size=320x240:rate={FramesPerSecond} -t {Seconds} -c:v libvpx -threads 1 -deadline realtime -cpu-used 8 -b:v 300k -g {FramesPerSecond / 2} -f ivf", "film.ivf"));

    // One thread: for pictures this small, libvpx spends seconds on waiting for others.
    // One packet of 20 ms a page, since the least of the peers' readers knows pages only.
    private static readonly Lazy<Task<string>> s_audio = new(() => MakeAsync(
        $"-f lavfi -i sine=frequency=440:sample_rate=48000 -t {Seconds} -c:a libopus -page_duration 20000 -f ogg", "tone.ogg"));

    /// <summary>The path of a film in VP8, 320 by 240, with a key frame at its start and twice a second.</summary>
    public static Task<string> VideoAsync() => s_video.Value;

    /// <summary>The path of a tone of 440 Hz in Opus.</summary>
    public static Task<string> AudioAsync() => s_audio.Value;

    /// <summary>Plays the film until stopped.</summary>
    /// <param name="pattern">What else is said of each frame.</param>
    public static async Task PlayVideoAsync(LocalMediaStreamTrack track, CancellationToken stop, OutgoingFrame? pattern = null)
    {
        const int step = 90_000 / FramesPerSecond;
        string file = await VideoAsync();
        uint before = 0;                                 // time of the showings that are over
        for (Stopwatch clock = Stopwatch.StartNew(); !stop.IsCancellationRequested;)
        {
            await using FileStream stream = File.OpenRead(file);
            IvfReader reader = new(stream);
            uint time = 0;
            while (reader.TryRead(out IvfFrame frame))
            {
                using (frame)
                {
                    time = (uint)frame.Time * step;
                    if (!await IsDueAsync(clock, TimeSpan.FromSeconds((before + time) / 90_000.0), stop)) return;
                    track.WriteFrame((pattern ?? new()) with { Codec = reader.Header.EncodingName, Timestamp = before + time }, frame.Payload.Span);
                }
            }
            before += time + step;
        }
    }

    /// <summary>Plays the tone until stopped.</summary>
    /// <param name="pattern">What else is said of each packet.</param>
    public static async Task PlayAudioAsync(LocalMediaStreamTrack track, CancellationToken stop, OutgoingFrame? pattern = null)
    {
        string file = await AudioAsync();
        uint samples = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); !stop.IsCancellationRequested;)
        {
            await using FileStream stream = File.OpenRead(file);
            using OggOpusReader reader = new(stream);
            while (reader.TryRead(out MessageLease packet))
            {
                using (packet)
                {
                    if (!await IsDueAsync(clock, TimeSpan.FromSeconds((double)samples / OpusPacket.ClockRate), stop)) return;
                    track.WriteFrame((pattern ?? new()) with { Codec = "opus", Timestamp = samples, StartsTalkSpurt = samples == 0 }, packet.Span);
                    samples += OpusPacket.TryParse(packet.Span, out OpusPacket parsed) ? (uint)parsed.Samples : 0;
                }
            }
        }
    }

    private static async Task<bool> IsDueAsync(Stopwatch clock, TimeSpan time, CancellationToken stop)
    {
        if (time - clock.Elapsed is { Ticks: > 0 } wait) await Task.Delay(wait, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stop.IsCancellationRequested;
    }

    private static async Task<string> MakeAsync(string arguments, string name)
    {
        string folder = Path.Combine(TestContext.CurrentContext.TestDirectory, "peers"), file = Path.Combine(folder, name);
        Directory.CreateDirectory(folder);
        await ToolRun.RunAsync(new ProcessStartInfo(RealPeer.Require(["ffmpeg"], null, "apt-get install ffmpeg"), ["-v", "error", "-y", .. arguments.Split(' '), file]));
        return file;
    }
}
