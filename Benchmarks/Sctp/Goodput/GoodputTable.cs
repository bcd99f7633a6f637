using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using WebRtcStack.Sctp;

namespace WebRtcStack.Benchmarks.Sctp.Goodput;

/// <summary>Runs every path of the table and prints it as Markdown: <c>dotnet run -c Release --project Benchmarks -- goodput [filter]</c>.</summary>
internal static class GoodputTable
{
    private static readonly double[] s_megabits = [10, 100, 1000];
    private static readonly double[] s_milliseconds = [2, 20, 50, 100, 300];
    private static readonly double[] s_losses = [0, 0.001, 0.01, 0.02];
    private static readonly double[] s_queues = [0.25, 1, 4];

    /// <summary>Prints the table to the console; a filter such as <c>100x50</c> runs the cells of one rate and round trip alone.</summary>
    public static void Run(string? filter)
    {
        List<Row> rows = [];
        foreach (double megabits in s_megabits)
        {
            foreach (double milliseconds in s_milliseconds)
            {
                if (filter is not null && filter != FormattableString.Invariant($"{megabits}x{milliseconds}")) continue;
                foreach (double loss in s_losses)
                {
                    foreach (double queue in s_queues) rows.Add(new Row(Cell(megabits, milliseconds, loss, queue)));
                }
            }
        }
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) };
        Parallel.ForEach(rows, parallel, row => row.Measure());
        StringBuilder table = new();
        table.AppendLine("| Mbit/s | RTT ms | loss % | queue BDP | goodput % | p99 of 1 KB ms | two flows % | fairness | RFC 9260 control % |");
        table.AppendLine("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (Row row in rows) table.AppendLine(row.ToString());
        Console.Write(table);
    }

    private static GoodputCell Cell(double megabits, double milliseconds, double loss, double queue) => new()
    {
        Megabits = megabits,
        RoundTrip = TimeSpan.FromMilliseconds(milliseconds),
        Loss = loss,
        Queue = queue,
        WarmUp = TimeSpan.FromMilliseconds(3000 + 40 * milliseconds),
        Duration = TimeSpan.FromMilliseconds(megabits < 1000 ? 20_000 : 6000 + 30 * milliseconds),
    };

    private sealed class Row(GoodputCell cell)
    {
        private GoodputResult _alone, _two, _plain;

        public void Measure()
        {
            _alone = new GoodputSimulation(cell).Run();
            _two = new GoodputSimulation(cell with { Flows = 2, WarmUp = cell.WarmUp + cell.WarmUp }).Run();
            _plain = new GoodputSimulation(cell with
            {
                Options = cell.Options with { CongestionControl = SctpCongestionControl.Rfc9260 },
            }).Run();
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"| {cell.Megabits} | {cell.RoundTrip.TotalMilliseconds} | {cell.Loss * 100} | {cell.Queue} | {_alone.Goodput * 100:F1} | {_alone.LatencyP99.TotalMilliseconds:F1} | {_two.Goodput * 100:F1} | {_two.Fairness:F2} | {_plain.Goodput * 100:F1} |");
    }
}
