namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>Many connections to servers that share one port for each loop, each sending a message of 200 bytes a second that comes back.</summary>
internal static class ScaleMode
{
    private const int MessageSize = 200, ConnectAtOnce = 32;

    public static async Task RunAsync(EndToEndArguments arguments)
    {
        WebRtcOptions near = Pair.Options(arguments), far = near with { SharePorts = true };
        await using (Pair warm = await Pair.ConnectAsync(near, far)) { }
        Figures.Collect();
        double resident = Figures.ResidentKiB;
        Pair[] pairs = new Pair[arguments.Connections];
        int next = -1;
        long begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, ConnectAtOnce).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < pairs.Length;) pairs[i] = await Pair.ConnectAsync(near, far);
        })));
        double setup = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        List<double> microseconds = [];
        foreach (Pair pair in pairs) Echo(pair, microseconds);
        using CancellationTokenSource stop = new();
        Task sending = SendAsync(pairs, stop.Token);
        await Task.Delay(3000);
        Figures.Collect();
        double memory = Figures.ResidentKiB - resident;
        lock (microseconds) microseconds.Clear();
        (long start, TimeSpan cpu) = (Stopwatch.GetTimestamp(), Figures.Cpu);
        await Task.Delay(TimeSpan.FromSeconds(arguments.Seconds));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, used = (Figures.Cpu - cpu).TotalSeconds;
        await stop.CancelAsync();
        await sending;
        List<double> taken;
        lock (microseconds) taken = [.. microseconds];
        Figures.Print("scale", ("connections", pairs.Length), ("setupSeconds", setup), ("messagesPerSecond", taken.Count / seconds), ("cpuPercentOfCore", 100 * used / seconds),
            ("rssKiBPerPair", memory / pairs.Length), ("medianUs", Figures.Percentile(taken, 0.5)), ("p99Us", Figures.Percentile(taken, 0.99)));
        foreach (Pair pair in pairs) await pair.DisposeAsync();
    }

    private static void Echo(Pair pair, List<double> microseconds)
    {
        pair.Far.OnMessage += (_, e) => pair.Far.Send(e.Data.Span);
        pair.Near.OnMessage += (_, e) =>
        {
            double taken = Stopwatch.GetElapsedTime(BitConverter.ToInt64(e.Data.Span)).TotalMicroseconds;
            lock (microseconds) microseconds.Add(taken);
        };
    }

    // Spread over the second, in steps of 10 ms.
    private static async Task SendAsync(Pair[] pairs, CancellationToken stop)
    {
        const int Steps = 100;
        byte[] message = new byte[MessageSize];
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(1000 / Steps));
        for (int step = 0; !stop.IsCancellationRequested; step = (step + 1) % Steps)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            for (int i = step; i < pairs.Length; i += Steps)
            {
                BitConverter.TryWriteBytes(message, Stopwatch.GetTimestamp());
                pairs[i].Near.Send(message);
            }
        }
    }
}
