using System.Diagnostics;
using System.Text;

namespace WebRtcStack.Tests.Interop;

/// <summary>A peer that is a program: requests go to its standard input, answers come from its standard output.</summary>
internal sealed class ProgramPeer : LinePeer
{
    private readonly Process _process;

    public ProgramPeer(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError, start.UseShellExecute) = (true, true, true, false);
        start.StandardInputEncoding = start.StandardOutputEncoding = new UTF8Encoding(false);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) End("The peer's program has ended.");
            else if (e.Data.StartsWith('{')) Take(e.Data);
        };
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { } line) TestContext.Progress.WriteLine($"peer: {line}");
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    protected override async Task SendAsync(string message)
    {
        Task written;
        lock (_process) written = _process.StandardInput.WriteAsync(message + "\n");
        await written;
        await _process.StandardInput.FlushAsync();
    }
}
