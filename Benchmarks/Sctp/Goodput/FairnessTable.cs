using System.Globalization;
using System.Linq;
using System.Threading.Tasks;

namespace WebRtcStack.Benchmarks.Sctp.Goodput;

/// <summary>How two flows come to share a path as time passes: <c>dotnet run -c Release --project Benchmarks -- fairness [number of the row]</c>.</summary>
internal static class FairnessTable
{
    private const int Windows = 6;
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(20);

    private static readonly GoodputCell[] s_cells =
    [
        Cell(10, 2, 0, 1), Cell(1000, 20, 0, 1), Cell(1000, 50, 0, 0.25), Cell(1000, 50, 0.02, 1),
        Cell(1000, 100, 0, 0.25), Cell(1000, 100, 0, 1), Cell(1000, 100, 0, 4), Cell(1000, 100, 0.001, 1), Cell(1000, 100, 0.01, 1),
        Cell(1000, 300, 0, 1),
    ];

    /// <summary>Prints, for each path, the share of the flow that began first and Jain's index in each window.</summary>
    public static void Run(int? number)
    {
        GoodputCell[] cells = number is { } only ? [s_cells[only]] : s_cells;
        string[] rows = new string[cells.Length];
        Parallel.For(0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) }, i => rows[i] = Row(cells[i]));
        Console.WriteLine($"| Mbit/s | RTT ms | loss % | queue BDP | {string.Join(" | ", Enumerable.Range(1, Windows).Select(w => $"to {w * s_window.TotalSeconds} s"))} |");
        Console.WriteLine($"|--:|--:|--:|--:|{string.Concat(Enumerable.Repeat("--:|", Windows))}");
        foreach (string row in rows) Console.WriteLine(row);
    }

    private static string Row(GoodputCell cell)
    {
        GoodputSimulation simulation = new(cell);
        IEnumerable<string> windows = Enumerable.Range(0, Windows).Select(_ =>
        {
            long[] received = simulation.Measure(s_window);
            return string.Create(CultureInfo.InvariantCulture, $"{100.0 * received[0] / received.Sum():F0} % {GoodputSimulation.Fairness(received):F2}");
        });
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {cell.Megabits} | {cell.RoundTrip.TotalMilliseconds} | {cell.Loss * 100} | {cell.Queue} | {string.Join(" | ", windows)} |");
    }

    private static GoodputCell Cell(double megabits, double milliseconds, double loss, double queue) => new()
    {
        Megabits = megabits, RoundTrip = TimeSpan.FromMilliseconds(milliseconds), Loss = loss, Queue = queue, Flows = 2,
    };
}
