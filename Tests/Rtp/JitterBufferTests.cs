using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The jitter buffer: frames in order, once, whole or not at all, in time, within its limits.</summary>
public sealed class JitterBufferTests
{
    private static readonly string[] s_videoNames = ["VP8", "VP9", "H264", "H265", "AV1"];
    private static readonly TimeSpan s_frameTime = TimeSpan.FromMilliseconds(40);

    [Test]
    public void TryReadFrame_WithJitterReorderingAndDuplicates_GivesEveryFrameOnceInOrder(
        [ValueSource(nameof(s_videoNames))] string name, [ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        VideoStream stream = new(name, random, firstSequence: 65500, firstTimestamp: 0xFFFF0000);
        List<Arrival> arrivals = stream.Send(frames: 40, maxDelay: TimeSpan.FromMilliseconds(80));
        foreach (Arrival arrival in arrivals.ToArray())
        {
            if (random.Next(5) == 0) arrivals.Add(arrival with { At = arrival.At + TimeSpan.FromMilliseconds(random.Next(100)) });
        }
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions { MinDelay = TimeSpan.FromMilliseconds(100) });
        List<(byte[] Bytes, EncodedFrame Frame)> read = Play(buffer, arrivals);
        Assert.That(read.Select(r => r.Bytes), Is.EqualTo(stream.Frames), $"seed {seed}");
        Assert.That(read, Has.All.Matches<(byte[], EncodedFrame Frame)>(r => r.Frame.IsComplete));
        Assert.That(read.Select(r => r.Frame.Timestamp), Is.EqualTo(Enumerable.Range(0, 40).Select(i => 0xFFFF0000 + (uint)i * 3600)));
        Assert.That(buffer.PacketCount, Is.Zero);
        Assert.That(buffer.Statistics.FramesDropped, Is.Zero);
    }

    [Test]
    public void TryReadFrame_WithALossThatIsRepairedInTime_MissesNothing([ValueSource(nameof(s_videoNames))] string name)
    {
        VideoStream stream = new(name, new Random(5), 100, 0);
        List<Arrival> arrivals = stream.Send(20, TimeSpan.Zero);
        for (int i = 3; i < arrivals.Count; i += 7) arrivals[i] = arrivals[i] with { At = arrivals[i].At + TimeSpan.FromMilliseconds(150) };
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        Assert.That(Play(buffer, arrivals).Select(r => r.Bytes), Is.EqualTo(stream.Frames));
    }

    [Test]
    public void TryReadFrame_AfterALoss_WaitsForAKeyFrameAndAsksForIt([ValueSource(nameof(s_videoNames))] string name)
    {
        VideoStream stream = new(name, new Random(5), 100, 0) { KeyFrames = [0, 12] };
        List<Arrival> arrivals = stream.Send(20, TimeSpan.Zero);
        arrivals.RemoveAll(a => a.Frame == 5 && a.IsFirst);
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        List<JitterBufferEvent> events = [];
        List<(byte[] Bytes, EncodedFrame Frame)> read = Play(buffer, arrivals, events);
        Assert.That(read.Select(r => r.Bytes), Is.EqualTo((byte[][])[.. stream.Frames.Take(5), .. stream.Frames.Skip(12)]));
        Assert.That(read[5].Frame is { IsKeyFrame: true, FollowsLoss: true });
        Assert.That(events, Is.EqualTo(new[] { JitterBufferEvent.KeyFrameNeeded }));
        Assert.That(buffer.Statistics.FramesDropped, Is.EqualTo(7));
        Assert.That(buffer.Statistics.PacketsMissed, Is.EqualTo(1));
    }

    [Test]
    public void TryReadFrame_WithoutAKeyFrameAtTheStart_AsksForIt()
    {
        VideoStream stream = new("VP8", new Random(5), 100, 0) { KeyFrames = [3] };
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        List<JitterBufferEvent> events = [];
        Assert.That(Play(buffer, stream.Send(6, TimeSpan.Zero), events).Select(r => r.Bytes), Is.EqualTo(stream.Frames.Skip(3)));
        Assert.That(events, Is.EqualTo(new[] { JitterBufferEvent.KeyFrameNeeded }));
    }

    [Test]
    public void TryReadFrame_WhereIncompleteFramesAreWanted_MarksThem()
    {
        VideoStream stream = new("VP8", new Random(5), 100, 0);
        List<Arrival> arrivals = stream.Send(10, TimeSpan.Zero, frameBytes: 5000);
        arrivals.RemoveAll(a => a.Frame == 5 && a is { IsFirst: false, IsLast: false });
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions { DeliversIncompleteFrames = true, DeliversUndecodableFrames = true });
        List<(byte[] Bytes, EncodedFrame Frame)> read = Play(buffer, arrivals);
        Assert.That(read.Select(r => r.Frame.IsComplete), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i != 5)));
        Assert.That(read.Select(r => r.Frame.FollowsLoss), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i == 6)));
        Assert.That(read[5].Bytes, Has.Length.LessThan(stream.Frames[5].Length));
    }

    [Test]                                                                // RFC 7741 §4.2: TL0PICIDX tells that the base layer is intact
    public void TryReadFrame_WhenAHigherTemporalLayerIsLost_GoesOnWithTheBase()
    {
        VideoStream stream = new("VP8", new Random(5), 100, 0) { TemporalLayers = [0, 2, 1, 2], SyncFrames = [10] };
        List<Arrival> arrivals = stream.Send(16, TimeSpan.Zero);
        arrivals.RemoveAll(a => a.Frame == 5);                            // layer 2
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        List<JitterBufferEvent> events = [];
        int[] expected = [0, 1, 2, 3, 4, 8, 10, 11, 12, 13, 14, 15];      // 6, 7 and 9 may need 5; 10 is a sync frame
        Assert.That(Play(buffer, arrivals, events).Select(r => r.Bytes), Is.EqualTo(expected.Select(i => stream.Frames[i])));
    }

    [Test]
    public void TryReadFrame_OverPadding_GoesOn()
    {
        VideoStream stream = new("H264", new Random(5), 100, 0) { PaddingAfter = [2, 3, 7] };
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        Assert.That(Play(buffer, stream.Send(10, TimeSpan.Zero)).Select(r => r.Bytes), Is.EqualTo(stream.Frames));
    }

    [Test]
    public void TryReadFrame_WithATarget_DelaysByIt()                      // webrtc-extensions: jitterBufferTarget
    {
        VideoStream stream = new("VP8", new Random(5), 100, 0);
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        buffer.TargetDelay = TimeSpan.FromMilliseconds(300);
        List<(byte[] Bytes, EncodedFrame Frame)> read = Play(buffer, stream.Send(20, TimeSpan.Zero));
        Assert.That(read.Select(r => r.Frame.PlayoutTime - r.Frame.FirstArrival), Is.All.EqualTo(TimeSpan.FromMilliseconds(300)));
        JitterBufferStatistics statistics = buffer.Statistics;
        Assert.That(statistics.JitterBufferEmittedCount, Is.EqualTo(20));
        Assert.That(statistics.JitterBufferDelay, Is.EqualTo(TimeSpan.FromMilliseconds(300 * 20)));
        Assert.That(statistics.JitterBufferTargetDelay, Is.EqualTo(TimeSpan.FromMilliseconds(300 * 20)));
        Assert.That(statistics.JitterBufferMinimumDelay, Is.EqualTo(TimeSpan.Zero));
        buffer.TargetDelay = TimeSpan.FromSeconds(9);
        Assert.That(buffer.CurrentDelay, Is.EqualTo(TimeSpan.FromSeconds(4)), "the limit holds");
        buffer.PlayoutLimits = new PlayoutDelay(TimeSpan.Zero, TimeSpan.Zero);
        Assert.That(buffer.CurrentDelay, Is.EqualTo(TimeSpan.Zero), "the sender asks to render at once");
    }

    [Test]
    public void CurrentDelay_FollowsTheJitterOfTheNetwork()
    {
        foreach (int jitter in new[] { 0, 10, 30, 60, 120 })
        {
            using JitterBuffer buffer = CreateAudio();
            Random random = new(jitter);
            List<double> lateness = [];
            int late = 0;
            for (int i = 0; i < 2000; i++)
            {
                Instant sent = default(Instant) + TimeSpan.FromMilliseconds(20 * i);
                double delay = random.NextDouble() * jitter;
                Instant now = sent + TimeSpan.FromMilliseconds(delay);
                InsertAudio(buffer, i, now);
                if (i > 500) lateness.Add(delay);
                if (i > 500 && delay > buffer.CurrentDelay.TotalMilliseconds + 1) late++;
                Drain(buffer, now);
            }
            TestContext.Out.WriteLine($"jitter up to {jitter} ms: delay {buffer.CurrentDelay.TotalMilliseconds} ms, {late} of {lateness.Count} later than it");
            Assert.That(buffer.CurrentDelay.TotalMilliseconds, Is.InRange(jitter * 0.8, jitter * 1.2 + 12));
            Assert.That(late, Is.LessThan(lateness.Count * 0.06));
        }
    }

    [Test]
    public void CurrentDelay_OfAudioThatIsReordered_GrowsUntilNothingIsLate()
    {
        using JitterBuffer buffer = CreateAudio();
        Instant now = default;
        for (int i = 0; i < 2000; i++)                                    // every tenth packet comes behind the two after it
        {
            int number = (i % 10) switch { 4 => i + 1, 5 => i + 1, 6 => i - 2, _ => i };
            InsertAudio(buffer, number, now);
            Drain(buffer, now);
            now += TimeSpan.FromMilliseconds(20);
        }
        TestContext.Out.WriteLine($"delay {buffer.CurrentDelay.TotalMilliseconds} ms, {buffer.Statistics.PacketsDiscarded} of 200 late");
        Assert.That(buffer.CurrentDelay.TotalMilliseconds, Is.InRange(40, 65));
        Assert.That(buffer.Statistics.PacketsDiscarded, Is.LessThan(5));
    }

    [Test]
    public void TryReadFrame_OfAudioWithALoss_SkipsItWhenTheNextIsDue()
    {
        using JitterBuffer buffer = CreateAudio();
        buffer.TargetDelay = TimeSpan.FromMilliseconds(60);
        Instant start = default;
        for (int i = 0; i < 5; i++)
        {
            if (i != 2) InsertAudio(buffer, i, start + TimeSpan.FromMilliseconds(20 * i));
        }
        Assert.That(Drain(buffer, start + TimeSpan.FromMilliseconds(119)), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(Drain(buffer, start + TimeSpan.FromMilliseconds(120)), Is.EqualTo(new[] { 3 }));
        Assert.That(InsertAudio(buffer, 2, start + TimeSpan.FromMilliseconds(121)), Is.EqualTo(JitterBufferInsertResult.Late));
        Assert.That(Drain(buffer, start + TimeSpan.FromSeconds(1)), Is.EqualTo(new[] { 4 }));
        Assert.That(buffer.Statistics is { PacketsMissed: 1, PacketsDiscarded: 1, JitterBufferEmittedCount: 4 * 960 });
        Assert.That(buffer.NextTimeout.IsNever);
    }

    [Test]                                                                // RFC 2198
    public void Insert_OfRedundantAudio_FillsWhatWasLost([Values(1, 2)] int distance)
    {
        RedSender sender = new(distance);
        using JitterBuffer buffer = CreateAudio();
        buffer.SetRedundancy(63);
        buffer.TargetDelay = TimeSpan.FromMilliseconds(80);
        byte[] payload = new byte[500];
        Instant now = default;
        List<int> read = [];
        for (int i = 0; i < 40; i++)
        {
            int length = sender.Write(payload, 111, (uint)i * 960, AudioPayload(i));
            if (i % 4 == 0 || i % 4 > distance)
                Assert.That(buffer.Insert(new RtpHeader(63, (ushort)(65530 + i), (uint)i * 960, 7), payload.AsSpan(0, length), now), Is.EqualTo(JitterBufferInsertResult.Inserted));
            read.AddRange(Drain(buffer, now));
            now += TimeSpan.FromMilliseconds(20);
        }
        read.AddRange(Drain(buffer, now + TimeSpan.FromSeconds(1)));
        int last = 39;
        while (!(last % 4 == 0 || last % 4 > distance)) last--;
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, last + 1)));
        Assert.That(buffer.Statistics.PacketsRecovered, Is.EqualTo(Enumerable.Range(0, last).Count(i => i % 4 != 0 && i % 4 <= distance)));
        Assert.That(buffer.Insert(new RtpHeader(63, 1, 0, 7), [0x80, 1], now), Is.EqualTo(JitterBufferInsertResult.Malformed));
    }

    [Test]                                                                // RFC 3550 §6.4.1
    public void TryReadFrame_WithASenderReport_HasWallClockTime()
    {
        using JitterBuffer buffer = CreateAudio();
        buffer.SetSenderReport(5UL << 32, 96000);
        InsertAudio(buffer, 50, default);
        InsertAudio(buffer, 150, default);
        Assert.That(buffer.TryReadFrame(new Instant(long.MaxValue / 2), out EncodedFrame frame));
        Assert.That(frame.NtpTime, Is.EqualTo(4UL << 32));
        Assert.That(buffer.TryReadFrame(new Instant(long.MaxValue / 2), out frame));
        Assert.That(frame.NtpTime, Is.EqualTo(6UL << 32));
    }

    [Test]                                                                // time stamps that jump; RFC 3550 A.1 for numbers that do
    public void TryReadFrame_WhenTheStreamJumps_GoesOn([Values] bool sequenceJumps, [Values] bool timestampJumps)
    {
        using JitterBuffer buffer = CreateAudio();
        Instant now = default;
        List<int> read = [];
        for (int i = 0; i < 60; i++)
        {
            int sequence = i < 30 || !sequenceJumps ? i : i + 20_000, time = i < 30 || !timestampJumps ? i : i - 1_000_000;
            buffer.Insert(new RtpHeader(111, (ushort)sequence, (uint)(time * 960), 7), AudioPayload(i), now);
            read.AddRange(Drain(buffer, now));
            now += TimeSpan.FromMilliseconds(20);
        }
        read.AddRange(Drain(buffer, now + TimeSpan.FromSeconds(2)));
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 60).Where(i => !sequenceJumps || i != 30)), "the first number of a jump is a stray");
        Assert.That(buffer.TryReadEvent(out JitterBufferEvent e) && e == JitterBufferEvent.StreamRestarted, Is.EqualTo(sequenceJumps));
    }

    [Test]
    public void Insert_BeyondItsLimits_DropsTheOldest()
    {
        using JitterBuffer packets = CreateAudio(new JitterBufferOptions { Kind = JitterBufferKind.Audio, MaxPackets = 16 });
        packets.TargetDelay = TimeSpan.FromSeconds(4);
        for (int i = 0; i < 100; i++) InsertAudio(packets, i, default(Instant) + TimeSpan.FromMilliseconds(20 * i));
        Assert.That(packets.PacketCount, Is.EqualTo(16));
        Assert.That(Drain(packets, default(Instant) + TimeSpan.FromSeconds(20)), Is.EqualTo(Enumerable.Range(84, 16)));
        Assert.That(packets.Statistics.FramesDropped, Is.EqualTo(84));

        using JitterBuffer bytes = CreateAudio(new JitterBufferOptions { Kind = JitterBufferKind.Audio, MaxBytes = 64 << 10 });
        bytes.TargetDelay = TimeSpan.FromSeconds(4);
        byte[] large = new byte[10_000];
        large[0] = 0x78;
        for (int i = 0; i < 20; i++) bytes.Insert(new RtpHeader(111, (ushort)i, (uint)i * 960, 7), large, default(Instant) + TimeSpan.FromMilliseconds(20 * i));
        Assert.That(bytes.PacketCount, Is.EqualTo(6));
    }

    [Test]
    public void Insert_OfWhatItCannotRead_IsCounted()
    {
        using JitterBuffer buffer = CreateAudio();
        Assert.That(buffer.Insert(new RtpHeader(96, 1, 0, 7), [1], default), Is.EqualTo(JitterBufferInsertResult.Malformed));
        Assert.That(buffer.Insert(new RtpHeader(111, 1, 0, 7), [0xFB], default), Is.EqualTo(JitterBufferInsertResult.Malformed));
        Assert.That(buffer.Statistics.PacketsMalformed, Is.EqualTo(2));
    }

    [Test]
    public void Insert_OfFirstPacketsFarOutOfOrder_KeepsThemAll()
    {
        using JitterBuffer buffer = CreateAudio();
        buffer.TargetDelay = TimeSpan.FromSeconds(3);
        for (int i = 99; i >= 0; i--) Assert.That(InsertAudio(buffer, i, default), Is.EqualTo(JitterBufferInsertResult.Inserted));
        Assert.That(Drain(buffer, default(Instant) + TimeSpan.FromSeconds(9)), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public void PlayoutClock_OverAYear_StaysRight()
    {
        PlayoutClock clock = new(TimeSpan.FromSeconds(60));
        Instant now = default;
        uint timestamp = 0;
        TimeSpan worst = default;
        for (int i = 0; i < 365 * 24 * 60 * 2; i++)                       // every 30 s
        {
            (_, TimeSpan lateness) = clock.Advance(timestamp, 90000, now);
            if (lateness > worst) worst = lateness;
            now += TimeSpan.FromSeconds(30);
            timestamp += 2_700_000;
        }
        Assert.That((clock.Epoch, worst), Is.EqualTo((1, TimeSpan.Zero)));
    }

    [Test]
    public void TryReadFrame_WhereTheFormatChangesWithinATimestamp_EndsTheFrame()
    {
        using JitterBuffer buffer = new(new JitterBufferOptions { DeliversUndecodableFrames = true });
        buffer.SetFormat(96, H265Depacketizer.Instance, 90000);
        buffer.SetFormat(97, Vp8Depacketizer.Instance, 90000);
        buffer.Insert(new RtpHeader(96, 1, 0, 7), [0x42, 0x01, 5], default);
        buffer.Insert(new RtpHeader(97, 2, 0, 7, true), [0x72, 0x01], default);    // to H.265, an empty fragment
        Assert.That(buffer.TryReadFrame(default(Instant) + TimeSpan.FromSeconds(9), out EncodedFrame frame));
        Assert.That(frame.Payload.Span.ToArray(), Is.EqualTo(new byte[] { 0, 0, 0, 1, 0x42, 1, 5 }));
        frame.Dispose();
    }

    [Test]
    public void Insert_OfAnything_StaysWithinItsLimits([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        using JitterBuffer buffer = new(new JitterBufferOptions { MaxPackets = 64, MaxBytes = 64 << 10, DeliversIncompleteFrames = random.Next(2) == 0 });
        for (byte i = 0; i < 5; i++)
        {
            RtpPayloadFormats.TryGetDepacketizer(s_videoNames[i], out IRtpDepacketizer? depacketizer);
            buffer.SetFormat((byte)(96 + i), depacketizer!, 90000);
        }
        Instant now = default;
        ushort sequence = (ushort)random.Next(65536);
        uint timestamp = (uint)random.Next();
        for (int i = 0; i < 3000; i++)
        {
            now += TimeSpan.FromMilliseconds(random.Next(10));
            sequence = random.Next(50) == 0 ? (ushort)random.Next(65536) : (ushort)(sequence + random.Next(-2, 4));
            timestamp = random.Next(100) == 0 ? (uint)random.Next() : timestamp + (uint)(random.Next(3) == 0 ? 3000 : 0);
            byte[] payload = new byte[random.Next(random.Next(3) == 0 ? 1400 : 10)];
            random.NextBytes(payload);
            buffer.Insert(new RtpHeader((byte)random.Next(95, 102), sequence, timestamp, 7, random.Next(4) == 0), payload, now);
            Assert.That(buffer.PacketCount, Is.LessThanOrEqualTo(64));
            while (buffer.TryReadFrame(now, out EncodedFrame frame)) frame.Dispose();
            Assert.That(buffer.NextTimeout, Is.GreaterThan(now), $"seed {seed}, packet {i}: drained stays drained");
            buffer.TryReadEvent(out _);
        }
    }

    [Test]
    public void Insert_InSteadyState_AllocatesNothing([Values("VP8", "H264", "AV1")] string name)
    {
        VideoStream stream = new(name, new Random(5), 100, 0);
        List<Arrival> arrivals = stream.Send(300, TimeSpan.Zero, frameBytes: 8000);
        using JitterBuffer buffer = stream.CreateBuffer(new JitterBufferOptions());
        int warm = arrivals.Count / 2;
        Run(0, warm);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(warm, arrivals.Count);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                RtpPacket.TryParse(arrivals[i].Packet, out RtpPacket packet);
                buffer.Insert(packet, arrivals[i].At);
                while (buffer.TryReadFrame(arrivals[i].At, out EncodedFrame frame)) frame.Dispose();
            }
        }
    }

    private static IEnumerable<int> SeedRange() => Seeds.Range(15);

    private static JitterBuffer CreateAudio(JitterBufferOptions? options = null)
    {
        JitterBuffer buffer = new(options ?? new JitterBufferOptions { Kind = JitterBufferKind.Audio });
        buffer.SetFormat(111, OpusDepacketizer.Instance, OpusPacket.ClockRate);
        return buffer;
    }

    // 20 ms of Opus that names its number.
    private static byte[] AudioPayload(int number) => [0x78, (byte)(number >> 8), (byte)number, 0];

    private static JitterBufferInsertResult InsertAudio(JitterBuffer buffer, int number, Instant now) =>
        buffer.Insert(new RtpHeader(111, (ushort)number, (uint)number * 960, 7), AudioPayload(number), now);

    private static List<int> Drain(JitterBuffer buffer, Instant now)
    {
        List<int> numbers = [];
        while (buffer.TryReadFrame(now, out EncodedFrame frame))
        {
            numbers.Add(frame.Payload.Span[1] << 8 | frame.Payload.Span[2]);
            frame.Dispose();
        }
        return numbers;
    }

    // Arrivals and deadlines in the order of time; every deadline makes progress.
    private static List<(byte[] Bytes, EncodedFrame Frame)> Play(JitterBuffer buffer, List<Arrival> arrivals, List<JitterBufferEvent>? events = null)
    {
        List<(byte[], EncodedFrame)> read = [];
        Instant now = default;
        foreach (Arrival arrival in arrivals.OrderBy(a => a.At.Ticks))
        {
            for (Instant due = buffer.NextTimeout; due <= arrival.At; due = buffer.NextTimeout) Read(due);
            now = arrival.At;
            Assert.That(RtpPacket.TryParse(arrival.Packet, out RtpPacket packet));
            Assert.That(buffer.Insert(packet, now), Is.Not.EqualTo(JitterBufferInsertResult.Malformed));
            Read(now);
        }
        while (!buffer.NextTimeout.IsNever) Read(buffer.NextTimeout);
        return read;

        void Read(Instant at)
        {
            now = Instant.Max(now, at);
            while (buffer.TryReadFrame(now, out EncodedFrame frame))
            {
                read.Add((frame.Payload.Span.ToArray(), frame));
                frame.Dispose();
            }
            while (buffer.TryReadEvent(out JitterBufferEvent e)) events?.Add(e);
        }
    }

    private sealed record Arrival(Instant At, byte[] Packet, int Frame, bool IsFirst, bool IsLast);

    // A sender of random frames, 25 a second.
    private sealed class VideoStream(string name, Random random, ushort firstSequence, uint firstTimestamp)
    {
        public List<byte[]> Frames { get; } = [];

        public int[] KeyFrames { get; init; } = [0];

        public int[] TemporalLayers { get; init; } = [0];

        public int[] SyncFrames { get; init; } = [];

        public int[] PaddingAfter { get; init; } = [];

        public JitterBuffer CreateBuffer(JitterBufferOptions options)
        {
            JitterBuffer buffer = new(options);
            RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer);
            buffer.SetFormat(96, depacketizer!, 90000);
            return buffer;
        }

        public List<Arrival> Send(int frames, TimeSpan maxDelay, int? frameBytes = null)
        {
            RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
            if (TemporalLayers.Length > 1) packetizer = new Vp8Packetizer(hasTemporalLayers: true);
            List<Arrival> arrivals = [];
            ushort sequence = firstSequence;
            for (int i = 0; i < frames; i++)
            {
                byte[] frame = TestFrames.Draw(name, random, frameBytes ?? random.Next(20, 6000), KeyFrames.Contains(i));
                Frames.Add(frame);
                uint timestamp = firstTimestamp + (uint)i * 3600;
                Instant sent = default(Instant) + TimeSpan.FromTicks(s_frameTime.Ticks * i) + TimeSpan.FromSeconds(1);
                FrameDescription description = new() { TemporalId = TemporalLayers[i % TemporalLayers.Length], IsLayerSync = SyncFrames.Contains(i) };
                List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer!, frame, 1000, description);
                if (PaddingAfter.Contains(i)) packets.Add(([], false));
                for (int p = 0; p < packets.Count; p++)
                {
                    byte[] packet = new byte[RtpPacket.FixedHeaderLength + packets[p].Payload.Length];
                    new RtpHeaderWriter(packet, new RtpHeader(96, sequence++, timestamp, 7, packets[p].Marker)).Complete();
                    packets[p].Payload.CopyTo(packet, RtpPacket.FixedHeaderLength);
                    Instant at = sent + TimeSpan.FromTicks((long)(random.NextDouble() * maxDelay.Ticks));
                    arrivals.Add(new Arrival(at, packet, i, p == 0, p == packets.Count - 1));
                }
            }
            return arrivals;
        }
    }
}
