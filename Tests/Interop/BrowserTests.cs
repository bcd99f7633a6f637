namespace WebRtcStack.Tests.Interop;

/// <summary>A fixture with a browser of its own.</summary>
[Category("Interop")]
public abstract class BrowserTests
{
    private protected Browser Browser { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartBrowser() => Browser = await Browser.StartAsync();

    [OneTimeTearDown]
    public async Task StopBrowser()
    {
        if (Browser is not null) await Browser.DisposeAsync();
    }
}
