using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Which form header extension elements get on the way out (RFC 8285 §4.1.2), and requests for transport-wide feedback (version 2).</summary>
public sealed class HeaderFormTests
{
    private readonly byte[] _buffer = new byte[1500];

    [TestCase(false, (byte)5, 20, 0)]                                     // left out: it does not fit, and forms must not mix
    [TestCase(true, (byte)5, 20, 0x1000)]
    [TestCase(true, (byte)5, 16, 0xBEDE)]                                 // one-byte elements as long as they will do
    [TestCase(true, (byte)40, 3, 0x1000)]
    [TestCase(false, (byte)40, 3, 0)]
    [TestCase(true, (byte)5, 0, 0x1000)]
    public void Send_WithAnElement_ChoosesTheForm(bool mixes, byte id, int length, int profile)
    {
        RtpSession session = new(new RtpSessionOptions { Cname = "c" }, RandomSource.Seeded(1));
        RtpSendStream stream = session.AddSendStream(7, 90_000);
        (stream.MixesHeaderForms, stream.Mid, stream.MidExtensionId, stream.ElementIds) = (mixes, "0"u8.ToArray(), 1, new byte[] { 0, id });
        byte[] value = [.. Enumerable.Range(1, length).Select(i => (byte)i)], elements = new byte[100];
        int written = RtpHeaderElements.Write(elements, 1, value);
        session.Send(stream, new RtpHeader(96, 1, 0, 0), MessageLease.CopyOf([1, 2, 3]), MessageLease.CopyOf(elements.AsSpan(0, written)));
        int total = session.Transmit(_buffer, default, out bool isRtcp);
        Assert.That(isRtcp, Is.False);
        Assert.That(RtpPacket.TryParse(_buffer.AsSpan(0, total), out RtpPacket packet));
        Assert.That(packet.TryGetExtension(1, out ReadOnlySpan<byte> mid) && mid.SequenceEqual("0"u8), "the session's own elements stay");
        bool isThere = packet.TryGetExtension(id, out ReadOnlySpan<byte> read);
        Assert.That(isThere, Is.EqualTo(profile != 0));
        Assert.That(read.SequenceEqual(profile == 0 ? [] : value));
        Assert.That(_buffer[12] << 8 | _buffer[13], Is.EqualTo(profile == 0 ? 0xBEDE : profile));
        Assert.That(packet.Payload.SequenceEqual((ReadOnlySpan<byte>)[1, 2, 3]));
    }

    [Test]                                                                // what an answer makes up must not throw on the loop
    public void Send_WithIdsOfTheSessionThatFitNoForm_LeavesThemOut()
    {
        RtpSession session = new(new RtpSessionOptions { Cname = "c" }, RandomSource.Seeded(1));
        RtpSendStream stream = session.AddSendStream(7, 90_000);
        (stream.Mid, stream.MidExtensionId, stream.TransportSequenceExtensionId, stream.AbsoluteSendTimeExtensionId) = ("0"u8.ToArray(), 15, 200, 99);
        (stream.Rid, stream.RidExtensionId) = (new byte[17], 3);
        session.Send(stream, new RtpHeader(96, 1, 0, 0), MessageLease.CopyOf([1]));
        int total = session.Transmit(_buffer, default, out _);
        Assert.That(RtpPacket.TryParse(_buffer.AsSpan(0, total), out RtpPacket packet));
        RtpExtensionReader reader = packet.GetExtensions();
        Assert.That(reader.TryRead(out _, out _), Is.False);
    }

    [Test]                                                                // transport-wide-cc-02
    public void Send_WhereFeedbackIsOnRequest_AsksOnceForEachTenthOfASecondOrTwoHundredPackets()
    {
        RtpSession session = new(new RtpSessionOptions { Cname = "c" }, RandomSource.Seeded(1));
        RtpSendStream stream = session.AddSendStream(7, 90_000);
        (stream.TransportSequenceExtensionId, stream.RequestsTransportFeedback) = (4, true);
        List<int> asked = [];
        Instant now = new(TimeSpan.TicksPerSecond);
        for (ushort i = 0; i < 1000; i++)
        {
            if (i < 500) now += TimeSpan.FromMilliseconds(10);
            session.Send(stream, new RtpHeader(96, i, 0, 0), MessageLease.CopyOf([1]));
            int total;
            bool isRtcp;
            do total = session.Transmit(_buffer, now, out isRtcp); while (isRtcp);
            Assert.That(RtpPacket.TryParse(_buffer.AsSpan(0, total), out RtpPacket packet));
            Assert.That(packet.TryGetExtension(4, out ReadOnlySpan<byte> value) && TransportSequenceNumber.TryRead(value, out TransportSequenceNumber number));
            TransportSequenceNumber.TryRead(value, out number);
            if (number.FeedbackCount == 0) continue;
            Assert.That(number.WantsTimestamps);
            asked.Add(number.FeedbackCount);
        }
        Assert.That(asked.Take(49), Is.All.InRange(10, 11));
        Assert.That(asked.Skip(50), Is.All.EqualTo(200));
        Assert.That(asked.Sum(), Is.InRange(800, 1000), "all packets but those since the last request");
    }

    // RFC 2198: each payload once, in whatever order packets come, as long as the window holds.
    [Test]
    public void Redundancy_OfAnyLossAndOrder_GivesEachPayloadOnce([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        int distance = random.Next(0, 5);
        RedSender sender = new(distance);
        List<(RtpHeader Header, byte[] Payload)> packets = [];
        for (int i = 0; i < 300; i++)
        {
            int length = sender.Write(_buffer, 111, (uint)(i * 960), [(byte)i, (byte)(i >> 8)]);
            packets.Add((new RtpHeader(63, (ushort)(65_400 + i), (uint)(i * 960), 7), _buffer.AsSpan(0, length).ToArray()));
        }
        bool[] lost = [.. packets.Select((_, i) => i > 0 && random.Next(10) == 0)];
        (RtpHeader Header, byte[] Payload)[] order =
        [
            .. packets.Where((_, i) => !lost[i]).Select((packet, i) => (packet, At: i == 0 ? -1 : i + random.Next(8))).OrderBy(each => each.At).Select(each => each.packet),
        ];
        RedReceiver receiver = new();
        HashSet<int> taken = [];
        foreach ((RtpHeader header, byte[] payload) in order.SelectMany(packet => random.Next(20) == 0 ? [packet, packet] : new[] { packet }))
        {
            Assert.That(RedReader.TryParse(payload, out RedReader reader));
            while (receiver.TryRead(header, ref reader, out RtpHeader own, out RedBlock block))
            {
                int number = block.Payload[0] | block.Payload[1] << 8;
                if (!taken.Add(number)) Assert.Fail($"{number} came twice");
                Assert.That((own.SequenceNumber, own.Timestamp, own.PayloadType), Is.EqualTo(((ushort)(65_400 + number), (uint)(number * 960), (byte)111)));
            }
        }
        for (int i = 0; i < 300; i++)
        {
            bool canRepair = Enumerable.Range(0, distance + 1).Any(back => i + back < 300 && !lost[i + back]);
            Assert.That(taken.Contains(i), Is.EqualTo(canRepair), $"{i} at distance {distance}");
        }
    }

    private static IEnumerable<int> SeedRange() => Simulation.Seeds.Range(20);
}
