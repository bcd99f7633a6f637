using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection.Sequences;

/// <summary>One call, drawn as a byte: the lowest bit is the side, the next four what is done, the rest which.</summary>
internal readonly struct ApiStep(byte step)
{
    private int Which => step >> 5;

    /// <summary>Does it.</summary>
    /// <returns>What was done, for the message of a failing test.</returns>
    public string Apply(PeerApplication application, VirtualTime time)
    {
        RTCPeerConnection connection = application.Connection;
        int which = Which;
        string what = ((step >> 1) & 15) switch
        {
            0 => Try("addTransceiver audio", () => connection.AddTransceiver(MediaKind.Audio)),
            1 => Try("addTransceiver video", () => connection.AddTransceiver(MediaKind.Video, new RTCRtpTransceiverInit { Direction = (RTCRtpTransceiverDirection)(which % 5) })),
            2 => Try("addTrack", () => connection.AddTrack(new LocalMediaStreamTrack(which % 2 == 0 ? MediaKind.Audio : MediaKind.Video), new MediaStream($"stream{which}"))),
            3 => Try("removeTrack", () => With(connection.GetSenders(), connection.RemoveTrack)),
            4 => Try("stop", () => With(connection.GetTransceivers(), transceiver => transceiver.Stop())),
            5 => Try("direction", () => With(connection.GetTransceivers(), transceiver => transceiver.Direction = (RTCRtpTransceiverDirection)(which % 4))),
            6 => Try("createDataChannel", () => application.Channels.Add(connection.CreateDataChannel($"channel{which}", new RTCDataChannelInit { Ordered = which % 2 == 0 }))),
            7 => Try("close channel", () => With(application.Channels, channel => { if (!channel.Negotiated) channel.Close(); })),
            8 => Try("send", () => With(application.Channels, channel => channel.Send(new byte[which * 1000]))),
            9 => Try("restartIce", connection.RestartIce),
            10 when which < 4 => Async("createOffer", connection.CreateOfferAsync(new RTCOfferOptions { IceRestart = which == 3 })),
            10 when which < 6 => Async("createAnswer", connection.CreateAnswerAsync()),
            10 => Async("getStats", connection.GetStatsAsync()),
            11 => ApiSettings.Apply(application, which),
            12 => ApiCombinations.Apply(application, which),
            13 => Wait(TimeSpan.FromMilliseconds(5 * which)),
            14 => Wait(TimeSpan.FromMilliseconds(300 * which)),
            _ => Rare(application, which),
        };
        return $"{((step & 1) == 0 ? "left" : "right")} {what}";

        string Try(string name, Action call)
        {
            application.Try(call);
            return name;
        }

        string Async(string name, Task call)
        {
            _ = application.TryAsync(call);
            return name;
        }

        string Wait(TimeSpan duration)
        {
            time.RunFor(duration);
            return $"wait {duration.TotalMilliseconds} ms";
        }

        void With<T>(IReadOnlyList<T> list, Action<T> call)
        {
            if (list.Count > 0) call(list[which % list.Count]);
        }
    }

    private static string Rare(PeerApplication application, int which)
    {
        RTCPeerConnection connection = application.Connection;
        switch (which)
        {
            case 0:
                _ = application.TryAsync(connection.AddIceCandidateAsync(new RTCIceCandidateInit { Candidate = "candidate:x", SdpMLineIndex = 3 }));
                return "addIceCandidate of nonsense";
            case 1:
                _ = application.TryAsync(connection.AddIceCandidateAsync((RTCIceCandidateInit?)null));
                return "addIceCandidate null";
            case 2:
                _ = application.TryAsync(connection.SetRemoteDescriptionAsync(new RTCSessionDescription(RTCSdpType.Offer, "v=0\r\n")));
                return "setRemoteDescription of nonsense";
            case 3:
                _ = application.TryAsync(connection.SetLocalDescriptionAsync(new RTCSessionDescription(RTCSdpType.Answer, "v=0\r\n")));
                return "setLocalDescription of nonsense";
            case 4:
                application.Try(() => connection.SetConfiguration(connection.GetConfiguration() with { BundlePolicy = RTCBundlePolicy.MaxCompat }));
                return "setConfiguration of what cannot change";
            case 5:
                if (connection.GetSenders() is [{ } sender, ..]) _ = application.TryAsync(sender.ReplaceTrackAsync(null));
                return "replaceTrack";
            case 6:
                if (connection.GetSenders() is [{ } first, ..]) application.Try(() => first.SetStreams(new MediaStream("other")));
                return "setStreams";
            default:
                connection.Close();
                return "close";
        }
    }
}
