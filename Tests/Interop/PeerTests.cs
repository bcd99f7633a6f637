namespace WebRtcStack.Tests.Interop;

/// <summary>A fixture with real peers of one kind.</summary>
/// <param name="peer">Its name, of those in <see cref="PeerHost"/>.</param>
[Category("Interop")]
public abstract class PeerTests(string peer)
{
    protected string PeerName => peer;

    private protected PeerHost Host { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartHost() => Host = await SharedHosts.GetAsync(peer);
}
