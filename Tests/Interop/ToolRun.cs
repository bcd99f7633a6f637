using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>A program that runs to its end: a compiler, a package manager.</summary>
internal static class ToolRun
{
    /// <summary>Runs it, and gives what it printed; fails with that if it does not end well.</summary>
    public static async Task<string> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0) return await output + await errors;
        Assert.Fail($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode}:\n{await output}{await errors}");
        return "";
    }
}
