namespace WebRtcStack.Tests.PeerConnection;

/// <summary>Two connections in one process over real sockets on loopback.</summary>
public sealed class LoopbackTests
{
    internal static WebRtcOptions Loopback { get; } = new() { IncludeLoopback = true, AddressFilter = local => local.Address.IsLoopback };

    [Test, CancelAfter(20_000)]
    public async Task Channel_BetweenTwoConnections_CarriesMessages(CancellationToken timeout)
    {
        await using RTCPeerConnection offerer = new(new RTCConfiguration(), Loopback), answerer = new(new RTCConfiguration(), Loopback);
        offerer.OnIceCandidate += async (_, e) => { if (e.Candidate is not null) await answerer.AddIceCandidateAsync(e.Candidate); };
        answerer.OnIceCandidate += async (_, e) => { if (e.Candidate is not null) await offerer.AddIceCandidateAsync(e.Candidate); };
        answerer.OnDataChannel += (_, e) => e.Channel.OnMessage += (_, message) => e.Channel.Send("echo " + message.Text);
        TaskCompletionSource<string> echoed = new();
        RTCDataChannel channel = offerer.CreateDataChannel("test");
        channel.OnMessage += (_, message) => echoed.TrySetResult(message.Text);
        channel.OnOpen += (_, _) => channel.Send("hello");
        offerer.OnConnectionStateChange += (_, _) => TestContext.Progress.WriteLine($"offerer {offerer.ConnectionState}");
        await offerer.SetLocalDescriptionAsync();
        await answerer.SetRemoteDescriptionAsync(offerer.LocalDescription!);
        await answerer.SetLocalDescriptionAsync();
        await offerer.SetRemoteDescriptionAsync(answerer.LocalDescription!);
        Assert.That(await echoed.Task.WaitAsync(timeout), Is.EqualTo("echo hello"));
    }
}
