using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

/// <summary>The typed header extensions: what is written is read, what is cut off is refused, what arrives never throws.</summary>
public sealed class HeaderExtensionTests
{
    private readonly byte[] _buffer = new byte[256];

    [FsCheck.NUnit.Property]
    public bool Write_ThenRead_IsIdentity(byte level, bool flag, uint number, ushort sequence, ulong ntp, long offset)
    {
        AudioLevel audio = new((byte)(level & 127), flag);
        AbsoluteSendTime sendTime = new(number & 0xFFFFFF);
        TransmissionOffset transmission = new((int)(number << 8) >> 8);
        TransportSequenceNumber one = new(sequence), two = new(sequence, (ushort)(number & 0x7FFF | 1), flag);
        AbsoluteCaptureTime capture = new(ntp), captureWithOffset = new(ntp, offset);
        PlayoutDelay delay = new(TimeSpan.FromMilliseconds(level * 10), TimeSpan.FromMilliseconds(level * 10 + 100));
        VideoOrientation orientation = new(level % 4 * 90, flag, !flag);
        VideoTiming timing = new(VideoTimingTriggers.Timer, sequence, 2, 3, level, 5, 6);
        ColorSpace plain = new(1, 13, level, 1, 2, 1);
        ColorSpace hdr = plain with { Hdr = new HdrMetadata(1000, 50, new(1, 2), new(3, 4), new(5, 6), new(7, 8), sequence, 400) };
        return AudioLevel.TryRead(Written(audio), out AudioLevel a) && a == audio &&
            AbsoluteSendTime.TryRead(Written(sendTime), out AbsoluteSendTime b) && b == sendTime &&
            TransmissionOffset.TryRead(Written(transmission), out TransmissionOffset c) && c == transmission &&
            TransportSequenceNumber.TryRead(Written(one), out TransportSequenceNumber d) && d == one &&
            TransportSequenceNumber.TryRead(Written(two), out TransportSequenceNumber e) && e == two &&
            AbsoluteCaptureTime.TryRead(Written(capture), out AbsoluteCaptureTime f) && f == capture &&
            AbsoluteCaptureTime.TryRead(Written(captureWithOffset), out AbsoluteCaptureTime g) && g == captureWithOffset &&
            PlayoutDelay.TryRead(Written(delay), out PlayoutDelay h) && h == delay &&
            VideoOrientation.TryRead(Written(orientation), out VideoOrientation i) && i == orientation &&
            VideoTiming.TryRead(Written(timing), out VideoTiming j) && j == timing &&
            ColorSpace.TryRead(Written(plain), out ColorSpace k) && k == plain &&
            ColorSpace.TryRead(Written(hdr), out ColorSpace l) && l == hdr &&
            VideoContentType.TryRead(Written(new VideoContentType(flag)), out VideoContentType m) && m.IsScreenshare == flag;
    }

    [Test]                                                                // RFC 6465 §3
    public void MixerAudioLevels_OfFifteenSources_AreIdentity()
    {
        byte[] levels = [.. Enumerable.Range(100, 15).Select(i => (byte)i)];
        Assert.That(MixerAudioLevels.TryRead(Written(new MixerAudioLevels(levels)), out MixerAudioLevels read));
        Assert.That(Enumerable.Range(0, read.Length).Select(i => read[i]), Is.EqualTo(levels));
        Assert.That(MixerAudioLevels.TryRead(new byte[16], out _), Is.False);
    }

    [TestCase("0")]
    [TestCase("hi-res")]
    [TestCase("abcdefghijklmnopqrstuvwxyz012345")]
    public void SdesIdentifier_OfAnyLength_IsIdentityAndEqual(string text)    // RFC 8852 §4
    {
        SdesIdentifier identifier = new(text);
        Assert.That(SdesIdentifier.TryRead(Written(identifier), out SdesIdentifier read));
        Assert.That(read, Is.EqualTo(identifier));
        Assert.That(read.ToString(), Is.EqualTo(text));
        Assert.That(SdesIdentifier.TryRead(new byte[33], out _), Is.False);
        Assert.That(() => new SdesIdentifier(new string('x', 33)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void SendTime_OverItsWrap_CountsOn()
    {
        AbsoluteSendTime before = AbsoluteSendTime.From(new Instant(63_990 * TimeSpan.TicksPerMillisecond));
        AbsoluteSendTime after = AbsoluteSendTime.From(new Instant(64_010 * TimeSpan.TicksPerMillisecond));
        Assert.That(after.Since(before).TotalMilliseconds, Is.EqualTo(20).Within(0.01));
        Assert.That(before.Since(after).TotalMilliseconds, Is.EqualTo(-20).Within(0.01));
    }

    [Test]
    public void TransportSequenceNumber_OfVersion2_AsksForFeedback()
    {
        Assert.That(TransportSequenceNumber.TryRead([0x12, 0x34, 0x80, 0x05], out TransportSequenceNumber read));
        Assert.That(read, Is.EqualTo(new TransportSequenceNumber(0x1234, 5, true)));
    }

    [Test]                                                                // 3GPP TS 26.114 §7.4.5: 0000 C F R R
    public void VideoOrientation_OfOneByte_HasItsFields()
    {
        Assert.That(VideoOrientation.TryRead([0b1011], out VideoOrientation read));
        Assert.That(read, Is.EqualTo(new VideoOrientation(270, IsFlipped: false, IsBackFacing: true)));
    }

    [FsCheck.NUnit.Property]
    public void TryRead_OnAnyBytes_TerminatesWithoutThrowing(byte[] bytes)
    {
        AudioLevel.TryRead(bytes, out _);
        MixerAudioLevels.TryRead(bytes, out _);
        SdesIdentifier.TryRead(bytes, out _);
        AbsoluteSendTime.TryRead(bytes, out _);
        TransmissionOffset.TryRead(bytes, out _);
        TransportSequenceNumber.TryRead(bytes, out _);
        AbsoluteCaptureTime.TryRead(bytes, out _);
        PlayoutDelay.TryRead(bytes, out _);
        VideoOrientation.TryRead(bytes, out _);
        VideoContentType.TryRead(bytes, out _);
        VideoTiming.TryRead(bytes, out _);
        ColorSpace.TryRead(bytes, out _);
        new VideoLayersAllocation().TryRead(bytes);
    }

    [Test]
    public void Write_IntoTooLittleRoom_WritesNothing()
    {
        AssertRefuses(new SdesIdentifier("abc"));
        AssertRefuses(new AbsoluteSendTime(1));
        AssertRefuses(new TransportSequenceNumber(1, 2));
        AssertRefuses(new AbsoluteCaptureTime(1));
        AssertRefuses(new PlayoutDelay(default, default));
        AssertRefuses(new VideoTiming(default, 1, 2, 3, 4));
        AssertRefuses(new ColorSpace(1, 1, 1, 1));
        AssertRefuses(new AudioLevel(1, true));

        static void AssertRefuses<T>(T extension) where T : IRtpHeaderExtension =>
            Assert.That(extension.Write(new byte[extension.Length - 1]), Is.Zero, typeof(T).Name);
    }

    [Test]
    public void VideoLayersAllocation_OfStreamsWithDifferentLayers_IsIdentity()
    {
        VideoLayer[] layers =
        [
            new(0, 0, [50, 80, 120]) { Width = 320, Height = 180, MaxFrameRate = 30 },
            new(2, 0, [300]) { Width = 640, Height = 360, MaxFrameRate = 30 },
            new(2, 1, [900, 1200]) { Width = 1280, Height = 720, MaxFrameRate = 60 },
        ];
        VideoLayersAllocation written = new(), read = new();
        written.Set(2, 3, layers);
        Assert.That(read.TryRead(_buffer.AsSpan(0, Write(written))));
        Assert.That((read.StreamIndex, read.StreamCount), Is.EqualTo((2, 3)));
        Assert.That(read.Layers.ToArray(), Is.EqualTo(layers));
        written.Set(0, 1, []);
        Assert.That(read.TryRead(_buffer.AsSpan(0, Write(written))));
        Assert.That(read.Layers.Length, Is.Zero);
    }

    [Test]
    public void VideoLayersAllocation_OfStreamsWithTheSameLayers_SharesTheMask()
    {
        VideoLayersAllocation written = new(), read = new();
        VideoLayer[] layers = [new(0, 0, [100]), new(1, 0, [700])];
        written.Set(1, 2, layers);
        int length = Write(written);
        Assert.That(_buffer.AsSpan(0, length).ToArray(), Is.EqualTo(new byte[] { 0b0101_0001, 0, 100, 0xBC, 5 }));
        Assert.That(read.TryRead(_buffer.AsSpan(0, length)));
        Assert.That(read.Layers.ToArray(), Is.EqualTo(layers));
        for (int cut = 1; cut < length; cut++) Assert.That(read.TryRead(_buffer.AsSpan(0, cut)), Is.False, $"{cut} bytes");
    }

    [Test]                                                                // RFC 3550 §5.1, RFC 8285 §4.2
    public void Header_WithSourcesExtensionsAndPadding_IsIdentity()
    {
        RtpHeaderWriter writer = new(_buffer, new RtpHeader(96, 1, 2, 3, true));
        for (uint i = 0; i < 15; i++) writer.AddContributingSource(1000 + i);
        writer.AddExtension(1, new AbsoluteSendTime(77));
        writer.AddExtension(2, new TransportSequenceNumber(9));
        writer.AddExtension(3, new SdesIdentifier("0"));
        int header = writer.Complete();
        _buffer.AsSpan(header, 10).Fill(0xAA);
        int length = RtpHeaderWriter.Pad(_buffer, header + 10, 5);
        Assert.That(RtpPacket.TryParse(_buffer.AsSpan(0, length), out RtpPacket packet));
        Assert.That((packet.HeaderLength, packet.PayloadLength, packet.CsrcCount), Is.EqualTo((header, 10, 15)));
        Assert.That(packet.GetCsrc(14), Is.EqualTo(1014));
        Assert.That(packet.TryGetExtension(2, out ReadOnlySpan<byte> value) && TransportSequenceNumber.TryRead(value, out TransportSequenceNumber number) && number.Value == 9);
    }

    [Test]                                                                // RFC 8285 §4.1.2: both kinds in one stream
    public void Header_OfAMixedStream_IsReadPacketByPacket([Values] bool isTwoByte)
    {
        RtpHeaderWriter writer = new(_buffer, new RtpHeader(96, 1, 2, 3), isTwoByte);
        writer.AddExtension(14, new VideoTiming(default, 1, 2, 3, 4));
        if (isTwoByte) writer.AddExtension(255, new ColorSpace(1, 1, 1, 1) { Hdr = default(HdrMetadata) });
        Assert.That(RtpPacket.TryParse(_buffer.AsSpan(0, writer.Complete()), out RtpPacket packet));
        Assert.That(packet.TryGetExtension(14, out ReadOnlySpan<byte> value) && VideoTiming.TryRead(value, out VideoTiming timing) && timing.PacerExit == 4);
        Assert.That(packet.TryGetExtension(255, out value), Is.EqualTo(isTwoByte));
    }

    [Test]
    public void Writer_WhenMisused_SaysHow()
    {
        Assert.That(() => new RtpHeaderWriter(new byte[64], default).AddExtension(15, [1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() =>
        {
            RtpHeaderWriter writer = new(new byte[64], default);
            writer.AddExtension(1, [1]);
            writer.AddContributingSource(1);
        }, Throws.InvalidOperationException);
        RtpHeaderWriter small = new(new byte[17], default);
        small.AddExtension(1, [1, 2, 3]);
        Assert.That(small.Complete(), Is.Zero);
    }

    private ReadOnlySpan<byte> Written<T>(T extension) where T : IRtpHeaderExtension => _buffer.AsSpan(0, Write(extension));

    private int Write<T>(T extension) where T : IRtpHeaderExtension
    {
        int written = extension.Write(_buffer);
        Assert.That(written, Is.EqualTo(extension.Length));
        return written;
    }
}
