namespace WebRtcStack;

public sealed partial class RTCPeerConnection
{
    /// <summary>Measures the connection (webrtc-pc §8.2). It may be called at any time, also after <see cref="Close"/>, when little is left to tell.</summary>
    /// <param name="selector">A track, for statistics of its stream and all that those refer to; null for everything.</param>
    /// <exception cref="DOMException">InvalidAccessError: not exactly one sender or receiver has the track.</exception>
    public Task<RTCStatsReport> GetStatsAsync(MediaStreamTrack? selector = null)
    {
        Func<RTCStats, bool>? isChosen = null;
        if (selector is not null)
        {
            lock (_context.Gate) isChosen = Chooser(selector);
            if (isChosen is null)
            {
                return Task.FromException<RTCStatsReport>(
                    DOMException.InvalidAccess("Statistics are selected by a track that exactly one sender or receiver of the connection has."));
            }
        }
        return CollectStatsAsync(isChosen);
    }

    /// <summary>Measures the connection, and keeps what is chosen and what that refers to.</summary>
    internal Task<RTCStatsReport> CollectStatsAsync(Func<RTCStats, bool>? isChosen)
    {
        TaskCompletionSource<RTCStatsReport> measured = new(TaskCreationOptions.RunContinuationsAsynchronously);
        StatisticsSubject subject;
        lock (_context.Gate) subject = StatisticsSubject.Of(_context);
        // Not by way of the connection's turn, which a closed one has no more.
        _context.Loop.Post(() =>
        {
            try
            {
                RTCStatsReport report = new StatisticsCollector(_context, subject, _context.Loop.Now).Collect();
                measured.SetResult(isChosen is null ? report : report.Select(isChosen));
            }
            catch (Exception exception)
            {
                measured.TrySetException(exception);                 // a defect must not keep the caller waiting
            }
        });
        return measured.Task;
    }

    private Func<RTCStats, bool>? Chooser(MediaStreamTrack track)
    {
        RTCRtpSender[] senders = [.. Live().Select(transceiver => transceiver.Sender).Where(sender => sender.Track == track)];
        RTCRtpReceiver[] receivers = [.. Live().Select(transceiver => transceiver.Receiver).Where(receiver => receiver.Track == track)];
        if (senders.Length + receivers.Length != 1) return null;
        return senders.Length == 1
            ? stats => stats is RTCOutboundRtpStreamStats outbound && senders[0].Layers.Any(layer => layer.Ssrc == outbound.Ssrc)
            : stats => stats is RTCInboundRtpStreamStats inbound && inbound.TrackIdentifier == track.Id;
    }
}
