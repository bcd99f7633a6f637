namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Two connections over loopback with an open data channel and an audio track from the offerer.</summary>
internal sealed class ConnectedPair(RTCConfiguration configuration, WebRtcOptions options, WebRtcOptions answererOptions) : IAsyncDisposable
{
    public RTCPeerConnection Offerer { get; } = new(configuration, options);

    public RTCPeerConnection Answerer { get; } = new(configuration, answererOptions);

    public LocalMediaStreamTrack LocalTrack { get; } = new(MediaKind.Audio);

    public RemoteMediaStreamTrack RemoteTrack { get; private set; } = null!;

    /// <summary>Connects; the channel "test" has carried "hello" from the offerer.</summary>
    /// <param name="timeout">Ends the wait.</param>
    /// <param name="configuration">Of both; default: none.</param>
    /// <param name="options">Of both; default: loopback.</param>
    /// <param name="answererOptions">Of the answerer, if not the same.</param>
    /// <param name="made">Is given the pair before it connects.</param>
    public static async Task<ConnectedPair> CreateAsync(CancellationToken timeout, RTCConfiguration? configuration = null, WebRtcOptions? options = null, WebRtcOptions? answererOptions = null, Action<ConnectedPair>? made = null)
    {
        options ??= LoopbackTests.Loopback;
        ConnectedPair pair = new(configuration ?? new RTCConfiguration(), options, answererOptions ?? options);
        made?.Invoke(pair);
        (RTCPeerConnection offerer, RTCPeerConnection answerer) = (pair.Offerer, pair.Answerer);
        TaskCompletionSource negotiated = new(TaskCreationOptions.RunContinuationsAsynchronously);
        offerer.OnIceCandidate += (_, e) => _ = TrickleAsync(answerer, e.Candidate, negotiated.Task);
        answerer.OnIceCandidate += (_, e) => _ = TrickleAsync(offerer, e.Candidate, negotiated.Task);
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, _) => arrived.TrySetResult();
        answerer.OnTrack += (_, e) => pair.RemoteTrack = (RemoteMediaStreamTrack)e.Track;
        offerer.AddTrack(pair.LocalTrack);
        RTCDataChannel channel = offerer.CreateDataChannel("test");
        channel.OnOpen += (_, _) => channel.Send("hello");
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        negotiated.SetResult();
        await arrived.Task.WaitAsync(timeout);
        return pair;
    }

    /// <summary>Sends packets of 100 bytes of payload each; ends when they have arrived.</summary>
    public async Task SendAudioAsync(int packets, CancellationToken timeout)
    {
        int count = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RemoteTrack.OnRtpPacket += (_, _) => { if (++count == packets) all.TrySetResult(); };
        for (int i = 0; i < packets; i++) LocalTrack.WriteRtp(new RtpPacketFields(111, (ushort)i, (uint)(960 * i), i == 0), new byte[100]);
        await all.Task.WaitAsync(timeout);
    }

    // A candidate that comes before the description is refused (webrtc-pc §4.4.2), so that signalling keeps their order.
    private static async Task TrickleAsync(RTCPeerConnection to, RTCIceCandidate? candidate, Task negotiated)
    {
        await negotiated;
        if (candidate is not null) await to.AddIceCandidateAsync(candidate);
    }

    public async ValueTask DisposeAsync()
    {
        await Offerer.DisposeAsync();
        await Answerer.DisposeAsync();
    }
}
