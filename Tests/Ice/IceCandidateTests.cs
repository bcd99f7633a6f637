using System.IO;
using System.Text.Json;
using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack.Tests.Ice;

[TestFixture]
internal sealed class IceCandidateTests
{
    [Test]
    public void TryParse_OnAReflexiveCandidate_YieldsItsFields()                   // RFC 8839 §5.1
    {
        Assert.That(IceCandidate.TryParse(
            "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998 generation 0 ufrag abcd network-id 1",
            out IceCandidate? candidate, out _));
        Assert.That(candidate, Is.EqualTo(new IceCandidate
        {
            Foundation = "2",
            Component = IceComponent.Rtp,
            Priority = 1694498815,
            Address = TransportAddress.FromIPv4(0xC0000203, 45664),
            Port = 45664,
            Type = IceCandidateType.ServerReflexive,
            RelatedAddress = TransportAddress.FromIPv4(0xCB00718D, 8998),
            UsernameFragment = "abcd",
            Extensions = "generation 0 network-id 1",
        }));
    }

    [TestCase("chromium-156-trickle-datachannel")]
    [TestCase("firefox-153-trickle-datachannel")]
    [TestCase("firefox-153-mdns-trickle")]
    public void TryParse_OnWhatBrowsersTrickle_RoundTrips(string name)
    {
        int count = 0;
        foreach (string line in File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp", name + ".jsonl")))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement init = json.RootElement.GetProperty("candidate");
            if (init.ValueKind != JsonValueKind.Object || init.GetProperty("candidate").GetString() is not { Length: > 0 } text) continue;
            Assert.That(IceCandidate.TryParse(text, out IceCandidate? candidate, out string? error), error);
            Assert.That(candidate!.HostName is not null, Is.EqualTo(text.Contains(".local ")));
            Assert.That(candidate.TcpType != IceTcpType.None, Is.EqualTo(candidate.Protocol == TransportProtocol.Tcp));
            Assert.That(IceCandidate.TryParse(candidate.ToString(), out IceCandidate? again, out _) && again == candidate);
            count++;
        }
        Assert.That(count, Is.GreaterThan(2));
    }

    [TestCase("")]
    [TestCase("candidate:")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1")]
    [TestCase("candidate:1 0 udp 1 192.0.2.1 1 typ host")]
    [TestCase("candidate:1 1 sctp 1 192.0.2.1 1 typ host")]
    [TestCase("candidate:1 1 udp 4294967296 192.0.2.1 1 typ host")]
    [TestCase("candidate:1 1 udp 1 999.0.2.1 1 typ host")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 65536 typ host")]
    [TestCase("candidate:1 1 udp 1 192.0.2.1 1 typ mystery")]
    [TestCase("candidate:1 1 tcp 1 192.0.2.1 1 typ host tcptype sideways")]
    [TestCase("candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host")]
    public void TryParse_OnABadCandidate_SaysWhatIsWrong(string text)
    {
        Assert.That(IceCandidate.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Is.Not.Empty);
    }

    [FsCheck.NUnit.Property]
    public void TryParse_OnAnyText_DoesNotThrow(string? text)
    {
        foreach (string prefix in new[] { "", "candidate:", "candidate:1 1 udp 1 192.0.2.1 1 typ host " })
        {
            bool good = IceCandidate.TryParse(prefix + text, out IceCandidate? candidate, out string? error);
            Assert.That((candidate is not null, error is null), Is.EqualTo((good, good)));
        }
    }

    [Test]
    public void AddRemoteCandidate_WithAName_AsksForItsAddress()
    {
        Instant now = new(1);
        IceAgent agent = new(new IceAgentOptions(), RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        Assert.That(IceCandidate.TryParse("candidate:0 1 UDP 2122187007 c50b33f5-26f2-4af7-8f95-359820c01136.local 53273 typ host", out IceCandidate? candidate, out _));
        agent.AddRemoteCandidate(stream, candidate!, now);
        Assert.That(agent.TryReadEvent(out IceEvent e));
        Assert.That(e.Kind, Is.EqualTo(IceEventKind.ResolveName));
        agent.AddRemoteCandidate(stream, e.Candidate! with { Address = TransportAddress.FromIPv4(0xC0000201, 53273) }, now);
        Assert.That(stream.RemoteCandidates, Has.Count.EqualTo(1));
    }

    [Test]
    public void SetRemoteParameters_WithOthersAndNoRestart_Throws()
    {
        Instant now = new(1);
        IceAgent agent = new(new IceAgentOptions(), RandomSource.Seeded(1));
        IceStream stream = agent.AddStream();
        IceParameters parameters = new("abcd", "0123456789012345678901");
        agent.SetRemoteParameters(stream, parameters, now);
        agent.SetRemoteParameters(stream, parameters, now);
        Assert.That(() => agent.SetRemoteParameters(stream, parameters with { Password = "x123456789012345678901" }, now),
            Throws.InvalidOperationException.With.Message.Contains("Restart"));
        Assert.That(() => agent.SetRemoteParameters(stream, new IceParameters("abc", "short"), now), Throws.ArgumentException);
    }
}
