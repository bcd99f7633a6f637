using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The payload formats of video, byte by byte.</summary>
public sealed class VideoPayloadTests
{
    // RFC 7798 §4.4.1 to §4.4.3: DONL behind the headers of single units and first fragments and before the first unit of a packet of
    // several, DOND before its others.
    [Test]
    public void H265_WithDecodingOrderNumbers_ReadsTheUnitsBetweenThem()
    {
        byte[] single = [0x40, 1, 0x12, 0x34, 0xAA, 0xBB];
        byte[] several = [0x60, 1, 0x12, 0x35, 0, 3, 0x42, 1, 0xCC, 7, 0, 4, 0x44, 1, 0xDD, 0xEE];
        byte[] start = [0x62, 1, 0x80 | 19, 0x12, 0x36, 0x80, 0x11], end = [0x62, 1, 0x40 | 19, 0x22];
        using FrameBuffer frame = new();
        H265Depacketizer format = H265Depacketizer.WithDecodingOrder;
        foreach (byte[] payload in new[] { single, several, start, end })
        {
            Assert.That(format.TryInspect(payload, out RtpPayloadInfo info));
            Assert.That(info.IsKeyFrame);
            Assert.That(info.Start, Is.EqualTo(payload == end ? FrameStart.No : payload == single ? FrameStart.Certain : FrameStart.Possible));
            format.Append(payload, frame, follows: true);
        }
        format.Complete(frame);
        Assert.That(frame.Span.ToArray(), Is.EqualTo(new byte[]
        {
            0, 0, 0, 1, 0x40, 1, 0xAA, 0xBB, 0, 0, 0, 1, 0x42, 1, 0xCC, 0, 0, 0, 1, 0x44, 1, 0xDD, 0xEE, 0, 0, 0, 1, 0x26, 1, 0x80, 0x11, 0x22,
        }));
        for (int length = 0; length < several.Length; length++)
            Assert.That(format.TryInspect(several.AsSpan(0, length), out _), Is.EqualTo(length == 9), $"cut off at {length}; at 9 it is a packet of one unit");
        Assert.That(format.TryInspect(single.AsSpan(0, 3), out _), Is.False);
        Assert.That(format.TryInspect(start.AsSpan(0, 4), out _), Is.False);
    }

    private readonly byte[] _buffer = new byte[2000];

    [Test]                                                                // RFC 7741 §4.6.1 to §4.6.6: the figures' descriptors
    public void Vp8Descriptor_OfTheRfcsExamples_HasItsFields()
    {
        Vp8Descriptor first = ReadVp8([0x90, 0x80, 17, 0]);               // §4.6.1: X and S, I, PictureID 17
        Assert.That(first is { IsFrameStart: true, PictureId: 17, IsLongPictureId: false, TemporalId: null });
        Vp8Descriptor second = ReadVp8([0x80, 0x80, 17, 0]);              // §4.6.3: a second fragment
        Assert.That(second is { IsFrameStart: false, PictureId: 17 });
        Vp8Descriptor longId = ReadVp8([0x90, 0x80, 0x92, 0x34, 0]);      // §4.6.5: 15 bits
        Assert.That(longId is { PictureId: 0x1234, IsLongPictureId: true });
        Vp8Descriptor layers = ReadVp8([0xB0, 0xF0, 0x92, 0x34, 42, 0xBF, 0]);
        Assert.That(layers is { IsNonReference: true, BaseLayerIndex: 42, TemporalId: 2, IsLayerSync: true, KeyIndex: 31 });
        Assert.That(layers.Length, Is.EqualTo(6));
        Assert.That(Vp8Descriptor.TryRead([0x90, 0x80, 0x92], out _, out _), Is.False);
    }

    [FsCheck.NUnit.Property]
    public bool Vp8Descriptor_Write_ThenRead_IsIdentity(bool n, bool s, byte pid, ushort? picture, bool isLong, byte? index, byte? tid, bool y, byte? key)
    {
        Vp8Descriptor written = new()
        {
            IsNonReference = n,
            IsPartitionStart = s,
            Partition = (byte)(pid & 7),
            PictureId = picture is { } id ? (ushort)(id & (isLong ? 0x7FFF : 0x7F)) : null,
            IsLongPictureId = picture is not null && isLong,
            BaseLayerIndex = index,
            TemporalId = (byte?)(tid & 3),
            IsLayerSync = y && (tid is not null || key is not null),
            KeyIndex = (byte?)(key & 31),
        };
        int length = written.Write(_buffer);
        return length == written.Length && Vp8Descriptor.TryRead(_buffer.AsSpan(0, length + 1), out Vp8Descriptor read, out int at) && at == length && read == written;
    }

    [FsCheck.NUnit.Property]
    public bool Vp9Descriptor_Write_ThenRead_IsIdentity(ushort? picture, bool isLong, bool p, bool l, bool f, bool b, bool e, bool z, byte tid, byte sid, bool u, bool d, byte one, byte two)
    {
        bool isFlexible = f && picture is not null;
        Vp9Descriptor written = new()
        {
            IsInterPicture = p,
            IsFlexible = isFlexible,
            IsFrameStart = b,
            IsFrameEnd = e,
            IsNotReference = z,
            PictureId = picture is { } id ? (ushort)(id & (isLong ? 0x7FFF : 0x7F)) : null,
            IsLongPictureId = picture is not null && isLong,
            HasLayers = l,
            TemporalId = (byte)(l ? tid & 7 : 0),
            SpatialId = (byte)(l ? sid & 7 : 0),
            IsSwitchingPoint = l && u,
            UsesLowerLayer = l && d,
            BaseLayerIndex = (byte)(l && !isFlexible ? tid : 0),
            References = isFlexible && p ? new Vp9References((byte)(one & 127 | 1), (byte)(two & 127)) : default,
        };
        int length = written.Write(_buffer);
        return length == written.Length && Vp9Descriptor.TryRead(_buffer.AsSpan(0, length + 1), out Vp9Descriptor read, out int structureAt, out int at) &&
            at == length && structureAt == length && read == written;
    }

    [TestCase(new byte[] { 0xD0, 1, 0x00, 0 })]                           // P_DIFF 0
    [TestCase(new byte[] { 0xD0, 1, 0x03, 0x03, 0x03, 0x02, 0 })]         // four P_DIFF
    [TestCase(new byte[] { 0x0A, 0xF0 })]                                 // a structure that is cut off
    [TestCase(new byte[] { 0x08 })]                                       // no frame behind it
    public void Vp9Descriptor_ThatIsInvalid_IsRefused(byte[] payload) =>   // draft-ietf-payload-vp9-16 §4.2
        Assert.That(Vp9Descriptor.TryRead(payload, out _, out _, out _), Is.False);

    [Test]                                                                // draft-ietf-payload-vp9-16 §4.2.1
    public void Vp9Structure_OnKeyFrames_IsIdentity()
    {
        Vp9ScalabilityStructure structure = new(2, [(320, 180), (640, 360)], [new(0, false, new(4)), new(2, true, new(1)), new(1, true, new(2, 1)), new(2, false, new(1, 2, 3))]);
        Vp9Packetizer packetizer = new(new Vp9PacketizerOptions { HasLayers = true, Structure = structure, PictureId = 0x7FFF });
        byte[] key = TestFrames.Draw("VP9", new Random(1), 3000, isKey: true), delta = TestFrames.Draw("VP9", new Random(1), 3000, isKey: false);
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer, key, 500);
        Assert.That(Vp9Descriptor.TryRead(packets[0].Payload, out Vp9Descriptor first, out int at, out int length));
        Assert.That(first is { HasStructure: true, IsKeyFrame: true, PictureId: 0x7FFF });
        Vp9ScalabilityStructure? read = Vp9ScalabilityStructure.Read(packets[0].Payload.AsSpan(at));
        Assert.That(read!.Sizes.ToArray(), Is.EqualTo(structure.Sizes.ToArray()));
        Assert.That(read.Group.ToArray(), Is.EqualTo(structure.Group.ToArray()));
        Assert.That(packets[0].Payload.AsSpan(length).SequenceEqual(key.AsSpan(0, packets[0].Payload.Length - length)));
        Assert.That(packets.Skip(1).Any(p => (p.Payload[0] & 2) != 0), Is.False, "with the first packet alone");
        packets = TestFrames.Packetize(packetizer, delta, 500);
        Assert.That(Vp9Descriptor.TryRead(packets[^1].Payload, out Vp9Descriptor last, out _, out _));
        Assert.That(last is { HasStructure: false, IsInterPicture: true, PictureId: 0, IsFrameEnd: true, BaseLayerIndex: 2 });
    }

    [Test]
    public void Vp9_InFlexibleMode_NamesItsReferences()
    {
        Vp9Packetizer packetizer = new(new Vp9PacketizerOptions { IsFlexible = true });
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer, [0x86, 1, 2], 500, new FrameDescription { References = new Vp9References(1, 4) });
        Assert.That(packets.Single().Payload, Is.EqualTo(new byte[] { 0x80 | 0x40 | 0x10 | 8 | 4, 0x80, 0, 1 << 1 | 1, 4 << 1, 0x86, 1, 2 }));
    }

    [Test]                                                                // RFC 6184 §5.7.1, §5.8
    public void H264_OfParameterSetsAndASlice_IsAnAggregateAndFragments()
    {
        byte[] slice = [0x65, 0x88, .. Enumerable.Repeat((byte)0xAB, 200)];
        byte[] frame = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x28, 3, 0, 0, 1, .. slice];
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(new H264Packetizer(), frame, 120);
        Assert.That(packets[0].Payload, Is.EqualTo(new byte[] { 0x78, 0, 3, 0x67, 1, 2, 0, 2, 0x28, 3 }), "the highest NRI");
        Assert.That(packets[1].Payload[..3], Is.EqualTo(new byte[] { 0x7C, 0x85, 0x88 }));
        Assert.That(packets[2].Payload[..2], Is.EqualTo(new byte[] { 0x7C, 0x45 }));
        Assert.That(packets.Select(p => p.Marker), Is.EqualTo(new[] { false, false, true }));
        Assert.That(packets[1].Payload[2..].Concat(packets[2].Payload[2..]), Is.EqualTo(slice[1..]));
    }

    [Test]                                                                // RFC 6184 §6.2: single NAL unit mode
    public void H264_InMode0_SendsUnitsAlone()
    {
        H264Packetizer packetizer = new(packetizationMode: 0);
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(packetizer, [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 0x88], 100);
        Assert.That(packets.Select(p => p.Payload), Is.EqualTo(new byte[][] { [0x67, 1], [0x68, 2], [0x65, 0x88] }));
        Assert.That(packetizer.TryBegin([0, 0, 0, 1, 0x65, .. Enumerable.Repeat((byte)1, 100)], new FrameDescription(), 100), Is.False);
    }

    [TestCase(new byte[] { 0x18, 0, 5, 0x67 })]                           // STAP-A whose unit exceeds it
    [TestCase(new byte[] { 0x18, 0, 0, 0x67 })]
    [TestCase(new byte[] { 0x1C, 0x85 })]                                 // FU-A without payload
    [TestCase(new byte[] { 0x19, 0, 0, 0, 1, 1 })]                        // STAP-B: mode 2 alone
    [TestCase(new byte[] { 0x00, 1 })]
    public void H264_ThatIsInvalid_IsRefused(byte[] payload) => Assert.That(H264Depacketizer.Instance.TryInspect(payload, out _), Is.False);

    [Test]                                                                // RFC 7798 §4.4.2, §4.4.3, §4.4.4
    public void H265_OfEachPacketKind_IsPutTogether()
    {
        byte[] aggregate = [0x60, 0x01, 0, 3, 0x40, 0x01, 9, 0, 4, 0x42, 0x01, 8, 7];
        byte[] start = [0x62, 0x01, 0x80 | 19, 0x80, 1], middle = [0x62, 0x01, 19, 2], end = [0x62, 0x01, 0x40 | 19, 3];
        byte[] withContentInformation = [0x64, 0x01, 0x02, 0x20, 0xEE, 0xEE, 0x90, 5];    // PACI of a type 1 unit with two bytes of extensions
        using FrameBuffer buffer = new();
        foreach (byte[] payload in (byte[][])[aggregate, start, middle, end, withContentInformation])
        {
            Assert.That(H265Depacketizer.Instance.TryInspect(payload, out _));
            H265Depacketizer.Instance.Append(payload, buffer, follows: true);
        }
        Assert.That(buffer.Span.ToArray(), Is.EqualTo(new byte[]
        {
            0, 0, 0, 1, 0x40, 1, 9, 0, 0, 0, 1, 0x42, 1, 8, 7, 0, 0, 0, 1, 0x26, 1, 0x80, 1, 2, 3, 0, 0, 0, 1, 0x02, 1, 0x90, 5,
        }));
    }

    [Test]                                                                // AV1 RTP §4.4, §4.5: W = 0, and a size that the sender left in
    public void Av1_WithSizesOfEachKind_IsPutTogether()
    {
        byte[] first = [0x08, 2, 0x08, 9, 3, 0x34, 0x28, 7];              // N; W = 0: a sequence header of a byte, a frame with extension
        byte[] second = [0x10 | 0x40, 0x32, 4, 1, 2];                     // W = 1, Y: a frame that has its size and goes on
        byte[] third = [0x90, 3, 4];                                      // W = 1, Z
        using FrameBuffer buffer = new();
        bool follows = false;
        foreach (byte[] payload in (byte[][])[first, second, third])
        {
            Assert.That(Av1Depacketizer.Instance.TryInspect(payload, out RtpPayloadInfo info));
            if (!follows) Assert.That(info is { IsKeyFrame: true, Start: FrameStart.Certain, TemporalId: 1, SpatialId: 1 });
            Av1Depacketizer.Instance.Append(payload, buffer, follows);
            follows = true;
        }
        Av1Depacketizer.Instance.Complete(buffer);
        Assert.That(buffer.Span.ToArray(), Is.EqualTo(new byte[] { 0x0A, 1, 9, 0x36, 0x28, 1, 7, 0x32, 4, 1, 2, 3, 4 }));
    }

    [Test]                                                                // AV1 RTP §5
    public void Av1_OfTwoLayersWithADelimiter_SplitsThemAndLeavesItOut()
    {
        byte[] frame = [0x12, 0, 0x0A, 1, 9, 0x36, 0x00, 2, 7, 7, 0x36, 0x08, 2, 8, 8];
        List<(byte[] Payload, bool Marker)> packets = TestFrames.Packetize(new Av1Packetizer(), frame, 200);
        Assert.That(packets.Select(p => p.Payload), Is.EqualTo(new byte[][]
        {
            [0x28, 2, 0x08, 9, 0x34, 0x00, 7, 7],                         // W = 2, N: sequence header with a size, layer 0 without
            [0x10, 0x34, 0x08, 8, 8],
        }));
    }

    [TestCase(new byte[] { 0x88, 1, 2 })]                                 // N with Z
    [TestCase(new byte[] { 0x20, 9, 1, 2 })]                              // an element that exceeds the payload
    [TestCase(new byte[] { 0x30, 1, 1 })]                                 // three elements announced, one there
    [TestCase(new byte[] { 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 })]    // a number of nine bytes
    public void Av1_ThatIsInvalid_IsRefused(byte[] payload) => Assert.That(Av1Depacketizer.Instance.TryInspect(payload, out _), Is.False);

    private static Vp8Descriptor ReadVp8(byte[] payload)
    {
        Assert.That(Vp8Descriptor.TryRead(payload, out Vp8Descriptor descriptor, out int length));
        Assert.That(length, Is.EqualTo(payload.Length - 1));
        return descriptor;
    }
}
