using System.Text.Json;
using WebRtcStack.Tests.PeerConnection.Conformance;
using WebRtcStack.Tests.PeerConnection.Steps;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>webrtc-stats in a call of frames: what they tell, what Chromium has beside, and how long statistics live (§4.3, §8.1).</summary>
public sealed class StatisticsFrameTests
{
    [Test]
    public void Members_ThatChromiumHas_AreThere_OrExceptedForAReason()
    {
        using FrameCall call = new(1, new PathOptions { Delay = TimeSpan.FromMilliseconds(10), Loss = 0.02 });
        call.Play(rounds: 200);
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(12));
        IReadOnlyDictionary<string, string> exceptions = W3CName.ReadExceptions("chromium-stats-exceptions");
        Dictionary<string, HashSet<string>> ours = [];
        foreach (RTCPeerConnection each in new[] { call.Simulation.Left, call.Simulation.Right })
        {
            using JsonDocument report = JsonDocument.Parse(JsonSerializer.Serialize(call.Statistics(each)));
            foreach (JsonProperty stats in report.RootElement.EnumerateObject())
            {
                string type = Key(stats.Value);
                if (!ours.TryGetValue(type, out HashSet<string>? members)) ours.Add(type, members = []);
                foreach (JsonProperty member in stats.Value.EnumerateObject()) members.Add(member.Name);
            }
        }
        using JsonDocument browsers = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "stats-field-sets.json")));
        List<string> wrong = [];
        (int there, int absent) = (0, 0);
        foreach (JsonProperty type in browsers.RootElement.GetProperty("chromium-156").EnumerateObject())
        {
            foreach (JsonProperty member in type.Value.EnumerateObject())
            {
                bool isThere = ours.TryGetValue(type.Name, out HashSet<string>? members) && members.Contains(member.Name);
                bool isExcepted = exceptions.ContainsKey($"{type.Name}.{member.Name}") || exceptions.ContainsKey(type.Name) || exceptions.ContainsKey($"*.{member.Name}");
                if (isThere) there++;
                else absent++;
                if (isThere == isExcepted) wrong.Add($"{type.Name}.{member.Name} {(isThere ? "is there: take it out of the exceptions" : "is missing")}");
            }
        }
        TestContext.Out.WriteLine($"{there} of Chromium's members, {absent} for a reason not");
        Assert.That(string.Join('\n', wrong), Is.Empty);
    }

    [Test]
    public void Frames_OfACall_AreCountedAtBothEnds()
    {
        using FrameCall call = new(2);
        call.Play(rounds: 60);
        RTCStatsReport left = call.Statistics(call.Simulation.Left), right = call.Statistics(call.Simulation.Right);
        RTCOutboundRtpStreamStats sent = left.OfType<RTCOutboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        RTCInboundRtpStreamStats video = right.OfType<RTCInboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        RTCInboundRtpStreamStats audio = right.OfType<RTCInboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Audio);
        RTCVideoSourceStats source = left.OfType<RTCVideoSourceStats>().Single();
        RTCAudioSourceStats sound = left.OfType<RTCAudioSourceStats>().Single();
        Assert.Multiple(() =>
        {
            Assert.That((sent.FramesEncoded, sent.KeyFramesEncoded, sent.HugeFramesSent, sent.FrameWidth, sent.FrameHeight), Is.EqualTo((60UL, 6UL, 5UL, 320u, 240u)));
            Assert.That(sent.FramesPerSecond, Is.EqualTo(25).Within(12), "a second of the report's two is without frames");
            Assert.That((source.Frames, source.Width, source.Height), Is.EqualTo((60UL, 320u, 240u)));
            Assert.That((video.FramesReceived, video.FramesDecoded, video.KeyFramesDecoded, video.FramesDropped), Is.EqualTo((60UL, 60UL, 6UL, 0UL)));
            Assert.That((video.FrameWidth, video.FrameHeight, video.FramesAssembledFromMultiplePackets), Is.EqualTo((320u, 240u, 6UL)), "key frames take two packets");
            Assert.That(video.TotalAssemblyTime, Is.GreaterThanOrEqualTo(0).And.LessThan(0.1));
            Assert.That(video.JitterBufferEmittedCount, Is.EqualTo(60));
            Assert.That(video.JitterBufferDelay / video.JitterBufferEmittedCount, Is.LessThan(0.1));
            Assert.That(video.JitterBufferTargetDelay, Is.GreaterThanOrEqualTo(video.JitterBufferMinimumDelay!.Value));
            Assert.That(video.TotalProcessingDelay, Is.GreaterThanOrEqualTo(video.JitterBufferDelay!.Value));
            Assert.That((audio.TotalSamplesReceived, audio.JitterBufferEmittedCount), Is.EqualTo((120UL * 960, 120UL * 960)));
            Assert.That(audio.TotalSamplesDuration, Is.EqualTo(2.4).Within(1e-9));
            Assert.That(audio.AudioLevel, Is.EqualTo(0.1).Within(1e-9), "-20 dBov");
            Assert.That(audio.TotalAudioEnergy, Is.EqualTo(0.01 * 119 * 0.02).Within(1e-6));
            Assert.That((sound.AudioLevel, sound.TotalSamplesDuration), Is.EqualTo((audio.AudioLevel, (double?)(119 * 0.02))).Within(1e-6));
            Assert.That(sound.TotalAudioEnergy, Is.EqualTo(audio.TotalAudioEnergy).Within(1e-6));
        });
    }

    [Test]
    public void Frames_ThatAreLost_AreDropped()
    {
        using FrameCall call = new(3, new PathOptions { Delay = TimeSpan.FromMilliseconds(10), Loss = 0.1 });
        call.Play(rounds: 100);
        RTCInboundRtpStreamStats video = call.Statistics(call.Simulation.Right).OfType<RTCInboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        Assert.That(video.NackCount, Is.Positive);
        Assert.That(video.RetransmittedPacketsReceived, Is.Positive);
        Assert.That(video.FramesDecoded + video.FramesDropped, Is.LessThanOrEqualTo(100));
        Assert.That(video.FramesDecoded, Is.Positive);
    }

    [Test]
    public void GetStats_OfSenderReceiverAndSelector_AreOfThatStreamAndWhatItRefersTo()
    {
        using FrameCall call = new(4);
        call.Play(rounds: 40);
        RTCRtpTransceiver video = call.Simulation.Left.GetTransceivers().Single(each => each.Receiver.Track.Kind == MediaKind.Video);
        RTCStatsReport sender = call.Run(video.Sender.GetStatsAsync()), receiver = call.Run(video.Receiver.GetStatsAsync());
        RTCStatsReport bySent = call.Statistics(call.Simulation.Left, video.Sender.Track), byReceived = call.Statistics(call.Simulation.Left, video.Receiver.Track);
        Assert.Multiple(() =>
        {
            Assert.That(sender.OfType<RTCOutboundRtpStreamStats>().Single().Kind, Is.EqualTo(MediaKind.Video));
            Assert.That(sender.OfType<RTCVideoSourceStats>().Single().TrackIdentifier, Is.EqualTo(video.Sender.Track!.Id));
            Assert.That(sender.OfType<RTCInboundRtpStreamStats>(), Is.Empty);
            Assert.That(receiver.OfType<RTCInboundRtpStreamStats>().Single().TrackIdentifier, Is.EqualTo(video.Receiver.Track.Id));
            Assert.That(receiver.OfType<RTCOutboundRtpStreamStats>(), Is.Empty);
            foreach (RTCStatsReport report in new[] { sender, receiver })
            {
                Assert.That(report.OfType<RTCTransportStats>().Single().SelectedCandidatePairId, Is.Not.Null);
                Assert.That(report.OfType<RTCCertificateStats>().Count(), Is.EqualTo(2));
                Assert.That(report.OfType<RTCDataChannelStats>(), Is.Empty);
            }
            Assert.That(bySent.Keys, Is.EquivalentTo(sender.Keys));
            Assert.That(byReceived.Keys, Is.EquivalentTo(receiver.Keys));
        });
    }

    [Test]
    public void Ids_OfLaterReports_AreTheSame_AndTimeGoesOn()                                    // §4, webrtc-pc §8.4
    {
        using FrameCall call = new(5);
        call.Play(rounds: 20);
        RTCStatsReport before = call.Statistics(call.Simulation.Left);
        call.Play(rounds: 20);
        RTCStatsReport after = call.Statistics(call.Simulation.Left);
        Assert.That(before.Keys.Except(after.Keys), Is.Empty);
        foreach (RTCStats each in before.Values.Where(each => each is not (RTCRemoteInboundRtpStreamStats or RTCRemoteOutboundRtpStreamStats)))
        {
            Assert.That(after[each.Id].Type, Is.EqualTo(each.Type));
            Assert.That(after[each.Id].Timestamp - each.Timestamp, Is.EqualTo(1800).Within(5), each.Id);
        }
    }

    [Test]
    public void Streams_ThatRest_StayInReports_UntilTheirTransceiverStops()                      // §8.1
    {
        using FrameCall call = new(6);
        call.Play(rounds: 20);
        string[] ids = [.. Rtp(call)];
        Assert.That(ids, Has.Length.EqualTo(4));
        foreach (RTCRtpTransceiver each in call.Simulation.Left.GetTransceivers()) each.Direction = RTCRtpTransceiverDirection.Inactive;
        call.Simulation.Run(call.Simulation.NegotiateAsync());
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(40));
        Assert.That(Rtp(call), Is.EquivalentTo(ids));
        foreach (RTCRtpTransceiver each in call.Simulation.Left.GetTransceivers()) each.Stop();
        call.Simulation.Run(call.Simulation.NegotiateAsync());
        Assert.That(Rtp(call), Is.Empty);
    }

    [Test]
    public void Channel_ThatIsClosed_StaysInReports()
    {
        using FrameCall call = new(7);
        call.Play(rounds: 3);
        string id = call.Statistics(call.Simulation.Left).OfType<RTCDataChannelStats>().Single().Id;
        call.Channel.Close();
        call.Simulation.Settle();
        foreach (RTCPeerConnection each in new[] { call.Simulation.Left, call.Simulation.Right })
        {
            RTCStatsReport report = call.Statistics(each);
            RTCDataChannelStats closed = report.OfType<RTCDataChannelStats>().Single();
            Assert.That((closed.State, closed.MessagesSent + closed.MessagesReceived), Is.EqualTo((RTCDataChannelState.Closed, 3L)));
            Assert.That(report.OfType<RTCPeerConnectionStats>().Single().DataChannelsClosed, Is.EqualTo(1));
        }
        Assert.That(call.Statistics(call.Simulation.Left).ContainsKey(id));
    }

    private static IEnumerable<string> Rtp(FrameCall call) =>
        call.Statistics(call.Simulation.Left).Values.Where(each => each is RTCInboundRtpStreamStats or RTCOutboundRtpStreamStats).Select(each => each.Id);

    private static string Key(JsonElement stats)
    {
        string type = stats.GetProperty("type").GetString()!;
        if (type == "media-playout") return type;
        if (stats.TryGetProperty("kind", out JsonElement kind)) return $"{type}/{kind.GetString()}";
        return stats.TryGetProperty("mimeType", out JsonElement mimeType) ? $"{type}/{mimeType.GetString()!.Split('/')[0]}" : type;
    }
}
