using System.Globalization;
using WebRtcStack.Core;
using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.Sdp;

/// <summary>Each typed attribute: what is written is read again as it was (FsCheck draws the seeds), and malformed values are refused.</summary>
public sealed class SdpAttributeTests
{
    private const string TokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+.", IceChars = "abcXYZ019+/";

    private static string Text(RandomSource random, string alphabet, int minimum, int maximum)
    {
        char[] text = new char[minimum + random.Next(maximum - minimum + 1)];
        for (int i = 0; i < text.Length; i++) text[i] = alphabet[random.Next(alphabet.Length)];
        return new string(text);
    }

    private static string Token(RandomSource random) => Text(random, TokenChars, 1, 12);

    private static string[] Tokens(RandomSource random, int minimum, int maximum) =>
        [.. Enumerable.Range(0, minimum + random.Next(maximum - minimum + 1)).Select(_ => Token(random))];

    private static byte PayloadType(RandomSource random) => (byte)random.Next(128);

    private static int? Maybe(RandomSource random, int maximum) => random.Next(2) == 0 ? null : random.Next(maximum);

    private static T OneOf<T>(RandomSource random, params T[] choices) => choices[random.Next(choices.Length)];

    private delegate bool Parse<T>(string? value, out T? parsed) where T : class;

    private static void AssertRoundTrip<T>(T written, Parse<T> parse) where T : class
    {
        string text = written.ToString()!;
        Assert.That(parse(text, out T? read), Is.True, text);
        Assert.That(read, Is.EqualTo(written), text);
        Assert.That(read!.ToString(), Is.EqualTo(text));
        Assert.That(read.GetHashCode(), Is.EqualTo(written.GetHashCode()), text);
    }

    [FsCheck.NUnit.Property]
    public void Candidate_WrittenAndRead_IsTheSame(int seed)                          // RFC 8839 §5.1
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpCandidate
        {
            Foundation = Text(random, IceChars, 1, 32), Component = 1 + random.Next(256), Transport = OneOf(random, "udp", "UDP", "tcp", "quic"),
            Priority = random.NextUInt32(), Address = OneOf(random, "192.0.2.1", "2001:db8::1", "0b4e.local"), Port = random.Next(65536),
            Type = OneOf(random, "host", "srflx", "prflx", "relay", "other"),
            RelatedAddress = random.Next(2) == 0 ? null : "198.51.100.1", RelatedPort = Maybe(random, 65536),
            Extensions = [.. Tokens(random, 0, 3).Select(name => new KeyValuePair<string, string>("x" + name, "v" + name))],
        }, SdpCandidate.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void IceOptionsAndRemoteCandidates_WrittenAndRead_AreTheSame(int seed)     // RFC 8839 §5.2, §5.6
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpIceOptions(Tokens(random, 1, 4)), SdpIceOptions.TryParse);
        AssertRoundTrip(new SdpRemoteCandidates([new SdpRemoteCandidate(1 + random.Next(256), "192.0.2.1", random.Next(65536)), new SdpRemoteCandidate(2, "2001:db8::2", 9)]),
            SdpRemoteCandidates.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void Groups_WrittenAndRead_AreTheSame(int seed)                            // RFC 5888 §5
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpGroup(OneOf(random, SdpGroup.Bundle, SdpGroup.LipSynchronisation, Token(random)), Tokens(random, 0, 5)), SdpGroup.TryParse);
        AssertRoundTrip(new SdpMsidSemantic("WMS", Tokens(random, 0, 3)) { HasLeadingSpace = random.Next(2) == 0 }, SdpMsidSemantic.TryParse);
        AssertRoundTrip(new SdpMsid(Token(random), random.Next(2) == 0 ? null : Token(random)), SdpMsid.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void RtpmapFmtpAndFeedback_WrittenAndRead_AreTheSame(int seed)             // RFC 8866 §6.6, §6.15; RFC 4585 §4.2
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpRtpmap(PayloadType(random), Token(random), 1 + (uint)random.Next(1 << 20), OneOf(random, null, "1", "2", "6")), SdpRtpmap.TryParse);
        AssertRoundTrip(new SdpFmtp(PayloadType(random).ToString(CultureInfo.InvariantCulture), new SdpFormatParameters($"{Token(random)}={Token(random)};{Token(random)}")), SdpFmtp.TryParse);
        AssertRoundTrip(new SdpRtcpFeedback(random.Next(4) == 0 ? null : PayloadType(random), Token(random), OneOf(random, null, "pli", "app 7")), SdpRtcpFeedback.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void Rtcp_WrittenAndRead_IsTheSame(int seed)                               // RFC 3605 §2.1
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpRtcp(random.Next(65536), random.Next(2) == 0 ? null : new SdpConnection("IN", "IP4", "192.0.2.7")), SdpRtcp.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void ExtmapAndSources_WrittenAndRead_AreTheSame(int seed)                  // RFC 8285 §5, RFC 5576 §4
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpExtmap(1 + random.Next(4351), "urn:" + Token(random), OneOf<SdpDirection?>(random, null, SdpDirection.SendOnly, SdpDirection.Inactive),
            OneOf(random, null, "vad=on")), SdpExtmap.TryParse);
        AssertRoundTrip(new SdpSsrc(random.NextUInt32(), Token(random), OneOf(random, null, "a value: with colons")), SdpSsrc.TryParse);
        AssertRoundTrip(new SdpSsrcGroup(OneOf(random, "FID", "SIM", "FEC-FR"), [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.NextUInt32())]), SdpSsrcGroup.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void RidAndSimulcast_WrittenAndRead_AreTheSame(int seed)                   // RFC 8851 §4, RFC 8853 §5.1
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        string[] ids = [.. Enumerable.Range(0, 6).Select(_ => Text(random, "abc019", 1, 6))];
        AssertRoundTrip(new SdpRid(ids[0], random.Next(2) == 0, OneOf(random, null, "pt=96,97;max-width=1280", "max-fps=15")), SdpRid.TryParse);
        IReadOnlyList<string>[] streams = [[ids[0], "~" + ids[1]], ["~" + ids[2]], [ids[3]]];
        AssertRoundTrip(random.Next(3) switch
        {
            0 => new SdpSimulcast { Send = streams },
            1 => new SdpSimulcast { Receive = streams },
            _ => new SdpSimulcast { Send = streams, Receive = [[ids[4]], [ids[5]]] },
        }, SdpSimulcast.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void SctpmapAndIdentity_WrittenAndRead_AreTheSame(int seed)
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        AssertRoundTrip(new SdpSctpmap(1 + random.Next(65535), "webrtc-datachannel", Maybe(random, 65536)), SdpSctpmap.TryParse);
        byte[] bytes = new byte[1 + random.Next(60)];
        random.Fill(bytes);
        AssertRoundTrip(new SdpIdentity(Convert.ToBase64String(bytes), OneOf(random, null, "ext=1;other")), SdpIdentity.TryParse);
        AssertRoundTrip(new SdpSctpInit(bytes), SdpSctpInit.TryParse);
        AssertRoundTrip(new SdpFingerprint("sha-256", string.Join(":", bytes.Select(each => each.ToString("X2", CultureInfo.InvariantCulture)))), SdpFingerprint.TryParse);
    }

    [FsCheck.NUnit.Property]
    public void ImageAttribute_WrittenAndRead_IsTheSame(int seed)                     // RFC 6236 §3.1
    {
        RandomSource random = RandomSource.Seeded((ulong)seed);
        string[] sets = ["[x=800,y=640,sar=1.1,q=0.6]", "[x=[480:16:800],y=[320:16:640],par=[1.2-1.3]]"];
        IReadOnlyList<string>? any = null;
        AssertRoundTrip(new SdpImageAttribute(random.Next(3) == 0 ? null : PayloadType(random))
        {
            Send = random.Next(2) == 0 ? sets : any, Receive = random.Next(2) == 0 ? [] : sets,
        }, SdpImageAttribute.TryParse);
        Assert.That(SdpImageAttribute.GetSize(sets[0], "x"), Is.EqualTo(800));
        Assert.That(SdpImageAttribute.GetSize(sets[1], "x"), Is.Null);
    }

    [Test]
    public void RepeatsAndTimeZones_OfTheRfcsExamples_AreRead()                       // RFC 8866 §5.10, §5.11
    {
        Assert.That(SdpRepeat.TryParse("7d 1h 0 25h", out SdpRepeat? compact));
        Assert.That(SdpRepeat.TryParse("604800 3600 0 90000", out SdpRepeat? seconds));
        Assert.That(compact, Is.EqualTo(seconds));
        Assert.That(compact!.ToString(), Is.EqualTo("604800 3600 0 90000"));
        Assert.That(SdpTimeZoneAdjustment.TryParse("3724394400 -1h 3752823600 0", out IReadOnlyList<SdpTimeZoneAdjustment>? zones));
        Assert.That(zones![0].Offset, Is.EqualTo(TimeSpan.FromHours(-1)));
        Assert.That(zones[1].Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase("candidate", "1 0 udp 1 192.0.2.1 5 typ host")]
    [TestCase("candidate", "1 1 udp 4294967296 192.0.2.1 5 typ host")]
    [TestCase("candidate", "1 1 udp 1 192.0.2.1 65536 typ host")]
    [TestCase("candidate", "1 1 udp 1 192.0.2.1 5 host")]
    [TestCase("candidate", "1 1 udp 1 192.0.2.1 5 typ host odd")]
    [TestCase("candidate", "! 1 udp 1 192.0.2.1 5 typ host")]
    [TestCase("ice-ufrag", "abc")]
    [TestCase("ice-pwd", "tooshort")]
    [TestCase("ice-options", "")]
    [TestCase("fingerprint", "sha-256 0")]
    [TestCase("fingerprint", "sha-256")]
    [TestCase("setup", "lazy")]
    [TestCase("tls-id", "short")]
    [TestCase("mid", "")]
    [TestCase("mid", "a b")]
    [TestCase("group", "")]
    [TestCase("msid", "")]
    [TestCase("ssrc", "x cname:y")]
    [TestCase("ssrc", "1")]
    [TestCase("ssrc-group", "FID 1 x")]
    [TestCase("rid", "a")]
    [TestCase("rid", "a both")]
    [TestCase("simulcast", "send")]
    [TestCase("simulcast", "send a;;b")]
    [TestCase("rtpmap", "128 opus/48000")]
    [TestCase("rtpmap", "96 opus")]
    [TestCase("rtpmap", "96 opus/0")]
    [TestCase("fmtp", "96")]
    [TestCase("rtcp", "x")]
    [TestCase("rtcp", "9 IN")]
    [TestCase("rtcp-mux", "yes")]
    [TestCase("rtcp-fb", "128 nack")]
    [TestCase("rtcp-fb", "96")]
    [TestCase("extmap", "0 urn:x")]
    [TestCase("extmap", "1/both urn:x")]
    [TestCase("sctp-port", "65536")]
    [TestCase("sctpmap", "5000")]
    [TestCase("max-message-size", "-1")]
    [TestCase("sctp-init", "a")]
    [TestCase("imageattr", "96 send [x]")]
    [TestCase("identity", "no base64")]
    [TestCase("ptime", "soon")]
    [TestCase("quality", "11")]
    public void FindMalformedAttribute_OnAMalformedValue_NamesItsLine(string name, string value)
    {
        string text = $"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\na={name}:{value}\r\n";
        Assert.That(SdpDescription.TryParse(text, out SdpDescription? description, out _));
        SdpError? error = description!.FindMalformedAttribute();
        Assert.That(error, Is.Not.Null);
        Assert.That((error!.Line, error.Text), Is.EqualTo((9, $"a={name}:{value}")));
        Assert.That(error.Reason, Does.Contain(name));
    }

    [Test]
    public void FindMalformedAttribute_InTheSession_NamesItsLine()
    {
        SdpDescription.TryParse("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=setup:lazy\r\n", out SdpDescription? description, out _);
        Assert.That(description!.FindMalformedAttribute()!.Line, Is.EqualTo(6));
    }

    [Test]
    public void FindMalformedAttribute_OnEveryCorpusFile_FindsNone()
    {
        Assert.Multiple(() =>
        {
            foreach (string file in SdpCorpusTests.Files())
            {
                SdpDescription.TryParse(SdpCorpusTests.Read(file), out SdpDescription? description, out _);
                Assert.That(description!.FindMalformedAttribute(), Is.Null, file);
            }
        });
    }

    [TestCase("a1B2c3D4e5F6g7H8i9J0", true)]
    [TestCase("a1B2c3D4e5F6g7H8i9J", false)]
    [TestCase("a1B2c3D4e5F6g7H8i9J ", false)]
    public void TlsId_HasTwentyCharactersAtLeast(string id, bool isValid) => Assert.That(SdpTlsId.IsValid(id), Is.EqualTo(isValid));     // RFC 8842 §4
}
