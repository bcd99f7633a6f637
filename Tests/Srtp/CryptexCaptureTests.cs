using System.Buffers.Binary;
using WebRtcStack.Srtp;

namespace WebRtcStack.Tests.Srtp;

/// <summary>A call between two Chromiums with Cryptex (RFC 9335), and the exporter's secret of its DTLS 1.3.</summary>
public sealed class CryptexCaptureTests
{
    private const string Name = "chromium-chromium-audio-video-cryptex";

    [Test]
    public void Unprotect_OnACapturedCallWithCryptex_OpensEveryPacketAndItsExtensions()
    {
        using CapturedCall call = new(Name, SrtpProfile.Aes128CmHmacSha1_80, new SrtpOptions { Cryptex = true });
        int rtp = 0, rtcp = 0, marked = 0;
        foreach ((byte[] packet, bool isRtcp, SrtpUnprotector unprotector) in call.Read())
        {
            if (isRtcp)
            {
                Assert.That(unprotector.TryUnprotectRtcp(packet, out _), $"RTCP {rtcp}");
                rtcp++;
                continue;
            }
            if ((packet[0] & 0x10) != 0 && BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(12)) == 0xC0DE) marked++;
            Assert.That(unprotector.TryUnprotectRtp(packet, out int length), $"RTP {rtp}");
            Assert.That(BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(12)), Is.EqualTo(0xBEDE));
            AssertElements(packet.AsSpan(16, 4 * BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(14))));
            Assert.That(length, Is.GreaterThan(16));
            rtp++;
        }
        TestContext.Out.WriteLine($"{rtp} RTP, {rtcp} RTCP");
        Assert.That(marked, Is.EqualTo(rtp).And.GreaterThan(100), "Chromium marks every packet");
        Assert.That(rtcp, Is.GreaterThan(10));
    }

    // What was decrypted is a block of elements that fills its length, which random bytes would not be (RFC 8285 §4.2).
    private static void AssertElements(ReadOnlySpan<byte> block)
    {
        int at = 0;
        while (at < block.Length)
        {
            if (block[at] == 0) at++;
            else at += 2 + (block[at] & 0x0F);
        }
        Assert.That(at, Is.EqualTo(block.Length));
    }
}
