using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Srtp;
using WebRtcStack.Tests.Srtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>A call between two Chromiums: Opus, and VP8 inside RED, with their header extensions.</summary>
public sealed class CapturedFramesTests
{
    private const string Name = "chromium-chromium-audio-video-cryptex";
    private const byte Opus = 111, Vp8 = 96, Red = 118;                    // sdp/pcap-*-answer.sdp

    [Test]
    public void JitterBuffer_OnACapturedCall_GivesItsFrames()
    {
        using CapturedCall call = new(Name, SrtpProfile.Aes128CmHmacSha1_80, new SrtpOptions { Cryptex = true });
        Dictionary<uint, JitterBuffer> buffers = [];
        Dictionary<uint, List<EncodedFrame>> frames = [];
        Instant now = default;
        foreach ((byte[] captured, bool isRtcp, SrtpUnprotector unprotector) in call.Read())
        {
            if (isRtcp || !unprotector.TryUnprotectRtp(captured, out int length)) continue;
            Assert.That(RtpPacket.TryParse(captured.AsSpan(0, length), out RtpPacket packet));
            bool isAudio = packet.PayloadType == Opus;
            if (!isAudio && packet.PayloadType is not (Vp8 or Red)) continue;    // rtx
            if (!buffers.TryGetValue(packet.Ssrc, out JitterBuffer? buffer))
            {
                buffer = new JitterBuffer(new JitterBufferOptions { Kind = isAudio ? JitterBufferKind.Audio : JitterBufferKind.Video });
                if (isAudio) buffer.SetFormat(Opus, OpusDepacketizer.Instance, OpusPacket.ClockRate);
                else buffer.SetFormat(Vp8, Vp8Depacketizer.Instance, 90000);
                if (!isAudio) buffer.SetRedundancy(Red);
                buffers.Add(packet.Ssrc, buffer);
                frames.Add(packet.Ssrc, []);
            }
            AssertExtensions(packet, isAudio);
            now += TimeSpan.FromMilliseconds(5);                          // the capture's time is not at hand: some 200 packets a second
            Assert.That(buffer.Insert(packet, now), Is.EqualTo(JitterBufferInsertResult.Inserted));
            while (buffer.TryReadFrame(now, out EncodedFrame frame)) Take(frame);
        }
        foreach ((uint ssrc, JitterBuffer buffer) in buffers)
        {
            while (buffer.TryReadFrame(now + TimeSpan.FromSeconds(10), out EncodedFrame frame)) Take(frame);
            List<EncodedFrame> read = frames[ssrc];
            TestContext.Out.WriteLine($"{ssrc:X8}: payload type {read[0].PayloadType}, {read.Count} frames, {read.Count(f => f.IsKeyFrame)} key frames, {buffer.Statistics.PacketsMissed} packets missed");
            Assert.That(read, Has.Count.GreaterThan(20));
            Assert.That(read[0].IsKeyFrame);
            Assert.That(read, Has.All.Matches<EncodedFrame>(f => f.IsComplete && !f.FollowsLoss));
            if (read[0].PayloadType == Opus) Assert.That(read, Has.All.Property(nameof(EncodedFrame.Duration)).EqualTo(960));
            Assert.That(buffer.Statistics.PacketsMalformed, Is.Zero);
            Assert.That(buffer.PacketCount, Is.Zero);
            buffer.Dispose();
        }
        Assert.That(frames.Values.Count(f => f[0].PayloadType == Opus), Is.EqualTo(2), "both send audio");
        Assert.That(frames.Values.Count(f => f[0].PayloadType == Vp8), Is.GreaterThanOrEqualTo(1));

        void Take(in EncodedFrame frame)
        {
            if (frame is { PayloadType: Vp8, IsKeyFrame: true })           // RFC 6386 §9.1: start code, then the size
                Assert.That(frame.Payload.Span.Slice(3, 3).ToArray(), Is.EqualTo(new byte[] { 0x9D, 0x01, 0x2A }));
            frames[frame.Ssrc].Add(frame);
            frame.Dispose();
        }
    }

    // The ids of sdp/pcap-*-answer.sdp.
    private static void AssertExtensions(in RtpPacket packet, bool isAudio)
    {
        if (packet.TryGetExtension(2, out ReadOnlySpan<byte> value)) Assert.That(AbsoluteSendTime.TryRead(value, out _));
        Assert.That(packet.TryGetExtension(3, out value) && TransportSequenceNumber.TryRead(value, out _));
        if (packet.TryGetExtension(4, out value)) Assert.That(SdesIdentifier.TryRead(value, out SdesIdentifier mid) && mid == new SdesIdentifier(isAudio ? "0" : "1"));
        if (isAudio && packet.TryGetExtension(1, out value)) Assert.That(AudioLevel.TryRead(value, out _));
        if (isAudio) return;
        if (packet.TryGetExtension(7, out value)) Assert.That(VideoTiming.TryRead(value, out VideoTiming timing) && timing.EncodeFinish >= timing.EncodeStart);
        if (packet.TryGetExtension(5, out value)) Assert.That(PlayoutDelay.TryRead(value, out _));
        if (packet.TryGetExtension(14, out value)) Assert.That(TransmissionOffset.TryRead(value, out _));
    }
}
