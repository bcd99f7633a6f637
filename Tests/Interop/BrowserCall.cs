using System.Text.Json;
using Microsoft.Playwright;
using WebRtcStack.Tests.PeerConnection;

namespace WebRtcStack.Tests.Interop;

/// <summary>A connection of ours and one of a browser's page, and the signalling between them: descriptions on request, candidates as they are found.</summary>
internal sealed class BrowserCall : IAsyncDisposable
{
    private readonly SignalQueue<RTCIceCandidate?> _toBrowser;
    private readonly SignalQueue<RTCIceCandidateInit?> _fromBrowser;

    private BrowserCall(IPage page, RTCPeerConnection connection)
    {
        (Page, Connection) = (page, connection);
        _toBrowser = new SignalQueue<RTCIceCandidate?>(candidate => page.EvaluateAsync("addCandidate", JsonSerializer.Serialize(candidate ?? End)));
        _fromBrowser = new SignalQueue<RTCIceCandidateInit?>(connection.AddIceCandidateAsync);
    }

    public IPage Page { get; }

    public RTCPeerConnection Connection { get; }

    /// <summary>Changes our descriptions on their way, for a test of what is wrong with them.</summary>
    public Func<RTCSessionDescription, RTCSessionDescription> TamperToBrowser { get; set; } = description => description;

    /// <summary>Changes the browser's descriptions on their way.</summary>
    public Func<RTCSessionDescription, RTCSessionDescription> TamperFromBrowser { get; set; } = description => description;

    // The end of candidates is a candidate with empty text, of the first section (webrtc-pc §4.4.2).
    private static RTCIceCandidate End { get; } = new(new RTCIceCandidateInit { SdpMLineIndex = 0 });

    public static async Task<BrowserCall> StartAsync(Browser browser, WebRtcOptions? options = null)
    {
        BrowserCall call = new(await browser.OpenPageAsync(), new RTCPeerConnection(new RTCConfiguration(), options ?? LoopbackTests.Loopback));
        call.Connection.OnIceCandidate += (_, e) => Observe(call._toBrowser.PostAsync(e.Candidate));
        await call.Page.ExposeFunctionAsync<string, bool>("signalCandidate", json =>
        {
            Observe(call._fromBrowser.PostAsync(JsonSerializer.Deserialize<RTCIceCandidateInit?>(json)));
            return true;
        });
        await call.Page.EvaluateAsync("connect({})");
        return call;
    }

    /// <summary>An exchange that we offer.</summary>
    /// <param name="prepare">What the page does between our offer and its answer.</param>
    public async Task OfferAsync(string prepare = "")
    {
        _toBrowser.Hold();
        _fromBrowser.Hold();
        await Connection.SetLocalDescriptionAsync();
        await Page.EvaluateAsync("setRemote", JsonSerializer.Serialize(TamperToBrowser(Connection.LocalDescription!)));
        await _toBrowser.ReleaseAsync();
        if (prepare.Length > 0) await Page.EvaluateAsync(prepare);
        await Connection.SetRemoteDescriptionAsync(TamperFromBrowser(await LocalOfBrowserAsync()));
        await _fromBrowser.ReleaseAsync();
    }

    /// <summary>An exchange that the browser offers.</summary>
    /// <param name="prepare">What is done between the remote offer and our answer.</param>
    public async Task AnswerAsync(Func<Task>? prepare = null)
    {
        _toBrowser.Hold();
        _fromBrowser.Hold();
        await Connection.SetRemoteDescriptionAsync(TamperFromBrowser(await LocalOfBrowserAsync()));
        await _fromBrowser.ReleaseAsync();
        if (prepare is not null) await prepare();
        await Connection.SetLocalDescriptionAsync();
        await Page.EvaluateAsync("setRemote", JsonSerializer.Serialize(TamperToBrowser(Connection.LocalDescription!)));
        await _toBrowser.ReleaseAsync();
    }

    /// <summary>Ends when both sides say that they are connected.</summary>
    public async Task ConnectedAsync(CancellationToken timeout)
    {
        await Connection.ReachesAsync(RTCPeerConnectionState.Connected, timeout);
        await Page.EvaluateAsync("connected()");
    }

    /// <summary>A dictionary of the browser's statistics.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="match">Members that it has, as a JavaScript object.</param>
    public async Task<JsonElement> StatAsync(string type, string match = "{}") =>
        JsonSerializer.Deserialize<JsonElement>(await Page.EvaluateAsync<string>($"stat('{type}', {match}).then(JSON.stringify)"));

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Page.Context.CloseAsync();
    }

    private async Task<RTCSessionDescription> LocalOfBrowserAsync() =>
        JsonSerializer.Deserialize<RTCSessionDescription>(await Page.EvaluateAsync<string>("setLocal()"))!;

    // A candidate that cannot be given shows in the test's output; whether it matters shows in the test.
    private static void Observe(Task signalling) => signalling.ContinueWith(
        failed => TestContext.Progress.WriteLine($"signalling: {failed.Exception!.InnerException!.Message}"),
        CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
