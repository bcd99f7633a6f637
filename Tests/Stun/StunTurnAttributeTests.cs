using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Stun;

/// <summary>Attributes of RFC 8656 §18, each written and read back; framing; RTO.</summary>
public sealed class StunTurnAttributeTests
{
    [FsCheck.NUnit.Property]
    public void TurnAttributes_WrittenAndRead_AreTheSame(ushort channel, byte protocol, bool flag, byte icmpType, byte icmpCode, uint data)
    {
        byte[] buffer = new byte[200];
        StunMessageWriter writer = new(buffer, StunClass.Indication, StunMethod.Data, default);
        StunIcmp icmp = new((byte)(icmpType & 0x7F), icmpCode, data);
        writer.WriteChannelNumber(channel);
        writer.WriteTransport(protocol);
        writer.WriteFamily(StunAttributeType.RequestedAddressFamily, flag);
        writer.WriteEvenPort(flag);
        writer.WriteAddressError(flag, StunErrorCode.AddressFamilyNotSupported);
        writer.WriteIcmp(icmp);
        writer.WriteUnknownAttributes([StunAttributeType.EvenPort, StunAttributeType.DontFragment]);
        writer.Write(StunAttributeType.Software, "grüße"u8);
        Assert.That(StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out StunMessage message));
        Assert.That(message.TryGet(StunAttributeType.ChannelNumber, out StunAttribute a) && a.TryGetChannelNumber(out ushort number) && number == channel);
        Assert.That(message.TryGet(StunAttributeType.RequestedTransport, out a) && a.TryGetTransport(out byte transport) && transport == protocol);
        Assert.That(message.TryGet(StunAttributeType.RequestedAddressFamily, out a) && a.TryGetFamily(out bool family) && family == flag);
        Assert.That(message.TryGet(StunAttributeType.EvenPort, out a) && a.TryGetEvenPort(out bool next) && next == flag);
        Assert.That(message.TryGet(StunAttributeType.AddressErrorCode, out a) && a.TryGetAddressError(out family, out StunErrorCode code) && family == flag &&
            code == StunErrorCode.AddressFamilyNotSupported);
        Assert.That(message.TryGet(StunAttributeType.Icmp, out a) && a.TryGetIcmp(out StunIcmp read) && read == icmp);
        StunAttributeType[] unknown = new StunAttributeType[1];
        Assert.That(message.TryGet(StunAttributeType.UnknownAttributes, out a) && a.GetUnknownAttributes(unknown) == 2 && unknown[0] == StunAttributeType.EvenPort);
        Assert.That(message.TryGet(StunAttributeType.Software, out a) && a.GetText() == "grüße");
    }

    [FsCheck.NUnit.Property]
    public void TurnAttributes_OfAnyBytes_AreReadWithoutThrowing(byte[] value)
    {
        byte[] wire = [0, 1, (byte)(value.Length >> 8), (byte)value.Length, .. value, .. new byte[-value.Length & 3]];
        WireReader reader = new(wire);
        Assert.That(StunAttribute.TryRead(ref reader, out StunAttribute a));
        a.TryGetChannelNumber(out _);
        a.TryGetTransport(out _);
        a.TryGetFamily(out _);
        a.TryGetEvenPort(out _);
        a.TryGetAddressError(out _, out _);
        a.TryGetIcmp(out _);
        a.GetUnknownAttributes(new StunAttributeType[2]);
        Assert.That(a.GetText(), Is.Not.Null);
    }

    [Test]
    public void Framing_OfAStream_CutsMessages()                              // RFC 8489 §6.2.2
    {
        byte[] buffer = new byte[200];
        int first = StunBinding.WriteRequest(buffer, default), second = StunBinding.WriteIndication(buffer.AsSpan(first), default);
        for (int arrived = 0; arrived <= first + second; arrived++)
        {
            Assert.That(StunFraming.TryGetFrameLength(buffer.AsSpan(0, arrived), out int length));
            Assert.That(length, Is.EqualTo(arrived < 4 ? 0 : first));
        }
        buffer[4] ^= 1;
        Assert.That(StunFraming.TryGetFrameLength(buffer, out _), Is.False, "no cookie");
        Assert.That(StunFraming.TryGetFrameLength([0x16, 3, 1, 0], out _), Is.True, "a length of 0x0100, if it is STUN");
        Assert.That(StunFraming.TryGetFrameLength([0x47, 0x45, 0x54, 0x20], out _), Is.False, "HTTP");
    }

    [Test]
    public void Rto_FollowsRoundTripsAndForgetsThem()                         // RFC 8489 §6.2.1, RFC 6298 §2
    {
        Instant now = new(TimeSpan.TicksPerSecond);
        StunRtoEstimator estimator = new(TimeSpan.FromMilliseconds(500));
        Assert.That(estimator.Rto(now), Is.EqualTo(TimeSpan.FromMilliseconds(500)));
        estimator.Measured(TimeSpan.FromMilliseconds(100), now);
        Assert.That(estimator.Rto(now), Is.EqualTo(TimeSpan.FromMilliseconds(300)));
        for (int i = 0; i < 50; i++) estimator.Measured(TimeSpan.FromMilliseconds(100), now);
        Assert.That(estimator.Rto(now), Is.InRange(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(101)));
        Assert.That(estimator.Rto(now + TimeSpan.FromMinutes(11)), Is.EqualTo(TimeSpan.FromMilliseconds(500)));
    }

    [Test]
    public void Rto_OfARepeatedRequest_IsNotMeasured()                        // RFC 6298 §3
    {
        Instant now = new(TimeSpan.TicksPerSecond);
        StunRtoEstimator estimator = new(TimeSpan.FromMilliseconds(500));
        StunClientTransaction transaction = new(default, StunRetransmission.Default);
        transaction.Sent(now);
        transaction.Sent(now + TimeSpan.FromMilliseconds(500));
        estimator.Answered(transaction, now + TimeSpan.FromMilliseconds(510));
        Assert.That(estimator.Rto(now), Is.EqualTo(TimeSpan.FromMilliseconds(500)));
        StunClientTransaction once = new(default, StunRetransmission.Default);
        once.Sent(now);
        estimator.Answered(once, now + TimeSpan.FromMilliseconds(20));
        Assert.That(estimator.Rto(now), Is.EqualTo(TimeSpan.FromMilliseconds(60)));
    }
}
