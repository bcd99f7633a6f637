namespace WebRtcStack;

/// <summary>The streams of a connection's tracks, by which W3C's members were before there were transceivers.</summary>
internal sealed class StreamSet(ConnectionContext context)
{
    private readonly List<MediaStream> _local = [];
    private IReadOnlyList<MediaStream> _remote = [];

    /// <summary>Those that the application has named and that a track is sent in.</summary>
    public IReadOnlyList<MediaStream> Local =>
        [.. _local.Where(stream => Senders().Any(sender => sender.Track is not null && sender.StreamIds.Contains(stream.Id)))];

    /// <summary>Those that the peer sends a track in.</summary>
    public IReadOnlyList<MediaStream> Remote =>
        [.. context.Transceivers.All.Where(transceiver => !transceiver.IsStopped).SelectMany(transceiver => transceiver.Receiver.Streams).Distinct()];

    /// <summary>The application has named streams.</summary>
    public void Remember(IEnumerable<MediaStream> streams)
    {
        _local.RemoveAll(stream => !Senders().Any(sender => sender.StreamIds.Contains(stream.Id)));
        _local.AddRange(streams.Except(_local));
    }

    /// <summary>A description has brought or taken streams of the peer.</summary>
    public void RemoteChanged()
    {
        IReadOnlyList<MediaStream> before = _remote;
        _remote = Remote;
        foreach (MediaStream left in before.Except(_remote)) context.Fire(() => context.Owner.RaiseRemoveStream(left));
        foreach (MediaStream joined in _remote.Except(before)) context.Fire(() => context.Owner.RaiseAddStream(joined));
    }

    private IEnumerable<RTCRtpSender> Senders() => context.Transceivers.All.Where(transceiver => !transceiver.IsStopped).Select(transceiver => transceiver.Sender);
}
