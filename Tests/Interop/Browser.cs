using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace WebRtcStack.Tests.Interop;

/// <summary>A headless Chromium, and the page that it opens for each peer, served on 127.0.0.1 since getUserMedia asks for a secure context.</summary>
internal sealed class Browser : IAsyncDisposable
{
    // Fake devices, no mDNS names, candidates on loopback.
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection",
    ];

    private const float Timeout = 15_000;                // ms
    private readonly IPlaywright _playwright;
    private readonly IBrowser _chromium;
    private readonly HttpListener _server;
    private readonly string _origin;

    private Browser(IPlaywright playwright, IBrowser chromium, HttpListener server, string origin) =>
        (_playwright, _chromium, _server, _origin) = (playwright, chromium, server, origin);

    public static async Task<Browser> StartAsync()
    {
        string path = RealPeer.Require(["chromium", "chromium-browser", "google-chrome", "chrome"], "WEBRTCSTACK_CHROMIUM", "apt-get install chromium");
        (HttpListener server, string origin) = Serve(await File.ReadAllBytesAsync(Path.Combine(TestContext.CurrentContext.TestDirectory, "Interop", "peer.html")));
        IPlaywright playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Timeout);
        IBrowser chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Headless = true, Args = s_arguments });
        return new Browser(playwright, chromium, server, origin);
    }

    /// <summary>Opens a blank page of its own, which may use camera and microphone.</summary>
    public async Task<IPage> OpenPageAsync(string? url = null)
    {
        IBrowserContext context = await _chromium.NewContextAsync(new BrowserNewContextOptions { Permissions = ["camera", "microphone"] });
        IPage page = await context.NewPageAsync();
        page.SetDefaultTimeout(Timeout);
        page.Console += (_, message) => TestContext.Progress.WriteLine($"browser: {message.Text}");
        page.PageError += (_, error) => TestContext.Progress.WriteLine($"browser: {error}");
        await page.GotoAsync(url ?? _origin);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _chromium.CloseAsync();
        _playwright.Dispose();
        _server.Close();
    }

    private static (HttpListener Server, string Origin) Serve(byte[] page)
    {
        string origin = $"http://127.0.0.1:{FreePort()}/";
        HttpListener server = new();
        server.Prefixes.Add(origin);
        server.Start();
        server.BeginGetContext(Answer, null);
        return (server, origin);

        void Answer(IAsyncResult result)
        {
            if (!server.IsListening) return;
            try
            {
                HttpListenerContext request = server.EndGetContext(result);
                server.BeginGetContext(Answer, null);
                request.Response.ContentType = "text/html";
                request.Response.Close(page, willBlock: false);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException) { }     // the server has closed
        }
    }

    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
