using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Opus, comfort noise, telephone events and redundant audio.</summary>
public sealed class AudioPayloadTests
{
    private readonly byte[] _buffer = new byte[2000];

    // RFC 6716 §3.1: configuration, code and count against samples at 48 kHz
    [TestCase(new byte[] { 0x00, 1, 2 }, 480, 1)]                         // SILK, 10 ms
    [TestCase(new byte[] { 0x18, 1, 2 }, 2880, 1)]                        // SILK, 60 ms
    [TestCase(new byte[] { 0x78, 1, 2 }, 960, 1)]                         // hybrid, 20 ms
    [TestCase(new byte[] { 0x80, 1, 2 }, 120, 1)]                         // CELT, 2.5 ms
    [TestCase(new byte[] { 0xF8, 1, 2 }, 960, 1)]                         // CELT, 20 ms
    [TestCase(new byte[] { 0xF9, 1, 2 }, 1920, 2)]                        // two frames of equal size
    [TestCase(new byte[] { 0xFA, 1, 1, 2 }, 1920, 2)]                     // two frames of sizes that differ
    [TestCase(new byte[] { 0xFB, 6, 2, 3 }, 5760, 6)]                     // six of 20 ms, the longest packet
    public void Opus_OfEachCode_HasItsDuration(byte[] packet, int samples, int frames)
    {
        Assert.That(OpusPacket.TryParse(packet, out OpusPacket parsed));
        Assert.That((parsed.Samples, parsed.Frames), Is.EqualTo((samples, frames)));
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 0xF9, 1 })]                                    // §3.4 R3
    [TestCase(new byte[] { 0xFB })]                                       // R6
    [TestCase(new byte[] { 0xFB, 0 })]
    [TestCase(new byte[] { 0xFB, 7 })]                                    // R5: 140 ms
    public void Opus_ThatBreaksARule_IsRefused(byte[] packet) => Assert.That(OpusPacket.TryParse(packet, out _), Is.False);

    [Test]                                                                // RFC 6716 §4.2.3; RFC 7587 §3.1.3
    public void Opus_Flags_AreFound()
    {
        Assert.That(OpusPacket.TryParse([0x48, 0x40, 0], out OpusPacket wideband) && wideband.HasFec, "20 ms: voice flag, then LBRR");
        Assert.That(OpusPacket.TryParse([0x48, 0x80, 0], out wideband) && !wideband.HasFec);
        Assert.That(OpusPacket.TryParse([0x50, 0x20, 0], out OpusPacket forty) && forty.HasFec, "40 ms: two voice flags, then LBRR");
        Assert.That(OpusPacket.TryParse([0x4C, 0x10, 0], out OpusPacket stereo) && stereo.HasFec, "stereo: the side's flags follow the mid's");
        Assert.That(OpusPacket.TryParse([0xFC, 0xFF, 0xFF], out OpusPacket celt) && !celt.HasFec && celt.IsStereo);
        Assert.That(OpusPacket.TryParse([0x48], out OpusPacket silence) && silence.IsDtx);
    }

    [Test]                                                                // RFC 3389 §3
    public void ComfortNoise_Write_ThenRead_IsIdentity()
    {
        byte[] coefficients = [127, 200, 60], read = new byte[3];
        int length = ComfortNoise.Write(_buffer, 78, coefficients);
        Assert.That(ComfortNoise.TryRead(_buffer.AsSpan(0, length), out ComfortNoise noise, read));
        Assert.That((noise.Level, noise.CoefficientCount), Is.EqualTo(((byte)78, 3)));
        Assert.That(read, Is.EqualTo(coefficients));
        Assert.That(ComfortNoise.Dequantize(127), Is.Zero);
        Assert.That(ComfortNoise.TryRead(new byte[100], out noise) && noise.CoefficientCount == ComfortNoise.MaxCoefficients);
        Assert.That(ComfortNoise.TryRead([], out _), Is.False);
    }

    [TestCase('5', 5)]
    [TestCase('#', 11)]
    [TestCase('d', 15)]
    public void TelephoneEvent_OfATone_HasItsCode(char tone, int code)    // RFC 4733 §3.2
    {
        Assert.That(TelephoneEvent.CodeOf(tone), Is.EqualTo(code));
        Assert.That(TelephoneEvent.ToneOf((byte)code), Is.EqualTo(char.ToUpperInvariant(tone)));
        Assert.That(TelephoneEvent.CodeOf('x'), Is.Null);
    }

    [Test]                                                                // RFC 4733 §2.5.1.2, §2.5.1.4
    public void TelephoneEventSender_OfATone_ReportsItGrowingAndItsEndThrice()
    {
        TelephoneEventSender sender = new(8000, TimeSpan.FromMilliseconds(50));
        sender.Start(5, TimeSpan.FromMilliseconds(100), 4000, default);
        List<TelephoneEventPacket> packets = Run(sender);
        Assert.That(packets.Select(p => (int)p.Report.Duration), Is.EqualTo(new[] { 400, 800, 800, 800 }));
        Assert.That(packets.Select(p => p.Report.IsEnd), Is.EqualTo(new[] { false, true, true, true }));
        Assert.That(packets.Select(p => p.Marker), Is.EqualTo(new[] { true, false, false, false }));
        Assert.That(packets.Select(p => p.Timestamp), Is.All.EqualTo(4000));
    }

    [Test]                                                                // RFC 4733 §2.5.1.3, §2.5.2.3
    public void TelephoneEventSender_OfALongEvent_SendsSegmentsThatTheReceiverJoins()
    {
        TelephoneEventSender sender = new(8000, TimeSpan.FromMilliseconds(50));
        sender.Start(5, TimeSpan.FromSeconds(20), 0xFFFFFF00, default);
        List<TelephoneEventPacket> packets = Run(sender);
        Assert.That(packets.Select(p => p.Timestamp).Distinct().Count(), Is.EqualTo(3));
        Assert.That(packets.Count(p => p.Report.IsEnd), Is.EqualTo(3));
        Assert.That(packets.Count(p => p.Marker), Is.EqualTo(1));
        Assert.That(Receive(packets), Is.EqualTo(new[]
        {
            new TelephoneEventNotice(TelephoneEventChange.Started, 5, 0), new TelephoneEventNotice(TelephoneEventChange.Ended, 5, 160_000),
        }));
    }

    [Test]
    public void TelephoneEventReceiver_WithLossAndDuplicates_TellsEachToneOnce([Values(0, 1, 2)] int lost)
    {
        TelephoneEventSender sender = new(8000, TimeSpan.FromMilliseconds(50));
        sender.Start(1, TimeSpan.FromMilliseconds(100), 1000, default);
        List<TelephoneEventPacket> packets = Run(sender);
        sender.Start(2, TimeSpan.FromMilliseconds(100), 9000, default);
        packets.AddRange(Run(sender));
        packets.RemoveAt(lost);
        packets.Add(packets[0]);                                          // stale: the first tone again
        Assert.That(Receive(packets).Select(n => (n.Change, (int)n.Code)), Is.EqualTo(new[]
        {
            (TelephoneEventChange.Started, 1), (TelephoneEventChange.Ended, 1), (TelephoneEventChange.Started, 2), (TelephoneEventChange.Ended, 2),
        }));
    }

    [Test]                                                                // RFC 4733 §2.5.2.2: a tone does not get stuck
    public void TelephoneEventReceiver_WithoutAnEnd_EndsByItself()
    {
        TelephoneEventReceiver receiver = new();
        receiver.Receive([3, 10, 1, 0x90], 0, true, default);
        Assert.That(receiver.TryReadEvent(out TelephoneEventNotice started) && started.Change == TelephoneEventChange.Started);
        receiver.AdvanceTo(default);
        Assert.That(receiver.TryReadEvent(out _), Is.False);
        receiver.AdvanceTo(receiver.NextTimeout);
        Assert.That(receiver.TryReadEvent(out TelephoneEventNotice ended));
        Assert.That(ended, Is.EqualTo(new TelephoneEventNotice(TelephoneEventChange.Ended, 3, 400)));
        receiver.Receive([1, 2], 0, true, default);
        Assert.That(receiver.Ignored, Is.EqualTo(1));
    }

    [Test]                                                                // RFC 2198 §3
    public void Red_OfEveryDistance_CarriesThePayloadsBefore([Range(0, 4)] int distance)
    {
        RedSender sender = new(distance);
        for (uint i = 0; i < 10; i++)
        {
            byte[] payload = [.. Enumerable.Repeat((byte)i, 20 + (int)i)];
            int length = sender.Write(_buffer, 111, i * 960, payload);
            Assert.That(RedReader.TryParse(_buffer.AsSpan(0, length), out RedReader reader));
            Assert.That(reader.Count, Is.EqualTo(Math.Min(distance, (int)i) + 1));
            for (int back = reader.Count - 1; reader.TryRead(out RedBlock block); back--)
            {
                Assert.That((block.PayloadType, (int)block.TimestampOffset, block.IsPrimary), Is.EqualTo(((byte)111, back * 960, back == 0)));
                Assert.That(block.Payload.ToArray(), Is.EqualTo(Enumerable.Repeat((byte)(i - back), 20 + (int)i - back)));
            }
        }
    }

    [Test]
    public void Red_WithoutRoomOrInTime_LeavesOldPayloadsOut()
    {
        RedSender sender = new(2);
        sender.Write(_buffer, 111, 0, new byte[100]);
        sender.Write(_buffer, 111, 960, new byte[100]);
        Assert.That(Count(sender.Write(_buffer.AsSpan(0, 210), 111, 1920, new byte[100])), Is.EqualTo(2), "two would take 309 bytes");
        Assert.That(Count(sender.Write(_buffer, 111, 1920 + 0x4000, new byte[100])), Is.EqualTo(1), "14 bits of offset");
        Assert.That(sender.Write(_buffer.AsSpan(0, 50), 111, 0, new byte[100]), Is.Zero);

        int Count(int length) => RedReader.TryParse(_buffer.AsSpan(0, length), out RedReader reader) ? reader.Count : 0;
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Red_OfAnyBytes_TerminatesWithoutThrowing(byte[] payload)
    {
        if (payload.Length > 4) payload[0] |= 0x80;
        if (!RedReader.TryParse(payload, out RedReader reader)) return;
        while (reader.TryRead(out _)) { }
    }

    private static List<TelephoneEventPacket> Run(TelephoneEventSender sender)
    {
        List<TelephoneEventPacket> packets = [];
        while (sender.IsActive)
        {
            Instant now = sender.NextTimeout;
            Assert.That(sender.TryTransmit(now, out TelephoneEventPacket packet));
            packets.Add(packet);
        }
        return packets;
    }

    private static List<TelephoneEventNotice> Receive(List<TelephoneEventPacket> packets)
    {
        TelephoneEventReceiver receiver = new();
        byte[] payload = new byte[TelephoneEvent.Length];
        List<TelephoneEventNotice> notices = [];
        foreach (TelephoneEventPacket packet in packets)
        {
            receiver.Receive(payload.AsSpan(0, packet.Report.Write(payload)), packet.Timestamp, packet.Marker, default);
            while (receiver.TryReadEvent(out TelephoneEventNotice notice)) notices.Add(notice);
        }
        return notices;
    }
}
