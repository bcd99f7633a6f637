using System.Linq;
using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack.Tests.Ice;

/// <summary>Names in candidates: RFC 6762 as far as draft-ietf-mmusic-mdns-ice-candidates needs it.</summary>
[TestFixture]
internal sealed class MulticastDnsTests
{
    private static readonly Instant s_start = new(TimeSpan.TicksPerSecond);
    private static readonly TransportAddress s_four = TransportAddress.FromIPv4(0xC0000201, 0), s_peer = TransportAddress.FromIPv4(0xC0000202, 5353);
    private static readonly TransportAddress s_six = TransportAddress.FromBytes([0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0);

    private readonly byte[] _buffer = new byte[1500];
    private MulticastDnsNode _asker = null!, _answerer = null!;

    [SetUp]
    public void SetUp()
    {
        _asker = new MulticastDnsNode(new MulticastDnsOptions(), RandomSource.Seeded(1));
        _answerer = new MulticastDnsNode(new MulticastDnsOptions(), RandomSource.Seeded(2));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Resolve_OfAPublishedName_YieldsItsAddress(bool isIPv6)
    {
        TransportAddress address = isIPv6 ? s_six : s_four;
        string name = _answerer.CreateName();
        _answerer.Publish(name, address);
        _asker.Resolve(name.ToUpperInvariant());                                          // names are compared without case (RFC 1035 §2.3.3)
        int query = _asker.Transmit(_buffer, s_start, out TransportAddress to);
        Assert.That(to, Is.EqualTo(MulticastDnsNode.Group));
        _answerer.Receive(_buffer.AsSpan(0, query), s_peer, s_start);
        int answer = _answerer.Transmit(_buffer, s_start, out to);
        Assert.That(to, Is.EqualTo(MulticastDnsNode.Group));
        _asker.Receive(_buffer.AsSpan(0, answer), s_peer, s_start);
        Assert.That(_asker.TryReadEvent(out MulticastDnsEvent e));
        Assert.That((e.Name, e.Address), Is.EqualTo((name, address)));
        Assert.That((_asker.IsIdle, _asker.NextTimeout.IsNever), Is.EqualTo((true, true)));
    }

    [Test]
    public void CreateName_IsARandomUuid()                                                 // draft §3.1.1
    {
        string name = _asker.CreateName();
        Assert.That(name, Does.Match("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\\.local$"));
        Assert.That(MulticastDnsNode.IsLocalName(name));
        Assert.That(_asker.CreateName(), Is.Not.EqualTo(name));
    }

    [TestCase("a.local", true)]
    [TestCase("A.LOCAL", true)]
    [TestCase("a.b.local", false)]                                                         // draft §3.2.1: more than one dot
    [TestCase(".local", false)]
    [TestCase("local", false)]
    [TestCase("example.org", false)]
    public void IsLocalName_OfNames_TellsThoseToResolve(string name, bool expected) =>
        Assert.That(MulticastDnsNode.IsLocalName(name), Is.EqualTo(expected));

    [Test]
    public void Resolve_WithoutAnswer_AsksThreeTimesAndGivesUp()                           // RFC 6762 §5.2
    {
        _asker.Resolve("nobody.local");
        List<double> asked = [];
        Instant now = s_start;
        while (true)
        {
            if (_asker.Transmit(_buffer, now, out _) > 0) asked.Add((now - s_start).TotalSeconds);
            if (_asker.TryReadEvent(out MulticastDnsEvent e))
            {
                Assert.That((e.Name, e.Address.IsNone), Is.EqualTo(("nobody.local", true)));
                break;
            }
            now = _asker.NextTimeout;
            _asker.AdvanceTo(now);
        }
        Assert.That(asked, Is.EqualTo(new[] { 0.0, 1.0, 3.0 }));
        Assert.That((now - s_start).TotalSeconds, Is.EqualTo(7));
    }

    [Test]
    public void Receive_OfManyQueries_MulticastsARecordOnceASecond()                       // RFC 6762 §6
    {
        _answerer.Publish("a.local", s_four);
        _asker.Resolve("a.local");
        byte[] query = _buffer[.._asker.Transmit(_buffer, s_start, out _)];
        int answers = 0;
        for (int i = 0; i < 100; i++)
        {
            _answerer.Receive(query, s_peer, s_start + TimeSpan.FromMilliseconds(15 * i));
            while (_answerer.Transmit(_buffer, s_start, out _) > 0) answers++;
        }
        Assert.That(answers, Is.EqualTo(2));
    }

    [Test]
    public void Receive_FromAnOrdinaryClient_AnswersItAlone()                              // RFC 6762 §6.7
    {
        _answerer.Publish("a.local", s_four);
        _asker.Resolve("a.local");
        int length = _asker.Transmit(_buffer, s_start, out _);
        (_buffer[0], _buffer[1]) = (0x12, 0x34);
        _answerer.Receive(_buffer.AsSpan(0, length), s_peer.WithPort(40000), s_start);
        Assert.That(_answerer.Transmit(_buffer, s_start, out TransportAddress to), Is.GreaterThan(0));
        Assert.That((to, _buffer[0], _buffer[1], _buffer[5]), Is.EqualTo((s_peer.WithPort(40000), (byte)0x12, (byte)0x34, (byte)1)));
    }

    [Test]
    public void Receive_OfAnswersNobodyAskedFor_TellsNothing()
    {
        _answerer.Publish("a.local", s_four);
        _asker.Resolve("a.local");
        int length = _asker.Transmit(_buffer, s_start, out _);
        _answerer.Receive(_buffer.AsSpan(0, length), s_peer, s_start);
        length = _answerer.Transmit(_buffer, s_start, out _);
        MulticastDnsNode other = new(new MulticastDnsOptions(), RandomSource.Seeded(3));
        other.Resolve("b.local");
        other.Receive(_buffer.AsSpan(0, length), s_peer, s_start);
        Assert.That(other.TryReadEvent(out _), Is.False);
    }

    [Test]
    public void Withdraw_EndsAnswering()
    {
        _answerer.Publish("a.local", s_four);
        _answerer.Withdraw("A.local");
        _asker.Resolve("a.local");
        int length = _asker.Transmit(_buffer, s_start, out _);
        _answerer.Receive(_buffer.AsSpan(0, length), s_peer, s_start);
        Assert.That(_answerer.Transmit(_buffer, s_start, out _), Is.Zero);
        Assert.That(_answerer.IsIdle);
    }

    [Test]
    public void Receive_OfALoopOfPointers_EndsAndIsCounted()
    {
        byte[] message = new byte[40];
        message[5] = 1;
        (message[12], message[13]) = (0xC0, 12);                                          // points at itself
        _answerer.Receive(message, s_peer, s_start);
        Assert.That(_answerer.Malformed, Is.EqualTo(1));
    }

    [FsCheck.NUnit.Property]
    public void Receive_OfAnyBytes_DoesNotThrow(byte[] bytes, byte first)
    {
        MulticastDnsNode node = new(new MulticastDnsOptions(), RandomSource.Seeded(1));
        node.Publish("a.local", s_four);
        node.Resolve("b.local");
        int length = node.Transmit(_buffer, s_start, out _);
        byte[] mutated = [.. _buffer.Take(length)];
        for (int i = 0; i < bytes.Length; i++) mutated[(first + i * 7) % length] ^= bytes[i];
        node.Receive(bytes, s_peer, s_start);
        node.Receive(mutated, s_peer, s_start);
        while (node.Transmit(_buffer, s_start, out _) > 0) { }
    }
}
