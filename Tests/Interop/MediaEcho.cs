namespace WebRtcStack.Tests.Interop;

/// <summary>Sends back what the peer sends.</summary>
internal sealed class MediaEcho
{
    private readonly RTCPeerConnection _connection;
    private readonly List<RTCTrackEvent> _waiting = [];
    private long _packets, _keyFrameRequests, _toLose;

    public MediaEcho(RTCPeerConnection connection)
    {
        _connection = connection;
        connection.OnTrack += (_, e) =>
        {
            lock (_waiting) _waiting.Add(e);
        };
    }

    /// <summary>Packets that came.</summary>
    public long Packets => Interlocked.Read(ref _packets);

    /// <summary>Key frames that the browser has asked our sender for.</summary>
    public long KeyFrameRequests => Interlocked.Read(ref _keyFrameRequests);

    /// <summary>Does not send the next packets of video back.</summary>
    public void LoseVideo(int packets) => Interlocked.Exchange(ref _toLose, packets);

    /// <summary>Between offer and answer: the transceivers that the offer has brought send, too.</summary>
    public async Task AttachAsync()
    {
        foreach (RTCTrackEvent e in Take())
        {
            LocalMediaStreamTrack local = new(e.Track.Kind, "echo");
            e.Transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
            await e.Transceiver.Sender.ReplaceTrackAsync(local);
            Forward((RemoteMediaStreamTrack)e.Track, local);
        }
    }

    /// <summary>Before an offer of ours: transceivers that send what they receive.</summary>
    public void Offer(params MediaKind[] kinds)
    {
        foreach (MediaKind kind in kinds)
        {
            LocalMediaStreamTrack local = new(kind, "echo");
            Forward((RemoteMediaStreamTrack)_connection.AddTransceiver(local).Receiver.Track, local);
        }
    }

    private void Forward(RemoteMediaStreamTrack remote, LocalMediaStreamTrack local)
    {
        remote.OnRtpPacket += (_, packet) =>
        {
            Interlocked.Increment(ref _packets);
            if (local.Kind == MediaKind.Video && Interlocked.Decrement(ref _toLose) >= 0) return;
            local.WriteRtp(packet.Fields, packet.Payload.Span);
        };
        local.OnKeyFrameRequested += (_, _) =>
        {
            Interlocked.Increment(ref _keyFrameRequests);
            remote.RequestKeyFrame();
        };
    }

    private RTCTrackEvent[] Take()
    {
        lock (_waiting)
        {
            RTCTrackEvent[] taken = [.. _waiting];
            _waiting.Clear();
            return taken;
        }
    }
}
