namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>What one data channel carries, and how soon.</summary>
internal static class DataModes
{
    private const long HighWater = 4 << 20, LowWater = 1 << 20;
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);

    /// <summary>Goodput of one ordered reliable channel; between 1 and 4 MiB wait to be sent.</summary>
    public static async Task ThroughputAsync(EndToEndArguments arguments)
    {
        WebRtcOptions options = Pair.Options(arguments);
        await using Pair pair = await Pair.ConnectAsync(options);
        long bytes = 0, messages = 0;
        pair.Far.OnMessage += (_, e) =>
        {
            Volatile.Write(ref bytes, bytes + e.Data.Length);
            Volatile.Write(ref messages, messages + 1);
        };
        byte[] message = new byte[arguments.MessageSize];
        using SemaphoreSlim low = new(0);
        bool stop = false;
        pair.Near.BufferedAmountLowThreshold = LowWater;
        pair.Near.OnBufferedAmountLow += (_, _) => low.Release();
        Task pump = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                while (pair.Near.BufferedAmount < HighWater) pair.Near.Send(message);
                await low.WaitAsync(100);
            }
        });
        await Task.Delay(s_warmUp);
        (long start, TimeSpan cpu, long bytesBefore, long messagesBefore) = (Stopwatch.GetTimestamp(), Figures.Cpu, Volatile.Read(ref bytes), Volatile.Read(ref messages));
        long allocated = GC.GetTotalAllocatedBytes();
        await Task.Delay(TimeSpan.FromSeconds(arguments.Seconds));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, used = (Figures.Cpu - cpu).TotalSeconds;
        double received = Volatile.Read(ref bytes) - bytesBefore, count = Volatile.Read(ref messages) - messagesBefore;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        Volatile.Write(ref stop, true);
        await pump;
        Figures.Print("throughput", ("messageSize", arguments.MessageSize), ("seconds", seconds), ("mbps", received * 8 / seconds / 1e6),
            ("messagesPerSecond", count / seconds), ("cpuSecondsPerGB", used / (received / 1e9)), ("cpuCores", used / seconds),
            ("allocatedBytesPerMessage", allocated / count));
    }

    /// <summary>Round trips of 64-byte messages.</summary>
    public static async Task LatencyAsync(EndToEndArguments arguments)
    {
        const int WarmUp = 500;
        await using Pair pair = await Pair.ConnectAsync(Pair.Options(arguments));
        byte[] message = new byte[64];
        List<double> microseconds = new(arguments.Count);
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int round = 0;
        long sent = 0;
        pair.Far.OnMessage += (_, e) => pair.Far.Send(e.Data.Span);
        pair.Near.OnMessage += (_, _) =>
        {
            if (round++ >= WarmUp) microseconds.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
            if (round >= arguments.Count + WarmUp)
            {
                done.TrySetResult();
                return;
            }
            sent = Stopwatch.GetTimestamp();
            pair.Near.Send(message);
        };
        sent = Stopwatch.GetTimestamp();
        pair.Near.Send(message);
        TimeSpan cpu = Figures.Cpu;
        await done.Task;
        Figures.Print("latency", ("count", arguments.Count), ("medianUs", Figures.Percentile(microseconds, 0.5)), ("p99Us", Figures.Percentile(microseconds, 0.99)),
            ("cpuUsPerRoundTrip", (Figures.Cpu - cpu).TotalMicroseconds / (arguments.Count + WarmUp)));
    }
}
