using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>Which of the peer's tracks come and go with a description (webrtc-pc §4.4.1.5 and §5.1.2, "process the addition / removal of a remote track").</summary>
internal sealed class RemoteTracks(ConnectionContext context)
{
    private readonly Dictionary<string, MediaStream> _streams = [];

    /// <param name="transceiver">The section's transceiver.</param>
    /// <param name="direction">The direction of the remote section, seen from this side.</param>
    /// <param name="section">The remote section.</param>
    public void Process(RTCRtpTransceiver transceiver, SdpDirection direction, SdpMedia section)
    {
        bool receives = direction.Receives(), didReceive = transceiver.FiredDirection?.Receives() ?? false;
        IReadOnlyList<MediaStream> streams = receives ? [.. RemoteSection.StreamIds(section).Select(Find)] : [];
        SetStreams(transceiver.Receiver, streams);
        if (receives && !didReceive)
        {
            RTCTrackEvent e = new(transceiver.Receiver, transceiver.Receiver.Track, streams, transceiver);
            context.Fire(() => context.Owner.RaiseTrack(e));
        }
        if (!receives && didReceive) transceiver.Receiver.SetMuted(true);
        transceiver.FiredDirection = direction.ToRtp();
    }

    private void SetStreams(RTCRtpReceiver receiver, IReadOnlyList<MediaStream> streams)
    {
        MediaStreamTrack track = receiver.Track;
        foreach (MediaStream left in receiver.Streams.Except(streams))
        {
            if (left.Remove(track)) context.Fire(() => left.RaiseRemoveTrack(track));
        }
        foreach (MediaStream joined in streams.Except(receiver.Streams))
        {
            if (joined.Add(track)) context.Fire(() => joined.RaiseAddTrack(track));
        }
        receiver.Streams = streams;
    }

    private MediaStream Find(string id)
    {
        if (_streams.TryGetValue(id, out MediaStream? stream)) return stream;
        stream = new MediaStream(id);
        _streams.Add(id, stream);
        return stream;
    }
}
