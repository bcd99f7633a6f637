namespace WebRtcStack.Tests.Interop;

/// <summary>A fixture with real peers of one kind.</summary>
/// <param name="peer">Its name, of those in <see cref="PeerHost"/>.</param>
[Category("Interop")]
public abstract class PeerTests(string peer)
{
    protected string PeerName => peer;

    private protected PeerHost Host { get; private set; } = null!;

    /// <summary>Whether the fixture uses the host of all others.</summary>
    private protected virtual bool SharesHost => true;

    [OneTimeSetUp]
    public async Task StartHost() => Host = SharesHost ? await SharedHosts.GetAsync(peer) : await PeerHost.StartAsync(peer);

    [OneTimeTearDown]
    public async Task StopHost()
    {
        if (!SharesHost && Host is not null) await Host.DisposeAsync();
    }
}
