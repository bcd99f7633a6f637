using System.Text.Json;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>getStats over a connected pair: what is there, how it is related, and its JSON.</summary>
public sealed class StatisticsTests
{
    private static readonly string s_fieldSets = Path.Combine(TestContext.CurrentContext.TestDirectory, "Corpus", "stats-field-sets.json");

    [Test, CancelAfter(20_000)]
    public async Task GetStatsAsync_OfAConnectedPair_TellsOfTransportPairAndChannel(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        RTCStatsReport report = await pair.Offerer.GetStatsAsync();
        RTCTransportStats transport = report.OfType<RTCTransportStats>().Single();
        Assert.Multiple(() =>
        {
            Assert.That(transport.DtlsState, Is.EqualTo(RTCDtlsTransportState.Connected));
            Assert.That(transport.TlsVersion, Is.AnyOf("FEFD", "FEFC"));
            Assert.That(transport.DtlsCipher, Does.StartWith("TLS_"));
            Assert.That(transport.SrtpCipher, Does.StartWith("SRTP_"));
            Assert.That(transport.DtlsRole, Is.EqualTo(RTCDtlsRole.Server));
            Assert.That(transport.IceRole, Is.EqualTo(RTCIceRole.Controlling));
            Assert.That(transport.PacketsSent, Is.Positive);
            Assert.That(report[transport.LocalCertificateId!], Is.TypeOf<RTCCertificateStats>());
            Assert.That(report[transport.RemoteCertificateId!], Is.TypeOf<RTCCertificateStats>());
        });
        RTCIceCandidatePairStats selected = (RTCIceCandidatePairStats)report[transport.SelectedCandidatePairId!];
        Assert.Multiple(() =>
        {
            Assert.That(selected.State, Is.EqualTo(RTCStatsIceCandidatePairState.Succeeded));
            Assert.That(report.Values.Select(each => each.Timestamp), Is.All.EqualTo(selected.Timestamp));
            Assert.That(selected.CurrentRoundTripTime, Is.Positive);
            Assert.That(report[selected.LocalCandidateId].Type, Is.EqualTo(RTCStatsType.LocalCandidate));
            Assert.That(report[selected.RemoteCandidateId].Type, Is.EqualTo(RTCStatsType.RemoteCandidate));
            RTCDataChannelStats channel = report.OfType<RTCDataChannelStats>().Single();
            Assert.That((channel.Label, channel.State), Is.EqualTo(("test", RTCDataChannelState.Open)));
            Assert.That((channel.MessagesSent, channel.BytesSent), Is.EqualTo((1, 5)));
            Assert.That(report.OfType<RTCPeerConnectionStats>().Single().DataChannelsOpened, Is.EqualTo(1));
        });
    }

    [Test, CancelAfter(20_000)]
    public async Task GetStatsAsync_OfMedia_CountsTheSamePacketsAtBothEnds(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        await pair.SendAudioAsync(packets: 5, timeout);
        RTCOutboundRtpStreamStats sent = (await pair.Offerer.GetStatsAsync(pair.LocalTrack)).OfType<RTCOutboundRtpStreamStats>().Single();
        RTCStatsReport selected = await pair.Answerer.GetStatsAsync(pair.RemoteTrack);
        RTCInboundRtpStreamStats received = selected.OfType<RTCInboundRtpStreamStats>().Single();
        Assert.Multiple(() =>
        {
            Assert.That((sent.PacketsSent, sent.BytesSent, sent.Ssrc), Is.EqualTo((5UL, 500UL, received.Ssrc)));
            Assert.That((received.PacketsReceived, received.BytesReceived, received.PacketsLost), Is.EqualTo((5UL, 500UL, 0L)));
            Assert.That(received.TrackIdentifier, Is.EqualTo(pair.RemoteTrack.Id));
            Assert.That(((RTCCodecStats)selected[received.CodecId!]).MimeType, Is.EqualTo("audio/opus"));
            Assert.That(selected.ContainsKey(received.TransportId!));
            Assert.That(selected.OfType<RTCDataChannelStats>(), Is.Empty, "a selector leaves out what the stream does not refer to");
        });
    }

    [Test, CancelAfter(20_000)]
    public async Task GetStatsAsync_WhileTheConnectionCloses_EndsAllTheSame(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        Task<RTCStatsReport> before = pair.Offerer.GetStatsAsync();
        pair.Offerer.Close();
        Task<RTCStatsReport> during = pair.Offerer.GetStatsAsync();
        await pair.Offerer.DisposeAsync();
        RTCStatsReport after = await pair.Offerer.GetStatsAsync().WaitAsync(timeout);
        await Task.WhenAll(before, during).WaitAsync(timeout);
        Assert.That(after.OfType<RTCPeerConnectionStats>().Single().Type, Is.EqualTo(RTCStatsType.PeerConnection));
    }

    [Test]
    public void GetStatsAsync_WithATrackOfNobody_ThrowsInvalidAccessError()
    {
        using RTCPeerConnection connection = new();
        DOMException thrown = Assert.ThrowsAsync<DOMException>(() => connection.GetStatsAsync(new LocalMediaStreamTrack(MediaKind.Audio)))!;
        Assert.That(thrown.Name, Is.EqualTo("InvalidAccessError"));
    }

    [Test, CancelAfter(20_000)]
    public async Task Serialize_AReport_HasTheNamesThatBrowsersHave(CancellationToken timeout)
    {
        await using ConnectedPair pair = await ConnectedPair.CreateAsync(timeout);
        await pair.SendAudioAsync(packets: 5, timeout);
        using JsonDocument browsers = JsonDocument.Parse(await File.ReadAllBytesAsync(s_fieldSets, timeout));
        HashSet<string> defined = [.. Conformance.W3CName.Read("webrtc-stats").Where(name => name.Kind == "member").Select(name => name.Member)];
        JsonElement chromium = browsers.RootElement.GetProperty("chromium-156");
        foreach (RTCPeerConnection connection in new[] { pair.Offerer, pair.Answerer })
        {
            RTCStatsReport report = await connection.GetStatsAsync();
            string json = JsonSerializer.Serialize(report);
            Assert.That(JsonSerializer.Serialize(report, WebRtcJsonContext.Default.RTCStatsReport), Is.EqualTo(json));
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonProperty each in document.RootElement.EnumerateObject())
            {
                string type = each.Value.GetProperty("type").GetString()!;
                if (each.Value.TryGetProperty("kind", out JsonElement kind)) type += "/" + kind.GetString();
                if (each.Value.TryGetProperty("mimeType", out JsonElement mimeType)) type += "/" + mimeType.GetString()!.Split('/')[0];
                Assert.That(each.Value.GetProperty("id").GetString(), Is.EqualTo(each.Name));
                JsonElement known = chromium.GetProperty(type);
                foreach (JsonProperty member in each.Value.EnumerateObject())
                {
                    // Both sides' candidates are RTCIceCandidateStats; the corpus' browser had no TCP candidate of its peer. Browsers do not tell the group.
                    bool isKnown = known.TryGetProperty(member.Name, out _) ||
                        (type == "remote-candidate" && chromium.GetProperty("local-candidate").TryGetProperty(member.Name, out _)) ||
                        (type, member.Name) is ("transport", "dtlsGroup" or "rtcpTransportStatsId") || defined.Contains(member.Name);
                    Assert.That(isKnown, Is.True, $"{type}.{member.Name}");
                    Assert.That(member.Value.ValueKind, Is.Not.EqualTo(JsonValueKind.Null), $"{type}.{member.Name}: what is absent is not written");
                }
            }
        }
    }

    [Test]
    public void At_AnInstantThatNeverWas_IsAbsent() =>
        Assert.That(new StatisticsClock(DateTimeOffset.UnixEpoch, new Instant(5)).At(Instant.Never), Is.Null);

    [Test]
    public void FromNtp_OfTheUnixEpoch_IsZero() => Assert.That(StatisticsClock.FromNtp(2_208_988_800UL << 32), Is.Zero);
}
