namespace WebRtcStack.Tests.Interop;

/// <summary>Programs that tests talk to. A test whose program is not installed is skipped, or fails where <c>WEBRTCSTACK_REQUIRE_PEERS</c> is 1.</summary>
internal static class RealPeer
{
    private static readonly HashSet<string> s_told = [];

    /// <summary>The path of a program, which stands in <paramref name="variable"/> or is found through PATH.</summary>
    /// <param name="names">Its names, the usual one first.</param>
    /// <param name="variable">An environment variable with its path, or null.</param>
    /// <param name="install">How to install it.</param>
    public static string Require(string[] names, string? variable, string install)
    {
        if (variable is not null && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set)
        {
            if (!File.Exists(set)) Assert.Fail($"{variable} names {set}, which does not exist.");
            return set;
        }
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (string name in names)
            {
                string path = Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name);
                if (File.Exists(path)) return path;
            }
        }
        Refuse($"{names[0]} is not installed: {install}{(variable is null ? "" : $", or set {variable} to its path")}.");
        return "";
    }

    /// <summary>A folder that a package of Debian's puts there.</summary>
    public static void RequireDirectory(string path, string package)
    {
        if (!Directory.Exists(path)) Refuse($"{package} is not installed: apt-get install {package}.");
    }

    /// <summary>A file below the libraries' folder of any architecture, which a package of Debian's puts there.</summary>
    public static void RequireFile(string path, string package)
    {
        if (!Directory.Exists("/usr/lib") || !Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Any(folder => File.Exists(Path.Combine(folder, path))))
            Refuse($"{package} is not installed: apt-get install {package}.");
    }

    private static void Refuse(string message)
    {
        if (Environment.GetEnvironmentVariable("WEBRTCSTACK_REQUIRE_PEERS") == "1") Assert.Fail(message);
        Tell(message);
        Assert.Ignore(message);
    }

    // Printed by "dotnet test" when all tests are through (see the project file).
    private static void Tell(string message)
    {
        lock (s_told)
        {
            if (s_told.Add(message)) File.AppendAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "missing-peers.txt"), message + "\n");
        }
    }
}
