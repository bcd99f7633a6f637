using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;

namespace WebRtcStack.Benchmarks.Turn;

/// <summary>Servers as programs of their own, since it is their processor time and memory that are measured.</summary>
internal static class TurnSample
{
    /// <summary>Builds Samples/TurnServer; the path of its program.</summary>
    public static async Task<string> BuildAsync()
    {
        string sample = Path.Combine(Root(), "Samples", "TurnServer");
        await RunToEndAsync("dotnet", ["build", "-c", "Release", "-v", "q", sample]);
        return Path.Combine(sample, "bin", "Release", "net10.0", "TurnServer.dll");
    }

    /// <summary>Starts it on loopback with the user "user:pass".</summary>
    public static Process Start(string sample, int port, params string[] more) => Start("dotnet",
        [sample, "--listen", "127.0.0.1", "--port", $"{port}", "--user", "user:pass", "--allow-loopback", "--quota", "100000", .. more]);

    public static Process StartCoturn(int port) => Start("turnserver",
        ["-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", $"--listening-port={port}", "--no-tls", "--no-dtls", "--no-cli",
            "--realm=example.org", "--lt-cred-mech", "--user=user:pass", "--allow-loopback-peers", "--log-file=stdout", "--simple-log",
            $"--pidfile={Path.GetTempPath()}turn-relay.pid", $"--userdb={Path.GetTempPath()}turn-relay.db"]);

    public static Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public static async Task<string> RunToEndAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return await output + await errors;
    }

    public static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>A port that is free for UDP and TCP, below those that the system and relays choose.</summary>
    public static int FreePort()
    {
        for (int port = Random.Shared.Next(20_000, 30_000); ; port++)
        {
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                using UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException) { }                           // somebody else's
        }
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WebRtcStack.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Run the benchmarks inside the repository.");
    }
}
