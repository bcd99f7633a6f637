using System.Globalization;
using WebRtcStack.Core;

namespace WebRtcStack.Tests.Simulation;

/// <summary>
/// The clock of a simulation: actions run in the order of their instants, ties in the order in which they were scheduled.
/// Everything random in a simulation is drawn from <see cref="Random"/>, so that the seed alone replays a run.
/// </summary>
public sealed class VirtualTime
{
    private const int TimelineLimit = 4000;
    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private readonly Queue<string> _timeline = new();
    private long _order;

    public VirtualTime(int seed)
    {
        Seed = seed;
        Random = RandomSource.Seeded((ulong)seed * 0x9E3779B97F4A7C15 + 1);
        Log("simulation", $"seed {seed}");
    }

    public int Seed { get; }

    public RandomSource Random { get; }

    /// <summary>Simulations start a second after the origin, so that no layer mistakes the origin for "not set".</summary>
    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <summary>When the next action runs.</summary>
    public Instant Next => _queue.TryPeek(out _, out (long At, long Order) key) ? new Instant(key.At) : Instant.Never;

    /// <summary>What happened, latest last, for the message of a failing test.</summary>
    public string Timeline => $"seed {Seed}, {Now}\n{string.Join('\n', _timeline)}";

    public void Log(string who, string what)
    {
        if (_timeline.Count == TimelineLimit) _timeline.Dequeue();
        _timeline.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{Now,14} {who,-12} {what}"));
    }

    public void Schedule(Instant at, Action action) =>
        _queue.Enqueue(action, (Math.Max(at.Ticks, Now.Ticks), _order++));

    public void Schedule(TimeSpan delay, Action action) => Schedule(Now + delay, action);

    /// <summary>Runs the next action. False when nothing is left to run.</summary>
    public bool Step()
    {
        if (!_queue.TryDequeue(out Action? action, out (long At, long Order) key)) return false;
        Now = new Instant(key.At);
        action();
        return true;
    }

    /// <summary>Runs until <paramref name="done"/> holds (true), or the time limit passes or nothing is left to run (false).</summary>
    public bool RunUntil(Func<bool> done, TimeSpan limit)
    {
        Instant end = Now + limit;
        while (!done())
        {
            if (Next > end || !Step()) return done();
        }
        return true;
    }

    /// <summary>Runs everything due in the next <paramref name="duration"/>, and leaves the clock there.</summary>
    public void RunFor(TimeSpan duration)
    {
        Instant end = Now + duration;
        while (Next <= end && Step()) { }
        Now = end;
    }
}
