using WebRtcStack.Core;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>draft-hancke-tsvwg-snap in offers and answers.</summary>
[TestFixture]
public sealed class SctpInitTests
{
    private const string ChromiumsLine = "a=sctp-init:AQAAHhF48BIAUAAA/////5sYZIXAAAAEgAgABoLA\r\n";

    // §5.2 to §5.5: with the INITs in the descriptions the first message arrives one round trip sooner.
    [Test]
    public void Connection_WithInitsInItsDescriptions_SavesARoundTrip()
    {
        (TimeSpan with, string offer, string answer) = Run(offersInit: true);
        (TimeSpan without, string plainOffer, string plainAnswer) = Run(offersInit: false);
        TestContext.Out.WriteLine($"first message after {with.TotalMilliseconds:F0} ms with a=sctp-init, after {without.TotalMilliseconds:F0} ms without; the round trip is 200 ms");
        Assert.That(offer, Does.Contain("a=sctp-init:"));
        Assert.That(answer, Does.Contain("a=sctp-init:"));
        Assert.That(plainOffer + plainAnswer, Does.Not.Contain("sctp-init"));
        Assert.That(without - with, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(190)));
    }

    // §5.3, §5.4: an offer of Chromium is answered in kind, one without is not; §5.6: the line stays the same.
    [Test]
    public async Task CreateAnswer_ToAnOfferWithInit_HasOne([Values] bool offered)
    {
        await using RTCPeerConnection offerer = new(), answerer = new();
        offerer.CreateDataChannel("x");
        await offerer.SetLocalDescriptionAsync();
        string offer = offerer.LocalDescription!.Sdp + (offered ? ChromiumsLine : "");
        await answerer.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, offer));
        await answerer.SetLocalDescriptionAsync();
        string? line = Line(answerer.LocalDescription!.Sdp);
        Assert.That(line is not null, Is.EqualTo(offered));
        answerer.CreateDataChannel("y");
        RTCSessionDescription again = await answerer.CreateOfferAsync();
        Assert.That(Line(again.Sdp), Is.EqualTo(line));
    }

    // §5.6: an INIT that is added to an association, or changed, is an error and changes nothing; the same one, or none, is not.
    [TestCase(true, "same", false)]
    [TestCase(true, "none", false)]
    [TestCase(true, "other", true)]
    [TestCase(false, "none", false)]
    [TestCase(false, "other", true)]
    public async Task SetRemoteDescription_WithTheInitOfAnExistingAssociation_IsJudged(bool had, string has, bool throws)
    {
        await using RTCPeerConnection offerer = new(new RTCConfiguration(), new WebRtcOptions { OfferSctpInit = had }), answerer = new();
        offerer.CreateDataChannel("x");
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        Assert.That(Line(answerer.LocalDescription!.Sdp) is not null, Is.EqualTo(had));
        await offerer.SetLocalDescriptionAsync();
        string sdp = offerer.LocalDescription!.Sdp, line = Line(sdp) is { } own ? own + "\r\n" : "";
        if (line.Length > 0) sdp = sdp.Replace(line, "", StringComparison.Ordinal);
        sdp += has == "same" ? line : has == "other" ? ChromiumsLine : "";
        RTCSessionDescription again = new(RTCSdpType.Offer, sdp);
        if (!throws)
        {
            await answerer.SetRemoteDescriptionAsync(again);
            return;
        }
        DOMException error = Assert.ThrowsAsync<DOMException>(async () => await answerer.SetRemoteDescriptionAsync(again))!;
        Assert.That(error.Name, Is.EqualTo("InvalidAccessError"));
        Assert.That(answerer.SignalingState, Is.EqualTo(RTCSignalingState.Stable));
    }

    // The corpus: what Chromium 156 offers with the experiment turned on.
    [TestCase("pcap-chromium-chromium-datachannel-snap-offer.sdp")]
    [TestCase("chromium-156-trial-warp-both-offer-datachannel.sdp")]
    public async Task CreateAnswer_ToChromiumsOffer_HasAnInit(string file)
    {
        string offer = await File.ReadAllTextAsync(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp", file));
        Assert.That(Line(offer), Is.Not.Null);
        await using RTCPeerConnection answerer = new();
        await answerer.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, offer));
        await answerer.SetLocalDescriptionAsync();
        Assert.That(Line(answerer.LocalDescription!.Sdp), Is.Not.Null.And.Not.EqualTo(Line(offer)));
    }

    // §5.3: what is not an INIT chunk in base64 is an error.
    [TestCase("a=sctp-init:AQAAHhF48BI\r\n")]
    [TestCase("a=sctp-init:AgAAHhF48BIAUAAA/////5sYZIXAAAAEgAgABoLA\r\n")]
    [TestCase("a=sctp-init\r\n")]
    public async Task SetRemoteDescription_WithABadInit_Throws(string line)
    {
        await using RTCPeerConnection offerer = new(), answerer = new();
        offerer.CreateDataChannel("x");
        await offerer.SetLocalDescriptionAsync();
        RTCSessionDescription offer = new(RTCSdpType.Offer, offerer.LocalDescription!.Sdp + line);
        Assert.That(async () => await answerer.SetRemoteDescriptionAsync(offer), Throws.InstanceOf<RTCError>());
    }

    private static string? Line(string sdp) => sdp.Split("\r\n").FirstOrDefault(line => line.StartsWith("a=sctp-init", StringComparison.Ordinal));

    private static (TimeSpan Took, string Offer, string Answer) Run(bool offersInit)
    {
        using PeerSimulation simulation = new(1, new PathOptions { Delay = TimeSpan.FromMilliseconds(50) }, options: new WebRtcOptions { OfferSctpInit = offersInit });
        Instant start = simulation.Time.Now;
        bool received = false;
        simulation.Right.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => received = true;
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        channel.OnOpen += (_, _) => channel.Send("hello");
        simulation.RunUntil(() => received, TimeSpan.FromMinutes(1), simulation.NegotiateAsync());
        return (simulation.Time.Now - start, simulation.Left.LocalDescription!.Sdp, simulation.Right.LocalDescription!.Sdp);
    }
}
