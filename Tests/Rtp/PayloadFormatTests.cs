using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>What holds for every payload format: a frame that is cut into payloads and put together again is the frame; no bytes do harm.</summary>
public sealed class PayloadFormatTests
{
    private static readonly string[] s_names = ["opus", "PCMU", "PCMA", "G722", "CN", "VP8", "VP9", "H264", "H265", "AV1"];
    private static readonly string[] s_videoNames = ["VP8", "VP9", "H264", "H265", "AV1"];

    [Test]
    public void Depacketize_OfAPacketizedFrame_IsTheFrame([ValueSource(nameof(s_videoNames))] string name, [ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        Assert.That(RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer));
        Assert.That(RtpPayloadFormats.TryGetDepacketizer("video/" + name, out IRtpDepacketizer? depacketizer));
        using FrameBuffer buffer = new();
        for (int i = 0; i < 8; i++)
        {
            byte[] frame = TestFrames.Draw(name, random);
            int mtu = random.Next(200, 1401);
            List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer!, frame, mtu);
            Assert.That(packets.Take(packets.Count - 1).Any(p => p.Marker), Is.False);
            Assert.That(packets[^1].Marker);
            bool follows = false, isKey = false;
            foreach ((byte[] payload, _) in packets)
            {
                Assert.That(payload, Has.Length.LessThanOrEqualTo(mtu));
                Assert.That(depacketizer!.TryInspect(payload, out RtpPayloadInfo info), $"seed {seed}, frame {i}");
                if (follows) Assert.That(info.Start, Is.Not.EqualTo(FrameStart.Certain));
                else Assert.That(info.Start, Is.Not.EqualTo(FrameStart.No));
                isKey |= info.IsKeyFrame;
                depacketizer.Append(payload, buffer, follows);
                follows = true;
            }
            depacketizer!.Complete(buffer);
            using MessageLease assembled = buffer.Detach();
            Assert.That(assembled.Span.SequenceEqual(frame), $"seed {seed}, frame {i} of {frame.Length} bytes, {mtu} bytes a payload");
            Assert.That(isKey, Is.EqualTo(RtpPayloadFormats.IsKeyFrame(name, frame)));
        }
    }

    [Test]
    public void Depacketize_OfAnyBytes_TerminatesWithoutThrowing([ValueSource(nameof(s_names))] string name, [ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        Assert.That(RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer));
        using FrameBuffer buffer = new(20_000);
        for (int i = 0; i < 300; i++)
        {
            byte[] payload = new byte[random.Next(random.Next(2) == 0 ? 8 : 200)];
            random.NextBytes(payload);
            if (depacketizer!.TryInspect(payload, out _)) depacketizer.Append(payload, buffer, random.Next(3) > 0);
            if (random.Next(10) > 0) continue;
            depacketizer.Complete(buffer);
            buffer.Reset();
        }
        Assert.That(buffer.Length, Is.LessThanOrEqualTo(20_000));
    }

    [Test]
    public void Depacketize_OfMutatedPackets_TerminatesWithoutThrowing([ValueSource(nameof(s_videoNames))] string name, [ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
        RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer);
        using FrameBuffer buffer = new();
        foreach ((byte[] payload, _) in TestFrames.Packetize(packetizer!, TestFrames.Draw(name, random), 200))
        {
            for (int i = random.Next(3); i > 0; i--) payload[random.Next(Math.Min(8, payload.Length))] = (byte)random.Next(256);
            ReadOnlySpan<byte> cut = payload.AsSpan(0, random.Next(payload.Length + 1));
            if (depacketizer!.TryInspect(cut, out _)) depacketizer.Append(cut, buffer, random.Next(4) > 0);
        }
        depacketizer!.Complete(buffer);
    }

    [Test]
    public void Depacketize_OfPacketsWithAGap_KeepsWholeUnitsAlone([Values("H264", "H265", "AV1")] string name)
    {
        Random random = new(3);
        RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
        RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer);
        byte[] small = TestFrames.Unit(name, random, 50), large = TestFrames.Unit(name, random, 3000), last = TestFrames.Unit(name, random, 60);
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer!, [.. small, .. large, .. last], 500);
        using FrameBuffer buffer = new();
        for (int i = 0; i < packets.Count; i++)
        {
            if (i != 3) depacketizer!.Append(packets[i].Payload, buffer, follows: i > 0 && i != 4);
        }
        depacketizer!.Complete(buffer);
        Assert.That(buffer.Span.ToArray(), Is.EqualTo((byte[])[.. small, .. last]));
    }

    [Test]
    public void Packetize_InSteadyState_AllocatesNothing([ValueSource(nameof(s_names))] string name)
    {
        RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
        RtpPayloadFormats.TryGetDepacketizer(name, out IRtpDepacketizer? depacketizer);
        byte[] frame = s_videoNames.Contains(name) ? TestFrames.Draw(name, new Random(1)) : [0x08, 1, 2, 3];
        byte[] payload = new byte[1200];
        using FrameBuffer buffer = new();
        for (int i = 0; i < 3; i++) Pass();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Pass();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Pass()
        {
            packetizer!.TryBegin(frame, new FrameDescription(), 1200);
            bool follows = false;
            while (packetizer.Write(frame, payload, out _) is > 0 and int length)
            {
                depacketizer!.TryInspect(payload.AsSpan(0, length), out _);
                depacketizer.Append(payload.AsSpan(0, length), buffer, follows);
                follows = true;
            }
            depacketizer!.Complete(buffer);
            buffer.Detach().Dispose();
        }
    }

    [Test]
    public void TryBegin_OfWhatIsNotAFrame_Fails([ValueSource(nameof(s_names))] string name)
    {
        RtpPayloadFormats.TryCreatePacketizer(name, out IRtpPacketizer? packetizer);
        Assert.That(packetizer!.TryBegin([], new FrameDescription(), 1200), Is.False);
        Assert.That(packetizer.Write([], new byte[1200], out _), Is.Zero);
        Assert.That(() => packetizer.TryBegin([1], new FrameDescription(), 63), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void FrameBuffer_BeyondItsLimit_OverflowsAndRecovers()
    {
        using FrameBuffer buffer = new(100);
        buffer.Append(new byte[60]);
        buffer.Append(new byte[60]);
        Assert.That((buffer.Overflowed, buffer.Length), Is.EqualTo((true, 60)));
        buffer.Reset();
        buffer.Append(new byte[100]);
        Assert.That((buffer.Overflowed, buffer.Length), Is.EqualTo((false, 100)));
    }

    private static IEnumerable<int> SeedRange() => Seeds.Range(20);
}
