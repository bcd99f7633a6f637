using WebRtcStack.Rtp;
using WebRtcStack.Tests.PeerConnection.Steps;
using WebRtcStack.Tests.Simulation;

namespace WebRtcStack.Tests.PeerConnection;

/// <summary>A simulated call with frames of audio and video in both directions, which both sides read, and a data channel.</summary>
internal sealed class FrameCall : IDisposable
{
    private static readonly byte[] s_keyFrame = [.. TrackSettingSteps.VideoHead("VP8", 320), .. new byte[2000]];
    private uint _round;

    public FrameCall(int seed, PathOptions? path = null)
    {
        Simulation = new PeerSimulation(seed, path ?? new PathOptions { Delay = TimeSpan.FromMilliseconds(10) });
        Channel = Simulation.Left.CreateDataChannel("data");
        foreach (RTCPeerConnection each in new[] { Simulation.Left, Simulation.Right })
        {
            each.OnTrack += (_, e) => ((RemoteMediaStreamTrack)e.Track).OnFrame += (_, _) => { };
            LocalMediaStreamTrack audio = new(MediaKind.Audio), video = new(MediaKind.Video);
            Tracks.Add((audio, video));
            if (each == Simulation.Right) continue;
            each.AddTrack(audio);
            each.AddTrack(video);
        }
        Simulation.RunUntil(() => Simulation.BothConnected && Channel.ReadyState == RTCDataChannelState.Open, TimeSpan.FromSeconds(30), ConnectAsync());
        Simulation.Settle();
    }

    public PeerSimulation Simulation { get; }

    public RTCDataChannel Channel { get; }

    /// <summary>The left side's, and the right side's.</summary>
    public List<(LocalMediaStreamTrack Audio, LocalMediaStreamTrack Video)> Tracks { get; } = [];

    /// <summary>Rounds of 40 ms: two frames of audio and one of video each way, a key frame every tenth.</summary>
    public void Play(int rounds)
    {
        for (int i = 0; i < rounds; i++, _round++)
        {
            foreach ((LocalMediaStreamTrack audio, LocalMediaStreamTrack video) in Tracks)
            {
                for (uint half = 0; half < 2; half++)
                    audio.WriteFrame(new OutgoingFrame { Timestamp = (_round * 2 + half) * 960, AudioLevel = new AudioLevel(20, true) }, [0xF8, 1, 2, 3]);
                video.WriteFrame(new OutgoingFrame { Codec = "VP8", Timestamp = _round * 3600 }, _round % 10 == 0 ? s_keyFrame : [0x11, 0, 0, 0, 0, 0, 0, 0]);
            }
            Channel.Send("round");
            Simulation.Time.RunFor(TimeSpan.FromMilliseconds(40));
            if (i == rounds / 2) Statistics(Simulation.Left);                    // rates are measured between reports
            if (i == rounds / 2) Statistics(Simulation.Right);
        }
        Simulation.Settle();
    }

    public RTCStatsReport Statistics(RTCPeerConnection connection, MediaStreamTrack? selector = null) => Run(connection.GetStatsAsync(selector));

    public RTCStatsReport Run(Task<RTCStatsReport> report)
    {
        Simulation.RunUntil(() => report.IsCompleted, TimeSpan.FromSeconds(1), report);
        return report.Result;
    }

    public void Dispose() => Simulation.Dispose();

    // The answerer sends too: it takes up the transceivers that the offer has brought.
    private async Task ConnectAsync()
    {
        await Simulation.Left.SetLocalDescriptionAsync();
        await Simulation.Right.SetRemoteDescriptionAsync(Simulation.Left.LocalDescription!);
        Simulation.Right.AddTrack(Tracks[1].Audio);
        Simulation.Right.AddTrack(Tracks[1].Video);
        await Simulation.Right.SetLocalDescriptionAsync();
        await Simulation.Left.SetRemoteDescriptionAsync(Simulation.Right.LocalDescription!);
    }
}
