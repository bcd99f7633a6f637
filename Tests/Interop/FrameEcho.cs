namespace WebRtcStack.Tests.Interop;

/// <summary>Sends back what the peer sends, frame by frame: packets are put together, and frames cut into packets anew.</summary>
internal sealed class FrameEcho(RTCPeerConnection connection, MediaKind kind, string codec)
{
    private long _frames, _keyFrames, _refused;

    public long Frames => Interlocked.Read(ref _frames);

    public long KeyFrames => Interlocked.Read(ref _keyFrames);

    /// <summary>Frames that the sender did not take.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Between offer and answer: the one codec is preferred, and the transceiver sends, too.</summary>
    public async Task AttachAsync()
    {
        RTCRtpTransceiver transceiver = connection.GetTransceivers().Single();
        LocalMediaStreamTrack local = new(kind, "echo");
        RemoteMediaStreamTrack remote = (RemoteMediaStreamTrack)transceiver.Receiver.Track;
        transceiver.SetCodecPreferences([.. RTCRtpSender.GetCapabilities(kind).Codecs.Where(IsWanted)]);
        transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
        await transceiver.Sender.ReplaceTrackAsync(local);
        remote.OnFrame += (_, e) =>
        {
            Interlocked.Increment(ref _frames);
            if (e.Frame.IsKeyFrame) Interlocked.Increment(ref _keyFrames);
            OutgoingFrame frame = new() { Codec = codec, Timestamp = e.Frame.Timestamp, Orientation = e.Frame.Orientation, AudioLevel = e.Frame.AudioLevel };
            if (!local.WriteFrame(frame, e.Frame.Payload.Span)) Interlocked.Increment(ref _refused);
        };
        local.OnKeyFrameRequested += (_, _) => remote.RequestKeyFrame();
    }

    private bool IsWanted(RTCRtpCodec each) => each.MimeType.EndsWith("/" + codec, StringComparison.OrdinalIgnoreCase) || each.MimeType.EndsWith("/rtx", StringComparison.Ordinal);
}
