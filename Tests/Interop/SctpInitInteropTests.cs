namespace WebRtcStack.Tests.Interop;

/// <summary>Chromium with INIT in its descriptions (draft-hancke-tsvwg-snap): offered by either side.</summary>
[Category("Interop")]
public sealed class SctpInitInteropTests
{
    private ChromiumHost _host = null!;

    [OneTimeSetUp]
    public async Task StartHost() => _host = await ChromiumHost.StartAsync(["--force-fieldtrials=WebRTC-Sctp-Snap/Enabled/"]);

    [OneTimeTearDown]
    public async Task StopHost()
    {
        if (_host is not null) await _host.DisposeAsync();
    }

    [Test, CancelAfter(20_000)]
    public async Task Association_WhoseInitsWereSignalled_CarriesMessages([Values] bool weOffer, CancellationToken timeout)
    {
        await using PeerCall call = await PeerCall.StartAsync(_host, _host.Options with { OfferSctpInit = true });
        RTCDataChannel channel = call.Connection.CreateDataChannel("data");
        if (!weOffer) await call.Peer.CallAsync("open", "theirs");
        await (weOffer ? call.OfferAsync() : call.AnswerAsync());
        await channel.OpensAsync(timeout);
        Assert.That(call.Connection.LocalDescription!.Sdp, Does.Contain("a=sctp-init:"));
        Assert.That(call.Connection.RemoteDescription!.Sdp, Does.Contain("a=sctp-init:"));
        byte[] sent = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];
        Assert.That((await channel.RoundTripAsync(sent, true, timeout)).Data, Is.EqualTo(sent));
    }
}
