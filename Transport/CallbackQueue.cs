namespace WebRtcStack.Transport;

/// <summary>Runs callbacks into user code: in order, one at a time, away from the loop. From any thread.</summary>
/// <remarks>A callback that blocks holds up only those behind it in the same queue; one that throws is reported and forgotten.</remarks>
public sealed class CallbackQueue
#if NET
    : IThreadPoolWorkItem
#endif
{
    private readonly Queue<Action> _waiting = new();
    private readonly Action<Action>? _schedule;
    private readonly Action<Exception> _report;
    private readonly Action _run;
    private bool _running;
    private Action? _aside;                              // of the callback that runs

    /// <summary>Creates a queue.</summary>
    /// <param name="schedule">Runs an action soon, as in a simulation's virtual time; null for the thread pool.</param>
    /// <param name="report">Told of exceptions that callbacks have thrown.</param>
    public CallbackQueue(Action<Action>? schedule, Action<Exception> report) => (_schedule, _report, _run) = (schedule, report, Run);

    /// <summary>Queues a callback.</summary>
    public void Post(Action callback)
    {
        lock (_waiting)
        {
            _waiting.Enqueue(callback);
            if (_running) return;
            _running = true;
        }
        Schedule();
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

    private void Schedule()
    {
        if (_schedule is not null) _schedule(_run);
#if NET
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);       // which allocates nothing
#else
        else ThreadPool.UnsafeQueueUserWorkItem(static state => ((Action)state!)(), _run);
#endif
    }

#if NET
    void IThreadPoolWorkItem.Execute() => Run();
#endif

    private void Run()
    {
        while (true)
        {
            Action callback;
            lock (_waiting)
            {
                if (_waiting.Count == 0)
                {
                    _running = false;
                    return;
                }
                callback = _waiting.Dequeue();
            }
            try
            {
                callback();
            }
            catch (Exception exception) when (Reported(exception)) { }
            if (_aside is null) continue;
            Action aside = _aside;
            _aside = null;
            Leave();
            try
            {
                aside();
            }
            catch (Exception exception) when (Reported(exception)) { }
            return;
        }
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
