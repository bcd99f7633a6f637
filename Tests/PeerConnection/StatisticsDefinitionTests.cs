using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using WebRtcStack.Tests.PeerConnection.Conformance;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>webrtc-stats and webrtc-pc §8.6, member by member: what is mandatory is there, by its name, live in a call, and of the type that browsers give it.</summary>
public sealed class StatisticsDefinitionTests
{
    // The one mandatory member that no call of ours has: certificates sign themselves.
    private static readonly string[] s_absent = ["RTCCertificateStats.issuerCertificateId"];

    private static IEnumerable<W3CName> Mandatory => W3CName.Read("webrtc-stats").Where(name => name.Remark == "mandatory");

    [Test]
    public void EveryMandatoryMember_IsAPropertyOfItsJsonName()
    {
        List<string> missing = [];
        foreach (W3CName name in Mandatory)
        {
            if (W3CBinding.Find(name) is not [PropertyInfo property, ..] || JsonName(property) != name.Member) missing.Add(name.Id);
        }
        Assert.That(string.Join('\n', missing), Is.Empty);
    }

    [Test]
    public void EveryMember_ThatThereIs_HasTheNameOfTheDefinition()
    {
        HashSet<string> defined = [.. W3CName.Read("webrtc-stats").Where(name => name.Kind == "member").Select(name => name.Id)];
        string[] ours = [.. typeof(RTCStats).Assembly.GetExportedTypes().Where(type => typeof(RTCStats).IsAssignableFrom(type))
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always } && property.Name != nameof(RTCStats.Type))
            .Select(property => $"{property.DeclaringType!.Name}.{JsonName(property)}")];
        Assert.That(ours.Where(id => !defined.Contains(id)), Is.EqualTo(new[] { "RTCIceCandidatePairStats.priority", "RTCTransportStats.rtcpTransportStatsId", "RTCTransportStats.dtlsGroup" }), "the ones that browsers alone have, and debugging needs");
        TestContext.Out.WriteLine($"{ours.Length} of {defined.Count} members of webrtc-stats");
    }

    [Test]
    public void EveryDictionary_IsThere_OrExceptedForAReason()
    {
        IReadOnlyDictionary<string, string> exceptions = W3CName.ReadExceptions("stats-exceptions");
        string[] missing = [.. W3CName.Read("webrtc-stats").Where(name => name.Kind is "dictionary" or "enum" && W3CBinding.Find(name).Count == 0).Select(name => name.Id)];
        Assert.That(missing, Is.EquivalentTo(exceptions.Keys));
        Assert.That(W3CName.Read("webrtc-stats").Where(name => name is { Kind: "value", Owner: nameof(RTCStatsType) } && W3CBinding.Find(name).Count == 0).Select(name => name.Member),
            Is.EqualTo(new[] { "media-playout" }));
    }

    [Test]
    public void EveryMandatoryMember_OfACall_HasAValue()
    {
        using PeerSimulation simulation = new(1);
        (RTCStatsReport Left, RTCStatsReport Right) reports = Call(simulation, packets: 100);
        using FrameCall frames = new(4);
        frames.Play(rounds: 60);
        RTCStats[] all = [.. reports.Left.Values.Concat(reports.Right.Values).Concat(frames.Statistics(frames.Simulation.Left).Values).Concat(frames.Statistics(frames.Simulation.Right).Values)];
        List<string> without = [];
        foreach (W3CName name in Mandatory.Where(name => !s_absent.Contains(name.Id)))
        {
            PropertyInfo property = (PropertyInfo)W3CBinding.Find(name)[0];
            RTCStats[] owners = [.. all.Where(property.DeclaringType!.IsInstanceOfType)];
            if (owners.Length == 0 || owners.All(stats => property.GetValue(stats) is null)) without.Add(name.Id);
        }
        // "url" is of candidates that a server has given: ConnectivityTests.RelayPolicy_UsesTheRelayAlone_AndStatisticsNameIt. PCMU and VP8 have no "fmtp".
        Assert.That(without.Except(["RTCIceCandidateStats.url"]), Is.Empty);
    }

    [Test]
    public void EveryMember_OfACall_HasTheTypeThatBrowsersGiveIt()
    {
        using PeerSimulation simulation = new(2);
        (RTCStatsReport left, RTCStatsReport right) = Call(simulation, packets: 100);
        using JsonDocument browsers = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "stats-field-sets.json")));
        int compared = 0;
        Assert.Multiple(() =>
        {
            foreach (RTCStatsReport report in new[] { left, right })
            {
                using JsonDocument ours = JsonDocument.Parse(JsonSerializer.Serialize(report));
                foreach (JsonProperty stats in ours.RootElement.EnumerateObject())
                {
                    foreach (JsonProperty browser in browsers.RootElement.EnumerateObject())
                    {
                        if (!browser.Value.TryGetProperty(Key(stats.Value), out JsonElement known)) continue;
                        foreach (JsonProperty member in stats.Value.EnumerateObject())
                        {
                            if (!known.TryGetProperty(member.Name, out JsonElement kind)) continue;
                            Assert.That(Kind(member.Value), Is.EqualTo(kind.GetString() is "int" or "float" ? "number" : kind.GetString()), $"{browser.Name} {Key(stats.Value)}.{member.Name}");
                            compared++;
                        }
                    }
                }
            }
        });
        TestContext.Out.WriteLine($"{compared} members compared with Chromium's and Firefox's");
    }

    [Test]
    public void Counters_OfACallInTheSimulator_AreWhatWasSent()
    {
        using PeerSimulation simulation = new(3);
        (RTCStatsReport left, RTCStatsReport right) = Call(simulation, packets: 60);
        RTCOutboundRtpStreamStats sent = left.OfType<RTCOutboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        RTCInboundRtpStreamStats received = right.OfType<RTCInboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        RTCRemoteInboundRtpStreamStats reported = left.OfType<RTCRemoteInboundRtpStreamStats>().Single(stats => stats.Kind == MediaKind.Video);
        RTCVideoSourceStats source = left.OfType<RTCVideoSourceStats>().Single();
        RTCTransportStats transport = left.OfType<RTCTransportStats>().Single(), theirs = right.OfType<RTCTransportStats>().Single();
        RTCIceCandidatePairStats pair = (RTCIceCandidatePairStats)left[transport.SelectedCandidatePairId!];
        Assert.Multiple(() =>
        {
            Assert.That((sent.PacketsSent, sent.BytesSent, sent.FramesSent, sent.FramesEncoded), Is.EqualTo((60UL, 60_000UL, 20UL, 20UL)), "three packets a frame");
            Assert.That((received.PacketsReceived, received.BytesReceived, received.FramesReceived, received.PacketsLost), Is.EqualTo((60UL, 60_000UL, 20UL, 0L)));
            Assert.That((sent.MediaSourceId, source.Frames, source.TrackIdentifier), Is.EqualTo((source.Id, 20UL, source.TrackIdentifier)));
            Assert.That((reported.PacketsReceived, reported.PacketsLost), Is.EqualTo((60UL, 0L)));
            Assert.That(reported.RoundTripTime, Is.EqualTo(0.040).Within(0.002), "10 ms for each link");
            Assert.That(pair.CurrentRoundTripTime, Is.EqualTo(0.040).Within(0.002));
            Assert.That((transport.PacketsSent, transport.BytesSent), Is.EqualTo((theirs.PacketsReceived, theirs.BytesReceived)));
            Assert.That((pair.PacketsSent, pair.BytesSent), Is.EqualTo((transport.PacketsSent, transport.BytesSent)));
            Assert.That(((RTCCodecStats)left[sent.CodecId!]).MimeType, Is.EqualTo("video/VP8"));
            RTCDataChannelStats channel = left.OfType<RTCDataChannelStats>().Single(), twin = right.OfType<RTCDataChannelStats>().Single();
            Assert.That((channel.MessagesSent, channel.BytesSent), Is.EqualTo((twin.MessagesReceived, twin.BytesReceived)).And.EqualTo((3L, 300L)));
        });
    }

    // Audio, video and data from left to right, and reports of them; nothing is under way at the end.
    private static (RTCStatsReport Left, RTCStatsReport Right) Call(PeerSimulation simulation, int packets)
    {
        LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
        simulation.Left.AddTrack(audio);
        simulation.Left.AddTrack(video);
        simulation.Right.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnRtpPacket += (_, _) => { };
        RTCDataChannel channel = simulation.Left.CreateDataChannel("x");
        simulation.RunUntil(() => simulation.BothConnected && channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), simulation.NegotiateAsync());
        for (int i = 0; i < 3; i++) channel.Send(new byte[100]);
        for (int i = 0; i < packets; i++)
        {
            audio.WriteRtp(new RtpPacketFields(111, (ushort)i, (uint)(960 * i), i == 0), new byte[100]);
            video.WriteRtp(new RtpPacketFields(96, (ushort)i, (uint)(3000 * (i / 3)), i % 3 == 2), new byte[1000]);
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        Statistics(simulation.Left, simulation);
        simulation.Time.RunFor(TimeSpan.FromSeconds(12));
        RTCStatsReport left = Statistics(simulation.Left, simulation), right = Statistics(simulation.Right, simulation);
        return (left, right);
    }

    private static RTCStatsReport Statistics(RTCPeerConnection connection, PeerSimulation simulation)
    {
        Task<RTCStatsReport> report = connection.GetStatsAsync();
        simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromSeconds(1));
        return report.Result;
    }

    private static string Key(JsonElement stats)
    {
        string type = stats.GetProperty("type").GetString()!;
        if (stats.TryGetProperty("kind", out JsonElement kind)) return $"{type}/{kind.GetString()}";
        return stats.TryGetProperty("mimeType", out JsonElement mimeType) ? $"{type}/{mimeType.GetString()!.Split('/')[0]}" : type;
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "object",
    };

    private static string? JsonName(PropertyInfo property) => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name;
}
