using Microsoft.Playwright;

namespace WebRtcStack.Tests.Interop;

/// <summary>The browser demo's page, clicked through.</summary>
public sealed class BrowserDemoTests() : PeerTests(PeerHost.Chromium)
{
    [Test, CancelAfter(45_000)]
    public async Task Page_ClickedThrough_ShowsThatAllWorks([Values("connect", "connect-answer")] string start, CancellationToken timeout)
    {
        using DemoProcess demo = await DemoProcess.StartAsync(timeout);
        IPage page = await ((ChromiumHost)Host).OpenPageAsync(demo.Url);
        List<string> errors = [];
        page.PageError += (_, error) => errors.Add(error);
        await page.GetByTestId(start).ClickAsync();
        await StateIsAsync(page, "connected");
        await VideoPlaysAsync(page);
        await ChatAsync(page, "grüße 🎈");
        await FilledAsync(page, "pair", "dtls", "srtp", "rtt");
        if (start == "connect") await MeasureAsync(page);      // six seconds that do not depend on who offers
        await page.GetByTestId("restart").ClickAsync();
        await Assertions.Expect(page.GetByTestId("timeline")).ToContainTextAsync("Restart asked for");
        await ChatAsync(page, "after the restart");
        await VideoPlaysAsync(page);
        await AttachScreenshotAsync(page, start);
        Assert.That(await page.GetByTestId("notice").TextContentAsync(), Is.Empty);
        await page.GetByTestId("hangup").ClickAsync();
        await StateIsAsync(page, "closed");
        Assert.That(errors, Is.Empty);
        await page.Context.CloseAsync();
    }

    private static Task StateIsAsync(IPage page, string state) => Assertions.Expect(page.GetByTestId("state")).ToHaveTextAsync(state);

    private static async Task ChatAsync(IPage page, string text)
    {
        await page.GetByTestId("chat-input").FillAsync(text);
        await page.GetByTestId("chat-send").ClickAsync();
        await Assertions.Expect(page.GetByTestId("chat-log").Locator(".theirs").Last).ToContainTextAsync(text);
    }

    private static async Task VideoPlaysAsync(IPage page)
    {
        const string Time = "video => video.videoWidth > 0 ? video.getVideoPlaybackQuality().totalVideoFrames : 0";
        int frames = await page.GetByTestId("remote-video").EvaluateAsync<int>(Time);
        await page.WaitForFunctionAsync($"before => ({Time})(document.querySelector('[data-testid=remote-video]')) > before + 10", frames);
    }

    private static async Task MeasureAsync(IPage page)
    {
        await page.GetByTestId("throughput-start").ClickAsync();
        await Assertions.Expect(page.GetByTestId("throughput-result")).ToContainTextAsync("messages of 16 KiB");
        foreach (string direction in new[] { "throughput-up", "throughput-down" })
            await Assertions.Expect(page.GetByTestId(direction)).ToContainTextAsync("Mbit/s");
    }

    private static async Task FilledAsync(IPage page, params string[] facts)
    {
        foreach (string fact in facts) await Assertions.Expect(page.GetByTestId(fact)).Not.ToHaveTextAsync("–");
    }

    private static async Task AttachScreenshotAsync(IPage page, string name)
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"browser-demo-{name}.png");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = true });
        TestContext.AddTestAttachment(path, "The demo's page, connected");
    }
}
