using WebRtcStack.Ice;

namespace WebRtcStack.Tests.Interop;

/// <summary>Chromium as it is by default: its host candidates are names (draft-ietf-mmusic-mdns-ice-candidates), which we resolve by multicast DNS.</summary>
[Category("Interop")]
public sealed class MulticastDnsInteropTests
{
    private ChromiumHost _host = null!;

    [OneTimeSetUp]
    public async Task StartHost() => _host = await ChromiumHost.StartWithMulticastDnsAsync();

    [OneTimeTearDown]
    public async Task StopHost()
    {
        if (_host is not null) await _host.DisposeAsync();
    }

    [Test, CancelAfter(20_000)]
    public async Task Candidates_ThatAreNames_AreResolved([Values] bool weOffer, CancellationToken timeout)
    {
        // Checks of the peer's connect without any name, so that a resolved candidate is looked for on its way into the agent.
        TaskCompletionSource<IceCandidate> resolved = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PeerCall call = await PeerCall.StartAsync(_host, new WebRtcOptions { IncludeLoopback = true, Ice = new() { RemoteCandidateFilter = Observe } });
        List<string> candidates = [];
        call.Peer.OnCandidate += json => candidates.Add(json);
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (!weOffer) await call.Peer.CallAsync("open", "theirs");
        await (weOffer ? call.OfferAsync() : call.AnswerAsync());
        await channel.OpensAsync(timeout);
        await call.ConnectedAsync(timeout);
        byte[] sent = [.. Enumerable.Range(0, 5_000).Select(i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
        Assert.That(candidates.Where(json => json.Contains("typ host", StringComparison.Ordinal)), Is.Not.Empty.And.All.Contains(".local "));
        IceCandidate named = await resolved.Task.WaitAsync(timeout);
        Assert.That(named.HostName, Does.EndWith(".local"));
        Assert.That(named.Type, Is.EqualTo(IceCandidateType.Host));

        bool Observe(IceCandidate candidate)
        {
            if (candidate.HostName is not null && !candidate.Address.IsNone) resolved.TrySetResult(candidate);
            return true;
        }
    }
}
