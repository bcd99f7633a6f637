using System.Diagnostics;

namespace WebRtcStack.Tests.Interop;

/// <summary>Compiles a peer of Interop/Peers that is written in C.</summary>
internal static class CProgram
{
    /// <summary>The path of the program.</summary>
    /// <param name="name">The folder of its source.</param>
    /// <param name="header">A header of the library, below /usr/include.</param>
    /// <param name="package">The package of Debian's that has it.</param>
    /// <param name="libraries">Arguments for the linker.</param>
    public static async Task<string> BuildAsync(string name, string header, string package, params string[] libraries)
    {
        string gcc = RealPeer.Require(["gcc"], null, "apt-get install gcc libc6-dev");
        RealPeer.RequireDirectory(Path.GetDirectoryName(Path.Combine("/usr/include", header))!, package);
        string output = Path.Combine(TestContext.CurrentContext.TestDirectory, "peers"), program = Path.Combine(output, name);
        Directory.CreateDirectory(output);
        string source = PageServer.File($"{name}/main.c");
        string shared = Path.GetDirectoryName(Path.GetDirectoryName(source)!)!;
        await ToolRun.RunAsync(new ProcessStartInfo(gcc, ["-O1", "-Wall", "-I", shared, "-o", program, source, .. libraries]));
        return program;
    }
}
