using System.Globalization;
using System.IO;
using System.Text;

namespace WebRtcStack.Benchmarks.EndToEnd;

/// <summary>What the process has used, and the line that tells of a run.</summary>
internal static class Figures
{
    public static TimeSpan Cpu => Environment.CpuUsage.TotalTime;

    /// <summary>Resident memory in KiB (proc(5)); elsewhere the working set.</summary>
    public static double ResidentKiB
    {
        get
        {
            if (!OperatingSystem.IsLinux()) return Environment.WorkingSet / 1024.0;
            string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Gives back what is garbage, to the system too.</summary>
    public static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>The value that a share of the others does not exceed.</summary>
    public static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[(int)Math.Round(share * (values.Count - 1))];
    }

    /// <summary>One line of JSON, as all programs print it.</summary>
    public static void Print(string mode, params ReadOnlySpan<(string Name, double Value)> figures)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{{\"peer\":\"WebRtcStack\",\"mode\":\"{mode}\"");
        foreach ((string name, double value) in figures)
            line.Append(CultureInfo.InvariantCulture, $",\"{name}\":{(double.IsFinite(value) ? value.ToString("0.###", CultureInfo.InvariantCulture) : "null")}");
        Console.WriteLine(line.Append('}').ToString());
    }
}
