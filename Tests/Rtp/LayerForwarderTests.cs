using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Forwarding in fewer layers: what the receiver gets has no gaps and can be decoded.</summary>
public sealed class LayerForwarderTests
{
    private static readonly int[] s_temporal = [0, 2, 1, 2];

    [Test]                                                                // RFC 7741 §4.2: ids run on
    public void TryForward_OfVp8WithFewerTemporalLayers_RenumbersWithoutGaps([Range(0, 2)] int maxTemporal, [Values] bool reorders)
    {
        List<Packet> packets = Vp8(40, 1);
        LayerForwarder forwarder = new(LayerFormat.Vp8) { MaxTemporalId = maxTemporal };
        if (reorders) for (int i = 4; i + 1 < packets.Count; i += 5) (packets[i], packets[i + 1]) = (packets[i + 1], packets[i]);
        List<Packet> sent = [.. Forward(forwarder, packets).OrderBy(p => SerialNumber.Distance(packets[0].Header.SequenceNumber, p.Header.SequenceNumber))];
        Assert.That(sent.Select(p => p.Frame).Distinct(), Is.EqualTo(Enumerable.Range(0, 40).Where(i => s_temporal[i % 4] <= maxTemporal)));
        Assert.That(sent.Select(p => p.Header.SequenceNumber), Is.Unique);
        Assert.That(sent.Select(p => p.Frame), Is.Ordered, "the order of the stream is the order of the numbers");
        int[] pictures = [.. sent.Select(p => (int)Read(p).PictureId!).Distinct()];
        if (!reorders)                                                    // what is left out behind its successor has left a gap
        {
            AssertContiguous(sent);
            Assert.That(pictures.Zip(pictures.Skip(1), (a, b) => (b - a) & 0x7FFF), Is.All.EqualTo(1));
        }
        Assert.That(forwarder.Forwarded + forwarder.LeftOut, Is.EqualTo((ulong)packets.Count));
    }

    [Test]
    public void TryForward_WhenALayerIsTakenUp_WaitsForASyncFrame()
    {
        List<Packet> packets = Vp8(40, 1, sync: [22]);                    // frame 22 is of layer 1
        LayerForwarder forwarder = new(LayerFormat.Vp8) { MaxTemporalId = 0 };
        List<Packet> sent = Forward(forwarder, packets, frame => forwarder.MaxTemporalId = frame < 10 ? 0 : 1);
        Assert.That(sent.Select(p => p.Frame).Distinct(), Is.EqualTo(Enumerable.Range(0, 40).Where(i => i % 4 == 0 || (i >= 22 && i % 4 == 2))));
        AssertContiguous(sent);
    }

    [Test]
    public void TryForward_OfALostPacket_KeepsItsGap()
    {
        List<Packet> packets = Vp8(12, 1);
        Packet lost = packets.First(p => p.Frame == 4);
        packets.Remove(lost);
        List<Packet> sent = Forward(new LayerForwarder(LayerFormat.Vp8) { MaxTemporalId = 1 }, packets);
        int span = SerialNumber.Distance(sent[0].Header.SequenceNumber, sent[^1].Header.SequenceNumber) + 1;
        Assert.That(span, Is.EqualTo(sent.Count + 1));
    }

    [Test]
    public void TryForward_OfAnotherSource_GoesOnAtItsKeyFrame()
    {
        LayerForwarder forwarder = new(LayerFormat.Vp8);
        List<Packet> first = Vp8(8, 1), second = Vp8(12, 2, key: 4);
        List<Packet> sent = Forward(forwarder, first);
        forwarder.SwitchSource();
        Assert.That(forwarder.AwaitsKeyFrame);
        sent.AddRange(Forward(forwarder, second, start: first[^1].At));
        Assert.That(sent.Count(p => p.Header.Ssrc == 1), Is.EqualTo(first.Count));
        Assert.That(sent.First(p => p.Header.Ssrc == 2).Frame, Is.EqualTo(4));
        AssertContiguous(sent);
        int[] pictures = [.. sent.Select(p => (int)Read(p).PictureId!).Distinct()], bases = [.. sent.Select(p => (int)Read(p).BaseLayerIndex!).Distinct()];
        Assert.That(pictures.Zip(pictures.Skip(1), (a, b) => (b - a) & 0x7FFF), Is.All.EqualTo(1));
        Assert.That(bases.Zip(bases.Skip(1), (a, b) => (b - a) & 0xFF), Is.All.EqualTo(1));
        uint[] times = [.. sent.Select(p => p.Header.Timestamp).Distinct()];
        Assert.That(times.Zip(times.Skip(1), (a, b) => (int)(b - a)), Is.All.InRange(1, 90_000));
    }

    [Test]                                                                // draft-ietf-payload-vp9-16 §4.1: the marker moves down
    public void TryForward_OfVp9WithFewerSpatialLayers_EndsPicturesAtThem([Range(0, 2)] int maxSpatial)
    {
        Vp9Packetizer packetizer = new(new Vp9PacketizerOptions { HasLayers = true, Structure = new Vp9ScalabilityStructure(3) });
        Random random = new(1);
        List<Packet> packets = [];
        ushort sequence = 65_530;
        for (int i = 0; i < 10; i++)
        {
            for (int s = 0; s < 3; s++)
            {
                FrameDescription description = new() { SpatialId = s, UsesLowerLayer = s > 0, IsLastOfPicture = s == 2 };
                foreach ((byte[] payload, bool marker) in TestFrames.Packetize(packetizer, TestFrames.Draw("VP9", random, 1500, i == 0 && s == 0), 1000, description))
                    packets.Add(new Packet(new RtpHeader(98, sequence++, (uint)i * 3000, 1, marker), payload, i, default));
            }
        }
        List<Packet> sent = Forward(new LayerForwarder(LayerFormat.Vp9) { MaxSpatialId = maxSpatial }, packets);
        AssertContiguous(sent);
        using JitterBuffer buffer = new(new JitterBufferOptions());
        buffer.SetFormat(98, Vp9Depacketizer.Instance, 90000);
        foreach (Packet packet in sent) buffer.Insert(packet.Header, packet.Payload, default);
        int frames = 0;
        for (; buffer.TryReadFrame(default(Instant) + TimeSpan.FromMinutes(1), out EncodedFrame frame); frames++)
        {
            Assert.That(frame is { IsComplete: true } && frame.SpatialId == maxSpatial);
            frame.Dispose();
        }
        Assert.That(frames, Is.EqualTo(10));
    }

    [Test]                                                                // AV1 RTP §A.7
    public void TryForward_ByDependencyDescriptors_ForwardsADecodeTarget([Range(0, 2)] int target)
    {
        FrameDependencyStructure structure = DependencyDescriptorTests.L1T3();
        int[] templates = [0, 3, 2, 4, 1, 3, 2, 4];
        LayerForwarder forwarder = new(LayerFormat.DependencyDescriptor) { DecodeTarget = target };
        List<int> forwarded = [];
        ushort? last = null;
        DependencyDescriptor descriptor = new();
        for (int i = 0; i < 32; i++)
        {
            descriptor.Structure = i == 0 ? structure : null;
            (descriptor.IsFrameStart, descriptor.IsFrameEnd, descriptor.FrameNumber) = (true, true, (ushort)i);
            descriptor.SetTemplate(structure.Templates[i == 0 ? 0 : i % 8 == 0 ? 1 : templates[i % 8]], 1);
            RtpHeader header = new(45, (ushort)i, (uint)i * 3000, 1);
            if (!forwarder.TryForward([], ref header, default, out _, descriptor)) continue;
            forwarded.Add(i);
            if (last is { } before) Assert.That(header.SequenceNumber, Is.EqualTo(before + 1));
            last = header.SequenceNumber;
        }
        Assert.That(forwarded, Is.EqualTo(Enumerable.Range(0, 32).Where(i => i % (4 >> target) == 0)));
    }

    [Test]
    public void TryForward_OfAnyBytes_TerminatesWithoutThrowing([ValueSource(nameof(SeedRange))] int seed)
    {
        Random random = new(seed);
        LayerForwarder vp8 = new(LayerFormat.Vp8), vp9 = new(LayerFormat.Vp9);
        for (int i = 0; i < 2000; i++)
        {
            byte[] payload = new byte[random.Next(20)];
            random.NextBytes(payload);
            LayerForwarder forwarder = random.Next(2) == 0 ? vp8 : vp9;
            forwarder.MaxTemporalId = random.Next(4);
            forwarder.MaxSpatialId = random.Next(4);
            if (random.Next(50) == 0) forwarder.SwitchSource();
            RtpHeader header = new(96, (ushort)random.Next(65536), (uint)random.Next(), 1);
            if (forwarder.TryForward(payload, ref header, default, out LayerRewrite rewrite)) rewrite.Apply(payload);
        }
    }

    private static IEnumerable<int> SeedRange() => Seeds.Range(10);

    private static Vp8Descriptor Read(Packet packet) => Vp8Descriptor.TryRead(packet.Payload, out Vp8Descriptor descriptor, out _) ? descriptor : default;

    private static List<Packet> Vp8(int frames, uint ssrc, int[]? sync = null, int key = 0)
    {
        Random random = new((int)ssrc);
        Vp8Packetizer packetizer = new(hasTemporalLayers: true, pictureId: (ushort)(0x7FF0 * ssrc), baseLayerIndex: (byte)(250 * ssrc));
        List<Packet> packets = [];
        ushort sequence = (ushort)(65_500 * ssrc);
        for (int i = 0; i < frames; i++)
        {
            FrameDescription description = new() { TemporalId = s_temporal[i % 4], IsLayerSync = sync?.Contains(i) == true };
            foreach ((byte[] payload, bool marker) in TestFrames.Packetize(packetizer, TestFrames.Draw("VP8", random, random.Next(100, 3000), i == key), 1000, description))
                packets.Add(new Packet(new RtpHeader(96, sequence++, 77 * ssrc + (uint)i * 3000, ssrc, marker), payload, i, default(Instant) + TimeSpan.FromMilliseconds(33 * i)));
        }
        return packets;
    }

    private static List<Packet> Forward(LayerForwarder forwarder, List<Packet> packets, Action<int>? before = null, Instant start = default)
    {
        List<Packet> sent = [];
        foreach (Packet packet in packets)
        {
            before?.Invoke(packet.Frame);
            RtpHeader header = packet.Header;
            if (!forwarder.TryForward(packet.Payload, ref header, packet.At + (start - default(Instant)), out LayerRewrite rewrite)) continue;
            byte[] copy = [.. packet.Payload];
            rewrite.Apply(copy);
            sent.Add(packet with { Header = header, Payload = copy });
        }
        return sent;
    }

    private static void AssertContiguous(List<Packet> sent) =>
        Assert.That(sent.Zip(sent.Skip(1), (a, b) => SerialNumber.Distance(a.Header.SequenceNumber, b.Header.SequenceNumber)), Is.All.EqualTo(1));

    private sealed record Packet(RtpHeader Header, byte[] Payload, int Frame, Instant At);
}
