using System.IO;
using WebRtcStack.Stun;
using WebRtcStack.Tests.Captures;

namespace WebRtcStack.Tests.Stun;

/// <summary>What browsers and servers send is parsed, understood and authentic.</summary>
[TestFixture]
internal sealed class StunCorpusTests
{
    [TestCase("chromium-chromium-datachannel")]
    [TestCase("firefox-firefox-datachannel")]
    [TestCase("chromium-pion-datachannel")]
    public void VerifyIntegrity_OfCapturedChecks_HoldsUnderTheSignalledPasswords(string name)
    {
        Dictionary<string, StunKey> keys = ReadKeys(name);
        Dictionary<StunTransactionId, string> asked = [];
        int requests = 0, responses = 0;
        foreach (Pcapng.Datagram datagram in Pcapng.ReadUdp(name))
        {
            if (!StunMessage.IsProbablyStun(datagram.Payload)) continue;
            Assert.That(StunMessage.TryParse(datagram.Payload, out StunMessage message), Convert.ToHexString(datagram.Payload));
            Assert.That(message.VerifyFingerprint());
            if (message.Class == StunClass.Request)
            {
                Assert.That(message.TryGet(StunAttributeType.Username, out StunAttribute username));
                string fragment = System.Text.Encoding.UTF8.GetString(username.Value).Split(':')[0];
                asked[message.TransactionId] = fragment;
                Assert.That(message.VerifyIntegrity(keys[fragment]));
                Assert.That(message.TryGetUInt32(StunAttributeType.Priority, out _));
                requests++;
            }
            else if (message.Class == StunClass.SuccessResponse)
            {
                Assert.That(message.VerifyIntegrity(keys[asked[message.TransactionId]]));
                Assert.That(message.TryGetMappedAddress(out WebRtcStack.Core.TransportAddress mapped) && mapped == datagram.Path.Remote);
                responses++;
            }
        }
        Assert.That(requests, Is.GreaterThan(3));
        Assert.That(responses, Is.GreaterThan(3));
        foreach (StunKey key in keys.Values) key.Dispose();
    }

    [Test]
    public void VerifyIntegrity_OfCapturedTurnTraffic_HoldsUnderTheLongTermKey()
    {
        using StunKey key = StunKey.LongTerm("user", "example.org", "pass");
        int verified = 0;
        foreach (Pcapng.Datagram datagram in Pcapng.ReadUdp("chromium-chromium-relay-udp"))
        {
            if (!StunMessage.TryParse(datagram.Payload, out StunMessage message) || message.Method == StunMethod.Binding || !message.HasIntegrity) continue;
            Assert.That(message.VerifyIntegrity(key), $"{message.Class} {message.Method}");
            verified++;
        }
        Assert.That(verified, Is.GreaterThan(10));
    }

    // ice-ufrag and ice-pwd come in either order.
    private static Dictionary<string, StunKey> ReadKeys(string name)
    {
        Dictionary<string, StunKey> keys = [];
        foreach (string side in new[] { "offer", "answer" })
        {
            string file = Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp", $"pcap-{name}-{side}.sdp");
            string? fragment = null, password = null;
            foreach (string line in File.ReadAllLines(file))
            {
                if (line.StartsWith("a=ice-ufrag:")) fragment = line["a=ice-ufrag:".Length..].Trim();
                if (line.StartsWith("a=ice-pwd:")) password = line["a=ice-pwd:".Length..].Trim();
                if (fragment is null || password is null) continue;
                if (!keys.ContainsKey(fragment)) keys.Add(fragment, StunKey.ShortTerm(password));
                (fragment, password) = (null, null);
            }
        }
        return keys;
    }
}
