using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Srtp;
using WebRtcStack.Tests.Srtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Calls between browsers: Opus, and VP8 bare or inside RED, with their header extensions.</summary>
public sealed class CapturedFramesTests
{
    // Payload types and extension ids of sdp/pcap-*-answer.sdp.
    private static readonly Call s_chromium = new(
        "chromium-chromium-audio-video-cryptex", SrtpProfile.Aes128CmHmacSha1_80, Opus: 111, Vp8: 96, Red: 118, SendTime: 2, TransportNumber: 3, Mid: 4, Delay: 5, Timing: 7, Offset: 14);

    private static readonly Call s_firefox = new(
        "firefox-chromium-audio-video", SrtpProfile.AeadAes128Gcm, Opus: 109, Vp8: 120, Red: 122, SendTime: 4, TransportNumber: 7, Mid: 3, Delay: 6, Timing: 0, Offset: 5);

    [Test]
    public void JitterBuffer_OnACapturedCall_GivesItsFrames([Values] bool withFirefox)
    {
        Call ids = withFirefox ? s_firefox : s_chromium;
        using CapturedCall call = new(ids.Name, ids.Profile, new SrtpOptions { Cryptex = true });
        Dictionary<uint, JitterBuffer> buffers = [];
        Dictionary<uint, List<EncodedFrame>> frames = [];
        Instant now = default;
        foreach ((byte[] captured, bool isRtcp, SrtpUnprotector unprotector) in call.Read())
        {
            if (isRtcp || !unprotector.TryUnprotectRtp(captured, out int length)) continue;
            Assert.That(RtpPacket.TryParse(captured.AsSpan(0, length), out RtpPacket packet));
            bool isAudio = packet.PayloadType == ids.Opus;
            if (!isAudio && packet.PayloadType != ids.Vp8 && packet.PayloadType != ids.Red) continue;    // rtx
            if (!buffers.TryGetValue(packet.Ssrc, out JitterBuffer? buffer))
            {
                buffer = new JitterBuffer(new JitterBufferOptions { Kind = isAudio ? JitterBufferKind.Audio : JitterBufferKind.Video });
                if (isAudio) buffer.SetFormat(ids.Opus, OpusDepacketizer.Instance, OpusPacket.ClockRate);
                else buffer.SetFormat(ids.Vp8, Vp8Depacketizer.Instance, 90000);
                if (!isAudio) buffer.SetRedundancy(ids.Red);
                buffers.Add(packet.Ssrc, buffer);
                frames.Add(packet.Ssrc, []);
            }
            AssertExtensions(packet, isAudio, ids);
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
            if (read[0].PayloadType == ids.Opus) Assert.That(read, Has.All.Property(nameof(EncodedFrame.Duration)).EqualTo(960));
            Assert.That(buffer.Statistics.PacketsMalformed, Is.Zero);
            Assert.That(buffer.PacketCount, Is.Zero);
            buffer.Dispose();
        }
        Assert.That(frames.Values.Count(f => f[0].PayloadType == ids.Opus), Is.EqualTo(2), "both send audio");
        Assert.That(frames.Values.Count(f => f[0].PayloadType == ids.Vp8), Is.GreaterThanOrEqualTo(1));

        void Take(in EncodedFrame frame)
        {
            if (frame.PayloadType == ids.Vp8 && frame.IsKeyFrame)           // RFC 6386 §9.1: start code, then the size
                Assert.That(frame.Payload.Span.Slice(3, 3).ToArray(), Is.EqualTo(new byte[] { 0x9D, 0x01, 0x2A }));
            frames[frame.Ssrc].Add(frame);
            frame.Dispose();
        }
    }

    private static void AssertExtensions(in RtpPacket packet, bool isAudio, Call ids)
    {
        if (packet.TryGetExtension(ids.TransportNumber, out ReadOnlySpan<byte> value)) Assert.That(TransportSequenceNumber.TryRead(value, out _));
        if (packet.TryGetExtension(ids.Mid, out value)) Assert.That(SdesIdentifier.TryRead(value, out SdesIdentifier mid) && mid == new SdesIdentifier(isAudio ? "0" : "1"));
        if (isAudio && packet.TryGetExtension(1, out value)) Assert.That(AudioLevel.TryRead(value, out _));
        if (isAudio) return;
        if (packet.TryGetExtension(ids.SendTime, out value)) Assert.That(AbsoluteSendTime.TryRead(value, out _));
        if (packet.TryGetExtension(ids.Timing, out value)) Assert.That(VideoTiming.TryRead(value, out VideoTiming timing) && timing.EncodeFinish >= timing.EncodeStart);
        if (packet.TryGetExtension(ids.Delay, out value)) Assert.That(PlayoutDelay.TryRead(value, out _));
        if (packet.TryGetExtension(ids.Offset, out value)) Assert.That(TransmissionOffset.TryRead(value, out _));
    }

    private sealed record Call(
        string Name, SrtpProfile Profile, byte Opus, byte Vp8, byte Red, int SendTime, int TransportNumber, int Mid, int Delay, int Timing, int Offset);
}
