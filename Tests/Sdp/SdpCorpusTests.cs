using WebRtcStack.Sdp;

namespace WebRtcStack.Tests.Sdp;

/// <summary>Descriptions of real endpoints (Corpus/sdp), read and written again.</summary>
public sealed class SdpCorpusTests
{
    private static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "sdp");

    public static IEnumerable<string> Files()
    {
        string folder = Path.Combine(Path.GetDirectoryName(typeof(SdpCorpusTests).Assembly.Location)!, "Corpus", "sdp");
        foreach (string file in Directory.EnumerateFiles(folder, "*.sdp")) yield return Path.GetFileName(file);
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    [Test]
    public void Write_OfWhatWasRead_IsTheSameText()
    {
        Assert.Multiple(() =>
        {
            foreach (string file in Files())
            {
                string text = Read(file);
                bool parsed = SdpDescription.TryParse(text, out SdpDescription? description, out SdpError? error);
                Assert.That(parsed, $"{file}: {error}");
                if (parsed) Assert.That(description!.ToString(), Is.EqualTo(text), file);
            }
        });
    }

    [Test]
    public void GetCodecs_OnEveryRtpSection_KnowsEveryFormat()
    {
        Assert.Multiple(() =>
        {
            foreach (string file in Files())
            {
                SdpDescription.TryParse(Read(file), out SdpDescription? description, out _);
                foreach (SdpMedia media in description!.Media)
                {
                    if (!media.IsRtp || media.Kind == "text") continue;
                    Assert.That(media.GetCodecs(), Has.Count.EqualTo(media.Formats.Count), $"{file} mid {media.Mid}");
                }
            }
        });
    }

    [Test]
    public void TypedAttributes_OnEveryLine_WriteWhatTheyRead()
    {
        Assert.Multiple(() =>
        {
            foreach (string file in Files())
            {
                SdpDescription.TryParse(Read(file), out SdpDescription? description, out _);
                foreach (SdpAttributeList attributes in description!.Media.Select(media => media.Attributes).Prepend(description.Attributes))
                {
                    foreach (SdpAttribute line in attributes)
                    {
                        string? written = line.Name switch
                        {
                            "extmap" => SdpExtmap.TryParse(line.Value, out SdpExtmap? a) ? a.ToString() : null,
                            "msid" => SdpMsid.TryParse(line.Value, out SdpMsid? a) ? a.ToString() : null,
                            "msid-semantic" => SdpMsidSemantic.TryParse(line.Value, out SdpMsidSemantic? a) ? a.ToString() : null,
                            "ssrc" => SdpSsrc.TryParse(line.Value, out SdpSsrc? a) ? a.ToString() : null,
                            "ssrc-group" => SdpSsrcGroup.TryParse(line.Value, out SdpSsrcGroup? a) ? a.ToString() : null,
                            "fingerprint" => SdpFingerprint.TryParse(line.Value, out SdpFingerprint? a) ? a.ToString() : null,
                            "rid" => SdpRid.TryParse(line.Value, out SdpRid? a) ? a.ToString() : null,
                            "simulcast" => SdpSimulcast.TryParse(line.Value, out SdpSimulcast? a) ? a.ToString() : null,
                            "candidate" => SdpCandidate.TryParse(line.Value, out SdpCandidate? a) ? a.ToString() : null,
                            "ice-options" => SdpIceOptions.TryParse(line.Value, out SdpIceOptions? a) ? a.ToString() : null,
                            "rtpmap" => SdpRtpmap.TryParse(line.Value, out SdpRtpmap? a) ? a.ToString() : null,
                            "fmtp" => SdpFmtp.TryParse(line.Value, out SdpFmtp? a) ? a.ToString() : null,
                            "rtcp" => SdpRtcp.TryParse(line.Value, out SdpRtcp? a) ? a.ToString() : null,
                            "rtcp-fb" => SdpRtcpFeedback.TryParse(line.Value, out SdpRtcpFeedback? a) ? a.ToString() : null,
                            "sctpmap" => SdpSctpmap.TryParse(line.Value, out SdpSctpmap? a) ? a.ToString() : null,
                            "sctp-init" => SdpSctpInit.TryParse(line.Value, out SdpSctpInit? a) ? a.ToString() : null,
                            "setup" => SdpSetupNames.TryParse(line.Value, out SdpSetup a) ? a.ToSdp() : null,
                            _ => line.Value,
                        };
                        // Pion writes a space behind feedback without a parameter: it means nothing, and the line itself keeps it.
                        Assert.That(written, Is.EqualTo(line.Name == "rtcp-fb" ? line.Value!.TrimEnd(' ') : line.Value), $"{file}: a={line}");
                    }
                }
            }
        });
    }
}
