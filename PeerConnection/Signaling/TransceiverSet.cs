namespace WebRtcStack;

/// <summary>The set of transceivers (webrtc-pc §4.4.1, CollectTransceivers), in the order of their creation.</summary>
internal sealed class TransceiverSet(ConnectionContext context)
{
    private readonly List<RTCRtpTransceiver> _all = [];
    private TransceiverSnapshot[]? _stable;

    public IReadOnlyList<RTCRtpTransceiver> All => _all;

    public RTCRtpTransceiver Create(
        MediaKind kind, RTCRtpTransceiverDirection direction, MediaStreamTrack? track, IEnumerable<MediaStream> streams,
        IReadOnlyList<RTCRtpEncodingParameters>? encodings = null, IReadOnlyList<string>? receiveRids = null)
    {
        RTCRtpSender sender = new(context, kind, track, streams, encodings);
        RTCRtpTransceiver transceiver = new(context, kind, direction, sender, new RTCRtpReceiver(context, kind), First(kind)) { ReceiveRids = receiveRids ?? [] };
        _all.Add(transceiver);
        return transceiver;
    }

    /// <summary>For a section that the peer has offered (RFC 8829 §5.10): it receives, until the application gives it a track.</summary>
    public RTCRtpTransceiver CreateForRemote(MediaKind kind)
    {
        RTCRtpSender sender = new(context, kind, null, []);
        RTCRtpTransceiver transceiver = new(context, kind, RTCRtpTransceiverDirection.RecvOnly, sender, new RTCRtpReceiver(context, kind), First(kind))
        {
            WasCreatedByRemote = true,
        };
        _all.Add(transceiver);
        return transceiver;
    }

    private RTCRtpTransceiver? First(MediaKind kind) => _all.Find(transceiver => transceiver.Kind == kind && !transceiver.IsStopping);

    public RTCRtpTransceiver? FindByMid(string mid) => _all.Find(transceiver => transceiver.Mid == mid);

    public RTCRtpTransceiver? FindByIndex(int index) => _all.Find(transceiver => transceiver.MLineIndex == index && !transceiver.IsStopped);

    public void Remove(RTCRtpTransceiver transceiver) => _all.Remove(transceiver);

    /// <summary>Remembers the set as it is in stable, for a rollback (webrtc-pc §4.4.1.5: "the values that they had").</summary>
    public void Remember() => _stable ??= _all.ConvertAll(transceiver => transceiver.Snapshot()).ToArray();

    /// <summary>An exchange has ended, and with it what was stopped before it ever had a section.</summary>
    public void Forget()
    {
        _stable = null;
        foreach (RTCRtpTransceiver stopping in _all.Where(transceiver => transceiver is { IsStopping: true, Mid: null }).ToArray())
        {
            stopping.Retire();
            _all.Remove(stopping);
        }
    }

    /// <summary>Restores the set: transceivers that the remote offer made go, unless the application has given them a track (RFC 8829 §5.7).</summary>
    /// <param name="tracks">Is told what becomes of the peer's tracks when it is a remote offer that is taken back; null for one of ours.</param>
    public void RollBack(RemoteTracks? tracks)
    {
        if (_stable is null) return;
        foreach (TransceiverSnapshot snapshot in _stable)
        {
            snapshot.Restore();
            if (!snapshot.Transceiver.IsStopped) tracks?.RollBack(snapshot.Transceiver, snapshot.ReceiverStreams);
        }
        foreach (RTCRtpTransceiver added in _all.Where(transceiver => !_stable.Any(snapshot => snapshot.Transceiver == transceiver)).ToArray())
        {
            tracks?.RollBack(added, []);
            if (added.WasCreatedByRemote && !added.WasUsedByAddTrack)
            {
                added.Retire();
                _all.Remove(added);
            }
            else
            {
                added.Disassociate();
            }
        }
        _stable = null;
    }
}
