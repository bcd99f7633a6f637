using WebRtcStack.Core;
using WebRtcStack.Rtp;

namespace WebRtcStack.Tests.Rtp;

public sealed class RtpPacketTests
{
    [FsCheck.NUnit.Property]
    public bool Write_ThenParse_IsIdentity(byte payloadType, ushort sequence, uint timestamp, uint ssrc, bool marker, byte[] payload)
    {
        byte[] packet = new byte[64 + payload.Length];
        RtpHeaderWriter writer = new(packet, new RtpHeader((byte)(payloadType & 127), sequence, timestamp, ssrc, marker));
        writer.AddExtension(1, [1, 2, 3]);
        writer.AddExtension(14, [9]);
        int header = writer.Complete();
        payload.CopyTo(packet, header);
        return RtpPacket.TryParse(packet.AsSpan(0, header + payload.Length), out RtpPacket read) &&
            read.PayloadType == (payloadType & 127) && read.SequenceNumber == sequence && read.Timestamp == timestamp &&
            read.Ssrc == ssrc && read.Marker == marker && read.Payload.SequenceEqual(payload) &&
            read.TryGetExtension(1, out ReadOnlySpan<byte> first) && first.SequenceEqual((ReadOnlySpan<byte>)[1, 2, 3]) &&
            read.TryGetExtension(14, out ReadOnlySpan<byte> second) && second.SequenceEqual((ReadOnlySpan<byte>)[9]) &&
            !read.TryGetExtension(2, out _);
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void TryParse_OnAnyBytes_TerminatesWithoutThrowing(byte[] bytes)
    {
        if (bytes.Length > 0) bytes[0] = (byte)(bytes[0] & 0x3F | 0x80);
        if (!RtpPacket.TryParse(bytes, out RtpPacket packet)) return;
        RtpExtensionReader reader = packet.GetExtensions();
        while (reader.TryRead(out _, out _)) { }
        Assert.That(packet.HeaderLength + packet.PayloadLength, Is.LessThanOrEqualTo(bytes.Length));
    }

    [Test]
    public void TryParse_WithPaddingLongerThanThePayload_Fails()      // RFC 3550 §5.1
    {
        byte[] packet = new byte[16];
        packet[0] = 0xA0;
        packet[15] = 5;
        Assert.That(RtpPacket.TryParse(packet, out _), Is.False);
        packet[15] = 4;
        Assert.That(RtpPacket.TryParse(packet, out RtpPacket read), Is.True);
        Assert.That(read.PayloadLength, Is.Zero);
    }

    [Test]
    public void Extensions_WithTwoByteHeaders_AreRead()               // RFC 8285 §4.3
    {
        byte[] packet = new byte[64];
        RtpHeaderWriter writer = new(packet, new RtpHeader(96, 1, 2, 3), useTwoByteHeaders: true);
        writer.AddExtension(200, new byte[20]);
        int length = writer.Complete();
        Assert.That(RtpPacket.TryParse(packet.AsSpan(0, length), out RtpPacket read));
        Assert.That(read.TryGetExtension(200, out ReadOnlySpan<byte> value));
        Assert.That(value.Length, Is.EqualTo(20));
    }

    [Test]
    public void Extensions_AtId15_Stop()                              // RFC 8285 §4.2
    {
        byte[] packet = [0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0xF0, 1, 0x10, 2];
        Assert.That(RtpPacket.TryParse(packet, out RtpPacket read));
        Assert.That(read.TryGetExtension(1, out _), Is.False);
    }

    [Test]
    public void TryParse_WithHeaderPartsThatOverrun_Fails()           // RFC 3550 §5.1, §5.3.1
    {
        byte[] packet = new byte[20];
        packet[0] = 0x8F;
        Assert.That(RtpPacket.TryParse(packet, out _), Is.False, "15 contributing sources");
        packet[0] = 0x90;
        packet[15] = 2;
        Assert.That(RtpPacket.TryParse(packet, out _), Is.False, "an extension of 8 bytes where there are 4");
        packet[15] = 1;
        Assert.That(RtpPacket.TryParse(packet, out _), Is.True);
        Assert.That(RtpPacket.TryParse(packet.AsSpan(0, 14), out _), Is.False, "half an extension header");
        packet[0] = 0x40;
        Assert.That(RtpPacket.TryParse(packet, out _), Is.False, "version 1");
    }

    [TestCase(new byte[] { 0xBE, 0xDE, 0, 1, 0x1F, 1, 2, 3 })]        // 16 bytes where there are 3
    [TestCase(new byte[] { 0x10, 0x00, 0, 1, 1, 200, 2, 3 })]         // 200 bytes where there are 2
    [TestCase(new byte[] { 0x10, 0x00, 0, 1, 0, 0, 0, 1 })]           // an id without a length
    [TestCase(new byte[] { 0x12, 0x34, 0, 1, 0x10, 1, 2, 3 })]        // a profile that is not RFC 8285's
    public void Extensions_ThatOverrun_AreIgnored(byte[] extension)   // RFC 8285 §4.1.2
    {
        byte[] packet = [0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, .. extension, 7];
        Assert.That(RtpPacket.TryParse(packet, out RtpPacket read));
        Assert.That(read.TryGetExtension(1, out _), Is.False);
        Assert.That(read.Payload.ToArray(), Is.EqualTo(new byte[] { 7 }));
    }
}
