using WebRtcStack.Core;
using WebRtcStack.Ice;

namespace WebRtcStack;

/// <summary>Makes a report (webrtc-pc §8.5), on the loop, where the counters are.</summary>
internal sealed class StatisticsCollector(ConnectionContext context, StatisticsSubject subject, Instant now)
{
    private readonly StatisticsClock _clock = new(context.Options.TimeProvider.GetUtcNow(), now);
    private readonly List<RTCStats> _stats = [];

    public RTCStatsReport Collect()
    {
        _stats.Add(new RTCPeerConnectionStats
        {
            Id = "P", Timestamp = _clock.Now, DataChannelsOpened = subject.ChannelsOpened, DataChannelsClosed = subject.ChannelsClosed,
        });
        foreach ((RTCDataChannel channel, RTCDataChannelState state) in subject.Channels) _stats.Add(Of(channel, state, _clock.Now));
        foreach (RTCDataChannelStats ended in subject.EndedChannels) _stats.Add(ended with { Timestamp = _clock.Now });
        RtpStatistics rtp = new(_stats, _clock, context, now);
        rtp.AddSources(subject.Media);
        IReadOnlyList<TransportStack> live = context.Transports.Peer.Stacks;
        foreach (BundleTransport transport in subject.Transports)
        {
            if (transport.Stack is not { } stack || !live.Contains(stack)) continue;
            new TransportStatistics(_stats, _clock, context).Add(stack);
            if (stack.RtcpStack is { } rtcp) new TransportStatistics(_stats, _clock, context).Add(rtcp);
            rtp.Add(stack, subject.Media.Where(media => media.Transport == transport));
        }
        return new RTCStatsReport(_stats);
    }

    public static string TransportId(TransportStack stack) => $"T{stack.Owner.StatisticsNumber}{(stack.Component == IceComponent.Rtcp ? "rtcp" : "")}";

    // The state of a channel is the API's, its counters are the transport's; there are none before it has one.
    public static RTCDataChannelStats Of(RTCDataChannel channel, RTCDataChannelState state, double timestamp) => new()
    {
        Id = $"D{channel.StatisticsNumber}", Timestamp = timestamp, Label = channel.Label, Protocol = channel.Protocol,
        DataChannelIdentifier = channel.Channel?.Id ?? channel.Id, State = state,
        MessagesSent = channel.Channel?.MessagesSent ?? 0, BytesSent = channel.Channel?.BytesSent ?? 0,
        MessagesReceived = channel.Channel?.MessagesReceived ?? 0, BytesReceived = channel.Channel?.BytesReceived ?? 0,
    };
}
