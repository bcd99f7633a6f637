namespace WebRtcStack.Tests.Interop;

/// <summary>The browser demo, as a process that a user would start.</summary>
internal sealed class DemoProcess : IDisposable
{
    private readonly Process _process;

    private DemoProcess(Process process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    public int Id => _process.Id;

    public static async Task<DemoProcess> StartAsync(CancellationToken timeout)
    {
        string output = TestContext.CurrentContext.TestDirectory;              // <root>/Tests/bin/<configuration>/net10.0
        string configuration = Path.GetFileName(Path.GetDirectoryName(output))!;
        string program = Path.GetFullPath(Path.Combine(output, "../../../../Samples/BrowserDemo/bin", configuration, "net10.0", "BrowserDemo.dll"));
        string url = $"http://127.0.0.1:{PageServer.FreePort()}";
        Process process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", url]) { RedirectStandardOutput = true })!;
        DemoProcess demo = new(process, url);
        try
        {
            // It prints its address once it listens.
            string? line = await process.StandardOutput.ReadLineAsync(timeout);
            Assert.That(line, Does.Contain(url), "the demo has started");
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return demo;
        }
        catch
        {
            demo.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
