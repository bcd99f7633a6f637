namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>Sends a track back to where it came from, packet by packet: no codec is needed for that.</summary>
internal static class MediaEcho
{
    public static void Start(RTCRtpTransceiver transceiver, RemoteMediaStreamTrack incoming)
    {
        LocalMediaStreamTrack outgoing = transceiver.Sender.Track as LocalMediaStreamTrack ?? Attach(transceiver, incoming.Kind);
        incoming.OnRtpPacket += (_, packet) => outgoing.WriteRtp(packet.Fields, packet.Payload.Span);
        outgoing.OnKeyFrameRequested += (_, _) => incoming.RequestKeyFrame();       // whoever watches asks the one who films
    }

    // The track event comes before the answer is made, so that the answer says we send.
    private static LocalMediaStreamTrack Attach(RTCRtpTransceiver transceiver, MediaKind kind)
    {
        LocalMediaStreamTrack outgoing = new(kind);
        transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
        _ = transceiver.Sender.ReplaceTrackAsync(outgoing);
        return outgoing;
    }
}
