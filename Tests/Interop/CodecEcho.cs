namespace WebRtcStack.Tests.Interop;

/// <summary>Sends back what the peer sends on one transceiver, in one codec: packet by packet, or frame by frame, so that packets are put together and frames cut into packets anew.</summary>
internal sealed class CodecEcho(RTCRtpTransceiver transceiver, string codec, bool asFrames)
{
    private readonly LocalMediaStreamTrack _local = new(transceiver.Receiver.Track.Kind, "echo");
    private long _frames, _keyFrames, _packets, _refused;

    /// <summary>Frames or packets that came, or that our sender did not take.</summary>
    public (long Frames, long KeyFrames, long Packets, long Refused) Counts =>
        (Interlocked.Read(ref _frames), Interlocked.Read(ref _keyFrames), Interlocked.Read(ref _packets), Interlocked.Read(ref _refused));

    /// <summary>Between offer and answer: the one codec is preferred, and the transceiver sends, too.</summary>
    public async Task AttachAsync()
    {
        RemoteMediaStreamTrack remote = (RemoteMediaStreamTrack)transceiver.Receiver.Track;
        transceiver.SetCodecPreferences([.. RTCRtpSender.GetCapabilities(_local.Kind).Codecs.Where(IsWanted)]);
        transceiver.Direction = RTCRtpTransceiverDirection.SendRecv;
        await transceiver.Sender.ReplaceTrackAsync(_local);
        if (asFrames) remote.OnFrame += Return;
        else remote.OnRtpPacket += Return;
        _local.OnKeyFrameRequested += (_, _) => remote.RequestKeyFrame();
    }

    private void Return(object? sender, EncodedFrameEvent e)
    {
        Interlocked.Increment(ref _frames);
        if (e.Frame.IsKeyFrame) Interlocked.Increment(ref _keyFrames);
        OutgoingFrame frame = new() { Codec = codec, Timestamp = e.Frame.Timestamp, Orientation = e.Frame.Orientation, AudioLevel = e.Frame.AudioLevel };
        if (!_local.WriteFrame(frame, e.Frame.Payload.Span)) Interlocked.Increment(ref _refused);
    }

    private void Return(object? sender, RtpPacketEvent e)
    {
        Interlocked.Increment(ref _packets);
        if (!_local.WriteRtp(e.Fields, e.Payload.Span)) Interlocked.Increment(ref _refused);
    }

    private bool IsWanted(RTCRtpCodec each) => each.MimeType.Equals(codec, StringComparison.OrdinalIgnoreCase) || each.MimeType.EndsWith("/rtx", StringComparison.Ordinal);
}
