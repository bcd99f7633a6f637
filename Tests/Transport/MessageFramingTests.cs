using WebRtcStack.Core;
using WebRtcStack.Transport;

namespace WebRtcStack.Tests.Transport;

/// <summary>Messages over TCP (RFC 4571 §2).</summary>
public sealed class MessageFramingTests
{
    [FsCheck.NUnit.Property]
    public void TryRead_OfAStreamInAnyPieces_YieldsItsMessages(byte[][] messages, byte[] cuts)
    {
        List<byte> stream = [];
        byte[] frame = new byte[70_000];
        foreach (byte[] message in messages) stream.AddRange(frame[..MessageFraming.Write(frame, message)]);
        MessageDeframer deframer = new(2048);
        List<byte[]> read = [];
        byte[] bytes = [.. stream];
        for (int at = 0, cut = 0; at < bytes.Length; cut++)
        {
            int piece = Math.Min(bytes.Length - at, cuts.Length == 0 ? 3 : 1 + cuts[cut % cuts.Length]);
            ReadOnlySpan<byte> rest = bytes.AsSpan(at, piece);
            while (deframer.TryRead(rest, out int consumed))
            {
                read.Add(deframer.Message.ToArray());
                rest = rest[consumed..];
            }
            at += piece;
        }
        Assert.That(read, Is.EqualTo(messages));
        Assert.That(deframer.IsBroken, Is.False);
    }

    [Test]
    public void TryRead_OfAMessageBeyondTheLimit_BreaksTheStream()
    {
        MessageDeframer deframer = new(10);
        Assert.That(deframer.TryRead([0, 11, 1, 2, 3], out _), Is.False);
        Assert.That(deframer.IsBroken);
        Assert.That(deframer.TryRead([0, 1, 1], out int consumed), Is.False);
        Assert.That(consumed, Is.Zero);
    }

    [Test]
    public void Write_WithoutRoom_WritesNothing()
    {
        byte[] destination = new byte[11];
        Assert.That(MessageFraming.Write(destination, new byte[10]), Is.Zero);
        Assert.That(destination, Is.All.Zero);
        Assert.That(MessageFraming.Write(new byte[70_000], new byte[65_536]), Is.Zero);
    }

    [Test]
    public void TryRead_OfAnEmptyMessage_YieldsIt()
    {
        MessageDeframer deframer = new(10);
        Assert.That(deframer.TryRead([0, 0], out int consumed));
        Assert.That((consumed, deframer.Message.Length), Is.EqualTo((2, 0)));
    }

    [TestCase("fe800000000000000000000000000001 02 40 20 80 eth0", true, "fe80::1%2", 0)]
    [TestCase("20010db8000000000000000000000001 03 40 00 01 wlan0", true, "2001:db8::1", 0x01)]
    [TestCase("20010db8000000000000000000000002 03 40 00 21 wlan0", true, "2001:db8::2", 0x21)]
    [TestCase("20010db80000000000000000000000zz 03 40 00 21 wlan0", false, "", 0)]
    [TestCase("", false, "", 0)]
    public void TryParse_OfIPv6Flags_YieldsAddressAndFlags(string line, bool expected, string address, int flags)      // linux/if_addr.h
    {
        Assert.That(IPv6AddressFlags.TryParse(line, out TransportAddress parsed, out IPv6Flags found), Is.EqualTo(expected));
        if (!expected) return;
        Assert.That(parsed.ToIPAddress().ToString(), Is.EqualTo(address));
        Assert.That((int)found & 0x69, Is.EqualTo(flags));
    }
}
