using static WebRtcStack.Tests.PeerConnection.Steps.Script;

namespace WebRtcStack.Tests.PeerConnection.Steps;

/// <summary>mediacapture-main §4.3.3 (settings, capabilities and constraints of a track) without a device, and webrtc-pc §9.3.1.</summary>
public sealed class TrackSettingSteps
{
    private static readonly byte[] s_keyFrame = VideoHead("VP8", 320);

    [Test]
    public void GetSettings_OfALocalTrack_AreWhatTheApplicationSaysAndItsFramesTell()
    {
        using MediaCall call = new(1, MediaKind.Video);
        Assert.That(call.Local.GetSettings(), Is.EqualTo(new MediaTrackSettings()));
        Write(call, frames: 20);
        MediaTrackSettings measured = call.Local.GetSettings();
        Assert.That((measured.Width, measured.Height, measured.AspectRatio), Is.EqualTo((320, 240, 1.3333333333)));
        Assert.That(measured.FrameRate, Is.EqualTo(30).Within(0.1));
        call.Local.Settings = new MediaTrackSettings { Width = 1280, Height = 720, FrameRate = 25, SampleRate = 48_000, ChannelCount = 2 };
        Assert.That(call.Local.GetSettings(), Is.EqualTo(call.Local.Settings), "the application knows better");
        MediaStreamTrack clone = call.Local.Clone();
        Assert.That(clone.GetSettings(), Is.EqualTo(call.Local.Settings));
        call.Local.Stop();
        call.Local.Settings = new MediaTrackSettings();
        Assert.That(call.Local.GetSettings().Width, Is.EqualTo(1280), "getSettings, step 2: as when it ended");
        Assert.That((call.Local.GetSettings().SampleRate, call.Local.GetSettings().ChannelCount), Is.EqualTo((48_000, 2)));
    }

    [Test]
    public void GetSettings_OfARemoteTrack_AreThoseOfTheLatestFrame()                           // webrtc-pc §9.3.1
    {
        using MediaCall call = new(2, MediaKind.Video);
        call.Remote.OnFrame += (_, _) => { };
        Assert.That(call.Remote.GetSettings().Width, Is.Null);
        Write(call, frames: 20);
        call.Simulation.Settle();
        MediaTrackSettings settings = call.Remote.GetSettings();
        Assert.That((settings.Width, settings.Height, settings.AspectRatio), Is.EqualTo((320, 240, 1.3333333333)));
        Assert.That(settings.FrameRate, Is.EqualTo(30).Within(0.1));
    }

    [Test]
    public void Constraints_OfARemoteTrack_AreAlwaysRefused()                                   // webrtc-pc §9.3.1
    {
        using MediaCall call = new(3, MediaKind.Video);
        Assert.That(call.Remote.GetCapabilities(), Is.EqualTo(new MediaTrackCapabilities()), "the empty set");
        call.Simulation.Run(async () =>
        {
            foreach ((string name, MediaTrackConstraints wanted) in new (string, MediaTrackConstraints)[]
            {
                ("width", new MediaTrackConstraints { Width = 320 }), ("height", new MediaTrackConstraints { Height = 240 }),
                ("frameRate", new MediaTrackConstraints { FrameRate = 30 }), ("aspectRatio", new MediaTrackConstraints { AspectRatio = 1.5 }),
            })
            {
                OverconstrainedError? refused = await ReasonAsync(call.Remote.ApplyConstraintsAsync(wanted)) as OverconstrainedError;
                Assert.That((refused?.Name, refused?.Constraint), Is.EqualTo(("OverconstrainedError", name)));
            }
            await call.Remote.ApplyConstraintsAsync();
        });
        Assert.That(call.Remote.GetConstraints(), Is.EqualTo(new MediaTrackConstraints()));
    }

    [Test]
    public void Constraints_OfALocalTrack_AreCheckedAgainstWhatTheApplicationCanDo()            // §11.1.1, SelectSettings
    {
        LocalMediaStreamTrack track = new(MediaKind.Video)
        {
            Capabilities = new MediaTrackCapabilities
            {
                Width = new MediaTrackRange(160, 1920), Height = new MediaTrackRange(90, 1080), FrameRate = new MediaTrackRange(1, 30), AspectRatio = new MediaTrackRange(1, 2),
            },
        };
        LocalMediaStreamTrack sound = new(MediaKind.Audio)
        {
            Capabilities = new MediaTrackCapabilities { SampleRate = new MediaTrackRange(8000, 48_000), ChannelCount = new MediaTrackRange(1, 2) },
        };
        Assert.That(track.GetCapabilities().Width, Is.EqualTo(new MediaTrackRange(160, 1920)));
        MediaTrackConstraints possible = new()
        {
            Width = new ConstrainRange { Min = 1000, Ideal = 1280 }, Height = new ConstrainRange { Max = 720 }, FrameRate = new ConstrainRange { Exact = 15 }, AspectRatio = 1.7777,
            SampleRate = 48_000, Advanced = [new MediaTrackConstraintSet { Width = new ConstrainRange { Exact = 9999 } }],
        };
        Assert.That(track.ApplyConstraintsAsync(possible).IsCompletedSuccessfully, "ideals and advanced sets refuse nothing");
        Assert.That(track.GetConstraints(), Is.SameAs(possible));
        foreach ((string name, MediaStreamTrack on, MediaTrackConstraints wanted) in new (string, MediaStreamTrack, MediaTrackConstraints)[]
        {
            ("width", track, new() { Width = new ConstrainRange { Min = 4000 } }), ("height", track, new() { Height = new ConstrainRange { Max = 10 } }),
            ("frameRate", track, new() { FrameRate = new ConstrainRange { Exact = 60 } }), ("aspectRatio", track, new() { AspectRatio = new ConstrainRange { Min = 1.9, Max = 1.1 } }),
            ("sampleRate", sound, new() { SampleRate = new ConstrainRange { Exact = 96_000 } }), ("channelCount", sound, new() { ChannelCount = new ConstrainRange { Min = 6 } }),
            ("channelCount", track, new() { ChannelCount = new ConstrainRange { Exact = 1 } }),
        })
        {
            OverconstrainedError? refused = on.ApplyConstraintsAsync(wanted).Exception?.InnerException as OverconstrainedError;
            Assert.That(refused?.Constraint, Is.EqualTo(name));
        }
        Assert.That(track.GetConstraints(), Is.SameAs(possible), "what is refused changes nothing");
        Assert.That(track.Clone().GetConstraints(), Is.SameAs(possible));
        track.Stop();
        Assert.That(track.ApplyConstraintsAsync(new() { Width = new ConstrainRange { Exact = 1 } }).IsCompletedSuccessfully, "applyConstraints, step 2: it has ended");
        Assert.That(new OverconstrainedError("width").Message, Is.Empty);
    }

    internal static byte[] VideoHead(string codec, int width) => Convert.FromHexString(File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "video-frame-heads.txt"))
        .First(line => line.StartsWith($"{codec} {width} ", StringComparison.Ordinal)).Split(' ')[3]);

    private static void Write(MediaCall call, int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            call.Local.WriteFrame(new OutgoingFrame { Codec = "VP8", Timestamp = (uint)(i * 3000) }, i % 10 == 0 ? s_keyFrame : [0x11, 0, 0, 0]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
    }
}
