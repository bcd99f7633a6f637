using WebRtcStack.Rtp;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.Rtp;

/// <summary>SLI and RPSI (RFC 4585 §6.3.2, §6.3.3) and LRR (draft-ietf-avtext-lrr-07) reach the application, where they were negotiated.</summary>
public sealed class EncoderFeedbackTests
{
    private const RtpFeedback All = RtpFeedback.SliceLoss | RtpFeedback.ReferencePictureSelection | RtpFeedback.LayerRefresh;
    private static readonly LayerRefreshRequest s_refresh = new(SessionPair.Ssrc, 7, SessionPair.Video, new RefreshLayer(2, 1), new RefreshLayer(0, 0));
    private readonly byte[] _buffer = new byte[1200];

    [Test]
    public void Feedback_OfEachKind_IsTold()
    {
        SessionPair pair = new(1, new PathOptions(), All);
        EncoderFeedback[] told = Receive(pair);
        Assert.That(told.Select(each => each.SliceLoss).OfType<SliceLoss>(), Is.EqualTo(new SliceLoss[] { new(1, 2, 3), new(4, 5, 6) }));
        Assert.That(told.Single(each => each.ReferencePicture is not null).ReferencePicture!.Value.ToArray(), Is.EqualTo(new byte[] { 0x12, 0x34, 0x56 }));
        Assert.That(told.Single(each => each.LayerRefresh is not null).LayerRefresh, Is.EqualTo(s_refresh), "once: a repetition has the same number, a downgrade asks for nothing");
        Assert.That(told, Has.Length.EqualTo(4));
    }

    [Test]
    public void Feedback_ThatWasNotNegotiated_IsNobodysConcern() => Assert.That(Receive(new SessionPair(1, new PathOptions())), Is.Empty);

    [Test]
    public void Feedback_InAFlood_IsBounded()
    {
        SessionPair pair = new(1, new PathOptions(), All);
        SliceLoss[] losses = [.. Enumerable.Repeat(new SliceLoss(1, 1, 1), 200)];
        for (int i = 0; i < 100; i++)
        {
            RtcpWriter writer = new(_buffer);
            writer.WriteSliceLossIndication(1, SessionPair.Ssrc, losses);
            pair.Sender.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), pair.Time.Now);
        }
        int events = 0;
        while (pair.Sender.TryReadEvent(out _)) events++;
        Assert.That(events, Is.LessThanOrEqualTo(1024));
        Assert.That(pair.Sender.GetDropped(RtpDropReason.EventQueueFull), Is.EqualTo(20_000 - events));
    }

    private EncoderFeedback[] Receive(SessionPair pair)
    {
        RtcpWriter writer = new(_buffer);
        writer.WriteSliceLossIndication(1, SessionPair.Ssrc, [new SliceLoss(1, 2, 3), new SliceLoss(4, 5, 6)]);
        writer.WriteReferencePictureSelection(1, SessionPair.Ssrc, SessionPair.Video, [0x12, 0x34, 0x56]);
        writer.WriteLayerRefreshRequest(1, s_refresh);
        writer.WriteLayerRefreshRequest(1, s_refresh);
        writer.WriteLayerRefreshRequest(1, s_refresh with { SequenceNumber = 8, Target = new RefreshLayer(0, 0), Current = new RefreshLayer(1, 1) });
        pair.Sender.ReceiveRtcp(_buffer.AsSpan(0, writer.Length), pair.Time.Now);
        Assert.That(pair.Sender.GetDropped(RtpDropReason.MalformedRtcp), Is.Zero);
        List<EncoderFeedback> told = [];
        while (pair.Sender.TryReadEvent(out RtpEvent e))
        {
            if (e.Kind != RtpEventKind.EncoderFeedbackReceived) continue;
            Assert.That(e.SendStream, Is.SameAs(pair.Stream));
            told.Add(e.Feedback!);
        }
        return [.. told];
    }
}
