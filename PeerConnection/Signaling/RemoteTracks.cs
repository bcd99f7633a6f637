using WebRtcStack.Sdp;

namespace WebRtcStack;

/// <summary>
/// Which of the peer's tracks come and go with a description (webrtc-pc §5.1.4, "process remote tracks"). What comes of it is
/// kept until the description has taken effect, and is then told in the order of §4.4.1.4, steps 17 to 20.
/// </summary>
internal sealed class RemoteTracks(ConnectionContext context)
{
    private readonly Dictionary<string, MediaStream> _streams = [];
    private readonly List<RTCRtpReceiver> _muted = [];
    private readonly List<(MediaStream Stream, MediaStreamTrack Track)> _added = [], _removed = [];
    private readonly List<RTCTrackEvent> _tracks = [];

    /// <param name="transceiver">The section's transceiver.</param>
    /// <param name="direction">The direction of the remote section, seen from this side; inactive when the section is rejected.</param>
    /// <param name="section">The remote section.</param>
    public void Process(RTCRtpTransceiver transceiver, SdpDirection direction, SdpMedia section) =>
        Process(transceiver, direction.ToRtp(), direction.Receives() ? [.. RemoteSection.StreamIds(section).Select(Find)] : []);

    /// <summary>What a remote offer has brought or taken is taken back (webrtc-pc §4.4.1.4, step 12.3.6).</summary>
    /// <param name="transceiver">The transceiver, with its direction of before.</param>
    /// <param name="streams">The streams of its receiver before; none for a transceiver that the offer has brought.</param>
    public void RollBack(RTCRtpTransceiver transceiver, IReadOnlyList<MediaStream> streams) =>
        Process(transceiver, transceiver.CurrentDirection, streams);

    /// <summary>An answer of ours that no longer receives takes the track away too (webrtc-pc §4.4.1.4, step 11.1.7.3).</summary>
    public void ProcessLocal(RTCRtpTransceiver transceiver, SdpDirection direction)
    {
        if (!direction.Receives() && (transceiver.FiredDirection?.Receives() ?? false))
        {
            SetStreams(transceiver.Receiver, []);
            _muted.Add(transceiver.Receiver);
        }
        transceiver.FiredDirection = direction.ToRtp();
        transceiver.Receiver.IsReceptive = direction.Receives();
    }

    /// <summary>Fires what the description has brought about.</summary>
    public void Fire()
    {
        foreach (RTCRtpReceiver receiver in _muted) receiver.SetMuted(true);
        foreach ((MediaStream stream, MediaStreamTrack track) in _removed)
        {
            if (stream.Remove(track)) context.Fire(() => stream.RaiseRemoveTrack(track));
        }
        foreach ((MediaStream stream, MediaStreamTrack track) in _added)
        {
            if (stream.Add(track)) context.Fire(() => stream.RaiseAddTrack(track));
        }
        foreach (RTCTrackEvent e in _tracks) context.Fire(() => context.Owner.RaiseTrack(e));
        if (_added.Count + _removed.Count > 0) context.Streams.RemoteChanged();
        _muted.Clear();
        _removed.Clear();
        _added.Clear();
        _tracks.Clear();
    }

    private void Process(RTCRtpTransceiver transceiver, RTCRtpTransceiverDirection? direction, IReadOnlyList<MediaStream> streams)
    {
        RTCRtpReceiver receiver = transceiver.Receiver;
        bool receives = direction?.Receives() ?? false, didReceive = transceiver.FiredDirection?.Receives() ?? false;
        int before = _added.Count;
        SetStreams(receiver, streams);
        if ((receives && !didReceive) || _added.Count > before) _tracks.Add(new RTCTrackEvent(receiver, receiver.Track, streams, transceiver));
        if (!receives) receiver.IsReceptive = false;
        if (direction is not null && !receives && didReceive) _muted.Add(receiver);
        transceiver.FiredDirection = direction;
    }

    private void SetStreams(RTCRtpReceiver receiver, IReadOnlyList<MediaStream> streams)
    {
        foreach (MediaStream left in receiver.Streams.Except(streams)) _removed.Add((left, receiver.Track));
        foreach (MediaStream joined in streams.Except(receiver.Streams)) _added.Add((joined, receiver.Track));
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
