using System.IO;

namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>What connections cost: to set up, to keep, and after they are closed.</summary>
internal static class ConnectionModes
{
    private const int WarmUp = 20;

    /// <summary>Full connections: made, opened on both sides, closed.</summary>
    public static async Task SetupAsync(EndToEndArguments arguments)
    {
        WebRtcOptions options = Pair.Options(arguments);
        for (int i = 0; i < WarmUp; i++) await (await Pair.ConnectAsync(options)).DisposeAsync();
        Figures.Collect();
        await Task.Delay(500);
        double resident = Figures.ResidentKiB;
        List<double> milliseconds = [];
        int next = 0;
        (long start, TimeSpan cpu) = (Stopwatch.GetTimestamp(), Figures.Cpu);
        await Task.WhenAll(Enumerable.Range(0, arguments.Parallel).Select(_ => Task.Run(WorkAsync)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, used = (Figures.Cpu - cpu).TotalMilliseconds;
        await Task.Delay(2000);
        Figures.Collect();
        Figures.Print("setup", ("count", arguments.Count), ("parallel", arguments.Parallel), ("medianMs", Figures.Percentile(milliseconds, 0.5)),
            ("p95Ms", Figures.Percentile(milliseconds, 0.95)), ("over500MsPercent", milliseconds.Count(each => each > 500) * 100.0 / arguments.Count),
            ("connectionsPerSecond", arguments.Count / seconds), ("cpuMsPerConnection", used / arguments.Count),
            ("rssKiBLeftPerClosed", (Figures.ResidentKiB - resident) / arguments.Count));

        async Task WorkAsync()
        {
            while (Interlocked.Increment(ref next) <= arguments.Count)
            {
                long begun = Stopwatch.GetTimestamp();
                Pair pair = await Pair.ConnectAsync(options);
                double taken = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                await pair.DisposeAsync();
                lock (milliseconds) milliseconds.Add(taken);
            }
        }
    }

    /// <summary>Resident memory and processor time of connected pairs that do nothing.</summary>
    public static async Task MemoryAsync(EndToEndArguments arguments)
    {
        WebRtcOptions options = Pair.Options(arguments);
        List<Pair> kept = [];
        for (int i = 0; i < 5; i++) kept.Add(await Pair.ConnectAsync(options));
        await Task.Delay(1000);
        Figures.Collect();
        (double before, double managedBefore) = (Figures.ResidentKiB, GC.GetTotalMemory(true) / 1024.0);
        for (int i = 0; i < arguments.Count; i++) kept.Add(await Pair.ConnectAsync(options));
        await Task.Delay(3000);
        double after = Figures.ResidentKiB;
        Figures.Collect();
        await Task.Delay(500);
        (double collected, double managed, TimeSpan cpu) = (Figures.ResidentKiB, GC.GetTotalMemory(true) / 1024.0, Figures.Cpu);
        await Task.Delay(5000);
        double idle = (Figures.Cpu - cpu).TotalSeconds / 5;
        Figures.Print("memory", ("count", arguments.Count), ("rssBaseKiB", before), ("rssKiBPerPair", (after - before) / arguments.Count),
            ("rssKiBPerPairAfterGC", (collected - before) / arguments.Count), ("managedKiBPerPair", (managed - managedBefore) / arguments.Count),
            ("idleCpuPercentOfCore", idle * 100));
        foreach (Pair pair in kept) await pair.DisposeAsync();
    }

    /// <summary>Connects, sends, closes, over and over: the memory at the end is that of the start.</summary>
    public static async Task ChurnAsync(EndToEndArguments arguments)
    {
        WebRtcOptions options = Pair.Options(arguments);
        byte[] message = new byte[arguments.MessageSize];
        for (int i = 0; i < 10 * WarmUp; i++) await OnceAsync();
        Figures.Collect();
        (double resident, double managed, int handles) = (Figures.ResidentKiB, GC.GetTotalMemory(true) / 1024.0, OpenFiles());
        long start = Stopwatch.GetTimestamp();
        int made = 0;
        for (; Stopwatch.GetElapsedTime(start).TotalSeconds < arguments.Seconds; made++) await OnceAsync();
        await Task.Delay(1000);
        Figures.Collect();
        Figures.Print("churn", ("seconds", arguments.Seconds), ("connections", made), ("rssKiBBefore", resident), ("rssKiBAfter", Figures.ResidentKiB),
            ("managedKiBBefore", managed), ("managedKiBAfter", GC.GetTotalMemory(true) / 1024.0), ("filesBefore", handles), ("filesAfter", OpenFiles()));

        async Task OnceAsync()
        {
            await using Pair pair = await Pair.ConnectAsync(options);
            TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
            pair.Far.OnMessage += (_, _) => arrived.TrySetResult();
            pair.Near.Send(message);
            await arrived.Task;
        }
    }

    private static int OpenFiles() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
