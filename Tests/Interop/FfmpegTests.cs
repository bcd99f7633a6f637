using System.Diagnostics;
using System.Globalization;
using System.IO;
using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Interop;

/// <summary>What ffmpeg encodes goes through packetizer, jitter buffer and file writer, and ffmpeg decodes the result: the same frames, no complaint.</summary>
[Category("Interop")]
public sealed class FfmpegTests
{
    private const int Frames = 30;
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("webrtcstack-ffmpeg").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("VP8", "VP80", "libvpx")]
    [TestCase("VP9", "VP90", "libvpx-vp9")]
    [TestCase("AV1", "AV01", "libaom-av1")]
    public async Task Ivf_OfFfmpegsFrames_IsDecodedByFfmpeg(string name, string fourCC, string encoder)
    {
        string source = await EncodeAsync("source.ivf", encoder);
        List<byte[]> frames = [];
        using (FileStream file = File.OpenRead(source))
        {
            IvfReader reader = new(file);
            Assert.That(reader.Header is { Width: 320, Height: 240 } && reader.Header.FourCC == fourCC && reader.Header.EncodingName == name);
            while (reader.TryRead(out IvfFrame frame))
            {
                frames.Add(frame.Payload.Span.ToArray());
                frame.Dispose();
            }
        }
        string copy = Path.Combine(_folder, "copy.ivf");
        using (FileStream file = File.Create(copy))
        using (IvfWriter writer = new(file, new IvfHeader(fourCC, 320, 240, 30)))
        {
            ulong time = 0;
            foreach (byte[] frame in OverRtp(name, frames)) writer.Write(frame, time++);
        }
        if (name != "AV1") Assert.That(await File.ReadAllBytesAsync(copy), Has.Length.EqualTo(new FileInfo(source).Length));
        await AssertDecodesAlikeAsync(source, copy);
    }

    [TestCase("H264", "libx264", "h264", "-x264-params", "aud=1:keyint=15", 9)]
    [TestCase("H265", "libx265", "hevc", "-x265-params", "aud=1:keyint=15:log-level=none", 35)]
    public async Task AnnexB_OfFfmpegsFrames_IsDecodedByFfmpeg(string name, string encoder, string format, string option, string value, int delimiter)
    {
        string source = await EncodeAsync("source." + format, encoder, option, value, "-f", format);
        byte[] stream = await File.ReadAllBytesAsync(source);
        List<int> starts = [];
        for (int position = 0; AnnexB.TryReadUnit(stream, ref position, out int start, out _);)
        {
            int type = name == "H264" ? stream[start] & 31 : stream[start] >> 1 & 63;
            if (type == delimiter) starts.Add(start - 3);
        }
        List<byte[]> frames = [.. starts.Select((start, i) => stream[start..(i + 1 < starts.Count ? starts[i + 1] : stream.Length)])];
        Assert.That(frames, Has.Count.EqualTo(Frames));
        string copy = Path.Combine(_folder, "copy." + format);
        await File.WriteAllBytesAsync(copy, OverRtp(name, frames).SelectMany(f => f).ToArray());
        await AssertDecodesAlikeAsync(source, copy);
    }

    [Test]
    public async Task OggOpus_OfFfmpegsPackets_IsDecodedByFfmpeg()
    {
        string source = Path.Combine(_folder, "source.ogg"), copy = Path.Combine(_folder, "copy.ogg");
        await RunAsync("ffmpeg", "-f", "lavfi", "-i", "sine=frequency=440:duration=2:sample_rate=48000", "-c:a", "libopus", "-b:a", "32k", source);
        List<byte[]> packets = [];
        OpusHead head;
        using (FileStream file = File.OpenRead(source))
        using (OggOpusReader reader = new(file))
        {
            head = reader.Head;
            while (reader.TryRead(out MessageLease packet))
            {
                packets.Add(packet.Span.ToArray());
                packet.Dispose();
            }
            Assert.That(reader.DamagedPages, Is.Zero);
        }
        Assert.That(packets, Has.Count.InRange(100, 102));
        using (FileStream file = File.Create(copy))
        using (OggOpusWriter writer = new(file, head))
        {
            foreach (byte[] packet in packets) Assert.That(writer.Write(packet));
        }
        string probe = await RunAsync("ffprobe", "-show_entries", "stream=codec_name,channels:format=duration", "-of", "csv=p=0", copy);
        Assert.That(probe, Does.Contain("opus,1"));
        Assert.That(await RunAsync("ffmpeg", "-i", copy, "-f", "null", "-"), Is.Empty);
        double duration = double.Parse(probe.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], CultureInfo.InvariantCulture);
        Assert.That(duration, Is.EqualTo(2).Within(0.1));
    }

    // Every frame through packets of 300 to 1200 bytes, with two of them in the wrong order each time.
    private static IEnumerable<byte[]> OverRtp(string name, List<byte[]> frames)
    {
        Random random = new(1);
        Assert.That(RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer));
        Assert.That(RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer));
        using JitterBuffer buffer = new(new JitterBufferOptions { MinDelay = TimeSpan.FromMilliseconds(100) });
        buffer.SetFormat(96, depacketizer!, 90000);
        byte[] payload = new byte[1200];
        ushort sequence = 65_000;
        Instant now = default;
        List<byte[]> read = [];
        foreach (byte[] frame in frames)
        {
            List<(RtpHeader Header, byte[] Payload)> packets = [];
            Assert.That(packetizer!.TryBegin(frame, new FrameDescription(), random.Next(300, 1201)));
            while (packetizer.Write(frame, payload, out bool marker) is > 0 and int length)
                packets.Add((new RtpHeader(96, sequence++, (uint)(now.Ticks * 9 / 1000), 1, marker), payload.AsSpan(0, length).ToArray()));
            if (packets.Count > 2) (packets[1], packets[2]) = (packets[2], packets[1]);
            foreach ((RtpHeader header, byte[] bytes) in packets) Assert.That(buffer.Insert(header, bytes, now), Is.EqualTo(JitterBufferInsertResult.Inserted));
            now += TimeSpan.FromMilliseconds(40);
            Read(now);
        }
        Read(now + TimeSpan.FromSeconds(1));
        Assert.That(read, Has.Count.EqualTo(frames.Count));
        return read;

        void Read(Instant at)
        {
            while (buffer.TryReadFrame(at, out EncodedFrame frame))
            {
                Assert.That(frame.IsComplete);
                read.Add(frame.Payload.Span.ToArray());
                frame.Dispose();
            }
        }
    }

    private async Task<string> EncodeAsync(string file, string encoder, params string[] more)
    {
        string path = Path.Combine(_folder, file);
        string[] speed = encoder is "libaom-av1" ? ["-cpu-used", "8"] : encoder is "libx264" or "libx265" ? ["-preset", "ultrafast"] : ["-deadline", "realtime", "-auto-alt-ref", "0"];
        await RunAsync("ffmpeg", ["-f", "lavfi", "-i", $"testsrc=size=320x240:rate=30", "-frames:v", $"{Frames}", "-pix_fmt", "yuv420p", "-c:v", encoder, "-b:v", "500k", "-g", "15", .. speed, .. more, path]);
        return path;
    }

    // The decoded pictures, as hashes.
    private static async Task AssertDecodesAlikeAsync(string source, string copy)
    {
        string expected = await HashesAsync(source), actual = await HashesAsync(copy);
        Assert.That(actual.Split('\n').Count(line => line.Length > 0 && line[0] != '#'), Is.EqualTo(Frames));
        Assert.That(Pictures(actual), Is.EqualTo(Pictures(expected)));

        static Task<string> HashesAsync(string path) => RunAsync("ffmpeg", "-i", path, "-f", "framemd5", "-");
        static IEnumerable<string> Pictures(string hashes) => [.. hashes.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(',')[^1].Trim())];
    }

    private static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        ProcessStartInfo start = new(RealPeer.Require([tool], null, "apt-get install ffmpeg"));
        foreach (string argument in (string[])["-v", "error", .. arguments]) start.ArgumentList.Add(argument);
        return await ToolRun.RunAsync(start);
    }
}
