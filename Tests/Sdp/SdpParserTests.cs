using WebRtcStack.Core;
using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.Sdp;

public sealed class SdpParserTests
{
    private const string Minimal = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

    [TestCase("v=1\r\n", 1)]
    [TestCase("o=- 1 2 IN IP4 127.0.0.1\r\n", 1)]
    [TestCase("v=0\r\no=- x 2 IN IP4 127.0.0.1\r\ns=-\r\n", 2)]
    [TestCase("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=a b\r\n", 4)]
    [TestCase(Minimal + "m=audio x RTP/AVP 0\r\n", 5)]
    [TestCase(Minimal + "m=audio 99999 RTP/AVP 0\r\n", 5)]
    [TestCase(Minimal + "m=audio 9 RTP/AVP\r\n", 5)]
    [TestCase(Minimal + "m=audio 9 RTP/AVP 0\r\nb=AS\r\n", 6)]
    [TestCase(Minimal + "m=audio 9 RTP/AVP 0\r\na=rtcp mux:\r\n", 6)]
    [TestCase(Minimal + "m=audio 9 RTP/AVP 0\r\nthis is no line\r\n", 6)]
    [TestCase(Minimal + "m=audio 9 RTP/AVP 0\r\nt=0 0\r\n", 6)]
    [TestCase("", 1)]
    public void TryParse_OnMalformedText_NamesTheLine(string text, int line)
    {
        Assert.That(SdpDescription.TryParse(text, out _, out SdpError? error), Is.False);
        Assert.That(error!.Line, Is.EqualTo(line), error.ToString());
    }

    [Test]
    public void TryParse_OnBareLineFeeds_IsTolerant() =>
        Assert.That(SdpDescription.TryParse(Minimal.Replace("\r\n", "\n", StringComparison.Ordinal), out _, out _));

    [Test]
    public void TryParse_WithoutFinalLineEnd_IsTolerant() =>
        Assert.That(SdpDescription.TryParse(Minimal.TrimEnd(), out _, out _));

    [Test]
    public void TryParse_WithEmptyLinesAtTheEnd_IsTolerant() =>
        Assert.That(SdpDescription.TryParse(Minimal + "\r\n\n\r\n", out _, out _));

    [Test]
    public void TryParse_WithoutATimeLine_IsTolerant()
    {
        Assert.That(SdpDescription.TryParse(Minimal.Replace("t=0 0\r\n", "", StringComparison.Ordinal), out SdpDescription? description, out _));
        Assert.That(description!.ToString(), Is.EqualTo(Minimal), "it is written as RFC 8866 §5.9 asks for");
    }

    [Test]
    public void TryParse_OnSeveralSpacesBetweenFields_IsTolerant()
    {
        Assert.That(SdpDescription.TryParse(Minimal + "m=audio  9 RTP/AVP   0  8\r\n", out SdpDescription? description, out _));
        Assert.That(description!.Media[0].Formats, Is.EqualTo(new[] { "0", "8" }));
    }

    [Test]
    public void IceCharacters_OfPeers_AreTaken()
    {
        Assert.That(SdpIce.IsUsernameFragment("a-_="));
        Assert.That(SdpIce.IsUsernameFragment("a b c"), Is.False);
        Assert.That(SdpIce.IsPassword(new string('x', 257)), Is.False);
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("GStreamer session")]
    public void TryParse_OnOddSessionNames_KeepsThem(string name)
    {
        Assert.That(SdpDescription.TryParse(Minimal.Replace("s=-", "s=" + name, StringComparison.Ordinal), out SdpDescription? description, out _));
        Assert.That(description!.SessionName, Is.EqualTo(name));
    }

    [Test]
    public void TryParse_OnEveryLineTypeOfRfc8866_WritesItAgain()
    {
        const string text = "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call\r\ni=SDP Offer #1\r\n" +
            "u=http://www.jdoe.example.com/home.html\r\ne=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\n" +
            "c=IN IP4 198.51.100.1\r\nb=CT:128\r\nt=3724394400 3724398000\r\nr=604800 3600 0 90000\r\nz=3724394400 -1h\r\nk=prompt\r\n" +
            "a=recvonly\r\nm=audio 49170/2 RTP/AVP 0\r\ni=title\r\nc=IN IP6 2001:db8::2\r\nc=IN IP6 2001:db8::3\r\nb=TIAS:64000\r\nk=clear:x\r\na=ptime:20\r\n";
        Assert.That(SdpDescription.TryParse(text, out SdpDescription? description, out SdpError? error), $"{error}");
        Assert.That(description!.ToString(), Is.EqualTo(text));
    }

    [FsCheck.NUnit.Property]
    public void TryParse_OnAnyText_DoesNotThrow(string? text)
    {
        bool parsed = SdpDescription.TryParse(text, out _, out SdpError? error);
        Assert.That(parsed, Is.EqualTo(error is null));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void TryParse_OnMutatedDescriptions_ParsesOrNamesALine(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        string[] files = [.. SdpCorpusTests.Files()];
        char[] text = File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp", files[random.Next(files.Length)])).ToCharArray();
        for (int i = 0; i < 3; i++) text[random.Next(text.Length)] = (char)random.Next(128);
        if (!SdpDescription.TryParse(text, out SdpDescription? description, out SdpError? error))
        {
            Assert.That(error.Line, Is.GreaterThan(0));
            return;
        }
        foreach (SdpMedia media in description.Media) _ = media.GetCodecs();
        Assert.That(SdpDescription.TryParse(description.ToString(), out SdpDescription? again, out _));
        Assert.That(again!.ToString(), Is.EqualTo(description.ToString()));
    }

    [Test]
    public void TryParse_OnTooManyMediaSections_Refuses()
    {
        string text = Minimal + string.Concat(Enumerable.Repeat("m=audio 9 RTP/AVP 0\r\n", 1025));
        Assert.That(SdpDescription.TryParse(text, out _, out SdpError? error), Is.False);
        Assert.That(error!.Line, Is.EqualTo(4 + 1025));
    }

    [Test]
    public void GetCodecs_OnStaticTypesWithoutRtpmap_KnowsThem()
    {
        SdpDescription.TryParse(Minimal + "m=audio 9 RTP/AVP 0 8 97\r\na=rtpmap:97 opus/48000/2\r\n", out SdpDescription? description, out _);
        Assert.That(description!.Media[0].GetCodecs().Select(codec => codec.Name), Is.EqualTo(new[] { "PCMU", "PCMA", "opus" }));
    }
}
