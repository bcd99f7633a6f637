using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>Arrival times told and matched: transport-wide feedback and RFC 8888, REMB, and the seam for congestion control.</summary>
public sealed class CongestionFeedbackTests
{
    [TestCase(RtpFeedback.Nack | RtpFeedback.TransportWide)]
    [TestCase(RtpFeedback.Nack | RtpFeedback.CongestionControl)]
    public void Feedback_TellsTheFateOfEveryPacket(RtpFeedback feedback)
    {
        PathOptions path = new() { Delay = TimeSpan.FromMilliseconds(30), Jitter = TimeSpan.FromMilliseconds(15), Loss = 0.03, Reordering = 0.02 };
        SessionPair pair = new(11, path, feedback);
        if (feedback.HasFlag(RtpFeedback.CongestionControl)) pair.Section.TransportSequenceExtensionId = pair.Stream.TransportSequenceExtensionId = 0;
        Recorder recorder = new();
        pair.Sender.CongestionController = recorder;
        pair.SendVideo(1000);
        pair.RunFor(TimeSpan.FromSeconds(9));
        Dictionary<(uint, ushort), bool> fates = [];
        foreach (PacketResult result in recorder.Results)
        {
            (uint, ushort) key = (result.Packet.Ssrc, result.Packet.SequenceNumber);
            fates[key] = result.IsReceived || (fates.TryGetValue(key, out bool before) && before);
        }
        // Arrival by the receiver's clock less sending by ours is the delay of the path, but for a constant.
        double[] delays = [.. recorder.Results.Where(result => result.ArrivalTime is not null).Select(result => (result.ArrivalTime!.Value - new TimeSpan(result.Packet.SentAt.Ticks)).TotalMilliseconds)];
        TestContext.Out.WriteLine($"{recorder.Sent} sent, {fates.Count} told of, {fates.Values.Count(received => received)} received, delays {delays.Min():F1} to {delays.Max():F1} ms");
        Assert.Multiple(() =>
        {
            Assert.That(fates, Has.Count.EqualTo(recorder.Sent).Within(recorder.Sent * 0.12), "feedback is lost as well");
            Assert.That(fates.Values.Count(received => !received) / (double)fates.Count, Is.EqualTo(0.03).Within(0.02));
            Assert.That(delays.Max() - delays.Min(), Is.LessThan(15 + 30 + 2), "jitter and reordering");
            Assert.That(pair.Sender.GetDropped(RtpDropReason.UnknownFeedback), Is.Zero);
            Assert.That(recorder.RoundTrips, Is.Not.Empty);
            Assert.That(recorder.RoundTrips.Average(time => time.TotalMilliseconds), Is.EqualTo(75).Within(25));
        });
    }

    [Test]
    public void Feedback_OnPacketsNeverSent_IsCountedAndIgnored()
    {
        SessionPair pair = new(1, new PathOptions(), RtpFeedback.TransportWide);
        Recorder recorder = new();
        pair.Sender.CongestionController = recorder;
        pair.SendVideo(5);
        byte[] lie = new byte[200];
        RtcpWriter writer = new(lie);
        writer.WriteTransportWideFeedback(1, SessionPair.Ssrc, 0, 40_000, [1, 2, 3]);
        CongestionControlFeedbackWriter feedback = writer.BeginCongestionControlFeedback(1);
        feedback.TryAdd(777, 0, [0x8000, 0x8000]);
        writer.End(ref feedback, 0);
        pair.Sender.ReceiveRtcp(lie.AsSpan(0, writer.Length), pair.Time.Now);
        Assert.That(pair.Sender.GetDropped(RtpDropReason.UnknownFeedback), Is.EqualTo(5));
        Assert.That(recorder.Results, Is.Empty);
    }

    [Test]
    public void TransportWideFeedback_OnRequest_IsSentWhenAskedForAlone()      // transport-wide-cc-02
    {
        SessionPair pair = new(1, new PathOptions(), RtpFeedback.TransportWide);
        pair.Section.TransportSequenceIsOnRequest = true;
        int feedbacks = 0;
        pair.FeedbackSent = (compound, _) => RtcpWalk.TryWalk(compound, kind => feedbacks += kind == "TWCC" ? 1 : 0);
        pair.SendVideo(100);
        pair.RunFor(TimeSpan.FromSeconds(2));
        Assert.That(feedbacks, Is.Zero);
        byte[] packet = new byte[100];
        RtpHeaderWriter writer = new(packet, new RtpHeader(SessionPair.Video, 100, 0, SessionPair.Ssrc));
        writer.AddExtension(4, new TransportSequenceNumber(5, FeedbackCount: 20, WantsTimestamps: true));
        pair.Receiver.Receive(packet.AsSpan(0, writer.Complete()), pair.Time.Now, out _);
        pair.Pump();
        Assert.That(feedbacks, Is.EqualTo(1));
    }

    [Test]
    public void ReceiverEstimate_IsSentAndRead()                         // draft-alvestrand-rmcat-remb-03
    {
        SessionPair pair = new(1, new PathOptions(), RtpFeedback.ReceiverEstimate);
        Recorder recorder = new();
        pair.Sender.CongestionController = recorder;
        pair.SendVideo(100);
        pair.RunFor(TimeSpan.FromSeconds(1));
        pair.Receiver.SetReceiverEstimate(500_000, pair.Time.Now);
        pair.RunFor(TimeSpan.FromMilliseconds(100));
        Assert.That(pair.Sender.ReceiverEstimate, Is.EqualTo(500_000).Within(2));
        pair.Receiver.SetReceiverEstimate(200_000, pair.Time.Now);
        pair.RunFor(TimeSpan.FromMilliseconds(100));
        Assert.That(pair.Sender.ReceiverEstimate, Is.EqualTo(200_000).Within(2), "at once, as it falls");
        Assert.That(recorder.Estimates, Has.Count.GreaterThanOrEqualTo(2));
        bool told = false;
        while (pair.Sender.TryReadEvent(out RtpEvent e)) told |= e.Kind == RtpEventKind.TargetBitrateChanged;
        Assert.That(told);
    }

    [Test]
    public void RoundTripTime_OfAReceiver_IsMeasured()                   // RFC 3611 §4.4, §4.5
    {
        SessionPair pair = new(1, new PathOptions { Delay = TimeSpan.FromMilliseconds(40) });
        pair.SendVideo(1000);
        pair.RunFor(TimeSpan.FromSeconds(7));
        Assert.That(pair.Receiver.ReceiverRoundTripTime?.TotalMilliseconds, Is.EqualTo(80).Within(2));
        Assert.That(pair.Receiver.ReceiverRoundTripMeasurements, Is.GreaterThan(2));
        Assert.That(pair.Stream.RoundTripTime?.TotalMilliseconds, Is.EqualTo(80).Within(2));
    }

    internal sealed class Recorder : ICongestionController
    {
        public int Sent { get; private set; }

        public List<PacketResult> Results { get; } = [];

        public List<long> Estimates { get; } = [];

        public List<TimeSpan> RoundTrips { get; } = [];

        public long TargetBitsPerSecond { get; private set; } = 1_000_000;

        public Instant NextTimeout => Instant.Never;

        public void AdvanceTo(Instant now) { }

        public void PacketSent(in SentPacket packet) => Sent++;

        public void FeedbackReceived(ReadOnlySpan<PacketResult> results, Instant now) => Results.AddRange(results.ToArray());

        public void ReceiverEstimateReceived(long bitsPerSecond, Instant now)
        {
            Estimates.Add(bitsPerSecond);
            TargetBitsPerSecond = bitsPerSecond;
        }

        public void RoundTripMeasured(TimeSpan roundTrip, Instant now) => RoundTrips.Add(roundTrip);

        public void MaxBitrateRequested(uint ssrc, long? bitsPerSecond, int overheadBytes, Instant now) => Limits.Add((ssrc, bitsPerSecond, overheadBytes));

        public List<(uint Ssrc, long? BitsPerSecond, int Overhead)> Limits { get; } = [];

        public void LossReported(uint ssrc, double fraction, Instant now) { }
    }
}
