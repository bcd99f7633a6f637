namespace WebRtcStack;

/// <summary>The operations chain (webrtc-pc §4.4.1.2): negotiation operations run one after the other, in the order of their calls.</summary>
internal sealed class OperationsChain(ConnectionContext context)
{
    private readonly Queue<Action> _operations = new();                // the first is under way

    public bool IsEmpty => _operations.Count == 0;

    /// <summary>Chains an operation. The task ends after the events that the operation has fired.</summary>
    public Task<T> Chain<T>(Func<T> operation)
    {
        TaskCompletionSource<T> promise = new();
        if (!TryChain(operation, Aside<T>(promise.SetResult), Aside<Exception>(promise.SetException))) promise.SetException(Closed());
        return promise.Task;
    }

    /// <summary>Chains an operation without a result.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="first">What may have to be done before, in a task of its own, so that its events show its state; it says whether it was.</param>
    public Task Chain(Action operation, Func<bool>? first = null)
    {
        TaskCompletionSource<bool> promise = new();
        if (!TryChain(() => Done(operation), Aside<bool>(promise.SetResult), Aside<Exception>(promise.SetException), first)) promise.SetException(Closed());
        return promise.Task;
    }

    /// <summary>Chains an operation, one of whose callbacks is called where its promise would be settled (webrtc-pc §4.4.3).</summary>
    public void Chain<T>(Func<T> operation, Action<T> fulfilled, Action<Exception> rejected)
    {
        if (!TryChain(operation, fulfilled, rejected)) Reject(rejected, Closed());
    }

    /// <summary>Chains an operation without a result, one of whose callbacks is called where its promise would be settled.</summary>
    public void Chain(Action operation, Action fulfilled, Action<Exception> rejected, Func<bool>? first = null)
    {
        if (!TryChain(() => Done(operation), _ => fulfilled(), rejected, first)) Reject(rejected, Closed());
    }

    /// <summary>Tells of a failure that has come up before there was an operation.</summary>
    public void Reject(Action<Exception> rejected, Exception reason) => context.QueueTask(() => context.Settle(() => rejected(reason)));

    // What awaits the promise goes on beside the queue: it may wait for an operation that is queued behind.
    private Action<T> Aside<T>(Action<T> settle) => value => context.Callbacks.RunAside(() => settle(value));

    private static DOMException Closed() => DOMException.InvalidState("The connection is closed; create a new one.");

    private static bool Done(Action operation)
    {
        operation();
        return true;
    }

    private bool TryChain<T>(Func<T> operation, Action<T> fulfilled, Action<Exception> rejected, Func<bool>? first = null)
    {
        lock (context.Gate)
        {
            if (context.IsClosed) return false;
            Action run = () => Run(operation, fulfilled, rejected, first);
            _operations.Enqueue(run);
            if (_operations.Count == 1) context.QueueTask(run);
        }
        return true;
    }

    private void Run<T>(Func<T> operation, Action<T> fulfilled, Action<Exception> rejected, Func<bool>? first)
    {
        try
        {
            context.RequireOpen();                       // W3C leaves such promises open for ever; a Task that never ends helps nobody
            if (first?.Invoke() == true)
            {
                context.QueueTask(() => Run(operation, fulfilled, rejected, null));
                return;
            }
            T result = operation();
            context.Settle(() => fulfilled(result));
        }
        catch (Exception exception)                          // whatever it is, the promise is settled and the chain goes on
        {
            context.Settle(() => rejected(exception));
        }
        _operations.Dequeue();
        if (_operations.Count > 0) context.QueueTask(_operations.Peek());
        else context.Needed.ChainIsEmpty();
    }
}
