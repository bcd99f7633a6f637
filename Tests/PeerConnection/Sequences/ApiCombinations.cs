namespace WebRtcStack.Tests.PeerConnection.Sequences;

/// <summary>What takes several calls, or calls on both sides.</summary>
internal static class ApiCombinations
{
    private const ushort NegotiatedId = 200;

    public static string Apply(PeerApplication application, int which)
    {
        RTCPeerConnection connection = application.Connection;
        switch (which)
        {
            case 0:
                application.Try(() => connection.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { SendEncodings = [new() { Rid = "a" }, new() { Rid = "b", Active = false }] }));
                return "addTransceiver of simulcast";
            case 1:
                if (connection.GetSenders() is [.., { } replaced])
                    _ = application.TryAsync(replaced.ReplaceTrackAsync(new LocalMediaStreamTrack(MediaKind.Video)));
                return "replaceTrack by one of video";
            case 2:
                if (application.Channels is [.., { Negotiated: false } closed]) closed.Close();
                application.Try(() => application.Channels.Add(connection.CreateDataChannel("again")));
                return "close a channel and open another";
            case 3:
                foreach (PeerApplication each in new[] { application, application.Peer })
                    each.Try(() => each.Channels.Add(each.Connection.CreateDataChannel("agreed", new RTCDataChannelInit { Negotiated = true, Id = NegotiatedId })));
                return "createDataChannel on both sides";
            case 4:
                connection.RestartIce();
                application.Peer.Connection.RestartIce();
                return "restartIce on both sides";
            case 5:
                foreach (RTCRtpTransceiver transceiver in connection.GetTransceivers()) application.Try(transceiver.Stop);
                return "stop all";
            case 6:
                if (connection.GetSenders() is [.., { } changed])
                {
                    RTCRtpSendParameters parameters = changed.GetParameters();
                    _ = application.TryAsync(changed.SetParametersAsync(parameters with { Encodings = [.. parameters.Encodings.Select(each => each with { Active = !each.Active })] }));
                }
                return "setParameters";
            default:
                application.Try(() => connection.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio)));
                application.Peer.Try(() => application.Peer.Connection.AddTrack(new LocalMediaStreamTrack(MediaKind.Audio)));
                return "addTrack on both sides";
        }
    }
}
