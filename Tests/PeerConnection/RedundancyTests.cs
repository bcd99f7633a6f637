using WebRtcStack.Sdp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Redundant audio (RFC 2198) in calls of ours with ours.</summary>
public sealed class RedundancyTests
{
    private const int Packets = 1000;

    private static IEnumerable<int> Seeds() => Simulation.Seeds.Range(4);

    [Test]
    public void Offer_AndAnswer_HaveRedundantOpus()
    {
        using MediaCall call = new(1, MediaKind.Audio);
        foreach (RTCSessionDescription description in new[] { call.Simulation.Left.LocalDescription!, call.Simulation.Right.LocalDescription! })
        {
            SdpCodec[] codecs = [.. DescriptionValidator.Parse(description.Sdp).Media[0].GetCodecs()];
            SdpCodec red = codecs.Single(codec => codec.Name == "red"), opus = codecs.Single(codec => codec.Name == "opus");
            Assert.That((red.ClockRate, red.Channels), Is.EqualTo((48_000u, 2)));
            Assert.That(red.Parameters.Text, Is.EqualTo($"{opus.PayloadType}/{opus.PayloadType}"));
        }
        RTCRtpCodec capability = RTCRtpSender.GetCapabilities(MediaKind.Audio).Codecs.Single(codec => codec.MimeType == "audio/red");
        Assert.That((capability.ClockRate, capability.Channels, capability.SdpFmtpLine), Is.EqualTo((48_000u, (ushort)2, "111/111")));
        Assert.Throws<DOMException>(() => call.Transceiver.SetCodecPreferences([capability]), "it carries nothing by itself");
    }

    [Test]
    public void Answer_ToRedundancyOfACodecThatIsNotTaken_LeavesItOut()
    {
        IReadOnlyList<SdpCodec> selected = MediaCapabilities.Select(MediaKind.Audio,
        [
            new SdpCodec { PayloadType = 100, Name = "opus", ClockRate = 48_000, Channels = 2 },
            new SdpCodec { PayloadType = 101, Name = "L16", ClockRate = 48_000, Channels = 2 },
            new SdpCodec { PayloadType = 102, Name = "red", ClockRate = 48_000, Channels = 2, Parameters = new SdpFormatParameters("101/101") },
            new SdpCodec { PayloadType = 103, Name = "red", ClockRate = 48_000, Channels = 2, Parameters = new SdpFormatParameters("100/100") },
        ]);
        Assert.That(selected.Select(codec => codec.PayloadType), Is.EqualTo(new byte[] { 100, 103 }));
    }

    // Each loss that no more than so many others follow is repaired, nothing comes twice, and the payloads are what was sent.
    [Test]
    public void Audio_AtALossOfATenth_LacksOnlyWhatTheDistanceCannotRepair([Values(0, 1, 2, 4)] int distance, [ValueSource(nameof(Seeds))] int seed)
    {
        PathOptions path = new() { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(10 * seed) };
        using MediaCall call = new(seed, MediaKind.Audio, path: path, options: new WebRtcOptions { AudioRedundancy = distance });
        call.Clear();
        byte opus = call.PayloadType("opus");
        for (int i = 0; i < Packets; i++)
        {
            call.Local.WriteRtp(new RtpPacketFields(opus, (ushort)i, (uint)(i * 960), false), [0xF8, (byte)i, (byte)(i >> 8)]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        WebRtcStack.Rtp.RtpReceiveStream stream = call.Receiver.Inlet.Streams.Single().Source;
        int[] arrived = [.. call.Arrived.Select(packet => packet.Payload[1] | packet.Payload[2] << 8)];
        bool[] there = new bool[Packets];
        foreach (int number in arrived) there[number] = true;
        int lost = (int)stream.Statistics.PacketsLost, missing = there.Count(each => !each), longest = 0;
        for (int i = 0, run = 0; i < Packets - distance; i++) longest = Math.Max(longest, run = there[i] ? 0 : run + 1);
        TestContext.Out.WriteLine($"distance {distance}: {lost} of {Packets} lost on the way, {missing} missing in the end");
        Assert.Multiple(() =>
        {
            Assert.That(call.Arrived.Select(packet => packet.Fields.SequenceNumber), Is.Unique, "none twice");
            Assert.That(call.Arrived.Select(packet => packet.Fields.PayloadType), Is.All.EqualTo(opus), "taken apart");
            Assert.That(lost, Is.GreaterThan(Packets / 20));
            if (distance == 0) Assert.That(missing, Is.GreaterThan(Packets / 20));
            else Assert.That(missing, Is.LessThan(Packets * Math.Pow(0.1, distance + 1) * 2.5 + 4), "what is lost together with all that repeat it");
            if (distance == 4) Assert.That(missing, Is.LessThan(5));
        });
    }

    [Test]
    public void Frames_OfRedundantAudio_ComeInOrderWithoutGaps()
    {
        using MediaCall call = new(7, MediaKind.Audio, path: new PathOptions { Loss = 0.02 }, options: new WebRtcOptions { AudioRedundancy = 3 });
        List<int> frames = [];
        call.Remote.OnFrame += (_, e) => frames.Add(e.Frame.Payload.Span[1]);
        byte opus = call.PayloadType("opus");
        for (int i = 0; i < 200; i++)
        {
            call.Local.WriteFrame(new OutgoingFrame { Timestamp = (uint)(i * 960) }, [0xF8, (byte)i]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(frames, Is.Ordered.And.Unique);
        Assert.That(frames, Has.Count.GreaterThan(194));
        Task<RTCStatsReport> report = call.Simulation.Right.GetStatsAsync();
        call.Simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromSeconds(5));
        RTCInboundRtpStreamStats inbound = report.Result.OfType<RTCInboundRtpStreamStats>().Single();
        Assert.That(inbound.JitterBufferEmittedCount, Is.EqualTo((ulong)frames.Count * 960));
        Assert.That(inbound.JitterBufferDelay, Is.GreaterThanOrEqualTo(0));
        Assert.That(inbound.FramesDropped, Is.Null, "video's");
    }
}
