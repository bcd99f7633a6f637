using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace WebRtcStack.Benchmarks.Turn;

/// <summary>
/// ChannelData relayed per second of processor time, by our server and by coturn in one run, with <c>turnutils_uclient</c> as the load
/// of both. What the load generator can do does not matter: it is the servers' processor time that is divided by.
/// </summary>
/// <remarks>
/// dotnet run -c Release --project Benchmarks -- turn-relay [rounds [echo|mutual [clients]]]. Linux, with Debian's coturn. Two kinds of load: clients that speak
/// to a peer which sends everything back (<c>turnutils_peer</c>), and clients of one server that speak to each other.
/// </remarks>
internal static partial class RelayComparison
{
    private const int Messages = 4000, WarmUp = 4000, Length = 170;
    private static readonly int[] s_clients = [5, 40, 100];

    public static async Task RunAsync(int rounds, string? load, int? number)
    {
        string sample = await TurnSample.BuildAsync();
        Console.WriteLine($"{Messages} messages of {Length} bytes per client at 1 per ms; each is relayed twice; {WarmUp} before it counts");
        Console.WriteLine("load           clients  server   relayed   lost %   cpu s   relayed per cpu second");
        foreach (bool echo in load is null ? new[] { true, false } : [load == "echo"])
        {
            foreach (int clients in number is null ? s_clients : [number.Value])
            {
                List<double> ours = [], theirs = [];
                for (int round = 0; round < rounds; round++)
                {
                    ours.Add(await MeasureAsync("ours", echo, clients, port => TurnSample.Start(sample, port)));
                    theirs.Add(await MeasureAsync("coturn", echo, clients, TurnSample.StartCoturn));
                }
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Name(echo),-13}  {clients,7}  ours / coturn, best of each: {ours.Max() / theirs.Max():0.00}"));
            }
        }
    }

    private static string Name(bool echo) => echo ? "echoing peer" : "one another";

    private static async Task<double> MeasureAsync(string name, bool echo, int clients, Func<int, Process> start)
    {
        int port = TurnSample.FreePort(), peerPort = TurnSample.FreePort();
        using Process server = start(port);
        using Process? peer = echo ? TurnSample.Start("turnutils_peer", ["-p", $"{peerPort}", "-L", "127.0.0.1"]) : null;
        string[] load = ["-c", "-u", "user", "-w", "pass", "-p", $"{port}", "-m", $"{clients}", "-l", $"{Length}", "-z", "1",
            .. echo ? new[] { "-e", "127.0.0.1", "-r", $"{peerPort}" } : ["-y"]];
        try
        {
            await Task.Delay(1500);                               // it has no way to say that it is ready
            await LoadAsync([.. load, "-n", $"{WarmUp}"]);        // compiles, fills caches
            server.Refresh();
            TimeSpan before = server.TotalProcessorTime;
            (long received, double lost) = await LoadAsync([.. load, "-n", $"{Messages}"]);
            server.Refresh();
            double seconds = (server.TotalProcessorTime - before).TotalSeconds;
            long relayed = 2 * received / Length;                 // out and back, or through two allocations
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Name(echo),-13}  {clients,7}  {name,-7} {relayed,8}  {lost,7:0.00}  {seconds,6:0.00}  {relayed / seconds,10:0}"));
            return relayed / seconds;
        }
        finally
        {
            await TurnSample.EndAsync(server);
            if (peer is not null) await TurnSample.EndAsync(peer);
        }
    }

    private static async Task<(long Bytes, double Lost)> LoadAsync(string[] load)
    {
        string output = await TurnSample.RunToEndAsync("turnutils_uclient", [.. load, "127.0.0.1"]);
        Match bytes = Received().Matches(output)[^1], lost = Lost().Matches(output)[^1];
        return (long.Parse(bytes.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(lost.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("tot_recv_bytes ~ ([0-9]+)")]
    private static partial Regex Received();

    [GeneratedRegex(@"Total lost packets -?[0-9]+ \((-?[0-9.]+)%\)")]
    private static partial Regex Lost();
}
