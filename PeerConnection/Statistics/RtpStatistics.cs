using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Statistics of the RTP streams of one transport and of their codecs, on the loop.</summary>
internal sealed class RtpStatistics(List<RTCStats> stats, StatisticsClock clock)
{
    public void Add(TransportStack stack, IEnumerable<StatisticsMedia> media)
    {
        string transportId = StatisticsCollector.TransportId(stack);
        foreach (StatisticsMedia each in media)
        {
            foreach (SendLayer layer in each.Sender.Layers)
            {
                if (layer.Outlet?.Stream is { PacketsSent: > 0 } sent) AddOutbound(transportId, each, layer, sent);
            }
            foreach (RtpReceiveStream received in stack.Rtp.ReceiveStreams)
            {
                if (received.Section.Tag == each.Receiver && !IsRepair(received)) AddInbound(transportId, each, stack.Rtp, received);
            }
        }
    }

    private void AddOutbound(string transportId, StatisticsMedia media, SendLayer layer, RtpSendStream stream)
    {
        string id = $"OT{stream.Ssrc}", remoteId = $"RI{stream.Ssrc}";
        bool isReported = !stream.LastReportAt.IsNever, isVideo = media.Kind == MediaKind.Video;
        // The latest packet's payload type is the application's choice; where there is but one, it is that.
        string? codecId = media.Codecs.Count(codec => codec.AssociatedPayloadType is null) == 1 ? AddCodec(transportId, media, media.Codecs[0].PayloadType) : null;
        stats.Add(new RTCOutboundRtpStreamStats
        {
            Id = id, Timestamp = clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId, CodecId = codecId, Mid = media.Mid,
            PacketsSent = stream.PacketsSent + (stream.Repair?.PacketsSent ?? 0), BytesSent = stream.BytesSent + (stream.Repair?.BytesSent ?? 0),
            HeaderBytesSent = stream.HeaderBytesSent + (stream.Repair?.HeaderBytesSent ?? 0), NackCount = HasNack(stream.PayloadTypes) ? stream.Nacks : null,
            PliCount = isVideo ? stream.PictureLossIndications : null, FirCount = isVideo ? stream.FullIntraRequests : null,
            RetransmittedPacketsSent = stream.RetransmittedPackets, RetransmittedBytesSent = stream.RetransmittedBytes,
            RtxSsrc = media.Codecs.Any(codec => codec.AssociatedPayloadType is not null) ? stream.Repair?.Ssrc : null,
            Active = media.Sends && layer.IsActive && media.Sender.Track is not null, Rid = layer.Rid, RemoteId = isReported ? remoteId : null,
        });
        if (!isReported) return;
        ReportBlock report = stream.LastReport;
        stats.Add(new RTCRemoteInboundRtpStreamStats
        {
            Id = remoteId, Timestamp = clock.At(stream.LastReportAt) ?? clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId,
            CodecId = codecId, LocalId = id, PacketsLost = report.CumulativeLost,
            Jitter = stream.ClockRate == 0 ? null : (double)report.Jitter / stream.ClockRate, FractionLost = report.FractionLost / 256.0,
            RoundTripTime = stream.RoundTripTime?.TotalSeconds, TotalRoundTripTime = stream.TotalRoundTripTime.TotalSeconds,
            RoundTripTimeMeasurements = stream.RoundTripTimeMeasurements,
        });
    }

    private void AddInbound(string transportId, StatisticsMedia media, RtpSession session, RtpReceiveStream stream)
    {
        string id = $"IT{stream.Ssrc}", remoteId = $"RO{stream.Ssrc}";
        bool isReported = stream.SenderReports > 0, hasNack = HasNack(stream.Section.PayloadTypes);
        string? codecId = AddCodec(transportId, media, stream.PayloadType);
        ReceptionStatistics received = stream.Statistics;
        stats.Add(new RTCInboundRtpStreamStats
        {
            Id = id, Timestamp = clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId, CodecId = codecId, Mid = media.Mid,
            TrackIdentifier = media.Receiver.Track.Id, RemoteId = isReported ? remoteId : null,
            PacketsReceived = received.PacketsReceived + stream.RetransmittedPackets, PacketsLost = received.PacketsLost, Jitter = received.JitterSeconds,
            BytesReceived = received.BytesReceived + stream.RetransmittedBytes, HeaderBytesReceived = received.HeaderBytesReceived,
            NackCount = hasNack ? stream.Nacks : null, RetransmittedPacketsReceived = hasNack ? stream.RetransmittedPackets : null,
            RetransmittedBytesReceived = hasNack ? stream.RetransmittedBytes : null,
            RtxSsrc = stream.RepairSsrc, FirCount = media.Kind == MediaKind.Video ? stream.FullIntraRequests : null,
            LastPacketReceivedTimestamp = received.HasPackets ? clock.At(received.LastPacketAt) : null,
            PliCount = media.Kind == MediaKind.Video ? stream.PictureLossIndications : null,
        });
        if (!isReported) return;
        SenderInfo report = stream.LastSenderReport;
        stats.Add(new RTCRemoteOutboundRtpStreamStats
        {
            Id = remoteId, Timestamp = clock.At(stream.LastSenderReportAt) ?? clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId,
            CodecId = codecId, LocalId = id, PacketsSent = report.PacketCount, BytesSent = report.OctetCount,
            RemoteTimestamp = StatisticsClock.FromNtp(report.NtpTime), ReportsSent = stream.SenderReports,
            RoundTripTime = session.ReceiverRoundTripTime?.TotalSeconds, TotalRoundTripTime = session.TotalReceiverRoundTripTime.TotalSeconds,
            RoundTripTimeMeasurements = session.ReceiverRoundTripMeasurements,
        });
    }

    private static bool HasNack(RtpPayloadTypes types) => (types.Feedback & RtpFeedback.Nack) != 0;

    // What is sent again is counted with what it repairs (webrtc-stats §8.5).
    private static bool IsRepair(RtpReceiveStream stream) => stream.Section.PayloadTypes[stream.PayloadType]?.Repairs is not null;

    private string? AddCodec(string transportId, StatisticsMedia media, byte payloadType)
    {
        SdpCodec? codec = media.Codecs.FirstOrDefault(each => each.PayloadType == payloadType);
        if (codec is null) return null;
        string id = $"C{transportId}_{payloadType}_{codec.Parameters}";
        string parameters = codec.Parameters.ToString();
        stats.Add(new RTCCodecStats
        {
            Id = id, Timestamp = clock.Now, PayloadType = payloadType, TransportId = transportId, MimeType = $"{media.Kind.ToW3CString()}/{codec.Name}",
            ClockRate = codec.ClockRate, Channels = media.Kind == MediaKind.Audio ? codec.Channels : null, SdpFmtpLine = parameters.Length > 0 ? parameters : null,
        });
        return id;
    }
}
