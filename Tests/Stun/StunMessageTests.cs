using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Tests.Stun;

[TestFixture]
internal sealed class StunMessageTests
{
    private const string ShortTermPassword = "VOkJxbRl1RmTxUk/WvJxBt";
    private const string LongTermUsername = "\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9";

    [Test]
    public void TryParse_OnTheSampleRequest_YieldsItsFields()                      // RFC 5769 §2.1
    {
        Assert.That(StunMessage.TryParse(Vectors.Load("rfc5769-2.1"), out StunMessage message));
        using StunKey key = StunKey.ShortTerm(ShortTermPassword);
        Assert.That((message.Class, message.Method), Is.EqualTo((StunClass.Request, StunMethod.Binding)));
        Assert.That(message.TransactionId.ToString(), Is.EqualTo("b7e7a701bc34d686fa87dfae"));
        Assert.That(message.TryGet(StunAttributeType.Username, out StunAttribute username) && username.Value.SequenceEqual("evtj:h6vY"u8));
        Assert.That(message.TryGet(StunAttributeType.Software, out StunAttribute software) && software.Value.SequenceEqual("STUN test client"u8));
        Assert.That(message.TryGetUInt32(StunAttributeType.Priority, out uint priority) && priority == 0x6E0001FF);
        Assert.That(message.TryGetUInt64(StunAttributeType.IceControlled, out ulong tie) && tie == 0x932FF9B151263B36);
        Assert.That(message.VerifyIntegrity(key));
        Assert.That(message.VerifyFingerprint());
    }

    [TestCase("rfc5769-2.2", "192.0.2.1")]
    [TestCase("rfc5769-2.3", "2001:db8:1234:5678:11:2233:4455:6677")]
    public void TryParse_OnTheSampleResponses_YieldsTheMappedAddress(string vector, string address)
    {
        Assert.That(StunMessage.TryParse(Vectors.Load(vector), out StunMessage message));
        using StunKey key = StunKey.ShortTerm(ShortTermPassword);
        Assert.That(TransportAddress.TryParse(address, 32853, out TransportAddress expected));
        Assert.That(message.TryGetMappedAddress(out TransportAddress mapped));
        Assert.That(mapped, Is.EqualTo(expected));
        Assert.That(message.VerifyIntegrity(key) && message.VerifyFingerprint());
    }

    [Test]
    public void VerifyIntegrity_OfTheLongTermSample_Holds()                        // RFC 5769 §2.4
    {
        Assert.That(StunMessage.TryParse(Vectors.Load("rfc5769-2.4"), out StunMessage message));
        using StunKey key = StunKey.LongTerm(LongTermUsername, "example.org", "TheMatrIX");
        Assert.That(message.VerifyIntegrity(key));
        Assert.That(message.HasFingerprint, Is.False);
    }

    [Test]
    public void ComputeIntegrity_OfTheSha256Sample_YieldsItsValue()                // RFC 8489 appendix B.1
    {
        // The sample's length field counts the header too, in the hash as well, so that it is no message that can be parsed.
        byte[] sample = Vectors.Load("rfc8489-b.1");
        Assert.That(StunMessage.TryParse(sample, out _), Is.False);
        using StunKey key = StunKey.LongTerm(LongTermUsername, "example.org", "TheMatrIX", StunPasswordAlgorithm.Sha256);
        byte[] mac = new byte[32];
        key.ComputeIntegrity(sha256: true, sample.AsSpan(0, 20), sample.AsSpan(20..^36), mac);
        Assert.That(mac, Is.EqualTo(sample[^32..]));
    }

    [TestCase("rfc5769-2.1")]
    [TestCase("rfc5769-2.2")]
    [TestCase("rfc5769-2.3")]
    public void VerifyIntegrity_WithAnyBitFlipped_Fails(string vector)
    {
        byte[] bytes = Vectors.Load(vector);
        using StunKey key = StunKey.ShortTerm(ShortTermPassword);
        for (int bit = 0; bit < (bytes.Length - 8) * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            bool good = StunMessage.TryParse(bytes, out StunMessage message) && message.VerifyIntegrity(key);
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.That(good, Is.False, $"bit {bit}");
        }
    }

    [Test]
    public void Writer_OnTheSampleRequest_WritesItsBytes()                         // but for the padding of USERNAME, which is free
    {
        byte[] expected = Vectors.Load("rfc5769-2.1");
        byte[] actual = new byte[200];
        StunMessageWriter writer = new(actual, StunClass.Request, StunMethod.Binding, StunTransactionId.Read(expected.AsSpan(8)));
        writer.Write(StunAttributeType.Software, "STUN test client"u8);
        writer.WriteUInt32(StunAttributeType.Priority, 0x6E0001FF);
        writer.WriteUInt64(StunAttributeType.IceControlled, 0x932FF9B151263B36);
        writer.Write(StunAttributeType.Username, "evtj:h6vY"u8);
        Assert.That(writer.Length, Is.EqualTo(76));
        Assert.That(actual.AsSpan(4, 69).SequenceEqual(expected.AsSpan(4, 69)));
    }

    [FsCheck.NUnit.Property]
    public bool TryParse_OnWhatWasWritten_IsIdentity(byte[] value, ulong number, uint address, ushort port, bool sha256)
    {
        using StunKey key = StunKey.ShortTerm("secret");
        byte[] buffer = new byte[4096];
        StunTransactionId id = StunTransactionId.Create(RandomSource.Seeded(number));
        TransportAddress mapped = TransportAddress.FromIPv4(address, port);
        StunMessageWriter writer = new(buffer, StunClass.SuccessResponse, StunMethod.Allocate, id);
        writer.Write(StunAttributeType.Software, value);
        writer.WriteUInt64(StunAttributeType.IceControlling, number);
        writer.WriteXorAddress(StunAttributeType.XorRelayedAddress, mapped);
        writer.WriteErrorCode(StunErrorCode.RoleConflict);
        if (sha256) writer.WriteIntegritySha256(key);
        else writer.WriteIntegrity(key);
        writer.WriteFingerprint();
        return StunMessage.TryParse(buffer.AsSpan(0, writer.Length), out StunMessage message) &&
            message.Class == StunClass.SuccessResponse && message.Method == StunMethod.Allocate && message.TransactionId == id &&
            message.TryGet(StunAttributeType.Software, out StunAttribute software) && software.Value.SequenceEqual(value) &&
            message.TryGetUInt64(StunAttributeType.IceControlling, out ulong read) && read == number &&
            message.TryGetXorAddress(StunAttributeType.XorRelayedAddress, out TransportAddress relayed) && relayed == mapped &&
            message.GetErrorCode() == StunErrorCode.RoleConflict &&
            message.VerifyIntegrity(key) && message.VerifyFingerprint();
    }

    [FsCheck.NUnit.Property]
    public void TryParse_OnAnyAttributes_TerminatesWithoutThrowing(byte[] attributes)
    {
        byte[] bytes = new byte[20 + (attributes.Length & ~3)];
        StunMessageWriter writer = new(bytes, StunClass.Request, StunMethod.Binding, default);
        Assert.That(writer.Length, Is.EqualTo(20));
        attributes.AsSpan(0, attributes.Length & ~3).CopyTo(bytes.AsSpan(20));
        bytes[2] = (byte)((bytes.Length - 20) >> 8);
        bytes[3] = (byte)(bytes.Length - 20);
        if (!StunMessage.TryParse(bytes, out StunMessage message)) return;
        message.VerifyFingerprint();
        message.GetErrorCode();
        message.TryGetMappedAddress(out _);
    }

    [Test]
    public void Write_IntoTooLittleRoom_YieldsNothing()
    {
        using StunKey key = StunKey.ShortTerm("secret");
        for (int size = 0; size < 64; size++)
        {
            StunMessageWriter writer = new(new byte[size], StunClass.Request, StunMethod.Binding, default);
            writer.WriteXorAddress(StunAttributeType.XorMappedAddress, TransportAddress.FromIPv4(1, 1));
            writer.WriteIntegrity(key);
            writer.WriteFingerprint();
            Assert.That(writer.Length, Is.Zero, $"{size} bytes");
        }
    }

    [Test]
    public void TryParse_AndVerify_AllocateNothing()
    {
        byte[] bytes = Vectors.Load("rfc5769-2.1");
        using StunKey key = StunKey.ShortTerm(ShortTermPassword);
        long best = long.MaxValue;
        for (int round = 0; round < 20 && best > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                if (!StunMessage.TryParse(bytes, out StunMessage message) || !message.VerifyIntegrity(key) || !message.VerifyFingerprint())
                    throw new InvalidOperationException("The vector is good.");
            }
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.That(best, Is.Zero);
    }

    [Test]
    public void Respond_ToARequest_TellsTheSource()
    {
        byte[] request = new byte[100], response = new byte[100];
        TransportAddress source = TransportAddress.FromIPv4(0xC0000201, 1234);
        int length = StunBinding.WriteRequest(request, StunTransactionId.Create(RandomSource.Seeded(1)));
        length = StunBinding.Respond(request.AsSpan(0, length), source, response);
        Assert.That(StunMessage.TryParse(response.AsSpan(0, length), out StunMessage message));
        Assert.That(message.TryGetMappedAddress(out TransportAddress mapped) && mapped == source);
    }

    [Test]
    public void Respond_ToAnUnknownRequiredAttribute_Says420()
    {
        byte[] request = new byte[100], response = new byte[100];
        StunMessageWriter writer = new(request, StunClass.Request, StunMethod.Binding, default);
        writer.Write((StunAttributeType)0x7777, "?"u8);
        writer.Write((StunAttributeType)0xC057, "fine"u8);
        int length = StunBinding.Respond(request.AsSpan(0, writer.Length), TransportAddress.FromIPv4(1, 1), response);
        Assert.That(StunMessage.TryParse(response.AsSpan(0, length), out StunMessage message));
        Assert.That(message.GetErrorCode(), Is.EqualTo(StunErrorCode.UnknownAttribute));
        Assert.That(message.TryGet(StunAttributeType.UnknownAttributes, out StunAttribute unknown));
        Assert.That(unknown.Value.ToArray(), Is.EqualTo(new byte[] { 0x77, 0x77 }));
    }

    [Test]
    public void Transaction_WithoutAnswer_FollowsTheScheduleOfTheRfc()             // RFC 8489 §6.2.1
    {
        StunClientTransaction transaction = new(default, StunRetransmission.Default);
        Instant start = new(TimeSpan.TicksPerSecond), now = start;
        List<double> sent = [];
        while (!transaction.IsTimedOut)
        {
            if (transaction.IsOwed)
            {
                sent.Add((now - start).TotalMilliseconds);
                transaction.Sent(now);
            }
            now = transaction.NextTimeout;
            transaction.AdvanceTo(now);
        }
        Assert.That(sent, Is.EqualTo(new double[] { 0, 500, 1500, 3500, 7500, 15500, 31500 }));
        Assert.That((now - start).TotalMilliseconds, Is.EqualTo(39500));
    }

    [TestCase("stun:example.org", StunUriScheme.Stun, "example.org", 3478, TransportProtocol.Udp)]
    [TestCase("stuns:example.org", StunUriScheme.Stuns, "example.org", 5349, TransportProtocol.Tls)]
    [TestCase("stun:[2001:db8::1]:19302", StunUriScheme.Stun, "2001:db8::1", 19302, TransportProtocol.Udp)]
    [TestCase("TURN:192.0.2.1?transport=tcp", StunUriScheme.Turn, "192.0.2.1", 3478, TransportProtocol.Tcp)]
    [TestCase("turn:a.b:3479?transport=udp", StunUriScheme.Turn, "a.b", 3479, TransportProtocol.Udp)]
    [TestCase("turns:a.b?transport=tcp", StunUriScheme.Turns, "a.b", 5349, TransportProtocol.Tls)]
    public void TryParse_OnAUri_YieldsItsParts(string text, StunUriScheme scheme, string host, int port, TransportProtocol transport)
    {
        Assert.That(StunUri.TryParse(text, out StunUri? uri, out _));
        Assert.That(uri, Is.EqualTo(new StunUri(scheme, host, (ushort)port, transport)));
        Assert.That(StunUri.TryParse(uri!.ToString(), out StunUri? again, out _) && again == uri);
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("http:example.org")]
    [TestCase("stun:")]
    [TestCase("stun:a:0")]
    [TestCase("stun:a:70000")]
    [TestCase("stun:[::1")]
    [TestCase("stun:[1.2.3.4]")]
    [TestCase("stun:::1")]
    [TestCase("stun:a?transport=udp")]
    [TestCase("turn:a?transport=sctp")]
    [TestCase("turns:a?transport=udp")]
    [TestCase("turn:a b")]
    public void TryParse_OnABadUri_SaysWhatIsWrong(string? text)
    {
        Assert.That(StunUri.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Is.Not.Empty);
    }
}
