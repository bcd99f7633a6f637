using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using WebRtcStack.Benchmarks.Dtls;
using WebRtcStack.Benchmarks.Ice;
using WebRtcStack.Benchmarks.Rtp;
using WebRtcStack.Benchmarks.Sctp;
using WebRtcStack.Benchmarks.Srtp;
using WebRtcStack.Benchmarks.Stun;
using WebRtcStack.Benchmarks.Transport;
using WebRtcStack.Benchmarks.Turn;

namespace WebRtcStack.Benchmarks;

/// <summary>The short job of continuous integration: runs the hot paths for a moment and fails when one that must not allocate does.</summary>
internal static class AllocationCheck
{
    private static readonly Type[] s_hotPaths =
    [
        typeof(UdpTrainBenchmark), typeof(StunBindingBenchmark), typeof(DataBenchmark), typeof(TurnRelayBenchmark), typeof(RecordBenchmark),
        typeof(ProtectBenchmark), typeof(HeaderBenchmark), typeof(RtcpBenchmark), typeof(PayloadFormatBenchmark), typeof(JitterBufferBenchmark),
        typeof(Crc32cBenchmark), typeof(SackBenchmark),
    ];

    // The portable path's receive tells its source as an object of .NET's (docs/performance.md); BouncyCastle and bare .NET types are there to compare with.
    private static readonly string[] s_exempt = ["portable", "BouncyCastle", "Platform"];

    // What is counted is the process's: the runtime's own threads may allocate in one run, a hot path that allocates does so in each.
    private const int Attempts = 3;

    // What is made once, spread over the invocations, is less; the smallest object at every sixth is more.
    private const long LeastAverage = 4;

    /// <returns>The process's exit code.</returns>
    public static int Run()
    {
        Job job = Job.Dry.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(3).WithInvocationCount(8192).WithUnrollFactor(1);
        ManualConfig config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(NullLogger.Instance)
            .AddColumnProvider(DefaultColumnProviders.Instance).WithOptions(ConfigOptions.DisableOptimizationsValidator);
        int failures = 0;
        foreach (Type type in s_hotPaths)
        {
            foreach ((string name, long? bytes) in Measure(type, config))
            {
                bool isExempt = IsExempt(name), fails = !isExempt && bytes is not < LeastAverage;
                if (fails) failures++;
                Console.WriteLine($"{(fails ? "FAILS" : isExempt ? "-    " : "ok   ")} {bytes,6} B  {name}");
            }
        }
        Console.WriteLine(failures == 0 ? "no hot path allocates" : $"{failures} hot paths allocate");
        return failures == 0 ? 0 : 1;
    }

    private static Dictionary<string, long?> Measure(Type type, IConfig config)
    {
        Dictionary<string, long?> least = [];
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            foreach (BenchmarkReport report in BenchmarkRunner.Run(type, config).Reports)
            {
                long? bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
                string name = report.BenchmarkCase.DisplayInfo;
                if (!least.TryGetValue(name, out long? before) || before is null || bytes < before) least[name] = bytes;
            }
            if (least.All(each => IsExempt(each.Key) || each.Value < LeastAverage)) break;
        }
        return least;
    }

    private static bool IsExempt(string name) => Array.Exists(s_exempt, word => name.Contains(word, StringComparison.Ordinal));
}
