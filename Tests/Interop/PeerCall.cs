using System.Text.Json;
using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>A connection of ours and one of a real peer, and the signalling between them: descriptions on request, candidates as they are found.</summary>
internal sealed class PeerCall : IAsyncDisposable
{
    private readonly SignalQueue<RTCIceCandidate?> _toPeer;
    private readonly SignalQueue<RTCIceCandidateInit?> _fromPeer;

    private PeerCall(RemotePeer peer, RTCPeerConnection connection)
    {
        (Peer, Connection) = (peer, connection);
        _toPeer = new SignalQueue<RTCIceCandidate?>(candidate => peer.CallAsync("addCandidate", candidate ?? End));
        _fromPeer = new SignalQueue<RTCIceCandidateInit?>(connection.AddIceCandidateAsync);
    }

    public RemotePeer Peer { get; }

    public RTCPeerConnection Connection { get; }

    /// <summary>Changes our descriptions on their way, for a test of what is wrong with them.</summary>
    public Func<RTCSessionDescription, RTCSessionDescription> TamperToPeer { get; set; } = description => description;

    /// <summary>Changes our candidates on their way; null drops one.</summary>
    public Func<RTCIceCandidate, RTCIceCandidate?> RedirectToPeer { get; set; } = candidate => candidate;

    /// <summary>Whether the peer's candidates are given to us.</summary>
    public bool TakesCandidates { get; set; } = true;

    /// <summary>Changes the peer's descriptions on their way.</summary>
    public Func<RTCSessionDescription, RTCSessionDescription> TamperFromPeer { get; set; } = description => description;

    // The end of candidates is a candidate with empty text, of the first section (webrtc-pc §4.4.2).
    private static RTCIceCandidate End { get; } = new(new RTCIceCandidateInit { SdpMLineIndex = 0 });

    /// <summary>Makes a connection on both sides.</summary>
    /// <param name="configuration">The peer's configuration.</param>
    public static async Task<PeerCall> StartAsync(PeerHost host, WebRtcOptions? options = null, object? configuration = null, RTCConfiguration? ours = null)
    {
        PeerCall call = new(await host.OpenAsync(), new RTCPeerConnection(ours ?? new RTCConfiguration(), options ?? host.Options));
        call.Connection.OnIceCandidate += (_, e) =>
        {
            if (e.Candidate is null) Observe(call._toPeer.PostAsync(null));
            else if (call.RedirectToPeer(e.Candidate) is { } candidate) Observe(call._toPeer.PostAsync(candidate));
        };
        call.Peer.OnCandidate += json =>
        {
            if (call.TakesCandidates) Observe(call._fromPeer.PostAsync(JsonSerializer.Deserialize<RTCIceCandidateInit?>(json)));
        };
        await call.Peer.CallAsync("connect", configuration ?? new { });
        return call;
    }

    /// <summary>An exchange that we offer.</summary>
    /// <param name="prepare">What the peer does between our offer and its answer.</param>
    public async Task OfferAsync(string prepare = "")
    {
        _toPeer.Hold();
        _fromPeer.Hold();
        await Connection.SetLocalDescriptionAsync();
        await Peer.CallAsync("setRemote", TamperToPeer(Connection.LocalDescription!));
        await _toPeer.ReleaseAsync();
        if (prepare.Length > 0) await Peer.EvaluateAsync(prepare);
        await Connection.SetRemoteDescriptionAsync(TamperFromPeer(await LocalOfPeerAsync()));
        await _fromPeer.ReleaseAsync();
    }

    /// <summary>An exchange that the peer offers.</summary>
    /// <param name="prepare">What is done between the remote offer and our answer.</param>
    public async Task AnswerAsync(Func<Task>? prepare = null)
    {
        _toPeer.Hold();
        _fromPeer.Hold();
        await Connection.SetRemoteDescriptionAsync(TamperFromPeer(await LocalOfPeerAsync()));
        await _fromPeer.ReleaseAsync();
        if (prepare is not null) await prepare();
        await Connection.SetLocalDescriptionAsync();
        await Peer.CallAsync("setRemote", TamperToPeer(Connection.LocalDescription!));
        await _toPeer.ReleaseAsync();
    }

    /// <summary>Ends when both sides say that they are connected.</summary>
    public async Task ConnectedAsync(CancellationToken timeout)
    {
        await Connection.ReachesAsync(RTCPeerConnectionState.Connected, timeout);
        await Peer.CallAsync("connected");
    }

    /// <summary>A dictionary of a browser's statistics.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="match">Members that it has, as a JavaScript object.</param>
    public async Task<JsonElement> StatAsync(string type, string match = "{}") =>
        await Peer.EvaluateAsync<JsonElement>($"stat('{type}', {match})");

    /// <summary>What a browser counts of the stream of a kind that comes to it.</summary>
    public Task<JsonElement> InboundAsync(string kind) => StatAsync("inbound-rtp", $"{{ kind: '{kind}' }}");

    /// <summary>Ends when a figure that a browser counts of the stream of a kind that comes to it is above another.</summary>
    /// <returns>The figure.</returns>
    public Task<double> GrowsAsync(string kind, string member, double beyond, string type = "inbound-rtp") =>
        Peer.EvaluateAsync<double>($"grows('{type}', {{ kind: '{kind}' }}, '{member}', {beyond})");

    /// <summary>Ends when what a browser plays can be heard.</summary>
    public Task AudibleAsync() => GrowsAsync("audio", "totalAudioEnergy", 0);

    /// <summary>How often the picture stood still, of <see cref="InboundAsync"/>; 0 where a browser does not count that.</summary>
    public static long Freezes(JsonElement inbound) => inbound.TryGetProperty("freezeCount", out JsonElement count) ? count.GetInt64() : 0;

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Peer.DisposeAsync();
    }

    private async Task<RTCSessionDescription> LocalOfPeerAsync() =>
        await Peer.CallAsync<RTCSessionDescription>("setLocal");

    // A candidate that cannot be given shows in the test's output; whether it matters shows in the test.
    private static void Observe(Task signalling) => signalling.ContinueWith(
        failed => TestContext.Progress.WriteLine($"signalling: {failed.Exception!.InnerException!.Message}"),
        CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
