using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>What negotiation knows of a connection, taken under its lock for the loop, which adds what it has counted.</summary>
internal sealed record StatisticsSubject
{
    public required ulong ChannelsOpened { get; init; }

    public required ulong ChannelsClosed { get; init; }

    public required IReadOnlyList<(RTCDataChannel Channel, RTCDataChannelState State)> Channels { get; init; }

    public required IReadOnlyList<RTCDataChannelStats> EndedChannels { get; init; }

    public required IReadOnlyList<BundleTransport> Transports { get; init; }

    public required IReadOnlyList<StatisticsMedia> Media { get; init; }

    public static StatisticsSubject Of(ConnectionContext context) => new()
    {
        ChannelsOpened = context.Channels.Opened, ChannelsClosed = context.Channels.Ended,
        Channels = [.. context.Channels.All.Select(channel => (channel, channel.ReadyState))],
        EndedChannels = context.Channels.EndedStatistics, Transports = [.. context.Transports.All],
        Media = [.. context.Transceivers.All.Where(transceiver => !transceiver.IsStopped).Select(transceiver => new StatisticsMedia(
            transceiver.Kind, transceiver.Mid, transceiver.Transport, transceiver.Sender, transceiver.Receiver,
            transceiver.CurrentDirection?.Sends() ?? false, transceiver.Codecs))],
    };
}

/// <summary>A transceiver as statistics see it.</summary>
internal sealed record StatisticsMedia(
    MediaKind Kind, string? Mid, BundleTransport? Transport, RTCRtpSender Sender, RTCRtpReceiver Receiver, bool Sends, IReadOnlyList<SdpCodec> Codecs);
