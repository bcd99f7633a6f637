using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace WebRtcStack.Benchmarks.Turn;

/// <summary>
/// ChannelData relayed per second of processor time, by our server and by coturn in one run, with <c>turnutils_uclient</c> as the load
/// of both. What the load generator can do does not matter: it is the servers' processor time that is divided by.
/// </summary>
/// <remarks>dotnet run -c Release --project Benchmarks -- turn-relay [rounds]. Linux, with Debian's coturn.</remarks>
internal static partial class RelayComparison
{
    private const int Messages = 2000, Length = 170;
    private static readonly int[] s_clients = [5, 40, 100];

    public static async Task RunAsync(int rounds)
    {
        string sample = Path.Combine(Root(), "Samples", "TurnServer");
        await RunToEndAsync("dotnet", ["build", "-c", "Release", "-v", "q", sample]);
        Console.WriteLine($"{Messages} messages of {Length} bytes per client, sent and sent back through two allocations");
        Console.WriteLine("clients  server   relayed   lost %   cpu s   relayed per cpu second");
        foreach (int clients in s_clients)
        {
            List<double> ours = [], theirs = [];
            for (int round = 0; round < rounds; round++)
            {
                ours.Add(await MeasureAsync("ours", clients, port => Start("dotnet",
                    [Path.Combine(sample, "bin", "Release", "net10.0", "TurnServer.dll"), "--listen", "127.0.0.1", "--port", $"{port}",
                        "--user", "user:pass", "--allow-loopback", "--quota", "10000"])));
                theirs.Add(await MeasureAsync("coturn", clients, port => Start("turnserver",
                    ["-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", $"--listening-port={port}", "--no-tls", "--no-dtls", "--no-cli",
                        "--realm=example.org", "--lt-cred-mech", "--user=user:pass", "--allow-loopback-peers", "--log-file=stdout", "--simple-log",
                        $"--pidfile={Path.GetTempPath()}turn-relay.pid", $"--userdb={Path.GetTempPath()}turn-relay.db"])));
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clients,7}  ours / coturn, best of each: {ours.Max() / theirs.Max():0.00}"));
        }
    }

    private static async Task<double> MeasureAsync(string name, int clients, Func<int, Process> start)
    {
        int port = FreePort();
        using Process server = start(port);
        try
        {
            await Task.Delay(1500);                               // it has no way to say that it is ready
            await LoadAsync(port, clients, 200);                  // compiles, fills caches
            server.Refresh();
            TimeSpan before = server.TotalProcessorTime;
            (long received, double lost) = await LoadAsync(port, clients, Messages);
            server.Refresh();
            double seconds = (server.TotalProcessorTime - before).TotalSeconds;
            long relayed = 2 * received / Length;                 // each message goes through two allocations
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{clients,7}  {name,-7} {relayed,8}  {lost,7:0.00}  {seconds,6:0.00}  {relayed / seconds,10:0}"));
            return relayed / seconds;
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task<(long Bytes, double Lost)> LoadAsync(int port, int clients, int messages)
    {
        string output = await RunToEndAsync("turnutils_uclient",
            ["-y", "-c", "-u", "user", "-w", "pass", "-p", $"{port}", "-m", $"{clients}", "-n", $"{messages}", "-l", $"{Length}", "-z", "1", "127.0.0.1"]);
        Match bytes = Received().Matches(output)[^1], lost = Lost().Matches(output)[^1];
        return (long.Parse(bytes.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(lost.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    private static Process Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<string> RunToEndAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return await output + await errors;
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "WebRtcStack.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Run the benchmarks inside the repository.");
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("tot_recv_bytes ~ ([0-9]+)")]
    private static partial Regex Received();

    [GeneratedRegex(@"Total lost packets -?[0-9]+ \((-?[0-9.]+)%\)")]
    private static partial Regex Lost();
}
