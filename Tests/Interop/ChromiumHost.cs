using Microsoft.Playwright;

namespace WebRtcStack.Tests.Interop;

/// <summary>A headless Chromium, driven by Playwright.</summary>
internal sealed class ChromiumHost : BrowserHost
{
    private const string PlainAddresses = "--disable-features=WebRtcHideLocalIpsWithMdns", FakeConsent = "--use-fake-ui-for-media-stream";

    // Fake devices, no mDNS names, candidates on loopback.
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", FakeConsent,
        "--autoplay-policy=no-user-gesture-required", PlainAddresses, "--allow-loopback-in-peer-connection",
    ];

    private const float Timeout = 15_000;                // ms
    private readonly IPlaywright _playwright;
    private readonly IBrowser _chromium;
    private readonly string[] _permissions;

    private ChromiumHost(IPlaywright playwright, IBrowser chromium, string[] permissions) =>
        (_playwright, _chromium, _permissions) = (playwright, chromium, permissions);

    /// <summary>Starts a browser.</summary>
    /// <param name="arguments">More of its command line.</param>
    public static Task<ChromiumHost> StartAsync(params string[] arguments) => StartAsync([.. s_arguments, .. arguments], ["camera", "microphone"]);

    /// <summary>Starts a browser whose host candidates are names: one that may use neither camera nor microphone.</summary>
    public static Task<ChromiumHost> StartWithMulticastDnsAsync() => StartAsync([.. s_arguments.Except([PlainAddresses, FakeConsent])], []);

    private static async Task<ChromiumHost> StartAsync(string[] arguments, string[] permissions)
    {
        string path = RealPeer.Require(["chromium", "chromium-browser", "google-chrome", "chrome"], "WEBRTCSTACK_CHROMIUM", "apt-get install chromium");
        IPlaywright playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Timeout);
        IBrowser chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Headless = true, Args = arguments });
        ChromiumHost host = new(playwright, chromium, permissions);
        await host.OpenPageAsync(host.FramesUrl);
        await host.FramesAsync();
        return host;
    }

    /// <summary>Opens a page of its own, which may use camera and microphone unless the browser was started without.</summary>
    public async Task<IPage> OpenPageAsync(string url)
    {
        IBrowserContext context = await _chromium.NewContextAsync(new BrowserNewContextOptions { Permissions = _permissions });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(Timeout);
        page.Console += (_, message) => TestContext.Progress.WriteLine($"browser: {message.Text}");
        page.PageError += (_, error) => TestContext.Progress.WriteLine($"browser: {error}");
        await page.GotoAsync(url);
        return page;
    }

    public override async ValueTask DisposeAsync()
    {
        await _chromium.CloseAsync();
        _playwright.Dispose();
        Pages.Dispose();
    }
}
