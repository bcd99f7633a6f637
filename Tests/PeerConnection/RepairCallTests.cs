using WebRtcStack.Sdp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Whole calls of ours with ours over a path that loses: NACK, RTX, feedback and statistics as negotiated (RFC 4585, RFC 4588, webrtc-stats).</summary>
public sealed class RepairCallTests
{
    private const int Packets = 1000;

    private static IEnumerable<int> Seeds() => Simulation.Seeds.Range(4);

    [TestCaseSource(nameof(Seeds))]
    public void Video_AtALossOfFivePercent_ArrivesWhole(int seed)
    {
        // The path is one host's way to the network, so that a round trip has four of them.
        using MediaCall call = new(seed, MediaKind.Video, path: new PathOptions { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(20 * seed) });
        Show(call, Packets);
        RTCStatsReport left = Stats(call, call.Simulation.Left), right = Stats(call, call.Simulation.Right);
        RTCOutboundRtpStreamStats sent = left.OfType<RTCOutboundRtpStreamStats>().Single();
        RTCInboundRtpStreamStats received = right.OfType<RTCInboundRtpStreamStats>().Single();
        TestContext.Out.WriteLine($"{sent.NackCount} NACKs, {sent.RetransmittedPacketsSent} sent again, {received.RetransmittedPacketsReceived} of them received");
        ushort[] arrived = [.. call.Arrived.Select(packet => packet.Fields.SequenceNumber)];
        int last = Array.FindLastIndex([.. Enumerable.Range(0, Packets)], i => call.Arrived.Any(packet => packet.Payload[0] == (byte)i && packet.Payload[1] == (byte)(i >> 8)));
        Assert.Multiple(() =>
        {
            Assert.That(arrived.Distinct().Count(), Is.EqualTo(arrived.Length), "none twice");
            Assert.That(arrived, Has.Length.GreaterThanOrEqualTo(Packets - 2), "but for the first and the last, of which nobody knows");
            Assert.That(last, Is.GreaterThan(Packets - 3));
            Assert.That(sent.NackCount, Is.GreaterThan(10));
            Assert.That(sent.RetransmittedPacketsSent, Is.GreaterThan(20));
            Assert.That(sent.RetransmittedBytesSent, Is.GreaterThan(20 * 900));
            Assert.That(received.NackCount, Is.GreaterThanOrEqualTo(sent.NackCount!.Value));
            Assert.That(received.RetransmittedPacketsReceived, Is.LessThanOrEqualTo(sent.RetransmittedPacketsSent!.Value).And.GreaterThan(20));
            Assert.That(received.RtxSsrc, Is.EqualTo(sent.RtxSsrc).And.Not.Null);
            Assert.That(left.OfType<RTCRemoteInboundRtpStreamStats>().Single().RoundTripTime, Is.EqualTo(0.08 * seed).Within(0.01));
            Assert.That(right.OfType<RTCRemoteOutboundRtpStreamStats>().Single().RoundTripTime, Is.EqualTo(0.08 * seed).Within(0.01), "DLRR");
        });
    }

    [Test]
    public void Offer_AndAnswer_HaveRetransmissionFeedbackAndExtensions()
    {
        using MediaCall call = new(1, MediaKind.Video);
        foreach (RTCSessionDescription description in new[] { call.Simulation.Left.LocalDescription!, call.Simulation.Right.LocalDescription! })
        {
            SdpMedia section = DescriptionValidator.Parse(description.Sdp).Media[0];
            SdpCodec[] codecs = [.. section.GetCodecs()];
            Assert.Multiple(() =>
            {
                foreach (SdpCodec codec in codecs.Where(codec => codec.AssociatedPayloadType is null))
                {
                    Assert.That(codecs.Count(repair => repair.AssociatedPayloadType == codec.PayloadType), Is.EqualTo(1), codec.Name);
                    Assert.That(codec.Feedback, Is.EquivalentTo(new[] { "goog-remb", "transport-cc", "ccm fir", "ccm tmmbr", "nack", "nack pli" }));
                }
                Assert.That(codecs.Select(codec => codec.PayloadType), Is.Unique);
                Assert.That(SdpExtmap.ReadAll(section.Attributes).Select(line => line.Uri), Does.Contain("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"));
                Assert.That(section.Attributes.First("rtcp-xr"), Is.EqualTo("rcvr-rtt=all"));
            });
        }
        SdpMedia offered = DescriptionValidator.Parse(call.Simulation.Left.LocalDescription!.Sdp).Media[0];
        Assert.That(offered.Attributes.First("ssrc-group"), Does.StartWith("FID "));
        Assert.That(offered.Attributes.All("ssrc").Count(), Is.EqualTo(2));
    }

    [TestCase(false, "transport-cc")]
    [TestCase(true, "ack ccfb")]
    public void CongestionFeedback_IsNegotiated_AndTellsOfThePackets(bool ccfb, string expected)      // RFC 8888 §6
    {
        using PeerSimulation simulation = new(1, options: new WebRtcOptions { OfferCongestionControlFeedback = ccfb });
        LocalMediaStreamTrack local = new(MediaKind.Video);
        RTCRtpTransceiver transceiver = simulation.Left.AddTransceiver(local);
        simulation.Connect();
        SdpCodec[] answered = [.. DescriptionValidator.Parse(simulation.Right.LocalDescription!.Sdp).Media[0].GetCodecs()];
        Assert.That(answered[0].Feedback, Does.Contain(expected).And.Not.Contain(ccfb ? "transport-cc" : "ack ccfb"));
        byte type = transceiver.Sender.GetParameters().Codecs[0].PayloadType;
        for (ushort i = 0; i < 200; i++)
        {
            local.WriteRtp(new RtpPacketFields(type, i, (uint)(i * 3000), true), new byte[500]);
            simulation.Time.RunFor(TimeSpan.FromMilliseconds(20));
        }
        WebRtcStack.Rtp.RtpSession session = transceiver.Transport!.Stack!.Rtp;
        Assert.That(session.ArrivalFeedbacks, Is.GreaterThan(20));
        Assert.That(session.PacketsAcknowledged, Is.GreaterThan(180));
        Assert.That(session.GetDropped(WebRtcStack.Rtp.RtpDropReason.UnknownFeedback), Is.Zero);
    }

    private static void Show(MediaCall call, int packets)
    {
        byte type = call.PayloadType("VP8");
        for (int i = 0; i < packets; i++)
        {
            byte[] payload = new byte[1000];
            (payload[0], payload[1]) = ((byte)i, (byte)(i >> 8));
            call.Local.WriteRtp(new RtpPacketFields(type, (ushort)i, (uint)(i / 5 * 3000), i % 5 == 4), payload);
            if (i % 5 == 4) call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(3));
    }

    private static RTCStatsReport Stats(MediaCall call, RTCPeerConnection connection)
    {
        Task<RTCStatsReport> report = connection.GetStatsAsync();
        call.Simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromSeconds(5));
        return report.Result;
    }
}
