using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Encoded frames written to a local track and read from a remote one.</summary>
public sealed class FrameTests
{
    [Test]
    public void WriteFrame_OfVideo_ArrivesAsTheSameFrame([Values("VP8", "VP9")] string codec)
    {
        using MediaCall call = new(1, MediaKind.Video);
        List<(byte[] Data, EncodedFrame Frame)> arrived = Collect(call);
        byte[][] frames = [.. Enumerable.Range(0, 12).Select(i => Frame(codec, isKey: i == 0, size: 10 + i * 700))];
        for (int i = 0; i < frames.Length; i++)
        {
            Assert.That(call.Local.WriteFrame(new OutgoingFrame { Codec = "video/" + codec, Timestamp = (uint)(i * 3000), Orientation = new VideoOrientation() }, frames[i]));
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(arrived.Select(each => each.Data), Is.EqualTo(frames));
        Assert.Multiple(() =>
        {
            Assert.That(arrived.Select(each => each.Frame.IsKeyFrame), Is.EqualTo(frames.Select((_, i) => i == 0)));
            Assert.That(arrived.Select(each => each.Frame.IsComplete), Is.All.True);
            Assert.That(arrived.Zip(arrived.Skip(1), (last, next) => next.Frame.Timestamp - last.Frame.Timestamp), Is.All.EqualTo(3000));
            Assert.That(arrived.Select(each => each.Frame.Packets).Max(), Is.GreaterThan(5));
            Assert.That(arrived[0].Frame.Orientation, Is.Not.Null);
        });
    }

    [Test]
    public void WriteFrame_OfAudio_ArrivesInOrderOverAJitteryPath()
    {
        using MediaCall call = new(2, MediaKind.Audio, path: new PathOptions { Delay = TimeSpan.FromMilliseconds(30), Jitter = TimeSpan.FromMilliseconds(40) });
        List<(byte[] Data, EncodedFrame Frame)> arrived = Collect(call);
        for (int i = 0; i < 100; i++)
        {
            call.Local.WriteFrame(new OutgoingFrame { Timestamp = (uint)(i * 960), StartsTalkSpurt = i == 0, AudioLevel = new AudioLevel(33, true) }, [0xF8, (byte)i]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(2));
        byte[] order = [.. arrived.Select(each => each.Data[1])];
        Assert.That(order, Is.Ordered.And.Unique);
        Assert.That(order, Has.Length.GreaterThan(90), "the delay adapts within the first packets");
        Assert.That(arrived[^1].Frame.AudioLevel, Is.EqualTo(new AudioLevel(33, true)));
    }

    [Test]
    public void WriteFrame_OfACodecThatWasNotNegotiated_IsRefused()
    {
        using MediaCall call = new(3, MediaKind.Video);
        Assert.That(call.Local.WriteFrame(new OutgoingFrame { Codec = "video/H265" }, [1, 2, 3]), Is.False);
        Assert.That(call.Local.WriteFrame(new OutgoingFrame { Codec = "video/VP8" }, []), Is.False, "no frame at all");
        Assert.That(new LocalMediaStreamTrack(MediaKind.Video).WriteFrame(new OutgoingFrame(), [1]), Is.False, "nobody sends it");
    }

    [Test]
    public void WriteFrame_WhenTheQueueIsFull_IsRefusedAsAWhole()
    {
        using MediaCall call = new(4, MediaKind.Video);
        List<(byte[] Data, EncodedFrame Frame)> arrived = Collect(call);
        int taken = 0;
        for (int i = 0; i < 100; i++)                    // the loop does not run in between
        {
            if (call.Local.WriteFrame(new OutgoingFrame { Codec = "VP8", Timestamp = (uint)i * 3000 }, Frame("VP8", isKey: true, size: 20_000))) taken++;
        }
        Assert.That(taken, Is.InRange(20, 30), "512 packets of 1160 bytes");
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(3));
        Assert.That(arrived, Has.Count.EqualTo(taken));
    }

    [Test]
    public void ReadFramesAsync_OfARemoteTrack_AsksForAKeyFrameAndGivesFrames()
    {
        using MediaCall call = new(5, MediaKind.Video);
        int asked = 0;
        call.Local.OnKeyFrameRequested += (_, _) => asked++;
        void Write(int from, int count, bool withKey)
        {
            for (int i = from; i < from + count; i++)
            {
                call.Local.WriteFrame(new OutgoingFrame { Codec = "VP8", Timestamp = (uint)(i * 3000) }, Frame("VP8", isKey: withKey && i == from, size: 2500));
                call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
            }
        }
        Write(0, 3, withKey: true);
        Assert.That(asked, Is.Zero);
        using CancellationTokenSource stop = new();
        List<bool> keys = [];
        Task reading = ReadAsync(call.Remote, keys, stop.Token);
        Write(3, 5, withKey: false);
        Assert.That((asked, keys.Count), Is.EqualTo((1, 0)), "nothing can be decoded before a key frame");
        Write(8, 5, withKey: true);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(keys, Is.EqualTo(new[] { true, false, false, false, false }));
        stop.Cancel();
        call.Simulation.Time.RunUntil(() => reading.IsCompleted, TimeSpan.FromSeconds(1));
        Assert.That(reading.IsCanceled);
    }

    [Test]                                               // webrtc-pc §5.3.1
    public void JitterBufferTarget_OfMilliseconds_DelaysFrames()
    {
        using MediaCall call = new(6, MediaKind.Audio);
        List<(byte[] Data, EncodedFrame Frame)> arrived = Collect(call);
        call.Receiver.JitterBufferTarget = 500;
        for (int i = 0; i < 100; i++)
        {
            call.Local.WriteFrame(new OutgoingFrame { Timestamp = (uint)(i * 960) }, [0xF8, (byte)i]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        Assert.That(100 - arrived.Count, Is.InRange(20, 30), "25 frames of 20 ms wait");
    }

    private static async Task ReadAsync(RemoteMediaStreamTrack track, List<bool> keys, CancellationToken stop)
    {
        await foreach (ReceivedFrame frame in track.ReadFramesAsync(stop))
        {
            using (frame) keys.Add(frame.Frame.IsKeyFrame);
        }
    }

    private static List<(byte[] Data, EncodedFrame Frame)> Collect(MediaCall call)
    {
        List<(byte[], EncodedFrame)> arrived = [];
        call.Remote.OnFrame += (_, e) => arrived.Add((e.Frame.Payload.Span.ToArray(), e.Frame));
        return arrived;
    }

    // What the formats look at: VP8's frame tag and start code (RFC 6386 §9.1), VP9's frame marker and frame_type.
    private static byte[] Frame(string codec, bool isKey, int size)
    {
        byte[] frame = new byte[size];
        for (int i = 0; i < size; i++) frame[i] = (byte)(i * 7);
        ReadOnlySpan<byte> start = codec == "VP8"
            ? isKey ? [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01] : [0x11, 0, 0, 0, 0, 0, 0, 0]
            : isKey ? [0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xF0, 0x0E] : [0x86, 0, 0x40, 0x92, 0, 0, 0, 0];
        start.CopyTo(frame);
        return frame;
    }
}
