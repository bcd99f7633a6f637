namespace WebRtcStack.Transport;

/// <summary>Runs callbacks into user code: in order, one at a time, while the loop goes on. From any thread.</summary>
/// <remarks>A callback that blocks holds up only those behind it in the same queue; one that throws is reported and forgotten.</remarks>
public sealed class CallbackQueue
#if NET
    : IThreadPoolWorkItem
#endif
{
    // Runs that go to the thread pool after one that has blocked the loop's thread: more each time, until many have gone well.
    private const int FirstPenalty = 64, LargestPenalty = 1 << 20, GoodRuns = 256;

    // What takes longer on average is better run beside the loop than in it. A thread that loses its processor does not count for more than Outlier.
    private static readonly TimeSpan s_longRun = TimeSpan.FromMicroseconds(200), s_outlier = TimeSpan.FromMilliseconds(1);

    private readonly Queue<(Action Run, bool IsDelivery)> _waiting = new();
    private readonly Action<Action>? _schedule;
    private readonly Func<CallbackQueue, bool>? _claim;
    private readonly Action<Exception> _report;
    private readonly Action _run;
    private bool _running;
    private int _penalty = FirstPenalty, _poolRuns, _goodRuns;
    private long _averageRun;                                     // in ticks of TimeSpan
    private Action? _aside;                              // of the callback that runs

    /// <summary>Creates a queue.</summary>
    /// <param name="schedule">Runs an action soon, as in a simulation's virtual time; null for the thread pool.</param>
    /// <param name="report">Told of exceptions that callbacks have thrown.</param>
    public CallbackQueue(Action<Action>? schedule, Action<Exception> report) => (_schedule, _report, _run) = (schedule, report, Run);

    /// <param name="report">Told of exceptions that callbacks have thrown.</param>
    /// <param name="claim">Whether the loop that is asked will run the queue's deliveries by <see cref="RunDeliveries"/>; null for never.</param>
    internal CallbackQueue(Action<Exception> report, Func<CallbackQueue, bool>? claim) : this((Action<Action>?)null, report) => _claim = claim;

    /// <summary>Queues a callback.</summary>
    public void Post(Action callback) => Post(callback, isDelivery: false);

    /// <summary>Queues a callback that hands over what has arrived: a loop may run it on its own thread, when its pass has ended, which saves a change of threads.</summary>
    public void PostDelivery(Action callback) => Post(callback, isDelivery: true);

    private void Post(Action callback, bool isDelivery)
    {
        lock (_waiting)
        {
            _waiting.Enqueue((callback, isDelivery));
            if (_running) return;
            _running = true;
            if (isDelivery && _poolRuns > 0) _poolRuns--;
            else if (isDelivery && _claim is not null && _claim(this)) return;
        }
        Schedule();
    }

    /// <summary>Runs what a loop has claimed, until something else than a delivery is next: that goes to the thread pool with all behind it.</summary>
    internal void RunDeliveries()
    {
        long start = Stopwatch.GetTimestamp();
        Run(deliveriesAlone: true);
        _averageRun += (Math.Min(Stopwatch.GetElapsedTime(start).Ticks, s_outlier.Ticks) - _averageRun) / 8;
        bool isLong = _averageRun > s_longRun.Ticks;
        if (isLong) _averageRun = 0;
        else if (++_goodRuns < GoodRuns) return;
        _goodRuns = 0;
        lock (_waiting)
        {
            if (isLong) _poolRuns = FirstPenalty;
            else _penalty = FirstPenalty;
        }
    }

    /// <summary>
    /// Within a callback: runs an action on the same thread when the callback has ended, but beside the queue, so that it may block and even
    /// wait for what is queued. It is for ends of tasks, whose continuations then need no thread of their own.
    /// </summary>
    public void RunAside(Action action)
    {
        if (_aside is { } before) ThreadPool.QueueUserWorkItem(static state => ((Action)state!)(), before);
        _aside = action;
    }

    /// <summary>The loop has no time for what it has claimed.</summary>
    internal void Schedule()
    {
        if (_schedule is not null) _schedule(_run);
#if NET
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);       // which allocates nothing
#else
        else ThreadPool.UnsafeQueueUserWorkItem(static state => ((Action)state!)(), _run);
#endif
    }

    /// <summary>A callback blocks the loop's thread: the next ones run elsewhere.</summary>
    internal void Penalise()
    {
        lock (_waiting)
        {
            (_poolRuns, _goodRuns) = (_penalty, 0);
            _penalty = Math.Min(_penalty * 2, LargestPenalty);
        }
    }

#if NET
    void IThreadPoolWorkItem.Execute() => Run();
#endif

    private void Run() => Run(deliveriesAlone: false);

    private void Run(bool deliveriesAlone)
    {
        while (TryTake(deliveriesAlone, out Action? callback))
        {
            Try(callback);
            if (_aside is null) continue;
            Action aside = _aside;
            _aside = null;
            Leave();
            Try(aside);
            return;
        }
    }

    private bool TryTake(bool deliveriesAlone, [NotNullWhen(true)] out Action? callback)
    {
        callback = null;
        lock (_waiting)
        {
            if (_waiting.Count == 0)
            {
                _running = false;
                return false;
            }
            if (!deliveriesAlone || _waiting.Peek().IsDelivery)
            {
                callback = _waiting.Dequeue().Run;
                return true;
            }
        }
        Schedule();
        return false;
    }

    // The rest is for another thread.
    private void Leave()
    {
        lock (_waiting)
        {
            if (_waiting.Count == 0)
            {
                _running = false;
                return;
            }
        }
        Schedule();
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (Reported(exception)) { }
    }

    // User code may throw anything, and the log it is reported to as well (a full disk); nothing of it may reach the thread pool.
    private bool Reported(Exception exception)
    {
        try
        {
            _report(exception);
        }
        catch (Exception fromLog) when (fromLog is not null) { }
        return true;
    }
}
