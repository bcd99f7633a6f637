using WebRtcStack.Tests.Rtp;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Bit rates in calls of ours with ours: TMMBR (RFC 5104 §4.2), and the seam for congestion control.</summary>
public sealed class BitrateCallTests
{
    [Test]
    public void MaxBitrate_OfAReceiver_IsToldToTheTrackThatItLimits()
    {
        using MediaCall call = new(1, MediaKind.Video);
        List<long?> limits = [];
        call.Local.OnBitrateLimited += (_, e) =>
        {
            Assert.That(e.Sender, Is.SameAs(call.Transceiver.Sender));
            limits.Add(e.BitsPerSecond);
        };
        call.Receiver.MaxBitrate = 500_000;                               // before the source is known
        Show(call, 50);
        Assert.That(limits, Is.EqualTo(new long?[] { 500_000 }));
        call.Receiver.MaxBitrate = 250_000;
        Show(call, 50);
        call.Receiver.MaxBitrate = null;
        Show(call, 50);
        Assert.That(limits, Is.EqualTo(new long?[] { 500_000, 250_000, null }));
        Assert.That(call.Receiver.MaxBitrate, Is.Null);
        Assert.Throws<ArgumentOutOfRangeException>(() => call.Receiver.MaxBitrate = -1);
    }

    [Test]
    public void CongestionController_OfTheApplication_SeesPacketsAndTheirFates()
    {
        List<CongestionFeedbackTests.Recorder> controllers = [];
        CongestionFeedbackTests.Recorder Create()
        {
            controllers.Add(new CongestionFeedbackTests.Recorder());
            return controllers[^1];
        }
        using MediaCall call = new(2, MediaKind.Video, options: new WebRtcOptions { CreateCongestionController = Create });
        Show(call, 200);
        CongestionFeedbackTests.Recorder sender = controllers.Single(each => each.Sent > 0);
        Assert.That(sender.Sent, Is.EqualTo(200));
        Assert.That(sender.Results.Count(result => result.IsReceived), Is.EqualTo(200).Within(5));
        Task<RTCStatsReport> report = call.Simulation.Left.GetStatsAsync();
        call.Simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromSeconds(5));
        Assert.That(report.Result.OfType<RTCIceCandidatePairStats>().Single(pair => pair.Nominated == true).AvailableOutgoingBitrate, Is.EqualTo(1_000_000), "its target");
    }

    private static void Show(MediaCall call, int packets)
    {
        byte type = call.PayloadType("VP8");
        ushort first = (ushort)call.Arrived.Count;
        for (int i = 0; i < packets; i++)
        {
            call.Local.WriteRtp(new RtpPacketFields(type, (ushort)(first + i), (uint)(i * 3000), true), new byte[500]);
            call.Simulation.Time.RunFor(TimeSpan.FromMilliseconds(33));
        }
        call.Simulation.Time.RunFor(TimeSpan.FromSeconds(1));
    }
}
