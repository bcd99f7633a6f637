using WebRtcStack.Benchmarks.Sctp.Goodput;
using WebRtcStack.Sctp;

namespace WebRtcStack.Tests.Sctp;

/// <summary>A few paths of the goodput table (docs/sctp-goodput.md), with the aims that the table has.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GoodputTests
{
    private static GoodputResult Run(GoodputCell cell)
    {
        GoodputResult result = new GoodputSimulation(cell).Run();
        TestContext.Out.WriteLine($"{cell.Megabits} Mbit/s, {cell.RoundTrip.TotalMilliseconds} ms, loss {cell.Loss:P1}, queue {cell.Queue} BDP: {result}");
        return result;
    }

    private static GoodputCell Cell(double megabits, double milliseconds, double loss, double queue, double seconds) => new()
    {
        Megabits = megabits,
        RoundTrip = TimeSpan.FromMilliseconds(milliseconds),
        Loss = loss,
        Queue = queue,
        WarmUp = TimeSpan.FromMilliseconds(300 + 20 * milliseconds),
        Duration = TimeSpan.FromSeconds(seconds),
    };

    [TestCase(10, 2, 4)]
    [TestCase(10, 100, 1)]
    [TestCase(10, 300, 1)]
    [TestCase(100, 20, 1)]
    [TestCase(100, 50, 1)]
    [TestCase(100, 100, 4)]
    public void Goodput_WithoutLoss_IsThePath(double megabits, double milliseconds, double queue) =>
        Assert.That(Run(Cell(megabits, milliseconds, 0, queue, 4)).Goodput, Is.GreaterThan(0.95));

    [Test]
    public void Goodput_AtAGigabitAnd100Milliseconds_IsThePath() =>
        Assert.That(Run(Cell(1000, 100, 0, 1, 0.7)).Goodput, Is.GreaterThan(0.9));

    [Test]
    public void Goodput_AtOnePercentLoss_IsThreeTimesThatOfRfc9260()
    {
        GoodputCell cell = Cell(100, 50, 0.01, 1, 5);
        double ours = Run(cell).Goodput;
        double plain = Run(cell with { Options = cell.Options with { CongestionControl = SctpCongestionControl.Rfc9260 } }).Goodput;
        double cubic = Run(cell with { Options = cell.Options with { RandomLossTolerance = 0 } }).Goodput;
        Assert.Multiple(() =>
        {
            Assert.That(ours, Is.GreaterThan(3 * plain));
            Assert.That(ours, Is.GreaterThan(0.8));
            Assert.That(cubic, Is.InRange(plain * 0.8, ours), "CUBIC without tolerance is no better than any loss-based control");
        });
    }

    [TestCase(0, 1)]
    [TestCase(0, 0.25)]
    [TestCase(0.01, 1)]
    [TestCase(0.01, 0.25)]
    public void Goodput_OfTwo_IsShared(double loss, double queue)
    {
        GoodputResult result = Run(Cell(50, 20, loss, queue, 10) with { Flows = 2 });
        Assert.That(result.Fairness, Is.GreaterThan(0.85));
        Assert.That(result.Goodput, Is.GreaterThan(0.8));
    }

    [Test]
    public void Goodput_BesideAQueueTooShortToSee_DoesNotFlood()      // RandomLossFilter: a policer's losses are congestion
    {
        GoodputCell cell = Cell(50, 50, 0, 0.05, 8);
        GoodputResult tolerant = Run(cell), strict = Run(cell with { Options = cell.Options with { RandomLossTolerance = 0 } });
        double packets = cell.BytesPerSecond * 8 / 1172;
        TestContext.Out.WriteLine($"dropped {tolerant.QueueDrops / packets:P1}, {strict.QueueDrops / packets:P1} without tolerance");
        Assert.That(tolerant.QueueDrops / packets, Is.LessThan(0.05));
        Assert.That(tolerant.Goodput, Is.GreaterThan(0.8));
    }
}
