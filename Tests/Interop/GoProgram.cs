using System.Collections.Concurrent;
using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Compiles a peer of Interop/Peers that is written in Go, offline, with the packages that Debian installs.</summary>
internal static class GoProgram
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> s_built = new();

    /// <summary>The path of the program.</summary>
    public static Task<string> BuildAsync(string go, string name) => s_built.GetOrAdd(name, _ => new Lazy<Task<string>>(() => CompileAsync(go, name))).Value;

    private static async Task<string> CompileAsync(string go, string name)
    {
        // Import paths that end in /v3 resolve without modules only for code inside a GOPATH that has a go.mod: hence the copy.
        string output = Path.Combine(TestContext.CurrentContext.TestDirectory, "peers"), root = Path.Combine(output, "gopath"), source = Path.Combine(root, "src", name);
        Directory.CreateDirectory(source);
        foreach (string file in Directory.EnumerateFiles(PageServer.File(name), "*.go")) File.Copy(file, Path.Combine(source, Path.GetFileName(file)), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(source, "go.mod"), $"module {name}\n");
        string program = Path.Combine(output, name);
        await ToolRun.RunAsync(new ProcessStartInfo(go, ["build", "-o", program, "."])
        {
            WorkingDirectory = source,
            Environment = { ["GO111MODULE"] = "off", ["GOFLAGS"] = "", ["GOPATH"] = root + ":/usr/share/gocode", ["GOCACHE"] = Path.Combine(output, "gocache") },
        });
        return program;
    }
}
