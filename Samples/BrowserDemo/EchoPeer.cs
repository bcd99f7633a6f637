namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>A peer that sends back what it gets: chat messages, audio and video. It can also measure throughput.</summary>
internal sealed class EchoPeer : IAsyncDisposable
{
    private const string Chat = "chat", Throughput = "throughput";

    private static readonly WebRtcOptions s_options = new() { IncludeLoopback = true };      // the browser may be on this very machine

    public EchoPeer()
    {
        Connection = new RTCPeerConnection(new RTCConfiguration(), s_options);       // no ICE servers: nothing outside is asked
        Connection.OnDataChannel += (_, e) => Serve(e.Channel);
        Connection.OnTrack += (_, e) => MediaEcho.Start(e.Transceiver, (RemoteMediaStreamTrack)e.Track);
    }

    public RTCPeerConnection Connection { get; }

    /// <summary>Answers the other side's offer.</summary>
    public async Task<RTCSessionDescription> AnswerAsync(RTCSessionDescription offer)
    {
        await Connection.SetRemoteDescriptionAsync(offer);
        await Connection.SetLocalDescriptionAsync();
        return Connection.LocalDescription!;
    }

    /// <summary>Offers to the other side, who answers.</summary>
    /// <param name="iceRestart">Whether ICE is to find new paths.</param>
    public async Task<RTCSessionDescription> OfferAsync(bool iceRestart)
    {
        if (Connection.GetTransceivers().Count == 0)
        {
            Connection.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Audio));
            Connection.AddTransceiver(new LocalMediaStreamTrack(MediaKind.Video));
            Serve(Connection.CreateDataChannel(Chat));
            Serve(Connection.CreateDataChannel(Throughput));
        }
        if (iceRestart) Connection.RestartIce();
        await Connection.SetLocalDescriptionAsync();
        return Connection.LocalDescription!;
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static void Serve(RTCDataChannel channel)
    {
        if (channel.Label == Throughput) ThroughputMeter.Serve(channel);
        else channel.OnMessage += Echo;
    }

    private static void Echo(object? sender, MessageEvent message)
    {
        RTCDataChannel channel = (RTCDataChannel)sender!;
        if (channel.ReadyState != RTCDataChannelState.Open) return;
        if (message.IsBinary) channel.Send(message.Data.Span);
        else channel.Send(message.Text);
    }
}
