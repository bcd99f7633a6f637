namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>The whole stack over loopback, both ends in this process: the same command line and the same line of JSON as the programs of Benchmarks/Peers.</summary>
internal static class EndToEndProgram
{
    private static readonly Dictionary<string, Func<EndToEndArguments, Task>> s_modes = new()
    {
        ["throughput"] = DataModes.ThroughputAsync,
        ["latency"] = DataModes.LatencyAsync,
        ["setup"] = ConnectionModes.SetupAsync,
        ["memory"] = ConnectionModes.MemoryAsync,
        ["churn"] = ConnectionModes.ChurnAsync,
        ["rtp"] = RtpMode.RunAsync,
        ["scale"] = ScaleMode.RunAsync,
    };

    /// <summary>Runs a mode; null when the first word names none.</summary>
    public static Task? TryRun(string[] words) =>
        words.Length > 0 && s_modes.TryGetValue(words[0], out Func<EndToEndArguments, Task>? mode) ? mode(EndToEndArguments.Parse(words.AsSpan(1))) : null;
}
