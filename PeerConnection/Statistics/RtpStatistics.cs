using WebRtcStack.Core;
using WebRtcStack.Rtp;
using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Statistics of the RTP streams of one transport and of their codecs, on the loop.</summary>
internal sealed class RtpStatistics(List<RTCStats> stats, StatisticsClock clock, ConnectionContext context, Instant now)
{
    public void Add(TransportStack stack, IEnumerable<StatisticsMedia> media)
    {
        string transportId = StatisticsCollector.TransportId(stack);
        foreach (StatisticsMedia each in media)
        {
            for (int i = 0; i < each.Sender.Layers.Count; i++)
            {
                if (each.Sender.Layers[i].Outlet?.Stream is { PacketsSent: > 0 } sent) AddOutbound(transportId, each, each.Sender.Layers[i], i, sent);
            }
            foreach (ReceivedStream received in each.Receiver.Inlet.Gone.Concat(each.Receiver.Inlet.Streams)) AddInbound(transportId, stack.Rtp, each, received);
        }
    }

    private void AddOutbound(string transportId, StatisticsMedia media, SendLayer layer, int index, RtpSendStream stream)
    {
        string id = $"OT{stream.Ssrc}", remoteId = $"RI{stream.Ssrc}";
        bool isReported = !stream.LastReportAt.IsNever;
        MediaReading reading = layer.Outlet?.Meter.Reading ?? default;
        bool ofFrames = media.Kind == MediaKind.Video && reading.Frames > 0;
        string? codecId = AddCodec(transportId, media, stream.PayloadType);
        stats.Add(new RTCOutboundRtpStreamStats
        {
            Id = id, Timestamp = clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId, CodecId = codecId, Mid = media.Mid,
            PacketsSent = stream.PacketsSent + (stream.Repair?.PacketsSent ?? 0), BytesSent = stream.BytesSent + (stream.Repair?.BytesSent ?? 0),
            HeaderBytesSent = stream.HeaderBytesSent + (stream.Repair?.HeaderBytesSent ?? 0),
            Active = media.Sends && layer.IsActive && media.Sender.Track is not null, Rid = layer.Rid, RemoteId = isReported ? remoteId : null,
            MediaSourceId = media.Sender.Track is { } track ? SourceId(track) : null, EncodingIndex = media.Kind == MediaKind.Video ? index : null,
            FramesSent = OfVideo(media, stream.FramesSent), FramesEncoded = OfVideo(media, stream.FramesSent),
            FramesPerSecond = media.Kind == MediaKind.Video ? context.FrameRates.Measure(id, stream.FramesSent, now) : null,
            FrameWidth = (uint?)reading.Width, FrameHeight = (uint?)reading.Height,
            KeyFramesEncoded = ofFrames ? reading.KeyFrames : null, HugeFramesSent = ofFrames ? reading.HugeFrames : null,
            NackCount = stream.Nacks, FirCount = OfVideo(media, stream.FullIntraRequests),
            PliCount = OfVideo(media, stream.PictureLossIndications), RetransmittedPacketsSent = stream.RetransmittedPackets,
            RetransmittedBytesSent = stream.RetransmittedBytes,
            RtxSsrc = media.Codecs.Any(codec => codec.AssociatedPayloadType is not null) ? stream.Repair?.Ssrc : null,
        });
        if (!isReported) return;
        ReportBlock report = stream.LastReport;
        stats.Add(new RTCRemoteInboundRtpStreamStats
        {
            Id = remoteId, Timestamp = clock.At(stream.LastReportAt) ?? clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId,
            CodecId = codecId, LocalId = id, PacketsLost = report.CumulativeLost, PacketsReceived = PacketsOfReport(stream, report),
            Jitter = stream.ClockRate == 0 ? null : (double)report.Jitter / stream.ClockRate, FractionLost = report.FractionLost / 256.0,
            RoundTripTime = stream.RoundTripTime?.TotalSeconds, TotalRoundTripTime = stream.TotalRoundTripTime.TotalSeconds,
            RoundTripTimeMeasurements = stream.RoundTripTimeMeasurements,
        });
    }

    /// <summary>The tracks that are sent, whether a transport is there or not.</summary>
    public void AddSources(IEnumerable<StatisticsMedia> media)
    {
        foreach (StatisticsMedia each in media)
        {
            if (each.Sender.Track is not { } track) continue;
            MediaReading reading = each.Sender.SourceReading;
            if (each.Kind == MediaKind.Audio)
            {
                stats.Add(new RTCAudioSourceStats
                {
                    Id = SourceId(track), Timestamp = clock.Now, TrackIdentifier = track.Id, Kind = each.Kind, AudioLevel = reading.AudioLevel,
                    TotalAudioEnergy = reading.AudioEnergy, TotalSamplesDuration = reading.Frames > 0 ? reading.Seconds : null,
                });
                continue;
            }
            MediaTrackSettings settings = track.GetSettings();
            ulong frames = each.Sender.Layers.Max(layer => layer.Outlet?.Stream.FramesSent ?? 0);      // simulcast sends each in several encodings
            stats.Add(new RTCVideoSourceStats
            {
                Id = SourceId(track), Timestamp = clock.Now, TrackIdentifier = track.Id, Kind = each.Kind, Frames = frames,
                FramesPerSecond = context.FrameRates.Measure(track.Id, frames, now), Width = (uint?)settings.Width, Height = (uint?)settings.Height,
            });
        }
    }

    private static string SourceId(MediaStreamTrack track) => $"S{track.Id}";

    private static ulong? OfVideo(StatisticsMedia media, ulong count) => media.Kind == MediaKind.Video ? count : null;

    // webrtc-stats §8.6: what was expected by the highest number that the report names, less what was lost.
    private static ulong? PacketsOfReport(RtpSendStream stream, in ReportBlock report) =>
        stream.FirstSequence is { } first ? (ulong)Math.Max(0, (long)(report.HighestSequenceNumber - first + 1) - report.CumulativeLost) : null;

    private void AddInbound(string transportId, RtpSession session, StatisticsMedia media, ReceivedStream source)
    {
        RtpReceiveStream stream = source.Source;
        MediaReading reading = source.Meter.Reading;
        string id = $"IT{stream.Ssrc}", remoteId = $"RO{stream.Ssrc}";
        bool isReported = stream.SenderReports > 0, hasNack = HasNack(stream.Section.PayloadTypes);
        string? codecId = AddCodec(transportId, media, stream.PayloadType);
        ReceptionStatistics received = stream.Statistics;
        RTCInboundRtpStreamStats inbound = new()
        {
            Id = id, Timestamp = clock.Now, Ssrc = stream.Ssrc, Kind = media.Kind, TransportId = transportId, CodecId = codecId, Mid = media.Mid,
            TrackIdentifier = media.Receiver.Track.Id, RemoteId = isReported ? remoteId : null,
            PacketsReceived = received.PacketsReceived + stream.RetransmittedPackets, PacketsLost = received.PacketsLost, Jitter = received.JitterSeconds,
            BytesReceived = received.BytesReceived + stream.RetransmittedBytes, HeaderBytesReceived = received.HeaderBytesReceived,
            LastPacketReceivedTimestamp = received.HasPackets ? clock.At(received.LastPacketAt) : null,
            PliCount = OfVideo(media, stream.PictureLossIndications), FirCount = OfVideo(media, stream.FullIntraRequests),
            NackCount = hasNack ? stream.Nacks : null,
            FramesReceived = OfVideo(media, stream.FramesReceived), PacketsDiscarded = (ulong)((RemoteMediaStreamTrack)media.Receiver.Track).PacketsDropped,
            RetransmittedPacketsReceived = hasNack ? stream.RetransmittedPackets : null,
            RetransmittedBytesReceived = hasNack ? stream.RetransmittedBytes : null, RtxSsrc = stream.RepairSsrc,
            AudioLevel = reading.AudioLevel, TotalAudioEnergy = reading.AudioEnergy,
            FrameWidth = (uint?)reading.Width, FrameHeight = (uint?)reading.Height,
        };
        stats.Add(source.Statistics is { } buffer ? WithFrames(inbound, media.Kind, buffer, stream.Section.PayloadTypes[stream.PayloadType]?.ClockRate ?? 0) : inbound);
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

    // While the application reads frames, they are put together here; "decoded" are those that it was given to decode.
    private RTCInboundRtpStreamStats WithFrames(
        RTCInboundRtpStreamStats inbound, MediaKind kind, in JitterBufferStatistics buffer, uint clockRate)
    {
        bool isVideo = kind == MediaKind.Video;
        return inbound with
        {
            FramesDecoded = isVideo ? buffer.FramesEmitted : null, KeyFramesDecoded = isVideo ? buffer.KeyFramesEmitted : null,
            FramesDropped = isVideo ? buffer.FramesDropped : null, FramesPerSecond = isVideo ? context.FrameRates.Measure(inbound.Id, buffer.FramesEmitted, now) : null,
            FramesAssembledFromMultiplePackets = isVideo ? buffer.FramesAssembledFromMultiplePackets : null,
            TotalAssemblyTime = isVideo ? buffer.TotalAssemblyTime.TotalSeconds : null,
            JitterBufferDelay = buffer.JitterBufferDelay.TotalSeconds, JitterBufferTargetDelay = buffer.JitterBufferTargetDelay.TotalSeconds,
            JitterBufferMinimumDelay = buffer.JitterBufferMinimumDelay.TotalSeconds, JitterBufferEmittedCount = buffer.JitterBufferEmittedCount,
            TotalProcessingDelay = buffer.JitterBufferDelay.TotalSeconds, PacketsDiscarded = inbound.PacketsDiscarded + buffer.PacketsDiscarded,
            TotalSamplesReceived = isVideo ? null : buffer.JitterBufferEmittedCount, TotalSamplesDuration = isVideo || clockRate == 0 ? null : (double)buffer.JitterBufferEmittedCount / clockRate,
        };
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
