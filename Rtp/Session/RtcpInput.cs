using WebRtcStack.Core;

namespace WebRtcStack.Rtp;

/// <summary>Takes RTCP compounds: reports, descriptions, goodbyes, feedback. What lies about itself is dropped and counted, packet by packet.</summary>
internal sealed class RtcpInput(RtpSessionState state, RtcpReporter reporter, PacketOutput packets, FeedbackOutput feedback, FeedbackMatcher matcher)
{
    public void Receive(ReadOnlySpan<byte> compound, Instant now)
    {
        state.Scheduler.Received(compound.Length);
        while (!compound.IsEmpty)
        {
            if (!RtcpPacket.TryRead(ref compound, out RtcpPacket packet))
            {
                state.Drop(RtpDropReason.MalformedRtcp);
                return;
            }
            if (!Take(packet, now)) state.Drop(RtpDropReason.MalformedRtcp);
        }
    }

    private bool Take(in RtcpPacket packet, Instant now)
    {
        switch (packet.Type)
        {
            case RtcpPacketType.SenderReport or RtcpPacketType.ReceiverReport:
                return TakeReport(packet, now);
            case RtcpPacketType.SourceDescription:
                return TakeDescription(packet);
            case RtcpPacketType.Goodbye:
                return TakeGoodbye(packet, now);
            case RtcpPacketType.ExtendedReport:
                return TakeExtendedReport(packet, now);
            case RtcpPacketType.TransportFeedback or RtcpPacketType.PayloadFeedback:
                return RtcpFeedback.TryParse(packet, out RtcpFeedback message) && TakeFeedback(message, now);
            default:
                return true;                                     // what we do not know is nobody's fault
        }
    }

    private bool TakeReport(in RtcpPacket packet, Instant now)
    {
        if (!RtcpReport.TryParse(packet, out RtcpReport report)) return false;
        if (report.HasSenderInfo && state.Demultiplexer.Find(report.Ssrc) is { } sender) sender.SenderReportArrived(report.SenderInfo, now);
        if (report.Ssrc == state.ReporterSsrc) state.ReporterSsrc = state.Random.NextUInt32();      // RFC 3550 §8.2: it collides
        while (report.TryReadBlock(out ReportBlock block))
        {
            if (state.FindSendStream(block.Ssrc) is not { } stream) continue;
            ulong measured = stream.RoundTripTimeMeasurements;
            stream.ReportArrived(block, state.Clock, now);
            state.Controller?.LossReported(block.Ssrc, block.FractionLost / 256.0, now);
            if (stream.RoundTripTimeMeasurements > measured) Measured(stream.RoundTripTime!.Value, now);
        }
        return true;
    }

    private void Measured(TimeSpan roundTrip, Instant now)
    {
        state.RoundTrip.Measured(roundTrip);
        state.Controller?.RoundTripMeasured(roundTrip, now);
    }

    private bool TakeDescription(in RtcpPacket packet)
    {
        if (!SourceDescriptionReader.TryParse(packet, out SourceDescriptionReader reader)) return false;
        while (reader.TryRead(out uint source, out SourceDescriptionItem item, out ReadOnlySpan<byte> text))
        {
            if (state.Demultiplexer.Find(source) is { } stream) state.Demultiplexer.Described(stream, item, text);
        }
        return true;
    }

    private bool TakeGoodbye(in RtcpPacket packet, Instant now)
    {
        if (!Goodbye.TryParse(packet, out Goodbye goodbye)) return false;
        while (goodbye.TryReadSource(out uint ssrc))
        {
            foreach (RtpSendStream stream in state.SendStreams)
            {
                if (stream.Limits?.Forget(ssrc) == true) LimitsChanged(stream, now);
            }
            if (state.Demultiplexer.Find(ssrc) is not { } ended) continue;
            state.Demultiplexer.Remove(ssrc);
            state.Raise(new RtpEvent(RtpEventKind.StreamEnded, ended));
        }
        return true;
    }

    private bool TakeExtendedReport(in RtcpPacket packet, Instant now)
    {
        if (!ExtendedReport.TryParse(packet, out ExtendedReport report)) return false;
        while (report.TryReadBlock(out ExtendedReportBlock block))
        {
            if (ReceiverReferenceTime.TryRead(block, out ulong reference)) reporter.ReferenceArrived(report.Ssrc, reference, now);
            if (block.Type != ExtendedReportType.DelaySinceLastReceiverReport) continue;
            WireReader answers = new(block.Contents);
            while (DelaySinceLastReceiverReport.TryRead(ref answers, out DelaySinceLastReceiverReport answer))
            {
                if (answer.Ssrc == state.ReporterSsrc && state.Clock.RoundTrip(answer.LastReceiverReport, answer.Delay, now) is { } roundTrip) RoundTripByAnswer(roundTrip, now);
            }
        }
        return true;
    }

    private void RoundTripByAnswer(TimeSpan roundTrip, Instant now)
    {
        state.ReceiverRoundTripTime = roundTrip;
        state.TotalReceiverRoundTripTime += roundTrip;
        state.ReceiverRoundTripMeasurements++;
        Measured(roundTrip, now);
    }

    private bool TakeFeedback(in RtcpFeedback message, Instant now)
    {
        switch (message.Type, message.Format)
        {
            case (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.GenericNack):
                return TakeNack(message, now);
            case (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.MaxBitrateRequest):
                return TakeMaxBitrateRequest(message, now);
            case (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.MaxBitrateNotification):
                return state.Demultiplexer.Find(message.Sender) is not { } limited || feedback.MaxBitratesNotified(limited, message.Information, now);
            case (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.TransportWide):
                return matcher.TakeTransportWide(message, now);
            case (RtcpPacketType.TransportFeedback, RtcpFeedbackFormat.CongestionControl):
                return matcher.TakeCongestionControl(message, now);
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.PictureLossIndication):
                if (state.FindSendStream(message.Media) is not { } stream) return true;
                stream.PictureLossIndications++;
                AskForKeyFrame(stream);
                return true;
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.FullIntraRequest):
                return TakeFullIntraRequests(message);
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.SliceLossIndication):
                return TakeSliceLosses(message);
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.ReferencePictureSelection):
                return TakeReferencePicture(message);
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.LayerRefreshRequest):
                return TakeLayerRefreshes(message);
            case (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.ApplicationLayer):
                if (ReceiverEstimatedMaxBitrate.TryParse(message, out ReceiverEstimatedMaxBitrate estimate)) TakeEstimate(estimate, now);
                return true;
            default:
                return true;
        }
    }

    // RFC 5104 §4.2.1.2: each entry asks one source of ours; the answer says which limits hold then, also when this one does not.
    private bool TakeMaxBitrateRequest(in RtcpFeedback message, Instant now)
    {
        WireReader reader = new(message.Information);
        while (MaxBitrateEntry.TryRead(ref reader, out MaxBitrateEntry request))
        {
            if (state.FindSendStream(request.Ssrc) is not { } stream) continue;
            // What no network reaches is no limit: so one is taken back.
            if (request.BitsPerSecond > long.MaxValue) stream.Limits?.Forget(message.Sender);
            else stream.AskedLimits.Request(message.Sender, request);
            LimitsChanged(stream, now);
        }
        return reader.Remaining == 0;
    }

    private void LimitsChanged(RtpSendStream stream, Instant now)
    {
        feedback.NotifyLimits(stream, now);
        state.Controller?.MaxBitrateRequested(stream.Ssrc, stream.MaxBitrate, stream.MaxBitrateOverheadBytes, now);
        state.Raise(new RtpEvent(RtpEventKind.MaxBitrateRequested, SendStream: stream));
    }

    private bool TakeNack(in RtcpFeedback feedback, Instant now)
    {
        if (!GenericNack.TryParse(feedback, out GenericNack nack)) return false;
        if (state.FindSendStream(feedback.Media) is not { } stream) return true;
        stream.Nacks++;
        while (nack.TryRead(out ushort sequence))
        {
            stream.PacketsNacked++;
            packets.Nacked(stream, sequence, now);
        }
        return true;
    }

    // RFC 5104 §4.3.1.1: a repetition has the same number and asks for nothing new.
    private bool TakeFullIntraRequests(in RtcpFeedback feedback)
    {
        WireReader reader = new(feedback.Information);
        while (FullIntraRequest.TryRead(ref reader, out FullIntraRequest request))
        {
            if (state.FindSendStream(request.Ssrc) is not { } stream || stream.LastFullIntra == (feedback.Sender, request.SequenceNumber)) continue;
            stream.LastFullIntra = (feedback.Sender, request.SequenceNumber);
            stream.FullIntraRequests++;
            AskForKeyFrame(stream);
        }
        return true;
    }

    private bool TakeSliceLosses(in RtcpFeedback message)
    {
        if (FindWith(RtpFeedback.SliceLoss, message.Media) is not { } stream) return true;
        WireReader reader = new(message.Information);
        while (SliceLoss.TryRead(ref reader, out SliceLoss loss)) Tell(stream, new EncoderFeedback { SliceLoss = loss });
        return reader.Remaining == 0;
    }

    private bool TakeReferencePicture(in RtcpFeedback message)
    {
        if (!ReferencePictureSelection.TryParse(message, out ReferencePictureSelection selection)) return false;
        if (selection.BitString.Length <= byte.MaxValue && FindWith(RtpFeedback.ReferencePictureSelection, message.Media) is { } stream)
            Tell(stream, new EncoderFeedback { ReferencePicture = selection.BitString.ToArray() });
        return true;
    }

    // draft-ietf-avtext-lrr-07 §3: a repetition has the same number; a request for no more than there is, is discarded.
    private bool TakeLayerRefreshes(in RtcpFeedback message)
    {
        WireReader reader = new(message.Information);
        while (LayerRefreshRequest.TryRead(ref reader, out LayerRefreshRequest request))
        {
            if (!request.IsUpgrade || FindWith(RtpFeedback.LayerRefresh, request.Ssrc) is not { } stream || stream.LastLayerRefresh == (message.Sender, request.SequenceNumber)) continue;
            stream.LastLayerRefresh = (message.Sender, request.SequenceNumber);
            Tell(stream, new EncoderFeedback { LayerRefresh = request });
        }
        return reader.Remaining == 0;
    }

    private RtpSendStream? FindWith(RtpFeedback negotiated, uint ssrc) =>
        state.FindSendStream(ssrc) is { } stream && (stream.PayloadTypes.Feedback & negotiated) != 0 ? stream : null;

    private void Tell(RtpSendStream stream, EncoderFeedback feedback) =>
        state.Raise(new RtpEvent(RtpEventKind.EncoderFeedbackReceived, SendStream: stream, Feedback: feedback));

    private void AskForKeyFrame(RtpSendStream stream)
    {
        if (stream.KeyFrameEventWaits) return;                   // one answer serves all who ask until it is read
        stream.KeyFrameEventWaits = true;
        state.Raise(new RtpEvent(RtpEventKind.KeyFrameRequested, SendStream: stream));
    }

    private void TakeEstimate(in ReceiverEstimatedMaxBitrate estimate, Instant now)
    {
        long rate = (long)Math.Min(estimate.BitsPerSecond, long.MaxValue);
        bool isNew = state.ReceiverEstimate != rate;
        state.ReceiverEstimate = rate;
        state.Controller?.ReceiverEstimateReceived(rate, now);
        if (isNew) state.Raise(new RtpEvent(RtpEventKind.TargetBitrateChanged));
    }
}
