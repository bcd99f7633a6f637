using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;

namespace WebRtcStack.Samples.BrowserDemo;

/// <summary>A peer and the stream of what it has to tell its browser: descriptions, candidates, states and statistics.</summary>
internal sealed class SignalingSession : IAsyncDisposable
{
    private const int MaxWaiting = 256;                                  // messages; a browser that reads none does not fill memory
    private readonly EchoPeer _peer = new();
    private readonly Channel<SseItem<string>> _messages = Channel.CreateBounded<SseItem<string>>(MaxWaiting);

    public SignalingSession()
    {
        RTCPeerConnection connection = _peer.Connection;
        connection.OnIceCandidate += (_, e) => Tell("candidate", JsonSerializer.Serialize(e.Candidate));
        connection.OnConnectionStateChange += (_, _) => Tell("state", JsonSerializer.Serialize(connection.ConnectionState));
    }

    public async Task TakeDescriptionAsync(RTCSessionDescription description)
    {
        if (description.Type == RTCSdpType.Offer) Tell("description", JsonSerializer.Serialize(await _peer.AnswerAsync(description)));
        else await _peer.Connection.SetRemoteDescriptionAsync(description);
    }

    public Task TakeCandidateAsync(RTCIceCandidateInit? candidate) => _peer.Connection.AddIceCandidateAsync(candidate);

    public async Task OfferAsync(bool iceRestart) => Tell("description", JsonSerializer.Serialize(await _peer.OfferAsync(iceRestart)));

    /// <summary>Streams what there is to tell, and statistics every second.</summary>
    public async IAsyncEnumerable<SseItem<string>> ListenAsync([EnumeratorCancellation] CancellationToken stop)
    {
        _ = TellStatisticsAsync(stop);
        await foreach (SseItem<string> message in _messages.Reader.ReadAllAsync(stop)) yield return message;
    }

    public ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        return _peer.DisposeAsync();
    }

    private void Tell(string kind, string json) => _messages.Writer.TryWrite(new SseItem<string>(json, kind));

    private async Task TellStatisticsAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        while (!stop.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            RTCStatsReport report = await _peer.Connection.GetStatsAsync();
            Tell("stats", JsonSerializer.Serialize(report));
        }
    }
}
